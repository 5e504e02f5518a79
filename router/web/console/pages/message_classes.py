"""消息类别 (classes of messages): what each is known by, who owns it, and a box to try a message."""

from starlette.requests import Request
from starlette.responses import Response

from router.db.queries.message_classes import EditedClass, get_class, list_classes
from router.db.queries.pools import pool_names
from router.handlers.admin import message_classes as use_cases
from router.handlers.admin.message_classes import ClassContent
from router.web.console.asking import Refused, change, found, read, services_of
from router.web.console.forms import Form, read_form, read_query
from router.web.console.render import go, page
from tagtree.meaning.classes import STARTING_CLASSES
from tagtree.meaning.lexicon import LEXICONS

LONGEST_TRIAL = 2_000  # characters of a message to try


async def show_list(request: Request) -> Response:
    """Classes, the most urgent first; with ``text`` what that message would be read as."""
    query = read_query(request)
    archived, text = query.ticked("archived"), query.text("text")[:LONGEST_TRIAL]
    services = services_of(request)
    classes = await read(request, lambda c: list_classes(c, archived=archived))
    meaning = await read(request, lambda c: services.meaning.current(c, services.settings.class_margin))
    return page(
        request,
        "message_classes.html",
        classes=classes,
        archived=archived,
        text=text,
        read=meaning.read(text) if text else None,
        needed=services.settings.class_margin,
    )


async def show_new(request: Request) -> Response:
    """The form for a new class."""
    return await _form(request, ClassContent(""), None)


async def create(request: Request) -> Response:
    """Make a class."""
    content = _content(await read_form(request))
    outcome = await change(request, lambda connection, act: use_cases.create_class(connection, act, content))
    if isinstance(outcome, Refused):
        return await _form(request, content, None, outcome)
    return go("/classes", said="created")


async def show(request: Request) -> Response:
    """One class with the form to edit."""
    edited = await _class(request)
    return await _form(request, _shown(edited), edited)


async def edit(request: Request) -> Response:
    """Save a class; it holds from the next message on."""
    class_id: int = request.path_params["id"]
    content = _content(await read_form(request))
    outcome = await change(request, lambda connection, act: use_cases.update_class(connection, act, class_id, content))
    if isinstance(outcome, Refused):
        return await _form(request, content, await _class(request), outcome)
    return go("/classes", said="saved")


async def archive(request: Request) -> Response:
    """Read no message as this class any more."""
    class_id: int = request.path_params["id"]
    outcome = await change(request, lambda connection, act: use_cases.archive_class(connection, act, class_id))
    if isinstance(outcome, Refused):
        edited = await _class(request)
        return await _form(request, _shown(edited), edited, outcome)
    return go("/classes", said="archived")


async def restore(request: Request) -> Response:
    """Undo ``archive``."""
    class_id: int = request.path_params["id"]
    outcome = await change(request, lambda connection, act: use_cases.restore_class(connection, act, class_id))
    if isinstance(outcome, Refused):
        edited = await _class(request)
        return await _form(request, _shown(edited), edited, outcome)
    return go("/classes", said="restored")


async def _form(
    request: Request, content: ClassContent, edited: EditedClass | None, refusal: Refused | None = None
) -> Response:
    return page(
        request,
        "message_class.html",
        422 if refusal else 200,
        content=content,
        edited=edited,
        pools=await read(request, pool_names),
        lexicons=[(key, f"{_name_of(key)} ({len(LEXICONS[key])})") for key in LEXICONS],
        problems=refusal.problems if refusal else (),
    )


def _name_of(lexicon: str) -> str:
    return next((each.name for each in STARTING_CLASSES if each.lexicon == lexicon), lexicon)


async def _class(request: Request) -> EditedClass:
    class_id: int = request.path_params["id"]
    return found(await read(request, lambda connection: get_class(connection, class_id)))


def _shown(edited: EditedClass) -> ClassContent:
    return ClassContent(
        edited.name,
        edited.keywords,
        edited.lexicon,
        edited.lexicon_percent,
        edited.template,
        edited.pool_id,
        edited.target_minutes,
        edited.priority,
    )


def _content(form: Form) -> ClassContent:
    return ClassContent(
        name=form.text("name"),
        keywords=form.text("keywords").replace("\r\n", "\n"),
        lexicon=form.text("lexicon"),
        lexicon_percent=form.needed_number("lexicon_percent"),
        template=form.text("template").replace("\r\n", "\n"),
        pool_id=form.integer("pool_id"),
        target_minutes=form.number("target_minutes"),
        priority=form.needed_number("priority"),
    )

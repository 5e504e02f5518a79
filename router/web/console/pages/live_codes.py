"""活码 (live codes): list with pictures, create and edit, one code with everything about it."""

from dataclasses import dataclass, replace
from typing import Any, get_args

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from router.db.queries.admission import get_admission
from router.db.queries.caps import Caps
from router.db.queries.live_codes import LiveCode, get_live_code, list_live_codes
from router.db.queries.page import Page
from router.db.queries.pools import Pool, get_pool, pool_names
from router.db.queries.printed_adds import PrintedAdd, list_printed_adds
from router.db.queries.reservations import Reservation, list_reservations
from router.db.queries.subject_names import names_within
from router.db.queries.tags import load_tree
from router.domain.capacity import WINDOWS_OF
from router.domain.code_kinds import SETTINGS_OF, STEPS_OF, CodeKind
from router.domain.reply import fill
from router.handlers.admin import live_codes as use_cases
from router.handlers.admin.live_codes import LiveCodeEdit, NewLiveCode
from router.web.console.asking import Refused, change, found, now_of, read, services_of, words_of
from router.web.console.caps_form import caps_in
from router.web.console.code_target import target_of
from router.web.console.forms import Form, read_form, read_query
from router.web.console.naming import ARCHIVE_CODE, CLOSE_CODE, CODE_KIND_NAMES, name_of
from router.web.console.own_words import doubts_of
from router.web.console.render import go, page
from router.web.console.sentences import capped_in, caps_passed, passed_caps
from router.web.console.toasts import said_of_code
from router.web.i18n import mark
from router.web.test_marker import PARAMETER, PURPOSE, sign_marker
from tagtree.tree import Tag, TagTree

EXAMPLE_CUSTOMER = mark("Ms Li")
EXAMPLE_AGENT = mark("Zhang San")
SIZES = (300, 600, 1200)  # pixels offered for download


@dataclass(frozen=True, slots=True)
class Draft:
    """What the form shows: a new code, one being edited, or one that was refused."""

    name: str = ""
    pool_id: int = 0
    slug: str = ""
    kind: CodeKind = "hosted"
    hold_minutes: int = 20
    welcome: str = ""
    tag_ids: tuple[int, ...] = ()
    caps: Caps = Caps()


@dataclass(frozen=True, slots=True)
class Choices:
    """What the form lets people choose from."""

    pools: tuple[tuple[int, str], ...]
    tree: TagTree


async def show_list(request: Request) -> Response:
    """Codes latest first, found by name or slug; archived ones on a page of their own."""
    query = read_query(request)
    search, archived, before = query.text("search"), query.ticked("archived"), query.integer("before") or 0
    zone, now = services_of(request).settings.time_zone, now_of(request)
    codes = await read(
        request, lambda c: list_live_codes(c, now, zone, search=search, archived=archived, before=before, limit=30)
    )
    return page(
        request, "live_codes.html", codes=codes, search=search, archived=archived, started=before > 0, steps_of=STEPS_OF
    )


async def show_new(request: Request) -> Response:
    """The form for a new code."""
    settings = services_of(request).settings
    return await _form(request, Draft(hold_minutes=settings.hold_minutes), None)


async def create(request: Request) -> Response:
    """Make a code and show it."""
    draft = _draft(await read_form(request))
    new = NewLiveCode(draft.name, draft.pool_id, draft.slug or None, draft.kind, **_settings(draft, draft.kind))
    outcome = await change(request, lambda connection, act: use_cases.create_live_code(connection, act, new))
    if isinstance(outcome, Refused):
        return await _form(request, draft, None, outcome)
    return go(f"/live-codes/{outcome.id}", said="created")


async def show_edit(request: Request) -> Response:
    """The form for an existing code."""
    code = await _code(request)
    draft = Draft(
        code.name, code.pool_id, code.slug, code.kind, code.hold_minutes, code.welcome, code.tag_ids, code.caps
    )
    return await _form(request, draft, code)


async def edit(request: Request) -> Response:
    """Save an existing code; its slug is printed and stays."""
    code_id: int = request.path_params["id"]
    draft, code = _draft(await read_form(request)), await _code(request)
    changed = LiveCodeEdit(draft.name, draft.pool_id, **_settings(draft, code.kind))
    outcome = await change(
        request, lambda connection, act: use_cases.update_live_code(connection, act, code_id, changed)
    )
    if isinstance(outcome, Refused):
        return await _form(request, replace(draft, slug=code.slug, kind=code.kind), code, outcome)
    return go(f"/live-codes/{code_id}", said="saved")


async def show(request: Request) -> Response:
    """One code: its picture, its numbers, who was assigned and why; or who came, where nothing is reserved."""
    return await _show(request)


async def close(request: Request) -> Response:
    """Tell whoever scans from now on that the code is closed, where our page is asked."""
    return await _act(request, use_cases.close_live_code, "closed")


async def reopen(request: Request) -> Response:
    """Undo ``close``."""
    return await _act(request, use_cases.reopen_live_code, "reopened")


async def archive(request: Request) -> Response:
    """Put the code out of sight."""
    return await _act(request, use_cases.archive_live_code, "archived")


async def restore(request: Request) -> Response:
    """Undo ``archive``."""
    return await _act(request, use_cases.restore_live_code, "restored")


async def _act(request: Request, use_case: Any, said: str) -> Response:
    code_id: int = request.path_params["id"]
    outcome = await change(request, lambda connection, act: use_case(connection, act, code_id))
    if isinstance(outcome, Refused):
        return await _show(request, outcome)
    return go(f"/live-codes/{code_id}", said=said_of_code(said, outcome.kind))


async def _show(request: Request, refusal: Refused | None = None) -> Response:
    code = await _code(request)
    settings, secret = services_of(request).settings, services_of(request).secret_box.derive(PURPOSE)

    before = read_query(request).integer("before") or 0

    def around(
        connection: Connection,
    ) -> tuple[Pool | None, TagTree, Page[Reservation], Page[PrintedAdd], dict[str, str]]:
        reservations = list_reservations(connection, code_id=code.id, limit=20)
        adds = list_printed_adds(connection, code.id, before=before, limit=20)
        caps = capped_in(each.decision for each in reservations.items)
        names = names_within(connection, caps | caps_passed(adds.items))
        return get_pool(connection, code.pool_id), load_tree(connection), reservations, adds, names

    pool, tree, reservations, adds, cap_names = await read(request, around)
    target = await read(request, lambda connection: target_of(connection, code, now_of(request)))
    admission = found(await read(request, lambda connection: get_admission(connection, code.id)))
    return page(
        request,
        "live_code.html",
        422 if refusal else 200,
        code=code,
        **target,
        entered=admission.entered,
        usable=SETTINGS_OF[code.kind],
        scan_limit=admission.limits.scan_limit if "scan_limit" in SETTINGS_OF[code.kind] else None,
        close_asked=CLOSE_CODE[code.kind],
        archive_asked=ARCHIVE_CODE[code.kind],
        pool=pool,
        tags=[tree.get(tag_id) for tag_id in code.tag_ids if tag_id in tree],
        steps=STEPS_OF[code.kind],
        reservations=reservations.items,
        cap_names=cap_names,
        adds=adds,
        adds_beyond=passed_caps(adds.items, cap_names, words_of(request)),
        started=before > 0,
        address=f"{settings.public_url}/q/{code.slug}",
        test_query=f"{PARAMETER}={sign_marker(secret, code.slug, now_of(request))}",
        is_public=settings.public_url.startswith("https://"),
        welcome=_preview(request, code.welcome),
        sizes=SIZES,
        doubts=await doubts_of(request, "welcome", code.id),
        problems=refusal.problems if refusal else (),
    )


async def _form(request: Request, draft: Draft, code: LiveCode | None, refusal: Refused | None = None) -> Response:
    def choices(connection: Connection) -> Choices:
        return Choices(pool_names(connection), load_tree(connection))

    offered = await read(request, choices)
    tree = offered.tree
    return page(
        request,
        "live_code_form.html",
        422 if refusal else 200,
        draft=draft,
        code=code,
        usable=SETTINGS_OF[code.kind if code else "hosted"],
        pools=offered.pools,
        code_kinds=[(kind, name_of(CODE_KIND_NAMES, kind, words_of(request))) for kind in CODE_KIND_NAMES],
        tags=[(tag, tree.path_name(tag.id)) for tag in sorted(tree.tags, key=lambda tag: _names(tree, tag))],
        problems=refusal.problems if refusal else (),
    )


def _names(tree: TagTree, tag: Tag) -> tuple[str, ...]:
    """From the root down: in this order a tag stands before what grows under it."""
    return tuple(step.name for step in tree.path(tag.id))


async def _code(request: Request) -> LiveCode:
    code_id: int = request.path_params["id"]
    zone, now = services_of(request).settings.time_zone, now_of(request)
    return found(await read(request, lambda connection: get_live_code(connection, code_id, now, zone)))


def _draft(form: Form) -> Draft:
    return Draft(
        name=form.text("name"),
        pool_id=form.integer("pool_id") or 0,
        slug=form.text("slug"),
        kind=_kind(form.text("kind")),
        hold_minutes=form.needed_number("hold_minutes"),
        welcome=form.text("welcome").replace("\r\n", "\n"),
        tag_ids=tuple(dict.fromkeys(form.integers("tag_ids"))),
        caps=caps_in(form, WINDOWS_OF["code"]),
    )


def _settings(draft: Draft, kind: CodeKind) -> dict[str, Any]:
    """What the fields say that do anything for a code of this kind: the form of a new one has those of every kind."""
    fields = ("hold_minutes", "welcome", "tag_ids", "caps")
    return {name: getattr(draft, name) for name in fields if name in SETTINGS_OF[kind]}


def _kind(text: str) -> CodeKind:
    return next((kind for kind in get_args(CodeKind) if kind == text), "hosted")


def _preview(request: Request, template: str) -> str:
    words = words_of(request)
    return fill(template, customer=words.gettext(EXAMPLE_CUSTOMER), agent=words.gettext(EXAMPLE_AGENT))

"""设置 (settings): what the environment decides is read-only; secrets go in and never come out."""

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from router.db.queries.page import EVERY
from router.db.queries.pools import list_pools
from router.handlers.admin.settings import ShownSetting, list_settings, write_settings
from router.setting_kinds import Choice, Phrases
from router.setting_specs import PREFIX, spec_of
from router.web.console.asking import Refused, change, read, services_of
from router.web.console.forms import Form, read_form
from router.web.console.render import go, page
from router.web.console.setting_words import CHOICE_NAMES, setting_label
from router.web.i18n import mark
from tagtree.wording import Problem


@dataclass(frozen=True, slots=True)
class Group:
    """Settings shown together."""

    label: str
    hint: str
    settings: tuple[ShownSetting, ...]


_GROUPS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        mark("Where people reach us"),
        mark("The public address is printed into every code, so set it before you print."),
        ("PUBLIC_URL", "TIME_ZONE"),
    ),
    (
        mark("WeCom"),
        mark("Copy these from the WeCom console. A missing secret switches its part off; nothing falls back to open."),
        ("CORP_ID", "APP_AGENT_ID", "APP_SECRET", "CONTACT_SECRET", "KF_SECRET"),
    ),
    (
        mark("Official Account"),
        mark("Its fans get the tags of our tree, too."),
        ("OA_APP_ID", "OA_SECRET"),
    ),
    (
        mark("Live codes"),
        mark("How long an agent is held for a visitor, and how many codes are made ahead."),
        (
            *("HOLD_MINUTES", "STOCK_LOW", "STOCK_TARGET", "SCANS_PER_MINUTE", "SAFE_WELCOME"),
            *("NATIVE_EDIT_SECONDS", "NATIVE_SEEN_SECONDS", "GROUP_PERSON_LIMIT", "GROUP_QR_DAYS"),
        ),
    ),
    (
        mark("Tags on the platforms"),
        mark("What WeCom and an Official Account take, and what happens when tags are changed there."),
        (
            *("TAG_TWINS", "TAG_DRIFT", "CORP_TAG_LIMIT", "CORP_TAG_NAME_CHARACTERS"),
            *("FAN_TAG_LIMIT", "FAN_TAG_NAME_BYTES"),
        ),
    ),
    (
        mark("Customer service"),
        mark("When a customer asks for a person, and who takes over."),
        ("HUMAN_WORDS", "KF_POOL_ID"),
    ),
    (
        mark("Rules and messages"),
        mark("How surely messages must be read, how answers to many go out, and how long texts are kept."),
        (
            *("RULE_MEMORY_MIB", "CLASS_MARGIN", "INTENT_MODEL", "QUESTION_SIMILARITY", "ANSWER_UNDO_SECONDS"),
            *("TEXT_DAYS", "UNKNOWN_WORD_DAYS"),
        ),
    ),
)


async def show(request: Request) -> Response:
    """Every setting with its source."""
    return await _show(request)


async def save(request: Request) -> Response:
    """Store what was filled in, all or none; an empty secret field leaves the stored secret."""
    form, services = await read_form(request), services_of(request)
    shown = await _list(request)
    edits = _edits(form, shown)
    outcome = await change(
        request, lambda c, act: write_settings(c, act, services.secret_box, services.settings, edits)
    )
    if isinstance(outcome, Refused):
        return await _show(request, outcome.problems, edits)
    return go("/settings", said="saved")


async def _list(request: Request) -> tuple[ShownSetting, ...]:
    services = services_of(request)
    return await read(request, lambda c: list_settings(c, services.secret_box, services.settings))


async def _show(
    request: Request, problems: tuple[Problem, ...] = (), edits: Mapping[str, str | None] | None = None
) -> Response:
    shown = await _list(request)
    pools = await read(request, lambda c: list_pools(c, limit=EVERY).items)
    words = request.state.words
    choices: dict[str, list[tuple[str, str]]] = {
        each.name: [(word, words.gettext(CHOICE_NAMES[word])) for word in spec.kind.words]
        for each in shown
        if (spec := spec_of(each.name)) and isinstance(spec.kind, Choice) and spec.editable
    }
    choices["KF_POOL_ID"] = [("", words.gettext("none")), *((str(pool.id), pool.name) for pool in pools)]
    return page(
        request,
        "settings.html",
        422 if problems else 200,
        groups=_groups(shown),
        fixed=[each for each in shown if not _is_editable_kind(each)],
        parts=services_of(request).settings.parts(),
        filled=edits or {},
        labels={each.name: setting_label(each.name, words) for each in shown},
        choices=choices,
        multiline=[each.name for each in shown if (spec := spec_of(each.name)) and isinstance(spec.kind, Phrases)],
        prefix=PREFIX,
        problems=problems,
    )


def _groups(shown: tuple[ShownSetting, ...]) -> list[Group]:
    by_name = {each.name: each for each in shown}
    grouped = [Group(label, hint, tuple(by_name[name] for name in names)) for label, hint, names in _GROUPS]
    callbacks = tuple(each for each in shown if each.name.startswith("CALLBACK_"))
    hint = mark(
        "Token and EncodingAESKey of each callback page. Keep the previous pair while old deliveries may still arrive."
    )
    return [*grouped, Group(mark("Callbacks"), hint, callbacks)]


def _is_editable_kind(setting: ShownSetting) -> bool:
    spec = spec_of(setting.name)
    return spec is not None and spec.editable


def _edits(form: Form, shown: tuple[ShownSetting, ...]) -> dict[str, str | None]:
    """Only what differs: a plain field that changed, a secret that was typed or is to be forgotten."""
    edits: dict[str, str | None] = {}
    for each in shown:
        text = form.text(each.name)
        if not each.is_editable or not any(field == each.name for field, _ in form.fields):
            continue
        if form.ticked(f"forget.{each.name}"):
            edits[each.name] = None
        elif text and (each.secret or text != _present(each)):
            edits[each.name] = text
        elif not text and not each.secret and each.source == "stored":
            edits[each.name] = None
    return edits


def _present(setting: ShownSetting) -> str:
    return setting.text or ""

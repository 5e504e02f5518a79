"""What lists are narrowed by: one of all live codes, found by a part of its name, and one of all agents."""

from dataclasses import dataclass

from sqlalchemy import Connection

from router.db.queries.agents import every_agent_name
from router.db.queries.live_codes import FoundCode, find_codes, found_code
from router.web.console.forms import Form
from router.web.i18n import Words, mark
from tagtree.wording import Problem, Wording

OFFERED = 200  # codes that a browser suggests while somebody types; every other is found by its name
AT_MOST = 20  # codes to choose from where a text fits several
BETWEEN = " · "  # name and slug in what the field holds

NONE_FITS = Problem(
    "code",
    Wording("No live code has this in its name or address.", "没有名称或短码包含此内容的活码。"),
    Wording("Type a part of its name; archived ones are found as well.", "请输入名称的一部分，已归档的也能找到。"),
)
SEVERAL_FIT = Problem(
    "code",
    Wording("Several live codes fit.", "有多个活码符合。"),
    Wording("Choose one of those below, or type more of the name.", "请在下方选择，或输入更完整的名称。"),
)


@dataclass(frozen=True, slots=True)
class CodeFilter:
    """The live code that a list is narrowed to.

    ``code_id`` is 0 for all, also where ``text`` fits none or ``several``, which ``problems`` say; ``text`` is what the
    field holds, ``offered`` what it suggests.
    """

    code_id: int
    text: str
    offered: tuple[FoundCode, ...]
    several: tuple[FoundCode, ...] = ()
    problems: tuple[Problem, ...] = ()


def label_of(code: FoundCode) -> str:
    """A code as the field holds it: names may be alike, so the slug stands with it."""
    return f"{code.name}{BETWEEN}{code.slug}"


def read_code_filter(connection: Connection, form: Form) -> CodeFilter:
    """The code that a form's ``code`` names, in words, or else its ``code_id``, as links have it."""
    text, code_id = form.text("code"), max(0, form.integer("code_id") or 0)
    offered = find_codes(connection, "", OFFERED)
    if not text:
        chosen = found_code(connection, code_id) if code_id else None
        return CodeFilter(code_id, label_of(chosen) if chosen else str(code_id or ""), offered)
    fitting = _fitting(connection, text)
    if len(fitting) == 1:
        return CodeFilter(fitting[0].id, label_of(fitting[0]), offered)
    return CodeFilter(0, text, offered, fitting, (SEVERAL_FIT if fitting else NONE_FITS,))


def agent_choices(connection: Connection, words: Words) -> tuple[tuple[int, str], ...]:
    """Every agent by id and name, those in use first."""
    return tuple(
        (id, words.gettext(mark("%(name)s (archived)"), name=name) if archived else name)
        for id, name, archived in every_agent_name(connection)
    )


def _fitting(connection: Connection, text: str) -> tuple[FoundCode, ...]:
    """Those that are meant by the slug, which never changes, or the whole name; else those with the text in them."""
    _, _, slug = text.rpartition(BETWEEN)
    found = find_codes(connection, text, AT_MOST, slug=slug)
    meant = tuple(code for code in found if code.slug == slug or text in (code.slug, code.name))
    return meant or found

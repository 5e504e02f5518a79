"""The page a visitor sees after a scan: one picture of one agent, or what happens until there is one.

Every URL in it is relative, so that it also works behind a path prefix; scripts, styles and pictures come from our own
origin only.
"""

import unicodedata
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from pathlib import Path
from typing import Any, assert_never

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import escape

from router.db.queries.stores import OfferedStore
from router.db.queries.waiting import COUNTED, ask_after
from router.domain.scan import (
    AgentFace,
    AlreadyAdded,
    AsksForNumber,
    Closed,
    Forwarded,
    Full,
    GroupShown,
    NativeShown,
    Preparing,
    Reserved,
    ScanAnswer,
    SentToGroup,
    SentToKf,
    Waiting,
)
from router.handlers.acquisition import REFUSED, USED_UP
from router.handlers.admission import CODE_USED_UP, VISITOR_USED_UP
from router.handlers.group_codes import NONE_LEFT
from router.handlers.leave_number import NotNoted
from router.handlers.native import NOT_MADE
from router.platforms.wecom.acquisition import opening_wechat
from router.web.carried import query_string
from router.web.landing_words import LANDING_WORDS
from router.web.language import Language
from router.web.security import CONTENT_SECURITY_POLICY

COLOURS = 8  # classes avatar-0 … avatar-7 in landing.css and card.css

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
    "Vary": "Accept, Accept-Language, Cookie, User-Agent",
}

# Seconds after which a browser without scripts asks again.
_RECHECK_FULL = 4
_RECHECK_PREPARING = 3
_RECHECK_GROUP = 60

# Said in the visitor's language.
_LEADS_NOWHERE = {NONE_LEFT: "no_group", USED_UP: "no_link", REFUSED: "no_link", NOT_MADE: "no_link"}

# Pages for those whom a limit of the code keeps out.
_REFUSED_ENTRY = {CODE_USED_UP: "used_up", VISITOR_USED_UP: "enough"}

_templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    auto_reload=False,  # a look at each file for every page otherwise
)


@dataclass(frozen=True, slots=True)
class Visit:
    """Where and when a page is shown: ``now`` in ms, ``zone`` of the corporation.

    ``carried`` are the parameters of the page's address that go on with its links and forms, see `router.web.carried`.
    """

    slug: str
    language: Language
    now: int
    zone: tzinfo
    carried: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Portrait:
    """An agent's face: initials on one of ``COLOURS`` colours, the same on every visit, under the photo if any."""

    name: str
    initials: str
    colour: int
    id: int
    has_photo: bool


@dataclass(frozen=True, slots=True)
class NumberForm:
    """``noted``: there is a number already; ``typed`` is shown again beside what was wrong with it."""

    noted: bool = False
    typed: str = ""
    problem: NotNoted | None = None


def render_answer(answer: ScanAnswer, visit: Visit, onward: Mapping[str, str] | None = None) -> str:
    """The page for what the scan was answered with; ``onward`` goes with a link to another code."""
    match answer:
        case Reserved():
            return _reserved(answer, visit)
        case AlreadyAdded():
            return _render("added", visit, "added", agent=portrait(answer.agent), key=answer.key)
        case Waiting(position=position, of=of):
            line: dict[str, Any] = {"position": position, "of": of, "counted": COUNTED}
            ask = ask_after(position)
            return _render("waiting", visit, "waiting", refresh_seconds=_RECHECK_FULL, ask_after=ask, **line)
        case Full(reason=reason) if reason in _LEADS_NOWHERE:
            return _notice(_LEADS_NOWHERE[reason], visit, can_look_again=True)
        case Full(reason=text):
            return _notice("full", visit, text=text, can_look_again=True)  # the pool's own words
        case SentToKf(url=url):
            return _render("offer", visit, "full", offer="kf", url=url)
        case SentToGroup(slug=slug):
            return _render("offer", visit, "full", offer="group", url=f"./{slug}{query_string(onward or {})}")
        case AsksForNumber():
            return render_number(answer, visit, NumberForm())
        case GroupShown():
            return _group(answer, visit)
        case NativeShown(link=link):
            opens = link.startswith(("https://", "http://"))  # a browser, whatever else a picture may say
            return _render("native", visit, "reserved", link=link if opens else "")
        case Forwarded(url=url):
            return _render("forwarded", visit, "forwarded", opening=opening_wechat(url))
        case Preparing():
            return _notice("preparing", visit, is_waiting=True, refresh_seconds=_RECHECK_PREPARING)
        case Closed(reason=reason):
            return _notice(_REFUSED_ENTRY.get(reason, "closed"), visit)
    assert_never(answer)


def render_number(answer: AsksForNumber, visit: Visit, form: NumberForm) -> str:
    """The form for a number to be called back, or that one is noted and how to take it back."""
    return _render(
        "number",
        visit,
        "full",
        title=answer.title,
        consent=answer.consent,
        noted=form.noted and form.problem is None,
        typed=form.typed,
        told=f"number_{form.problem}" if form.problem else "",
        up="../" if form.problem else "",
    )


def render_preview(code_name: str, is_open: bool, visit: Visit) -> str:
    """What previews and crawlers get: what the code is, nothing held; a person judged wrongly finds a button."""
    if visit.carried:
        return _plain_preview(code_name, is_open, visit)
    return _preview(code_name, is_open, visit.slug, visit.language)


def render_unknown(visit: Visit) -> str:
    """For a slug that no code ever had."""
    return _notice("unknown", visit)


def render_place(regions: Mapping[str, Sequence[OfferedStore]], visit: Visit) -> str:
    """The page that asks where the visitor is; ``regions`` holds the stores to choose from."""
    return _render("place", visit, "place", regions=regions)


def render_rush(visit: Visit) -> str:
    """For an address that brings too many new visitors at once."""
    return _notice("rush", visit)


def render_refused(reason: str, visit: Visit) -> str:
    """For a request that cannot be answered; ``reason`` says what to send instead."""
    return _notice("refused", visit, text=reason)


def expired_picture(language: Language) -> str:
    """An SVG in the place of a picture whose lease is over."""
    text = escape(LANDING_WORDS[language]["expired_picture"])
    arrow = "M190 118a46 46 0 1 0 6 36M196 96v26h-26"
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 300 300" width="300" height="300">'
        '<rect width="300" height="300" fill="#f4f6f5"/>'
        f'<path d="{arrow}" fill="none" stroke="#5b6a64" stroke-width="7" stroke-linecap="round"/>'
        f'<text x="150" y="236" font-size="14" font-family="sans-serif" text-anchor="middle">{text}</text>'
        "</svg>"
    )


def portrait(agent: AgentFace) -> Portrait:
    """How an agent is drawn; the colour hangs on the id, so a new name keeps it."""
    colour = zlib.crc32(str(agent.id).encode()) % COLOURS
    return Portrait(agent.name, initials(agent.name), colour, agent.id, agent.has_photo)


def initials(name: str) -> str:
    """The given name's last two characters of a Chinese name, else the first letters of the first two words."""
    words = name.split()
    if not words:
        return "?"
    if _is_wide(words[0][0]):
        return words[0][-2:]
    return "".join(word[0] for word in words[:2]).upper()


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in ("W", "F")


def _reserved(answer: Reserved, visit: Visit) -> str:
    left = max(0, answer.expires_at - visit.now)
    return _render(
        "reserved",
        visit,
        "reserved",
        refresh_seconds=left // 1000 + 1,
        agent=portrait(answer.agent),
        key=answer.key,
        expires_in=left,
        expires_time=_with_zone(answer.expires_at, "%H:%M", visit),
    )


@lru_cache(maxsize=1_000)  # a link that is passed on in a group is looked at a hundred times in a second
def _preview(code_name: str, is_open: bool, slug: str, language: Language) -> str:
    return _plain_preview(code_name, is_open, Visit(slug, language, 0, UTC))


def _plain_preview(code_name: str, is_open: bool, visit: Visit) -> str:
    if not is_open:
        return _notice("closed", visit)
    return _notice("preview", visit, can_open=True, code=code_name)


def _group(answer: GroupShown, visit: Visit) -> str:
    expires_at = answer.expires_at
    left = None if expires_at is None else max(0, expires_at - visit.now) // 1000 + 1
    return _render(
        "group",
        visit,
        "reserved",
        refresh_seconds=min(left or _RECHECK_GROUP, _RECHECK_GROUP),
        name=answer.name,
        group_qr_id=answer.group_qr_id,
        expires=None if expires_at is None else _with_zone(expires_at, "%Y-%m-%d %H:%M", visit),
    )


def _with_zone(instant: int, form: str, visit: Visit) -> str:
    """In the corporation's zone and naming it, for a phone may be set to another.

    China by the name people use, others by their offset.
    """
    words, at = LANDING_WORDS[visit.language], datetime.fromtimestamp(instant / 1000, visit.zone)
    zone = words["beijing"] if str(visit.zone) == "Asia/Shanghai" else _offset(at)
    return words["time_in_zone"].format(time=at.strftime(form), zone=zone)


def _offset(at: datetime) -> str:
    minutes = (at.utcoffset() or timedelta()) // timedelta(minutes=1)
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'-' if minutes < 0 else '+'}{hours}{f':{rest:02}' if rest else ''}"


def _notice(
    outcome: str,
    visit: Visit,
    *,
    is_waiting: bool = False,
    can_open: bool = False,
    can_look_again: bool = False,
    refresh_seconds: int | None = None,
    text: str = "",
    code: str = "",
) -> str:
    words = LANDING_WORDS[visit.language]
    return _render(
        "notice",
        visit,
        outcome,
        title=words[f"{outcome}_title"].format(code=code),
        text=text or words[f"{outcome}_text"],
        is_waiting=is_waiting,
        can_open=can_open,
        can_look_again=can_look_again,
        refresh_seconds=refresh_seconds,
    )


def _render(
    template: str, visit: Visit, outcome: str, *, refresh_seconds: int | None = None, up: str = "", **values: Any
) -> str:
    """``up`` leads from the page's address to where the code's own page lies."""
    return _templates.get_template(f"landing/{template}.html").render(
        words=LANDING_WORDS[visit.language],
        slug=visit.slug,
        query=query_string(visit.carried),
        carried=visit.carried,
        up=up,
        outcome=outcome,
        refresh_seconds=refresh_seconds,
        **values,
    )

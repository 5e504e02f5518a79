"""预占 (reservations): the ledger of places held, confirmed, expired and released."""

from dataclasses import dataclass, replace
from urllib.parse import urlencode

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from router.db.queries.page import Page
from router.db.queries.reservations import STATUSES, Reservation, list_reservations
from router.db.queries.subject_names import names_within
from router.domain.numbers import Range, read_day
from router.web.console.asking import read, services_of, words_of
from router.web.console.forms import Form, read_query
from router.web.console.naming import RESERVATION_STATES
from router.web.console.narrowing import CodeFilter, agent_choices, read_code_filter
from router.web.console.render import page
from router.web.console.sentences import capped_in
from tagtree.wording import Problem


@dataclass(frozen=True, slots=True)
class Filters:
    """What the list is narrowed to; "", 0 and None: all. A day is one on the clocks of the corporation."""

    status: str
    code_id: int
    agent_id: int
    day: Range | None

    @property
    def named(self) -> dict[str, object]:
        """As a query string has them, empty ones included."""
        return {
            "status": self.status,
            "code_id": self.code_id or "",
            "agent_id": self.agent_id or "",
            "day": "" if self.day is None else str(self.day.first),
        }


@dataclass(frozen=True, slots=True)
class Shown:
    found: Page[Reservation]
    filters: Filters
    code: CodeFilter
    agents: tuple[tuple[int, str], ...]
    cap_names: dict[str, str]  # of what the reasons speak of


async def show_list(request: Request) -> Response:
    """Latest first, by state, code, agent and day; what makes no sense is said beside its field and not filtered by."""
    query, words, zone = read_query(request), words_of(request), services_of(request).settings.time_zone
    before = query.integer("before") or 0
    asked, problems = filters_in(query)

    def around(connection: Connection) -> Shown:
        code = read_code_filter(connection, query)
        filters = replace(asked, code_id=code.code_id)
        found = list_reservations(
            connection,
            status=filters.status,
            code_id=filters.code_id,
            agent_id=filters.agent_id,
            held=None if filters.day is None else filters.day.bounds(zone),
            before=before,
        )
        names = names_within(connection, capped_in(each.decision for each in found.items))
        return Shown(found, filters, code, agent_choices(connection, words), names)

    shown = await read(request, around)
    problems = (*problems, *shown.code.problems)
    return page(
        request,
        "reservations.html",
        422 if problems else 200,
        found=shown.found,
        filters=shown.filters,
        day=query.text("day"),
        code=shown.code,
        agents=shown.agents,
        cap_names=shown.cap_names,
        states=[(state, words.gettext(RESERVATION_STATES[state][0])) for state in STATUSES],
        problems=problems,
        address=urlencode(shown.filters.named) + "&",
        started=before > 0,
    )


def filters_in(query: Form) -> tuple[Filters, tuple[Problem, ...]]:
    """What a query asks for, and why its day is none."""
    day = read_day(query.text("day")) if query.text("day") else None
    filters = Filters(
        status=query.text("status") if query.text("status") in STATUSES else "",
        code_id=max(0, query.integer("code_id") or 0),
        agent_id=max(0, query.integer("agent_id") or 0),
        day=day if isinstance(day, Range) else None,
    )
    return filters, (day,) if isinstance(day, Problem) else ()

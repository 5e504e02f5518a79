"""预占 (reservations): the ledger of places held, confirmed, expired and released."""

from urllib.parse import urlencode

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from router.db.queries.live_codes import LiveCode, list_live_codes
from router.db.queries.page import Page
from router.db.queries.reservations import STATUSES, Reservation, list_reservations
from router.web.console.asking import now_of, read, services_of, words_of
from router.web.console.forms import read_query
from router.web.console.naming import RESERVATION_STATES
from router.web.console.render import page


async def show_list(request: Request) -> Response:
    """Latest first, by state and code."""
    query, words = read_query(request), words_of(request)
    status = query.text("status") if query.text("status") in STATUSES else ""
    code_id, before = query.integer("code_id") or 0, query.integer("before") or 0
    zone, now = services_of(request).settings.time_zone, now_of(request)

    def around(connection: Connection) -> tuple[Page[Reservation], tuple[LiveCode, ...]]:
        reservations = list_reservations(connection, status=status, code_id=code_id, before=before)
        return reservations, list_live_codes(connection, now, zone, limit=200).items

    reservations, codes = await read(request, around)
    return page(
        request,
        "reservations.html",
        found=reservations,
        status=status,
        code_id=code_id or "",
        states=[(state, words.gettext(RESERVATION_STATES[state][0])) for state in STATUSES],
        codes=[(code.id, code.name) for code in codes],
        filters=urlencode({"status": status, "code_id": code_id or ""}) + "&",
        started=before > 0,
    )

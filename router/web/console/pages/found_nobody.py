"""无人接待 (found nobody): visitors to whom no agent was given, and why not each of them."""

from urllib.parse import urlencode

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from router.db.queries.decisions import NOBODY, FoundNobody, found_nobody
from router.db.queries.live_codes import LiveCode, get_live_code
from router.db.queries.page import Page
from router.db.queries.subject_names import names_within
from router.web.console.asking import now_of, read, services_of, words_of
from router.web.console.forms import read_query
from router.web.console.naming import FOUND_NOBODY
from router.web.console.render import page
from router.web.console.sentences import capped_in


async def show_list(request: Request) -> Response:
    """Latest first, of one code or all."""
    query, words = read_query(request), words_of(request)
    code_id, before = query.integer("code_id") or 0, query.integer("before") or 0
    outcome = next((each for each in NOBODY if each == query.text("outcome")), None)
    zone, now = services_of(request).settings.time_zone, now_of(request)

    def around(connection: Connection) -> tuple[Page[FoundNobody], LiveCode | None, dict[str, str]]:
        listed = found_nobody(connection, code_id=code_id, outcome=outcome, before=before)
        code = get_live_code(connection, code_id, now, zone) if code_id else None
        return listed, code, names_within(connection, capped_in(each.decision for each in listed.items))

    listed, code, cap_names = await read(request, around)
    return page(
        request,
        "found_nobody.html",
        found=listed,
        code=code,
        cap_names=cap_names,
        outcome=outcome or "",
        outcomes=[(each, words.gettext(FOUND_NOBODY[each][0])) for each in NOBODY],
        filters=urlencode({"outcome": outcome or "", "code_id": code_id or ""}) + "&",
        started=before > 0,
    )

"""发件箱 (the outbox): what is to go out, what went, what failed and why."""

from urllib.parse import urlencode

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from router.db.queries.outbox_view import STATUSES, OutboxItem, OutboxSummary, list_outbox, outbox_summary
from router.db.queries.page import Page
from router.handlers.admin.retry import retry_effect
from router.web.console.asking import Refused, change, now_of, read, words_of
from router.web.console.forms import read_query
from router.web.console.naming import EFFECT_NAMES, EFFECT_STATES
from router.web.console.render import go, page
from router.web.console.today import DAY
from tagtree.wording import Problem


async def show_list(request: Request) -> Response:
    """Effects latest first, by state and kind."""
    return await _show(request)


async def retry(request: Request) -> Response:
    """Try a failed effect again."""
    outbox_id: int = request.path_params["id"]
    outcome = await change(request, lambda connection, act: retry_effect(connection, act, outbox_id))
    if isinstance(outcome, Refused):
        return await _show(request, outcome.problems)
    return go("/outbox", said="retried")


async def _show(request: Request, problems: tuple[Problem, ...] = ()) -> Response:
    query, words = read_query(request), words_of(request)
    status = query.text("status") if query.text("status") in STATUSES else ""
    kind = query.text("kind") if query.text("kind") in EFFECT_NAMES else ""
    before, now = query.integer("before") or 0, now_of(request)

    def around(connection: Connection) -> tuple[Page[OutboxItem], OutboxSummary]:
        return list_outbox(connection, status=status, kind=kind, before=before), outbox_summary(connection, now - DAY)

    items, summary = await read(request, around)
    return page(
        request,
        "outbox.html",
        422 if problems else 200,
        items=items,
        summary=summary,
        now=now,
        status=status,
        kind=kind,
        states=[(state, words.gettext(EFFECT_STATES[state][0])) for state in STATUSES],
        kinds=[(each, words.gettext(name)) for each, name in EFFECT_NAMES.items()],
        filters=urlencode({"status": status, "kind": kind}) + "&",
        started=before > 0,
        problems=problems,
    )

"""未用与失效标签: what of the tag tree can be cleared up."""

from starlette.requests import Request
from starlette.responses import Response

from router.handlers.tag_report import MAX_QUIET_DAYS, QUIET_DAYS, report_tags
from router.web.console.asking import now_of, read
from router.web.console.forms import read_query
from router.web.console.render import page

SHOWN = 200  # of either list


async def show(request: Request) -> Response:
    """Unused tags and dead ones; ``days`` says after how many days without being put on a tag counts as dead."""
    days = min(max(1, read_query(request).integer("days") or QUIET_DAYS), MAX_QUIET_DAYS)
    now = now_of(request)
    report = await read(request, lambda connection: report_tags(connection, now, days))
    return page(request, "tag_report.html", report=report, days=days, shown=SHOWN)

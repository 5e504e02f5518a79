"""未用与失效标签: what of the tag tree can be cleared up."""

from collections import Counter
from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response

from router.handlers.tag_report import MAX_QUIET_DAYS, QUIET_DAYS, UnusedTag, report_tags
from router.web.console.asking import now_of, read
from router.web.console.forms import read_query
from router.web.console.render import page

SHOWN = 200  # of either list


async def show(request: Request) -> Response:
    """Unused tags and dead ones; ``days`` says after how many days without being put on a tag counts as dead."""
    days = min(max(1, read_query(request).integer("days") or QUIET_DAYS), MAX_QUIET_DAYS)
    now = now_of(request)
    report = await read(request, lambda connection: report_tags(connection, now, days))
    unused = tops(report.unused)
    return page(request, "tag_report.html", unused=unused, dead=report.dead, days=days, shown=SHOWN)


def tops(unused: Sequence[UnusedTag]) -> list[tuple[UnusedTag, int]]:
    """The highest unused tag of each branch, and how many unused ones stand under it; given along the tree."""
    top: dict[int, int] = {}
    for each in unused:
        tag = each.node.tag
        top[tag.id] = tag.id if tag.parent_id is None else top.get(tag.parent_id, tag.id)
    below = Counter(top.values())
    return [(each, below[each.node.tag.id] - 1) for each in unused if top[each.node.tag.id] == each.node.tag.id]

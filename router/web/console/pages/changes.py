"""Who changed what in console and API, with before and after."""

from urllib.parse import urlencode

import orjson
from starlette.requests import Request
from starlette.responses import Response

from router.db.queries.changes import list_changes
from router.web.console.asking import read
from router.web.console.forms import read_query
from router.web.console.render import page


async def show_list(request: Request) -> Response:
    """Latest first; ``subject`` narrows to one thing."""
    query = read_query(request)
    subject, before = query.text("subject"), query.integer("before") or 0
    changes = await read(request, lambda connection: list_changes(connection, subject=subject, before_id=before))
    return page(
        request,
        "changes.html",
        changes=changes,
        subject=subject,
        written={each.id: (_readable(each.before), _readable(each.after)) for each in changes.items},
        filters=urlencode({"subject": subject}) + "&",
        started=before > 0,
    )


def _readable(value: object) -> str:
    return "" if value is None else orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()

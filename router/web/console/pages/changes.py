"""Who changed what in console and API, with before and after."""

from urllib.parse import urlencode

import orjson
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from router.db.queries.changes import Change, list_changes
from router.db.queries.page import Page
from router.db.queries.subject_names import subject_names
from router.web.console.asking import read, words_of
from router.web.console.change_words import act_name, subject_name
from router.web.console.forms import read_query
from router.web.console.render import page


async def show_list(request: Request) -> Response:
    """Latest first; ``subject`` narrows to one thing."""
    query = read_query(request)
    subject, before = query.text("subject"), query.integer("before") or 0

    def shown(connection: Connection) -> tuple[Page[Change], dict[str, str]]:
        found = list_changes(connection, subject=subject, before_id=before)
        return found, subject_names(connection, {each.subject for each in found.items})

    changes, names = await read(request, shown)
    words = words_of(request)
    return page(
        request,
        "changes.html",
        changes=changes,
        subject=subject,
        acts={each.id: act_name(each.what, words) for each in changes.items},
        subjects={each.id: subject_name(each.subject, names, words) for each in changes.items},
        written={each.id: (_readable(each.before), _readable(each.after)) for each in changes.items},
        filters=urlencode({"subject": subject}) + "&",
        started=before > 0,
    )


def _readable(value: object) -> str:
    return "" if value is None else orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()

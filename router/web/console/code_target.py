"""What a live code of another kind than our own page leads to, for the page that shows the code."""

from typing import Any

from sqlalchemy import Connection

from router.db.queries.acquisition_links import link_of
from router.db.queries.group_qrs import groups
from router.db.queries.live_codes import LiveCode
from router.domain.group_codes import choose


def target_of(connection: Connection, code: LiveCode, now: int) -> dict[str, Any]:
    """Names for the template: the groups and the one shown at ``now`` (ms), or the acquisition link."""
    match code.kind:
        case "group":
            found = groups(connection, code.id)
            return {"groups": found, "group_choice": choose(found, now), "now": now}
        case "acquisition":
            return {"link": link_of(connection, code.id)}
        case _:
            return {}

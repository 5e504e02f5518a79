"""Whether a visitor is let in at all, before anybody is ranked for them: the limits of a live code."""

from datetime import tzinfo

from sqlalchemy import Connection

from router.db.queries import entries
from router.db.queries.capacity import bounds
from router.db.queries.scan import Code

CODE_USED_UP = "this code has let in all the visitors it was made for"
VISITOR_USED_UP = "this visitor has had all of today's reservations on this code"


def refuse(connection: Connection, code: Code, visitor: str, now: int, zone: tzinfo) -> str | None:
    """Why a visitor without a live reservation is not let in, or None.

    Being let in by a code with a scan limit takes one of its entries, once per visitor, in the same transaction: ask
    only for somebody who is to be received. It is not given back, because the limit counts who came in, not who was
    reserved. ``now`` is in ms; the visitor's day begins in ``zone``.
    """
    if code.visitor_limit is not None:
        today, _ = bounds("day", now, zone)
        if entries.reservations_since(connection, code.id, visitor, today) >= code.visitor_limit:
            return VISITOR_USED_UP
    if code.scan_limit is not None and not entries.try_enter(connection, code.id, visitor, code.scan_limit, now):
        return CODE_USED_UP
    return None

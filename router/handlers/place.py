"""Which pool receives a visitor of a code by place (就近接待): that of the store for where they are."""

from sqlalchemy import Connection

from router.db.queries import stores
from router.db.queries.scan import Code
from router.domain.place import Where, choose_store


def choose_pool(connection: Connection, code: Code, where: Where) -> int | None:
    """The pool of the chosen, nearest or regional store; None when none fits, and then the code's own pool receives.

    When everyone of the store is full, the spill policy of its pool says what happens, as for any other pool.
    """
    if not code.by_place:
        return None
    offered = [each.placed for each in stores.offered_stores(connection)]
    chosen = choose_store(offered, where).store
    return None if chosen is None else chosen.pool_id

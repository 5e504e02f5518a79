"""Keep each agent's stock of contact ways filled: the outbox makes them, none is made inside a scan."""

import base64
import secrets

from sqlalchemy import Connection

from router.db.queries import outbox, stock
from router.db.queries.outbox import Order
from router.db.sql import Sql
from router.domain.effects import DeleteContactWay, MakeContactWay
from router.domain.events import LEFT

PAUSE_AFTER_REFUSAL = 60_000  # ms: a refusal by the platform is not answered with a dozen more questions at every scan

TRY_AGAIN = 3_600_000  # ms between two questions whether the platform can reach an agent again

# Those who left are not asked for: a new member may have their userid by now. One question at a time is enough.
_UNREACHABLE = Sql(
    "SELECT DISTINCT a.id, a.userid FROM agent AS a JOIN pool_member AS m ON m.agent_id = a.id"
    " JOIN pool AS p ON p.id = m.pool_id AND p.archived_at IS NULL"
    " WHERE NOT a.available AND a.unavailable_reason <> :left AND a.archived_at IS NULL"
    # SQLite uses a partial index only where the statement repeats the condition of the index.
    " AND NOT EXISTS (SELECT 1 FROM contact_way AS w WHERE w.agent_id = a.id AND w.status = 'making'"
    " AND w.status IN ('making', 'ready')) ORDER BY a.id"
)
_RECEIVING = Sql(
    "SELECT DISTINCT a.id, a.userid FROM agent AS a JOIN pool_member AS m ON m.agent_id = a.id"
    " JOIN pool AS p ON p.id = m.pool_id AND p.archived_at IS NULL"
    " WHERE a.available AND a.archived_at IS NULL ORDER BY a.id"
)

_LEFT_BEHIND = Sql(
    "SELECT w.id FROM contact_way AS w JOIN agent AS a ON a.id = w.agent_id WHERE a.archived_at IS NOT NULL"
    # SQLite uses a partial index only where the statement repeats the condition of the index.
    " AND w.status = 'ready' AND w.status IN ('making', 'ready') ORDER BY w.id"
)


def refill(connection: Connection, agent_id: int, userid: str, now: int, low: int, target: int) -> int:
    """Order contact ways up to ``target`` when fewer than ``low`` are there or on the way; returns how many."""
    there = stock.in_stock(connection, agent_id)
    if there >= low or stock.refused_since(connection, agent_id, now - PAUSE_AFTER_REFUSAL):
        return 0
    return _order(connection, agent_id, userid, target - there, now)


def _order(connection: Connection, agent_id: int, userid: str, how_many: int, now: int) -> int:
    orders = []
    for _ in range(how_many):
        state = new_state_token()
        way_id = stock.add(connection, agent_id, state, now)
        orders.append(Order(MakeContactWay(way_id, userid, state)))
    outbox.add_all(connection, orders, now)
    return len(orders)


def refill_all(connection: Connection, now: int, low: int, target: int) -> int:
    """Look after the stock of every agent who is in a pool in use: at start, after edits, and now and then.

    What an archived agent leaves behind goes from the platform, where it would count against the number allowed.
    Whether an unreachable agent can be reached again is asked once an hour, however many ways are ready: one made
    brings them back.
    """
    for (way_id,) in _LEFT_BEHIND.rows(connection):
        retire(connection, way_id, now)
    for id, userid in _UNREACHABLE.rows(connection, left=LEFT):
        if not stock.refused_since(connection, id, now - TRY_AGAIN):
            _order(connection, id, userid, 1, now)
    return sum(refill(connection, id, userid, now, low, target) for id, userid in _RECEIVING.rows(connection))


def retire(connection: Connection, way_id: int, now: int) -> None:
    """End a contact way, shown or left behind: it leaves the platform, and nobody else ever sees it."""
    config_id = stock.retire(connection, way_id)
    if config_id is not None:
        outbox.add_all(connection, [Order(DeleteContactWay(way_id, config_id))], now)


def new_state_token() -> str:
    """渠道参数: opaque, unguessable, well under the platform's 30 characters (limits §3)."""
    return "lq-" + base64.b32encode(secrets.token_bytes(15)).decode().lower()

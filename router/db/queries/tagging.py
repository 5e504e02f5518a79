"""Tag edges (why a customer carries a tag) and tag marks (what the platform should carry, per follow)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from router.db.queries import outbox
from router.db.queries.outbox import Order
from router.db.sql import Sql
from router.domain.effects import MarkTags
from router.domain.taken_off import WhyTakenOff, stored

_PUT_ON = Sql(
    "INSERT INTO tag_edge (customer_id, tag_id, source, rule_set_version_id, inbox_id, span_start, span_end, evidence,"
    " hits, created_at, last_at, removed_reason) VALUES (:customer_id, :tag_id, :source, :version_id, :inbox_id,"
    " :span_start, :span_end, :evidence, 1, :now, :now, '')"
    " ON CONFLICT (customer_id, tag_id, source) WHERE removed_at IS NULL"
    " DO UPDATE SET hits = tag_edge.hits + 1, last_at = excluded.last_at,"
    " last_version_id = excluded.rule_set_version_id, last_inbox_id = excluded.inbox_id"
)
_TAKE_OFF = Sql(
    "UPDATE tag_edge SET removed_at = :now, removed_reason = :reason"
    " WHERE customer_id = :customer_id AND tag_id = :tag_id AND removed_at IS NULL"
)
# Both sides name the customers, and the tag is only looked up: right after a rush PostgreSQL knows little about these
# tables, and would otherwise begin with every edge of a tag.
_WANT = Sql(
    "INSERT INTO tag_mark (follow_id, tag_id, desired, confirmed, changed_at, error)"
    " SELECT DISTINCT f.id, e.tag_id, true, false, CAST(:now AS BIGINT), '' FROM follow AS f"
    " JOIN tag_edge AS e ON e.customer_id = f.customer_id AND e.removed_at IS NULL"
    " WHERE f.status = 'full' AND f.customer_id {among:customers} AND e.customer_id {among:customers}"
    " AND NOT EXISTS (SELECT 1 FROM tag AS t WHERE t.id = e.tag_id"
    " AND (t.internal OR t.under_internal OR t.archived_at IS NOT NULL))"
    " ON CONFLICT (follow_id, tag_id) DO UPDATE SET desired = true, changed_at = excluded.changed_at, error = ''"
    " WHERE NOT tag_mark.desired"
)
_UNWANT = Sql(
    "UPDATE tag_mark SET desired = false, changed_at = :now WHERE desired"
    " AND follow_id IN (SELECT id FROM follow WHERE customer_id {among:customers})"
    " AND NOT EXISTS (SELECT 1 FROM tag_edge AS e JOIN follow AS f ON f.customer_id = e.customer_id"
    " JOIN tag AS t ON t.id = e.tag_id WHERE f.id = tag_mark.follow_id AND e.tag_id = tag_mark.tag_id"
    " AND e.removed_at IS NULL AND NOT t.internal AND NOT t.under_internal AND t.archived_at IS NULL)"
)
_UNCONFIRM = Sql(
    "UPDATE tag_mark SET confirmed = false WHERE desired AND follow_id IN"
    " (SELECT id FROM follow WHERE agent_id = :agent_id AND customer_id = :customer_id)"
)
_OPEN = Sql(
    "SELECT DISTINCT m.follow_id FROM follow AS f JOIN tag_mark AS m ON m.follow_id = f.id"
    " WHERE f.status = 'full' AND m.desired <> m.confirmed AND f.customer_id {among:customers} ORDER BY m.follow_id"
)


@dataclass(frozen=True, slots=True)
class Edge:
    """One reason to carry a tag. ``source`` names the rule, code or person; spans are characters of the message."""

    customer_id: int
    tag_id: int
    source: str
    version_id: int | None = None
    inbox_id: int | None = None
    span: tuple[int, int] | None = None
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Removal:
    """Take every edge of a tag off a customer, saying why."""

    customer_id: int
    tag_id: int
    why: WhyTakenOff


def put_on(connection: Connection, edges: Sequence[Edge], now: int) -> None:
    """Add edges; the same source again only counts."""
    _PUT_ON.run_many(
        connection,
        [
            {
                "customer_id": edge.customer_id,
                "tag_id": edge.tag_id,
                "source": edge.source,
                "version_id": edge.version_id,
                "inbox_id": edge.inbox_id,
                "span_start": edge.span[0] if edge.span else None,
                "span_end": edge.span[1] if edge.span else None,
                "evidence": edge.evidence.replace("\x00", "\ufffd"),  # PostgreSQL's text cannot hold it
                "now": now,
            }
            for edge in edges
        ],
    )


def take_off(connection: Connection, removals: Sequence[Removal], now: int) -> None:
    """Remove edges; history keeps them with the reason."""
    _TAKE_OFF.run_many(
        connection,
        [
            {"customer_id": each.customer_id, "tag_id": each.tag_id, "reason": stored(each.why), "now": now}
            for each in removals
        ],
    )


def unconfirm_marks(connection: Connection, relations: Sequence[tuple[int, int]]) -> None:
    """(agent, customer): relations that began anew, of whose tags the platform may have kept none."""
    _UNCONFIRM.run_many(connection, [{"agent_id": agent, "customer_id": customer} for agent, customer in relations])


def want_marks(connection: Connection, customer_ids: Collection[int], now: int) -> None:
    """Bring what the platform should carry in line with the edges, for the relations that can carry tags now.

    A half relation, or none, cannot (84061): its edges stay as intent until the relation is full.
    """
    customers = sorted(set(customer_ids))
    if not customers:
        return
    _WANT.run(connection, customers=customers, now=now)
    _UNWANT.run(connection, customers=customers, now=now)
    open_follows = [row[0] for row in _OPEN.rows(connection, customers=customers)]
    outbox.add_all(connection, [Order(MarkTags(follow_id)) for follow_id in open_follows], now)

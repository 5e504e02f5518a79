"""撤回 (withdrawal): the tag edges that one rule gave, how many stand, and taking exactly those off or back on."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection

from router.db.queries.page import Page, page_of
from router.db.sql import Sql
from router.domain.taken_off import Withdrawn, stored

Status = Literal["taking", "taken", "restoring", "restored"]

_OF_SET = "rule_set_version_id IN (SELECT id FROM rule_set_version WHERE rule_set_id = :rule_set_id)"
_STANDING = Sql(f"SELECT source, count(*) FROM tag_edge WHERE removed_at IS NULL AND {_OF_SET} GROUP BY source")
_COUNT = Sql(
    f"SELECT count(*), count(DISTINCT customer_id) FROM tag_edge WHERE removed_at IS NULL AND {_OF_SET}"
    " AND source = :source"
)
_EDGES = Sql(
    "SELECT e.id, c.external_userid, c.name, e.tag_id, e.evidence, e.created_at, e.last_at, EXISTS"
    " (SELECT 1 FROM tag_edge AS o WHERE o.customer_id = e.customer_id AND o.tag_id = e.tag_id"
    " AND o.removed_at IS NULL AND o.source <> e.source)"
    f" FROM tag_edge AS e JOIN customer AS c ON c.id = e.customer_id WHERE e.removed_at IS NULL AND e.{_OF_SET}"
    " AND e.source = :source AND e.id > :after ORDER BY e.id LIMIT :rows"
)
_INSERT = Sql(
    "INSERT INTO withdrawal (rule_set_id, rule_id, status, edges, taken, restored, kept_off, asked_at, asked_by)"
    " VALUES (:rule_set_id, :rule_id, 'taking', :edges, 0, 0, 0, :now, :actor) ON CONFLICT DO NOTHING RETURNING id"
)
_COLUMNS = (
    "SELECT id, rule_set_id, rule_id, status, edges, taken, restored, kept_off, asked_at, asked_by, ended_at"
    " FROM withdrawal"
)
_GET = Sql(f"{_COLUMNS} WHERE id = :id")
_PAGE = Sql(f"{_COLUMNS} WHERE rule_set_id = :rule_set_id AND id < :before ORDER BY id DESC LIMIT :rows")
_ANOTHER_OPEN = Sql(
    "SELECT 1 FROM withdrawal WHERE rule_set_id = :rule_set_id AND rule_id = :rule_id"
    " AND status IN ('taking', 'restoring') AND id <> :id"
)
# What the rule gave after it was asked for belongs to a version put in force since, and stays.
_TAKE = Sql(
    "UPDATE tag_edge SET removed_at = :now, removed_reason = :reason, withdrawal_id = :id WHERE id IN"
    f" (SELECT id FROM tag_edge WHERE removed_at IS NULL AND {_OF_SET} AND source = :source"
    " AND created_at <= :asked_at ORDER BY id LIMIT :at_most) RETURNING customer_id"
)
_TAKEN = Sql(
    "SELECT id, customer_id, tag_id, source FROM tag_edge WHERE withdrawal_id = :id AND removed_at IS NOT NULL"
    " ORDER BY id LIMIT :at_most"
)
_STANDING_OF = Sql(
    "SELECT customer_id, tag_id, source FROM tag_edge WHERE removed_at IS NULL AND customer_id {among:customers}"
)
_RESTORE = Sql(
    "UPDATE tag_edge SET removed_at = NULL, removed_reason = '', withdrawal_id = NULL WHERE id {among:edges}"
)
_KEEP_OFF = Sql("UPDATE tag_edge SET withdrawal_id = NULL WHERE id {among:edges}")
_COUNT_ON = Sql(
    "UPDATE withdrawal SET taken = taken + :taken, restored = restored + :restored, kept_off = kept_off + :kept_off"
    " WHERE id = :id"
)
_SET_STATUS = Sql("UPDATE withdrawal SET status = :status, ended_at = :ended_at WHERE id = :id AND status = :before")


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """``edges`` stood when it was asked for; ``kept_off`` were not put back when it was undone."""

    id: int
    rule_set_id: int
    rule_id: str
    status: Status
    edges: int
    taken: int
    restored: int
    kept_off: int
    asked_at: int
    asked_by: str
    ended_at: int | None

    @property
    def source(self) -> str:
        """What the edges of the rule name as their source."""
        return source_of(self.rule_set_id, self.rule_id)


@dataclass(frozen=True, slots=True)
class StandingEdge:
    """An edge that a rule gave. ``is_shared``: the customer keeps the tag, because something else gave it as well."""

    id: int
    external_userid: str
    customer_name: str
    tag_id: int
    evidence: str
    created_at: int
    last_at: int
    is_shared: bool


@dataclass(frozen=True, slots=True)
class TakenEdge:
    """An edge that a withdrawal took off."""

    id: int
    customer_id: int
    tag_id: int
    source: str


def source_of(rule_set_id: int, rule_id: str) -> str:
    """What a tag edge says of the rule that gave it."""
    return f"rule:{rule_set_id}:{rule_id}"


def standing_by_rule(connection: Connection, rule_set_id: int) -> dict[str, int]:
    """Rule id → edges of it that stand, for every rule that any version of the rule set ever had."""
    prefix = source_of(rule_set_id, "")
    return {
        source.removeprefix(prefix): edges
        for source, edges in _STANDING.rows(connection, rule_set_id=rule_set_id)
        if source.startswith(prefix)
    }


def count_standing(connection: Connection, rule_set_id: int, rule_id: str) -> tuple[int, int]:
    """How many edges of the rule stand, and on how many customers."""
    row = _COUNT.row(connection, rule_set_id=rule_set_id, source=source_of(rule_set_id, rule_id))
    assert row is not None
    return int(row[0]), int(row[1])


def list_standing(
    connection: Connection, rule_set_id: int, rule_id: str, *, after: int = 0, limit: int = 50
) -> Page[StandingEdge]:
    """The edges of the rule that stand, the oldest first."""
    source = source_of(rule_set_id, rule_id)
    rows = _EDGES.rows(connection, rule_set_id=rule_set_id, source=source, after=after, rows=limit + 1)
    found = [StandingEdge(*(*row[:-1], bool(row[-1]))) for row in rows]
    return page_of(found, limit, lambda each: each.id)


def insert_withdrawal(
    connection: Connection, rule_set_id: int, rule_id: str, edges: int, now: int, actor: str
) -> int | None:
    """A withdrawal that begins; None while one of the same rule is under way."""
    row = _INSERT.row(connection, rule_set_id=rule_set_id, rule_id=rule_id, edges=edges, now=now, actor=actor[:64])
    return None if row is None else int(row[0])


def get_withdrawal(connection: Connection, withdrawal_id: int) -> Withdrawal | None:
    """One withdrawal, under way or over."""
    row = _GET.row(connection, id=withdrawal_id)
    return None if row is None else Withdrawal(*row)


def is_another_open(connection: Connection, withdrawal: Withdrawal) -> bool:
    """Whether another withdrawal of the same rule is under way."""
    rule_set_id, rule_id = withdrawal.rule_set_id, withdrawal.rule_id
    return _ANOTHER_OPEN.row(connection, id=withdrawal.id, rule_set_id=rule_set_id, rule_id=rule_id) is not None


def list_withdrawals(connection: Connection, rule_set_id: int, *, before: int = 0, limit: int = 20) -> Page[Withdrawal]:
    """Of one rule set, the latest first."""
    rows = _PAGE.rows(connection, rule_set_id=rule_set_id, before=before or 2**62, rows=limit + 1)
    return page_of([Withdrawal(*row) for row in rows], limit, lambda each: each.id)


def take_edges(connection: Connection, withdrawal: Withdrawal, at_most: int, now: int) -> list[int]:
    """Take some of its edges off; returns the customer of each, nothing when none is left."""
    rows = _TAKE.rows(
        connection,
        id=withdrawal.id,
        rule_set_id=withdrawal.rule_set_id,
        source=withdrawal.source,
        asked_at=withdrawal.asked_at,
        reason=stored(Withdrawn(withdrawal.asked_by)),
        at_most=at_most,
        now=now,
    )
    return [row[0] for row in rows]


def taken_edges(connection: Connection, withdrawal_id: int, at_most: int) -> list[TakenEdge]:
    """Some of the edges that it took off and that are not put back yet."""
    return [TakenEdge(*row) for row in _TAKEN.rows(connection, id=withdrawal_id, at_most=at_most)]


def standing_of(connection: Connection, customer_ids: Collection[int]) -> set[tuple[int, int, str]]:
    """(customer, tag, source) of every edge that stands on these customers."""
    return {(row[0], row[1], row[2]) for row in _STANDING_OF.rows(connection, customers=sorted(set(customer_ids)))}


def restore_edges(connection: Connection, edge_ids: Collection[int], kept_off_ids: Collection[int]) -> None:
    """Put the first back on; leave the second off for good."""
    _RESTORE.run(connection, edges=list(edge_ids))
    _KEEP_OFF.run(connection, edges=list(kept_off_ids))


def count_on(
    connection: Connection, withdrawal_id: int, *, taken: int = 0, restored: int = 0, kept_off: int = 0
) -> None:
    """Add to what it has done so far."""
    _COUNT_ON.run(connection, id=withdrawal_id, taken=taken, restored=restored, kept_off=kept_off)


def move_on(connection: Connection, withdrawal: Withdrawal, status: Status, ended_at: int | None) -> bool:
    """From the state it was read in to the next one; False when somebody else moved it meanwhile."""
    return bool(
        _SET_STATUS.run(connection, id=withdrawal.id, status=status, before=withdrawal.status, ended_at=ended_at)
    )

"""Contact ways on the platform that belong to no row of ours: what the patrol (巡检) met."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection

from router.db import json
from router.db.queries.page import Page, page_of
from router.db.sql import Row, Sql

Ownership = Literal["ours", "orphan", "foreign"]
"""``orphan``: made by us, and no row needs it; ``foreign``: made by somebody else."""

STOCK_PREFIX = "lq-"  # of the state tokens of contact ways that are leased, which nobody prints

# A way whose deletion is under way is ours until it is gone; one that was deleted or given up should not be there.
_KEPT = Sql(
    "SELECT config_id FROM contact_way WHERE config_id {among:config_ids} AND status NOT IN ('deleted', 'failed')"
    " UNION ALL SELECT config_id FROM native_way WHERE config_id {among:config_ids}"
)
_BEING_MADE = Sql(
    "SELECT 1 FROM contact_way WHERE state = :state AND status = 'making'"
    " UNION ALL SELECT 1 FROM native_way WHERE state = :state AND config_id IS NULL"
)
_FOUND = Sql(
    "INSERT INTO upstream_way (config_id, state, remark, members, type, scene, orphan, found_at, seen_at)"
    " VALUES (:config_id, :state, :remark, :members, :type, :scene, :orphan, :now, :now)"
    " ON CONFLICT (config_id) DO UPDATE SET state = excluded.state, remark = excluded.remark,"
    " members = excluded.members, orphan = excluded.orphan, seen_at = excluded.seen_at"
)
_FORGET = Sql("DELETE FROM upstream_way WHERE config_id = :config_id")
_FORGET_UNSEEN = Sql("DELETE FROM upstream_way WHERE seen_at < :before")
_COLUMNS = "SELECT id, config_id, state, remark, members, type, scene, orphan, found_at, seen_at FROM upstream_way"
_ONE = Sql(f"{_COLUMNS} WHERE id = :id")
_PAGE = Sql(f"{_COLUMNS} WHERE id > :after ORDER BY id LIMIT :rows")
_ORPHANS = Sql("SELECT config_id FROM upstream_way WHERE orphan AND found_at <= :found_before ORDER BY id LIMIT :rows")
_PATROL = Sql("SELECT status, payload, finished_at, error FROM outbox WHERE key = 'patrol_ways'")
_COUNTS = Sql("SELECT orphan, count(*) FROM upstream_way GROUP BY orphan")


@dataclass(frozen=True, slots=True)
class UpstreamWay:
    """``type`` 1 has one member for ever, 2 a list; ``scene`` 1 is a button, 2 a QR code (W-92228)."""

    id: int
    config_id: str
    state: str
    remark: str
    members: tuple[str, ...]
    type: int
    scene: int
    orphan: bool
    found_at: int
    seen_at: int


@dataclass(frozen=True, slots=True)
class Patrol:
    """The latest patrol: how far it is, or how it ended; instants in ms."""

    status: str  # pending | sending | done | failed
    began_at: int
    listed: int
    full: bool
    finished_at: int | None
    error: str

    @property
    def under_way(self) -> bool:
        return self.status in ("pending", "sending")


def latest_patrol(connection: Connection) -> Patrol | None:
    """What the latest patrol did; None before the first."""
    row = _PATROL.row(connection)
    if row is None:
        return None
    status, payload, finished_at, error = row
    asked = json.load(payload)
    return Patrol(status, asked["began_at"], asked["listed"], not asked["since_at"], finished_at, error)


def not_kept(connection: Connection, config_ids: Sequence[str]) -> list[str]:
    """Those of the platform's ids that no row of ours needs, in their order."""
    kept = {row[0] for row in _KEPT.rows(connection, config_ids=list(config_ids))}
    return [config_id for config_id in config_ids if config_id not in kept]


def ownership(connection: Connection, config_id: str, state: str, type: int) -> Ownership:
    """Whose way this is, of whose id no row knows.

    Only single-member ways with a state token of the stock are left over of ours beyond doubt: what has several
    members may be printed somewhere, and is shown to be imported rather than deleted.
    """
    if state and _BEING_MADE.row(connection, state=state):
        return "ours"
    return "orphan" if state.startswith(STOCK_PREFIX) and type == 1 else "foreign"


def found(
    connection: Connection,
    config_id: str,
    now: int,
    *,
    state: str,
    remark: str,
    members: Sequence[str],
    type: int,
    scene: int,
    orphan: bool,
) -> None:
    """Remember a way that was met at ``now`` (ms)."""
    _FOUND.run(
        connection,
        config_id=config_id,
        state=state[:64],
        remark=remark[:64],
        members=json.dump(list(members)),
        type=type,
        scene=scene,
        orphan=orphan,
        now=now,
    )


def forget(connection: Connection, config_id: str) -> None:
    """It is ours now, or gone."""
    _FORGET.run(connection, config_id=config_id)


def forget_unseen(connection: Connection, before: int) -> None:
    """Whatever a whole patrol that began at ``before`` (ms) did not meet is gone from the platform."""
    _FORGET_UNSEEN.run(connection, before=before)


def get(connection: Connection, id: int) -> UpstreamWay | None:
    """One way that was met."""
    row = _ONE.row(connection, id=id)
    return None if row is None else _way(row)


def list_upstream_ways(connection: Connection, *, after: int = 0, limit: int = 50) -> Page[UpstreamWay]:
    """In the order in which they were met; ``after`` continues a page."""
    rows = _PAGE.rows(connection, after=after, rows=limit + 1)
    return page_of([_way(row) for row in rows], limit, lambda way: way.id)


def orphans(connection: Connection, found_before: int, at_most: int) -> Collection[str]:
    """Ways left over of ours, known since ``found_before`` (ms) or longer."""
    return [row[0] for row in _ORPHANS.rows(connection, found_before=found_before, rows=at_most)]


def counts(connection: Connection) -> tuple[int, int]:
    """How many foreign ways and how many orphans are known."""
    found = {bool(orphan): count for orphan, count in _COUNTS.rows(connection)}
    return found.get(False, 0), found.get(True, 0)


def _way(row: Row) -> UpstreamWay:
    id, config_id, state, remark, members, type, scene, orphan, found_at, seen_at = row
    return UpstreamWay(
        id, config_id, state, remark, tuple(json.load(members)), type, scene, bool(orphan), found_at, seen_at
    )

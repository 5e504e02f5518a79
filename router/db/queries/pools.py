"""接待池 (pools): who may be assigned, and what happens when everyone is full (溢出策略, the spill policy)."""

from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection

from router.db import json
from router.db.queries.caps import Caps, caps_of
from router.db.queries.page import Page, page_of
from router.db.sql import Row, Sql

_POOLS = Sql(
    "SELECT id, name, spill_policy, created_at, archived_at FROM pool"
    " WHERE (:id = 0 OR id = :id) AND id > :after AND (:id <> 0 OR (archived_at IS NOT NULL) = :archived)"
    " ORDER BY id LIMIT :rows"
)
_MEMBERS = Sql(
    "SELECT m.pool_id, a.id, a.userid, a.name, a.on_duty, a.available FROM pool_member AS m"
    " JOIN agent AS a ON a.id = m.agent_id WHERE m.pool_id {among:pools} AND a.archived_at IS NULL"
    " ORDER BY m.pool_id, m.position, a.id"
)
_INSERT = Sql(
    "INSERT INTO pool (name, spill_policy, created_at) VALUES (:name, :spill_policy, :now)"
    " ON CONFLICT DO NOTHING RETURNING id"
)
_UPDATE = Sql("UPDATE pool SET name = :name, spill_policy = :spill_policy WHERE id = :id")
_ARCHIVE = Sql("UPDATE pool SET archived_at = :archived_at WHERE id = :id")
_CLEAR_MEMBERS = Sql(
    "DELETE FROM pool_member WHERE pool_id = :pool_id AND agent_id IN (SELECT id FROM agent WHERE archived_at IS NULL)"
)
_SPILL_POLICY = Sql("SELECT spill_policy FROM pool WHERE id = :id AND archived_at IS NULL")
_VIP_POOL = Sql(
    "SELECT p.id FROM pool AS p JOIN tag_edge AS e ON e.tag_id = p.vip_tag_id AND e.removed_at IS NULL"
    " WHERE e.customer_id = :customer_id AND p.archived_at IS NULL ORDER BY p.id LIMIT 1"
)
_ADD_MEMBER = Sql("INSERT INTO pool_member (pool_id, agent_id, position) VALUES (:pool_id, :agent_id, :position)")
_NAMED = Sql("SELECT id FROM pool WHERE name = :name")
_NAMES = Sql("SELECT id, name FROM pool WHERE archived_at IS NULL ORDER BY id")
_OF_AGENT = Sql(
    "SELECT p.id, p.name FROM pool_member AS m JOIN pool AS p ON p.id = m.pool_id"
    " WHERE m.agent_id = :agent_id AND p.archived_at IS NULL ORDER BY p.id"
)
_CODES = Sql("SELECT name FROM live_code WHERE pool_id = :pool_id AND archived_at IS NULL ORDER BY id LIMIT 20")


@dataclass(frozen=True, slots=True)
class WaitingPage:
    """The visitor sees a page that asks again by itself."""

    kind: Literal["waiting_page"] = "waiting_page"


WAITING_PAGE = WaitingPage()


@dataclass(frozen=True, slots=True)
class FallbackPool:
    """Another pool takes over."""

    pool_id: int
    kind: Literal["fallback_pool"] = "fallback_pool"


@dataclass(frozen=True, slots=True)
class ClosedPage:
    """The visitor is told to come another time, in these words."""

    text: str
    kind: Literal["closed_page"] = "closed_page"


SpillPolicy = WaitingPage | FallbackPool | ClosedPage


@dataclass(frozen=True, slots=True)
class PoolMember:
    agent_id: int
    userid: str
    name: str
    on_duty: bool
    available: bool


@dataclass(frozen=True, slots=True)
class Pool:
    """``members`` stand in their order; archived agents are left out."""

    id: int
    name: str
    spill_policy: SpillPolicy
    members: tuple[PoolMember, ...]
    caps: Caps
    created_at: int
    archived_at: int | None


def list_pools(connection: Connection, *, archived: bool = False, after: int = 0, limit: int = 200) -> Page[Pool]:
    """Pools by id with their members, in three queries."""
    rows = _POOLS.rows(connection, id=0, after=after, archived=archived, rows=limit + 1)
    return page_of(_pools(connection, rows), limit, lambda pool: pool.id)


def get_pool(connection: Connection, pool_id: int) -> Pool | None:
    """One pool, archived or not."""
    rows = _POOLS.rows(connection, id=pool_id, after=0, archived=False, rows=1)
    return next(iter(_pools(connection, rows)), None)


def insert_pool(connection: Connection, name: str, spill_policy: SpillPolicy, now: int) -> int | None:
    """The new pool's id, or None when the name is taken."""
    row = _INSERT.row(connection, name=name, spill_policy=json.dump(spill_policy), now=now)
    return None if row is None else int(row[0])


def update_pool(connection: Connection, pool_id: int, name: str, spill_policy: SpillPolicy) -> None:
    """Write what an admin may edit."""
    _UPDATE.run(connection, id=pool_id, name=name, spill_policy=json.dump(spill_policy))


def set_members(connection: Connection, pool_id: int, agent_ids: tuple[int, ...]) -> None:
    """Replace the members, in this order. Archived ones, which nobody saw when choosing, stay for when they return."""
    _CLEAR_MEMBERS.run(connection, pool_id=pool_id)
    _ADD_MEMBER.run_many(
        connection,
        [
            {"pool_id": pool_id, "agent_id": agent_id, "position": position}
            for position, agent_id in enumerate(agent_ids)
        ],
    )


def set_pool_archived(connection: Connection, pool_id: int, archived_at: int | None) -> None:
    """Take out of sight, or back with None."""
    _ARCHIVE.run(connection, id=pool_id, archived_at=archived_at)


def pool_named(connection: Connection, name: str) -> int | None:
    """The id of the pool with this name, archived or not."""
    row = _NAMED.row(connection, name=name)
    return None if row is None else int(row[0])


def pool_names(connection: Connection) -> tuple[tuple[int, str], ...]:
    """Id and name of every pool in use: what there is to choose from, never only a page of it."""
    return tuple((row[0], row[1]) for row in _NAMES.rows(connection))


def pools_of_agent(connection: Connection, agent_id: int) -> tuple[tuple[int, str], ...]:
    """Id and name of the pools in use that an agent is in."""
    return tuple((row[0], row[1]) for row in _OF_AGENT.rows(connection, agent_id=agent_id))


def codes_of_pool(connection: Connection, pool_id: int) -> tuple[str, ...]:
    """Names of the live codes that assign from the pool (at most 20)."""
    return tuple(row[0] for row in _CODES.rows(connection, pool_id=pool_id))


def spill_policy_of(connection: Connection, pool_id: int) -> SpillPolicy:
    """What a pool does when everyone in it is full."""
    row = _SPILL_POLICY.row(connection, id=pool_id)
    return WAITING_PAGE if row is None else read_spill_policy(json.load(row[0]))


def vip_pool_of(connection: Connection, customer_id: int) -> int | None:
    """The pool that receives customers who carry a tag that this one carries."""
    row = _VIP_POOL.row(connection, customer_id=customer_id)
    return None if row is None else int(row[0])


def read_spill_policy(content: Any) -> SpillPolicy:
    """The policy behind a stored JSON value; one that is not known waits, because a print must always answer."""
    match content:
        case {"kind": "fallback_pool", "pool_id": int(pool_id)}:
            return FallbackPool(pool_id)
        case {"kind": "closed_page", "text": str(text)}:
            return ClosedPage(text)
        case _:
            return WaitingPage()


def _pools(connection: Connection, rows: list[Row]) -> list[Pool]:
    ids = [row[0] for row in rows]
    members: dict[int, list[PoolMember]] = {pool_id: [] for pool_id in ids}
    for pool_id, agent_id, userid, name, on_duty, available in _MEMBERS.rows(connection, pools=ids):
        members[pool_id].append(PoolMember(agent_id, userid, name, bool(on_duty), bool(available)))
    caps = caps_of(connection, [f"pool:{pool_id}" for pool_id in ids])
    return [_pool(row, tuple(members[row[0]]), caps[f"pool:{row[0]}"]) for row in rows]


def _pool(row: Row, members: tuple[PoolMember, ...], caps: Caps) -> Pool:
    id, name, spill_policy, created_at, archived_at = row
    return Pool(id, name, read_spill_policy(json.load(spill_policy)), members, caps, created_at, archived_at)

"""接待池 (pools): who may be assigned, and what happens when everyone is full (溢出策略, the spill policy)."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from router.db import json
from router.db.queries.caps import Caps, caps_of
from router.db.queries.page import Page, page_of
from router.db.sql import Row, Sql
from router.domain.assignment import Role
from router.domain.policies import Policy
from router.domain.spill import WAITING_PAGE, LeaveNumber, SpillPolicy, read_spill_policy

_POOLS = Sql(
    "SELECT id, name, policy, warn_percent, backup_percent, ramp_per_minute, vip_tag_id, round, spill_policy,"
    " created_at, archived_at FROM pool"
    " WHERE (:id = 0 OR id = :id) AND id > :after AND (:id <> 0 OR (archived_at IS NOT NULL) = :archived)"
    " ORDER BY id LIMIT :rows"
)
_MEMBERS = Sql(
    "SELECT m.pool_id, a.id, a.userid, a.name, a.on_duty, a.available, m.role FROM pool_member AS m"
    " JOIN agent AS a ON a.id = m.agent_id WHERE m.pool_id {among:pools} AND a.archived_at IS NULL"
    " ORDER BY m.pool_id, m.position, a.id"
)
_INSERT = Sql(
    "INSERT INTO pool (name, policy, warn_percent, backup_percent, ramp_per_minute, vip_tag_id, round, spill_policy,"
    " created_at) VALUES (:name, :policy, :warn_percent, :backup_percent, :ramp_per_minute, :vip_tag_id, 1,"
    " :spill_policy, :now)"
    " ON CONFLICT DO NOTHING RETURNING id"
)
_UPDATE = Sql(
    "UPDATE pool SET name = :name, policy = :policy, warn_percent = :warn_percent, backup_percent = :backup_percent,"
    " ramp_per_minute = :ramp_per_minute, vip_tag_id = :vip_tag_id, spill_policy = :spill_policy WHERE id = :id"
)
_ARCHIVE = Sql("UPDATE pool SET archived_at = :archived_at WHERE id = :id")
_CLEAR_MEMBERS = Sql(
    "DELETE FROM pool_member WHERE pool_id = :pool_id AND agent_id IN (SELECT id FROM agent WHERE archived_at IS NULL)"
)
_VIP_POOL = Sql(
    "SELECT p.id FROM pool AS p JOIN tag_edge AS e ON e.tag_id = p.vip_tag_id AND e.removed_at IS NULL"
    " WHERE e.customer_id = :customer_id AND p.archived_at IS NULL ORDER BY p.id LIMIT 1"
)
_FALLBACKS = Sql(
    "SELECT id, spill_policy FROM pool WHERE archived_at IS NULL AND spill_policy LIKE '%fallback_pool%' ORDER BY id"
)
_ASKING = Sql(
    "SELECT id, spill_policy FROM pool WHERE archived_at IS NULL AND spill_policy LIKE '%leave_number%' ORDER BY id"
)
_GROUP_SLUG = Sql("SELECT slug FROM live_code WHERE id = :id AND kind = 'group' AND active AND archived_at IS NULL")
_GROUP_CODES = Sql("SELECT id, name FROM live_code WHERE kind = 'group' AND archived_at IS NULL ORDER BY id")
_KF_ACCOUNTS = Sql("SELECT open_kfid, name FROM kf_account ORDER BY id")
_ADD_MEMBER = Sql(
    "INSERT INTO pool_member (pool_id, agent_id, position, role) VALUES (:pool_id, :agent_id, :position, :role)"
)
_NAMED = Sql("SELECT id FROM pool WHERE name = :name")
_NAMES = Sql("SELECT id, name FROM pool WHERE archived_at IS NULL ORDER BY id")
_OF_AGENT = Sql(
    "SELECT p.id, p.name FROM pool_member AS m JOIN pool AS p ON p.id = m.pool_id"
    " WHERE m.agent_id = :agent_id AND p.archived_at IS NULL ORDER BY p.id"
)
_CODES = Sql("SELECT name FROM live_code WHERE pool_id = :pool_id AND archived_at IS NULL ORDER BY id LIMIT 20")


@dataclass(frozen=True, slots=True)
class PoolMember:
    agent_id: int
    userid: str
    name: str
    on_duty: bool
    available: bool
    role: Role


@dataclass(frozen=True, slots=True)
class PoolTerms:
    """How a pool chooses, and what it does when everyone is full.

    From ``warn_percent`` of a cap its use is shown as nearly full; from ``backup_percent`` of the members' places taken
    backups join (100: once all members are full); whoever has just returned or begun a shift takes ``ramp_per_minute``
    customers a minute (0: no ramp); customers who carry the tag ``vip_tag_id`` are received here, whatever code they
    scan.
    """

    policy: Policy = "idle_first"
    warn_percent: int = 80
    backup_percent: int = 100
    ramp_per_minute: int = 0
    vip_tag_id: int | None = None
    spill_policy: SpillPolicy = WAITING_PAGE


@dataclass(frozen=True, slots=True)
class Pool:
    """``members`` stand in their order; archived agents are left out. ``round`` is the one it is in."""

    id: int
    name: str
    terms: PoolTerms
    round: int
    members: tuple[PoolMember, ...]
    caps: Caps
    created_at: int
    archived_at: int | None

    @property
    def spill_policy(self) -> SpillPolicy:
        """What happens when everyone is full."""
        return self.terms.spill_policy


def list_pools(connection: Connection, *, archived: bool = False, after: int = 0, limit: int = 200) -> Page[Pool]:
    """Pools by id with their members, in three queries."""
    rows = _POOLS.rows(connection, id=0, after=after, archived=archived, rows=limit + 1)
    return page_of(_pools(connection, rows), limit, lambda pool: pool.id)


def get_pool(connection: Connection, pool_id: int) -> Pool | None:
    """One pool, archived or not."""
    rows = _POOLS.rows(connection, id=pool_id, after=0, archived=False, rows=1)
    return next(iter(_pools(connection, rows)), None)


def insert_pool(connection: Connection, name: str, terms: PoolTerms, now: int) -> int | None:
    """The new pool's id, or None when the name is taken."""
    row = _INSERT.row(connection, name=name, now=now, **_stored(terms))
    return None if row is None else int(row[0])


def update_pool(connection: Connection, pool_id: int, name: str, terms: PoolTerms) -> None:
    """Write what an admin may edit."""
    _UPDATE.run(connection, id=pool_id, name=name, **_stored(terms))


def set_members(connection: Connection, pool_id: int, members: Sequence[tuple[int, Role]]) -> None:
    """Replace the members, in this order. Archived ones, which nobody saw when choosing, stay for when they return."""
    _CLEAR_MEMBERS.run(connection, pool_id=pool_id)
    _ADD_MEMBER.run_many(
        connection,
        [
            {"pool_id": pool_id, "agent_id": agent_id, "position": position, "role": role}
            for position, (agent_id, role) in enumerate(members)
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


def vip_pool_of(connection: Connection, customer_id: int) -> int | None:
    """The pool that receives customers who carry a tag that this one carries."""
    row = _VIP_POOL.row(connection, customer_id=customer_id)
    return None if row is None else int(row[0])


def fallbacks(connection: Connection) -> dict[int, SpillPolicy]:
    """The spill policies of all pools in use that lead to another pool, by pool."""
    return {id: read_spill_policy(json.load(policy)) for id, policy in _FALLBACKS.rows(connection)}


def asking_for_numbers(connection: Connection) -> dict[int, LeaveNumber]:
    """The pools in use that ask for a number when they are full."""
    found = {id: read_spill_policy(json.load(policy)) for id, policy in _ASKING.rows(connection)}
    return {id: policy for id, policy in found.items() if isinstance(policy, LeaveNumber)}


def open_group_slug(connection: Connection, code_id: int) -> str | None:
    """The ending of a group code's address; None when there is no such code, or it is closed."""
    row = _GROUP_SLUG.row(connection, id=code_id)
    return None if row is None else str(row[0])


def group_codes(connection: Connection) -> tuple[tuple[int, str], ...]:
    """Id and name of every group code in use: what a pool may send visitors to."""
    return tuple((row[0], row[1]) for row in _GROUP_CODES.rows(connection))


def kf_accounts(connection: Connection) -> tuple[tuple[str, str], ...]:
    """Id and name of the 微信客服 accounts that callbacks have named so far."""
    return tuple((row[0], row[1] or row[0]) for row in _KF_ACCOUNTS.rows(connection))


def _pools(connection: Connection, rows: list[Row]) -> list[Pool]:
    ids = [row[0] for row in rows]
    members: dict[int, list[PoolMember]] = {pool_id: [] for pool_id in ids}
    for pool_id, agent_id, userid, name, on_duty, available, role in _MEMBERS.rows(connection, pools=ids):
        members[pool_id].append(PoolMember(agent_id, userid, name, bool(on_duty), bool(available), role))
    caps = caps_of(connection, [f"pool:{pool_id}" for pool_id in ids])
    return [_pool(row, tuple(members[row[0]]), caps[f"pool:{row[0]}"]) for row in rows]


def _pool(row: Row, members: tuple[PoolMember, ...], caps: Caps) -> Pool:
    id, name, *terms, round, spill_policy, created_at, archived_at = row
    read = PoolTerms(*(*terms, read_spill_policy(json.load(spill_policy))))
    return Pool(id, name, read, round, members, caps, created_at, archived_at)


def _stored(terms: PoolTerms) -> dict[str, object]:
    return {
        "policy": terms.policy,
        "warn_percent": terms.warn_percent,
        "backup_percent": terms.backup_percent,
        "ramp_per_minute": terms.ramp_per_minute,
        "vip_tag_id": terms.vip_tag_id,
        "spill_policy": json.dump(terms.spill_policy),
    }

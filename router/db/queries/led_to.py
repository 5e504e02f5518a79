"""Whom an open live code may ask: the pools it leads to, and who of them fits what it asks of an agent."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from sqlalchemy import Connection

from router.db import json
from router.db.queries import pools
from router.db.sql import Sql
from router.domain.code_kinds import CodeKind
from router.domain.spill import SpillPolicy, in_turn

CAPPED_AT_CODES = Sql("SELECT DISTINCT subject FROM cap WHERE subject LIKE 'code:%' OR subject LIKE 'agent:%@code:%'")
# Those that show groups ask nobody.
_CODES = Sql(
    "SELECT id, name, kind, pool_id, skill, department, by_place FROM live_code"
    " WHERE active AND archived_at IS NULL AND kind <> 'group' ORDER BY id"
)
_POOLS_OF_STORES = Sql("SELECT DISTINCT pool_id FROM store WHERE archived_at IS NULL")
_VIP_POOLS = Sql("SELECT id FROM pool WHERE vip_tag_id IS NOT NULL AND archived_at IS NULL")
_IN_REACH = Sql(
    "SELECT m.pool_id, a.id, a.skills, a.department FROM pool_member AS m JOIN agent AS a ON a.id = m.agent_id"
    " JOIN pool AS p ON p.id = m.pool_id WHERE a.available AND a.archived_at IS NULL AND p.archived_at IS NULL"
)


@dataclass(frozen=True, slots=True)
class OpenCode:
    """``skill`` and ``department`` are what it asks of an agent; empty: anybody. ``pools`` are its own, those of the
    stores where it asks by place, and whoever takes over from them.

    A pool for customers with a tag is asked through any code with our page, and is not among them (`vip_pools`).
    """

    id: int
    name: str
    kind: CodeKind
    skill: str
    department: str
    pools: AbstractSet[int]


@dataclass(frozen=True, slots=True)
class InReach:
    """An agent whom the platform can reach."""

    agent_id: int
    skills: AbstractSet[str]
    department: str

    def fits(self, code: OpenCode) -> bool:
        """Whether the code asks for nothing that the agent is not."""
        return (not code.skill or code.skill in self.skills) and code.department in ("", self.department)


def open_codes(connection: Connection) -> tuple[OpenCode, ...]:
    """Every open code that asks pools; a link has the one, and only our own page asks by place."""
    fallbacks = pools.fallbacks(connection)
    of_stores = {row[0] for row in _POOLS_OF_STORES.rows(connection)}

    def led_to(kind: CodeKind, pool_id: int, by_place: bool) -> AbstractSet[int]:
        if kind == "acquisition":
            return {pool_id}
        return _with_fallbacks({pool_id} | (of_stores if by_place and kind == "hosted" else set()), fallbacks)

    return tuple(
        OpenCode(id, name, kind, skill, department, led_to(kind, pool_id, by_place))
        for id, name, kind, pool_id, skill, department, by_place in _CODES.rows(connection)
    )


def vip_pools(connection: Connection) -> AbstractSet[int]:
    """The pools that customers with a tag are sent to by codes with our own page, and whoever takes over from them."""
    return _with_fallbacks({row[0] for row in _VIP_POOLS.rows(connection)}, pools.fallbacks(connection))


def in_reach(connection: Connection) -> Mapping[int, Collection[InReach]]:
    """By pool in use whom the platform can reach, on duty or not."""
    found = defaultdict[int, list[InReach]](list)
    for pool_id, agent_id, skills, department in _IN_REACH.rows(connection):
        found[pool_id].append(InReach(agent_id, frozenset(json.load(skills)), department))
    return found


def fitting(code: OpenCode, pool_ids: AbstractSet[int], found: Mapping[int, Collection[InReach]]) -> set[int]:
    """The ids of those in these pools whom the code may ask."""
    return {each.agent_id for pool_id in pool_ids for each in found.get(pool_id, ()) if each.fits(code)}


def _with_fallbacks(pool_ids: AbstractSet[int], fallbacks: Mapping[int, SpillPolicy]) -> AbstractSet[int]:
    return frozenset(each for pool_id in pool_ids for each in in_turn(pool_id, fallbacks))

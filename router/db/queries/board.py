"""The capacity board: of every agent the caps that decide now, in each pool and at each live code with caps.

It asks what a scan asks (`candidates.asked_pools`), of all pools and codes of an agent together.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import tzinfo
from itertools import takewhile

from sqlalchemy import Connection

from router.db.queries.agents import Agent
from router.db.queries.attention import warn_from
from router.db.queries.capacity import Books, books
from router.db.queries.led_to import CAPPED_AT_CODES, open_codes
from router.db.sql import Sql
from router.domain.capacity import CUSTOMER, Limit, Place
from router.domain.room import WARN_PERCENT, RoomIn, State, WarnFrom, deciding, gathered, room_under, state_of

_POOLS = Sql(
    "SELECT m.agent_id, p.id, p.round FROM pool_member AS m JOIN pool AS p ON p.id = m.pool_id"
    " WHERE m.agent_id {among:agents} AND p.archived_at IS NULL ORDER BY m.agent_id, p.id"
)


@dataclass(frozen=True, slots=True)
class BoardLine:
    """One agent; ``rooms`` where they receive customers, least room first; ``conversations``: how many more they may
    have open, None without such a cap. That one binds no scan, and is no part of the state."""

    agent: Agent
    rooms: tuple[RoomIn, ...]
    conversations: RoomIn | None
    state: State

    @property
    def limit(self) -> Limit | None:
        """The cap with the least headroom of all; None when nothing is capped."""
        return self.rooms[0].limit if self.rooms else None


def board_of(connection: Connection, agents: Sequence[Agent], now: int, zone: tzinfo) -> tuple[BoardLine, ...]:
    """The line of each of these agents, read together."""
    joined: dict[int, list[_Pool]] = {agent.id: [] for agent in agents}
    for agent_id, *pool in _POOLS.rows(connection, agents=list(joined)):
        joined[agent_id].append(_Pool(*pool))
    asked = _Asked.read(connection, {pool.id for of_agent in joined.values() for pool in of_agent})
    bound = books(connection, asked.places(joined), now, zone, CUSTOMER | {"open"})
    found = _Found(asked, bound, warn_from(connection))
    return tuple(_line(agent, joined[agent.id], found) for agent in agents)


@dataclass(frozen=True, slots=True)
class _Pool:
    id: int
    round: int


@dataclass(frozen=True, slots=True)
class _Asked:
    """Codes with caps by the pool that they lead to; ``only`` are pools to which no other code leads. ``own`` are the
    codes at which an agent has caps of their own."""

    codes: dict[int, list[int]]
    only: AbstractSet[int]
    own: dict[int, set[int]]

    @staticmethod
    def read(connection: Connection, pool_ids: AbstractSet[int]) -> "_Asked":
        capped = [_numbers(subject) for (subject,) in CAPPED_AT_CODES.rows(connection)]
        if not capped:
            return _Asked({}, frozenset(), {})
        own: dict[int, set[int]] = {}
        for each in capped:
            own.setdefault(each.get("agent", 0), set()).add(each["code"])
        all_capped = {each["code"] for each in capped}
        codes: dict[int, list[int]] = {}
        others = set[int]()
        for code in open_codes(connection):
            for pool_id in pool_ids & code.pools:
                if code.id in all_capped:
                    codes.setdefault(pool_id, []).append(code.id)
                else:
                    others.add(pool_id)
        return _Asked(codes, codes.keys() - others, own)

    def places(self, joined: Mapping[int, Sequence[_Pool]]) -> list[Place]:
        """Enough places to know every cap that binds one: codes by themselves, not each with each agent."""
        codes = {code for of_pool in self.codes.values() for code in of_pool}
        places = [Place(0, code_id=code) for code in codes]
        for agent_id, of_agent in joined.items():
            places.append(Place(agent_id))
            places += [Place(agent_id, pool.id, round=pool.round) for pool in of_agent]
            places += [Place(agent_id, code_id=code) for code in self.own.get(agent_id, set()) & codes]
        return places


@dataclass(frozen=True, slots=True)
class _Found:
    """What binds, and per pool its codes by what they themselves leave, the least first."""

    asked: _Asked
    books: Books
    warn_from: WarnFrom
    _by_room: dict[int, list[tuple[int, Limit]]] = field(default_factory=dict)

    def rooms(self, agent_id: int, pool: _Pool) -> list[RoomIn]:
        """The agent's room in a pool. A code that leaves no less than the agent has anyhow has no line of its own."""
        limits = self.books.limits(Place(agent_id, pool.id, round=pool.round), CUSTOMER)
        base = deciding(limits)
        codes = self.asked.codes.get(pool.id, [])
        tighter = takewhile(lambda each: _leaves_less(each[1], base), self._codes_by_room(pool.id, codes))
        decided: dict[int, Limit | None] = dict(tighter)
        for code in self.asked.own.get(agent_id, set()).intersection(codes):
            at_code = self.books.limits(Place(agent_id, pool.id, code, pool.round), CUSTOMER)
            decided[code] = deciding(at_code)
        found = [self.room(limit, pool.id, code) for code, limit in decided.items() if limit != base]
        if pool.id not in self.asked.only or len(found) < len(codes):
            found.append(self.room(base, pool.id))
        return found

    def room(self, limit: Limit | None, pool_id: int = 0, code_id: int = 0) -> RoomIn:
        """The room that the deciding cap leaves there."""
        percent = WARN_PERCENT if limit is None else self.warn_from.percent(limit.subject)
        return RoomIn(pool_id, code_id, limit, room_under(limit, percent))

    def _codes_by_room(self, pool_id: int, codes: list[int]) -> list[tuple[int, Limit]]:
        if pool_id not in self._by_room:
            limits = {code: deciding(self.books.limits(Place(0, code_id=code), CUSTOMER)) for code in codes}
            known = [(code, limit) for code, limit in limits.items() if limit is not None]
            self._by_room[pool_id] = sorted(known, key=lambda each: each[1].headroom)
        return self._by_room[pool_id]


def _leaves_less(limit: Limit, base: Limit | None) -> bool:
    """Whether a code's own cap decides before what binds the agent in the pool, where a round may be all that does."""
    if base is None or limit.headroom < base.headroom:
        return True
    return limit.headroom == 0 and base.window == "round"


def _line(agent: Agent, joined: Sequence[_Pool], found: _Found) -> BoardLine:
    rooms = [room for pool in joined for room in found.rooms(agent.id, pool)]
    if not joined:
        rooms = [found.room(deciding(found.books.limits(Place(agent.id), CUSTOMER)))]
    conversations = [found.room(limit) for limit in found.books.limits(Place(agent.id), {"open"})]
    gathered_rooms = gathered(rooms)
    state = state_of(
        gathered_rooms,
        agent.duty,
        available=agent.available,
        is_in_pool=agent.is_in_pool,
        has_ways=agent.ready_ways > 0,
        is_archived=agent.archived_at is not None,
    )
    return BoardLine(agent, gathered_rooms, conversations[0] if conversations else None, state)


def _numbers(subject: str) -> dict[str, int]:
    """``agent:3@code:7`` as its ids by noun."""
    return {noun: int(id) for noun, _, id in (part.partition(":") for part in subject.split("@"))}

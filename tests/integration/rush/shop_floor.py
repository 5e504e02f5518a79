"""The shop of one seed: fifty agents of twenty places in four pools behind eight codes, with caps of every kind.

In one pool caps of all kinds meet; in each of the others those of one kind are alone, so that every kind is reached.
"""

import random
from dataclasses import dataclass

from sqlalchemy import Connection

from router.db.queries import capacity
from router.db.sql import Sql
from router.domain.capacity import Window
from tests.factories import NOW, ZONE, agent, live_code, pool

AGENTS = 50
PLACES = 20  # of each agent a day
CODES_OF_A_POOL = 2

# Places on an ordinary day in a pool of ten; codes and pools have more of them where there are more agents.
CAPS: dict[str, dict[Window, int]] = {
    "agent": {"hour": 9, "day": PLACES, "total": 26},
    "agent@code": {"hour": 6, "day": 12},
    "agent@pool": {"total": 25},
    "code": {"hour": 25, "day": 60, "total": 85},
    "pool": {"hour": 50, "day": 110, "total": 150},
}
Kind = tuple[str, Window]
KINDS: list[Kind] = [(kind, window) for kind, windows in CAPS.items() for window in windows]
ALWAYS: Kind = ("agent", "day")
OF_AGENTS, OF_CODES, OF_POOLS = (
    [each for each in KINDS if each[0].startswith(noun) and each != ALWAYS] for noun in ("agent", "code", "pool")
)
POOLS: tuple[tuple[int, list[Kind] | None], ...] = ((20, None), (10, OF_AGENTS), (10, OF_CODES), (10, OF_POOLS))
"""Agents in each pool, and the kinds of which each of its agents and codes, or itself, has one; None: many of all."""
CAPPED_SHARE = 0.7  # of all agents, codes and pools where kinds meet that have each of these

_WAY = Sql(
    "INSERT INTO contact_way (agent_id, state, config_id, status, link, picture, reason, created_at, ready_at)"
    " VALUES (:agent_id, :state, :state, 'ready', '', :picture, '', :now, :now)"
)

Cap = tuple[str, Window]


@dataclass(frozen=True, slots=True)
class ShopFloor:
    """What there is to scan, and which caps an admin may edit."""

    seed: int
    slugs: tuple[str, ...]
    userids: tuple[str, ...]
    caps: dict[Cap, int]


def lay_out(connection: Connection, seed: int, ways_each: int, *, only_days: bool = False) -> ShopFloor:
    """Write the shop; ``ways_each`` contact ways are in each agent's stock. ``only_days``: no cap but the agents'."""
    source = random.Random(seed)
    userids = tuple(f"s{seed}-agent-{number}" for number in range(AGENTS))
    agents = [agent(userid, name=userid)(connection) for userid in userids]
    caps: dict[Cap, int] = {}
    slugs: list[str] = []
    for number, (size, kinds) in enumerate(POOLS):
        members, agents = agents[:size], agents[size:]
        pool_id = pool(f"s{seed}-pool-{number}", members)(connection)
        made = [f"s{seed}-code-{number}-{nth}" for nth in range(CODES_OF_A_POOL)]
        code_ids = [live_code(pool_id, slug)(connection) for slug in made]
        _stock(connection, members, ways_each, seed)
        subjects = _subjects(members, pool_id, code_ids)
        caps |= {(subject, "day"): PLACES for subject in subjects["agent"]}
        if not only_days:
            chosen = _mixed(source, subjects) if kinds is None else _one_each(kinds, subjects, seed)
            caps |= {(subject, window): _places(kind, window, size) for kind, subject, window in chosen}
        slugs += made
    for (subject, window), places in caps.items():
        capacity.set_cap(connection, subject, window, places, NOW, ZONE)
    return ShopFloor(seed, tuple(slugs), userids, caps)


def _stock(connection: Connection, agent_ids: list[int], ways_each: int, seed: int) -> None:
    """Each picture says its state token: what a phone finds in it."""
    states = [(agent_id, f"lq-{seed}-{agent_id}-{number}") for agent_id in agent_ids for number in range(ways_each)]
    _WAY.run_many(
        connection,
        [{"agent_id": agent_id, "state": state, "picture": state.encode(), "now": NOW} for agent_id, state in states],
    )


def _subjects(agents: list[int], pool_id: int, code_ids: list[int]) -> dict[str, list[str]]:
    return {
        "agent": [f"agent:{id}" for id in agents],
        "agent@code": [f"agent:{id}@code:{code_id}" for id in agents for code_id in code_ids],
        "agent@pool": [f"agent:{id}@pool:{pool_id}" for id in agents],
        "code": [f"code:{id}" for id in code_ids],
        "pool": [f"pool:{pool_id}"],
    }


Chosen = tuple[str, str, Window]


def _mixed(source: random.Random, subjects: dict[str, list[str]]) -> list[Chosen]:
    return [
        (kind, subject, window)
        for kind, window in KINDS
        for subject in subjects[kind]
        if (kind, window) != ALWAYS and source.random() < CAPPED_SHARE
    ]


def _one_each(kinds: list[Kind], subjects: dict[str, list[str]], seed: int) -> list[Chosen]:
    """Each agent, code or pool has a cap of one kind, another with each seed; one agent in six has none."""
    turns = [*kinds, None] if kinds is OF_AGENTS else kinds
    holders = len(subjects["agent"]) if kinds is OF_AGENTS else len(subjects[kinds[0][0]])
    chosen: list[Chosen] = []
    for number in range(holders):
        if (turn := turns[(number + seed) % len(turns)]) is not None:
            kind, window = turn
            share = len(subjects[kind]) // holders  # a cap in each of an agent's codes
            chosen += [(kind, each, window) for each in subjects[kind][number * share : (number + 1) * share]]
    return chosen


def _places(kind: str, window: Window, size: int) -> int:
    return CAPS[kind][window] * (size // 10 if kind in ("code", "pool") else 1)

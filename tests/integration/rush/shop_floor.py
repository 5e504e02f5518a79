"""The shop of one seed: fifty agents of twenty places in three pools behind six codes, with caps of every kind."""

import random
from dataclasses import dataclass

from sqlalchemy import Connection

from router.db.queries import capacity
from router.db.sql import Sql
from router.domain.capacity import Window
from tests.factories import NOW, ZONE, agent, live_code, pool

AGENTS = 50
PLACES = 20  # of each agent a day
POOLS = (20, 20, 10)  # agents in each
CODES_OF_A_POOL = 2

# Places on an ordinary day, low enough that each of them is reached by somebody.
CAPS: dict[str, dict[Window, int]] = {
    "agent": {"hour": 9, "day": PLACES, "total": 26},
    "agent@code": {"hour": 6, "day": 12},
    "agent@pool": {"total": 25},
    "code": {"hour": 50, "day": 120, "total": 170},
    "pool": {"hour": 100, "day": 220, "total": 300},
}
CAPPED_SHARE = 0.7  # of all agents, codes and pools that have each of these; days of agents always have theirs

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
    for number, size in enumerate(POOLS):
        members, agents = agents[:size], agents[size:]
        pool_id = pool(f"s{seed}-pool-{number}", members)(connection)
        made = [f"s{seed}-code-{number}-{nth}" for nth in range(CODES_OF_A_POOL)]
        code_ids = [live_code(pool_id, slug)(connection) for slug in made]
        _stock(connection, members, ways_each, seed)
        caps |= _caps(source, members, pool_id, code_ids, only_days=only_days)
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


def _caps(
    source: random.Random, agents: list[int], pool_id: int, code_ids: list[int], *, only_days: bool
) -> dict[Cap, int]:
    subjects = {
        "agent": [f"agent:{id}" for id in agents],
        "agent@code": [f"agent:{id}@code:{code_id}" for id in agents for code_id in code_ids],
        "agent@pool": [f"agent:{id}@pool:{pool_id}" for id in agents],
        "code": [f"code:{id}" for id in code_ids],
        "pool": [f"pool:{pool_id}"],
    }
    return {
        (subject, window): places
        for kind, windows in CAPS.items()
        for window, places in windows.items()
        for subject in subjects[kind]
        if (kind, window) == ("agent", "day") or (not only_days and source.random() < CAPPED_SHARE)
    }

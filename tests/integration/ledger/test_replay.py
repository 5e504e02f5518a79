"""Every decision that was stored is decided so again: thousands of them, by pools of every policy."""

from collections import Counter
from random import Random
from typing import Any, get_args

import pytest
from sqlalchemy import Connection

from router.db import json
from router.db.ledger import Ledger
from router.db.queries import pools
from router.db.queries.pools import PoolTerms
from router.db.sql import Sql
from router.domain.capacity import agent_subject
from router.domain.policies import Policy
from router.domain.spill import ClosedPage, FallbackPool
from router.handlers.scan import ScanRequest, scan_each
from router.handlers.why import replay
from tests.factories import HOUR, NOW, RULES, agent, cap, live_code, ready_ways

pytestmark = pytest.mark.anyio

DECISIONS = {"sqlite": 10_000, "postgresql": 2_000}
TOGETHER = 500  # scans in one transaction
PEOPLE = 12

_AGENT = Sql("UPDATE agent SET skills = :skills, department = :department, presence = :presence WHERE id = :id")
_CODE = Sql("UPDATE live_code SET skill = :skill WHERE id = :id")
_DECISIONS = Sql("SELECT outcome, content FROM decision ORDER BY id")


def varied_shop(connection: Connection) -> list[str]:
    """A pool of each policy over the same people, who differ in everything a ranking looks at; the codes' slugs."""
    people = [_somebody(connection, number) for number in range(PEOPLE)]
    last, slugs = None, []
    for number, policy in enumerate(get_args(Policy)):
        pool_id = last = _a_pool(connection, policy, people[number:], last)
        code_id = live_code(pool_id, f"code-{number}")(connection)
        _CODE.run(connection, id=code_id, skill="shoes" if number % 2 else "")
        cap(f"pool:{pool_id}", 3, "round")(connection)
        slugs.append(f"code-{number}")
    return slugs


def _somebody(connection: Connection, number: int) -> int:
    agent_id = agent(f"agent-{number}", weight=1 + number % 3, on_duty=number != 7)(connection)
    _AGENT.run(
        connection,
        id=agent_id,
        skills=json.dump(["shoes"] if number % 3 else []),
        department="south" if number % 2 else "",
        presence="paused" if number == 4 else "online",
    )
    ready_ways(agent_id, 90)(connection)
    cap(agent_subject(agent_id), 80)(connection)
    cap(agent_subject(agent_id), 20, "hour")(connection)
    return agent_id


def _a_pool(connection: Connection, policy: Policy, people: list[int], fallback: int | None) -> int:
    spill_policy = FallbackPool(fallback) if fallback else ClosedPage("come another day")
    terms = PoolTerms(policy=policy, backup_percent=60, spill_policy=spill_policy)
    pool_id = pools.insert_pool(connection, policy, terms, NOW)
    assert pool_id is not None
    pools.set_members(connection, pool_id, [(id, "backup" if id % 4 == 0 else "member") for id in people])
    return pool_id


async def test_every_stored_decision_is_decided_so_again(ledger: Ledger) -> None:
    chance, decisions = Random(20261121), DECISIONS[await ledger.read(lambda c: c.dialect.name)]
    slugs = await ledger.write(varied_shop)

    for start in range(0, decisions, TOGETHER):
        now = NOW + start * HOUR // TOGETHER // 4
        requests = [ScanRequest(chance.choice(slugs), f"visitor-{start + n}") for n in range(TOGETHER)]
        await ledger.write(lambda c, requests=requests, now=now: scan_each(c, requests, now, RULES))  # type: ignore[misc]

    stored: list[tuple[Any, ...]] = await ledger.read(lambda c: _DECISIONS.rows(c))
    assert len(stored) == decisions
    assert Counter(outcome for outcome, _ in stored)["reserved"] > decisions // 50
    assert [content for _, content in stored if not replay(json.load(content))] == []

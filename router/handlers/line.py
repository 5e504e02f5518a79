"""Who of those that wait may ask for a place (排队): nobody overtakes, and no place stays free while somebody waits."""

from collections.abc import Collection, Mapping

from sqlalchemy import Connection

from router.db.queries import pools, waiting
from router.db.queries.scan import Code
from router.db.queries.waiting import Wants
from router.domain.assignment import Ask
from router.domain.waiting import free_places, leading_to
from router.handlers.standing import Standing

Ahead = Mapping[tuple[int, int | None], int]
"""How many stand before somebody, by live code and, where it matters, by the agent they are bound to."""


def may_ask(
    connection: Connection,
    standing: Standing,
    pool_id: int,
    code: Code,
    visitor: str,
    own_agent_id: int | None,
    now: int,
) -> bool:
    """Whether this visitor, who had ``own_agent_id`` last, may be ranked in this pool now.

    Yes while fewer stand before them than the pool has places free for them. Those before them are the visitors of
    every pool that leads to this one, save of those who could not be given any of these places: a full cap of their
    code, or a full agent whom they are bound to, must not keep everybody waiting. Who comes anew to a pool without a
    line may always ask, be it to learn that all is full.
    """
    if not waiting.anybody(connection):
        return True
    place = waiting.place_of(connection, code.id, visitor, now)
    policy = standing.of(pool_id, code.id).policy
    mine = Ask(policy, own_agent_id, code.skill, code.department)
    free = free_places(standing.of(pool_id, code.id).candidates, mine)
    if place is not None and free == 0:
        return False
    lines = leading_to(pool_id, pools.fallbacks(connection))
    ahead = _ahead(connection, lines, place or waiting.LAST, policy == "exclusive", now)
    if free == 0 or not ahead:
        return not ahead
    return _competing(connection, standing, pool_id, code, mine, ahead) < free


def _ahead(connection: Connection, lines: Collection[int], place: int, by_agent: bool, now: int) -> Ahead:
    if by_agent:
        return waiting.ahead_by_agent(connection, lines, place, now)
    counted = waiting.ahead_of(connection, lines, place, now)
    return {(code_id, None): count for code_id, count in counted.items()}


def _competing(connection: Connection, standing: Standing, pool_id: int, code: Code, mine: Ask, ahead: Ahead) -> int:
    """How many of those ahead could be given a place that this visitor could be given."""
    wants = waiting.wants_of(connection, sorted({code_id for code_id, _ in ahead} - {code.id}))
    wants[code.id] = Wants(code.skill, code.department)
    competing = 0
    for (code_id, agent_id), count in ahead.items():
        theirs = Ask(mine.policy, agent_id, wants[code_id].skill, wants[code_id].department)
        if free_places(standing.of(pool_id, code_id).candidates, theirs, mine):
            competing += count
    return competing

"""Who of those that wait may ask for a place (排队): nobody overtakes, and no place stays free while somebody waits."""

from collections.abc import Collection, Mapping

from sqlalchemy import Connection

from router.db.queries import waiting
from router.db.queries.candidates import AskedPool
from router.db.queries.scan import Code
from router.domain.assignment import Ask
from router.domain.waiting import Party, free_places, leading_to, unpromised
from router.handlers.standing import Standing

Ahead = Mapping[tuple[int, int | None], int]
"""How many stand before somebody, by live code and, where it matters, by the agent they are bound to."""


def promised(
    connection: Connection,
    standing: Standing,
    pool_id: int,
    code: Code,
    place: int | None,
    own_agent_id: int | None,
    now: int,
) -> tuple[int, ...] | None:
    """The agents (ids) whose places wait for others, when the visitor at this place of the line asks this pool.

    ``place`` is None for who comes anew; ``own_agent_id`` is whom they had last. None: no place can be had yet, so
    there is nothing to rank. To be asked only while anybody waits. Before this visitor stand the visitors of every pool
    that leads to this one, in order of arrival; those of them who could not be given any of the places keep nobody
    waiting. Who comes anew to a pool without a line may always ask, be it to learn that all is full.
    """
    pool = standing.of(pool_id, code.id)
    mine = Party(code.id, Ask(pool.policy, own_agent_id, code.skill, code.department), pool.candidates)
    lines = leading_to(pool_id, standing.fallbacks())
    if free_places(mine.candidates, mine.ask) == 0:
        is_in_line = place is not None or waiting.ahead_of(connection, lines, waiting.LAST, now, 1)
        return None if is_in_line else ()
    ahead = _ahead(connection, lines, place or waiting.LAST, pool.policy == "exclusive", now)
    if not ahead:
        return ()
    open_agents = unpromised(mine, _parties(connection, standing, pool, ahead))
    return tuple(each.agent_id for each in mine.candidates if each.agent_id not in open_agents) if open_agents else None


def _ahead(connection: Connection, lines: Collection[int], place: int, by_agent: bool, now: int) -> Ahead:
    if by_agent:
        return waiting.ahead_by_agent(connection, lines, place, now)
    counted = waiting.ahead_of(connection, lines, place, now)
    return {(code_id, None): count for code_id, count in counted.items()}


def _parties(connection: Connection, standing: Standing, pool: AskedPool, ahead: Ahead) -> list[Party]:
    wants = waiting.wants_of(connection, sorted({code_id for code_id, _ in ahead}))
    return [
        Party(
            code_id,
            Ask(pool.policy, agent_id, wants[code_id].skill, wants[code_id].department),
            standing.of(pool.id, code_id).candidates,
            size,
        )
        for (code_id, agent_id), size in ahead.items()
    ]

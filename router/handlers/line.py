"""Who of those that wait may ask for a place (排队): nobody overtakes, and no place stays free while somebody waits."""

from collections.abc import Mapping

from sqlalchemy import Connection

from router.db.queries import pools, waiting
from router.db.queries.scan import Code
from router.db.queries.waiting import Wants
from router.domain.assignment import Ask
from router.domain.waiting import free_places, leading_to
from router.handlers.standing import Standing


def may_ask(connection: Connection, standing: Standing, pool_id: int, code: Code, visitor: str, now: int) -> bool:
    """Whether this visitor may be ranked in this pool now.

    Yes while fewer stand before them than the pool has free places. Those before them are the visitors of every pool
    that leads to this one, save of codes that could not be given any of its places: a cap of their own must not keep
    everybody waiting. Who comes anew to a pool without a line may always ask, be it to learn that all is full.
    """
    if not waiting.anybody(connection):
        return True
    place = waiting.place_of(connection, code.id, visitor, now)
    free = _places(standing, pool_id, code.id, Wants(code.skill, code.department))
    if place is not None and free == 0:
        return False
    lines = leading_to(pool_id, pools.fallbacks(connection))
    ahead = waiting.ahead_of(connection, lines, place or waiting.LAST, now)
    if free == 0 or not ahead:
        return not ahead
    return sum(_competing(connection, standing, pool_id, code, ahead).values()) < free


def _competing(
    connection: Connection, standing: Standing, pool_id: int, code: Code, ahead: Mapping[int, int]
) -> dict[int, int]:
    """Those ahead whose code could be given a place of this pool."""
    others = waiting.wants_of(connection, [code_id for code_id in ahead if code_id != code.id])
    able = {code_id for code_id, wants in others.items() if _places(standing, pool_id, code_id, wants)} | {code.id}
    return {code_id: count for code_id, count in ahead.items() if code_id in able}


def _places(standing: Standing, pool_id: int, code_id: int, wants: Wants) -> int:
    pool = standing.of(pool_id, code_id)
    return free_places(pool.candidates, Ask(policy=pool.policy, skill=wants.skill, department=wants.department))

"""Whom a list may hold from which the platform chooses: the members of a native code, or of a 获客链接."""

from dataclasses import replace
from datetime import tzinfo
from typing import Protocol

from sqlalchemy import Connection

from router.db.queries import capacity
from router.db.queries.candidates import AskedPool, asked_pool
from router.domain.assignment import Ask, Ranking, rank
from router.domain.capacity import CUSTOMER


class Wishes(Protocol):
    """What a code asks of an agent; empty: anybody."""

    @property
    def skill(self) -> str: ...

    @property
    def department(self) -> str: ...


class Listing(Wishes, Protocol):
    """The code that a list belongs to."""

    @property
    def code_id(self) -> int: ...


def rank_for(connection: Connection, listing: Listing, pool_id: int, now: int, zone: tzinfo) -> Ranking:
    """The pool as the code asks it; nobody needs a contact way of their own."""
    return _ranked(connection, listing, pool_id, now, zone)[0]


def rank_in_round(connection: Connection, listing: Listing, pool_id: int, now: int, zone: tzinfo) -> Ranking:
    """The same; a round of the pool that is over begins anew."""
    ranking, round = _ranked(connection, listing, pool_id, now, zone)
    if ranking.round_is_over:
        capacity.next_round(connection, pool_id, round)
        return rank_for(connection, listing, pool_id, now, zone)
    return ranking


def _ranked(connection: Connection, listing: Listing, pool_id: int, now: int, zone: tzinfo) -> tuple[Ranking, int]:
    pool = asked_pool(connection, pool_id, listing.code_id, now, zone, CUSTOMER)
    return rank_listed(pool, listing), pool.round


def rank_listed(pool: AskedPool, wishes: Wishes) -> Ranking:
    """A pool that has been read already, ranked as above."""
    ask = Ask(skill=wishes.skill, department=wishes.department, backup_percent=pool.backup_percent)
    return rank([replace(each, ready_ways=1) for each in pool.candidates], ask)

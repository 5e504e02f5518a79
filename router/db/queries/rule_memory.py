"""What rules remember: hits that they count, a customer's turn before, how customers came, how often each rule fired.

Every function serves a whole batch with one statement.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from router.db import json
from router.db.sql import Sql

_HITS = Sql(
    "SELECT customer_id, rule_set_id, rule_id, at FROM rule_hit"
    " WHERE customer_id {among:customers} AND at >= :since ORDER BY at"
)
_RECORD = Sql(
    "INSERT INTO rule_hit (customer_id, rule_set_id, rule_id, at) VALUES (:customer_id, :rule_set_id, :rule_id, :at)"
)
_FORGET_HITS = Sql(
    "DELETE FROM rule_hit WHERE id IN (SELECT id FROM rule_hit WHERE at < :before ORDER BY at LIMIT :rows)"
)
_TURNS = Sql("SELECT customer_id, text, fired FROM customer_turn WHERE customer_id {among:customers}")
_SAVE_TURN = Sql(
    "INSERT INTO customer_turn (customer_id, text, fired, at) VALUES (:customer_id, :text, :fired, :at)"
    " ON CONFLICT (customer_id) DO UPDATE SET text = excluded.text, fired = excluded.fired, at = excluded.at"
)
_FORGET_TURNS_OF = Sql("DELETE FROM customer_turn WHERE customer_id {among:customers}")
_FORGET_TURNS = Sql(
    "DELETE FROM customer_turn WHERE customer_id IN"
    " (SELECT customer_id FROM customer_turn ORDER BY customer_id LIMIT :rows)"
)
_COUNT = Sql(
    "INSERT INTO rule_tally (day, rule_set_id, rule_id, times) VALUES (:day, :rule_set_id, :rule_id, :times)"
    " ON CONFLICT (day, rule_set_id, rule_id) DO UPDATE SET times = rule_tally.times + excluded.times"
)
_COUNTED = Sql(
    "SELECT rule_id, sum(times), max(day) FROM rule_tally WHERE rule_set_id = :rule_set_id AND day >= :since"
    " GROUP BY rule_id"
)
_CREATED = Sql("SELECT id, created_at FROM customer WHERE id {among:customers}")
_CAME_BY = Sql(
    "SELECT a.customer_id, c.slug FROM assignment AS a JOIN live_code AS c ON c.id = a.code_id WHERE a.id IN"
    " (SELECT max(id) FROM assignment WHERE customer_id {among:customers} AND code_id IS NOT NULL GROUP BY customer_id)"
)
_CAME_FROM = Sql(
    "SELECT a.customer_id, min(s.region), max(s.region) FROM assignment AS a JOIN store AS s ON s.pool_id = a.pool_id"
    " WHERE s.archived_at IS NULL AND s.region <> '' AND a.id IN"
    " (SELECT max(id) FROM assignment WHERE customer_id {among:customers} AND code_id IS NOT NULL GROUP BY customer_id)"
    " GROUP BY a.customer_id"
)


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule fired for a customer at an instant (ms)."""

    customer_id: int
    rule_set_id: int
    rule_id: str
    at: int


@dataclass(frozen=True, slots=True)
class Turn:
    """A decided message; ``text`` None when it had none, ``fired`` as (rule set, rule)."""

    customer_id: int
    text: str | None
    fired: frozenset[tuple[int, str]]
    at: int = 0


@dataclass(frozen=True, slots=True)
class Count:
    """How often a rule fired, and the last day on which it did (20261122)."""

    times: int
    last_day: int


def hits(connection: Connection, customer_ids: Collection[int], since: int) -> list[Hit]:
    """Of these customers from ``since`` (ms) on, in order of time."""
    return [Hit(*row) for row in _HITS.rows(connection, customers=sorted(customer_ids), since=since)]


def record_hits(connection: Connection, found: Sequence[Hit]) -> None:
    """Remember hits."""
    _RECORD.run_many(
        connection,
        [
            {"customer_id": each.customer_id, "rule_set_id": each.rule_set_id, "rule_id": each.rule_id, "at": each.at}
            for each in found
        ],
    )


def forget_hits(connection: Connection, before: int, rows: int) -> int:
    """Forget hits before this instant (ms); returns how many, at most ``rows``."""
    return _FORGET_HITS.run(connection, before=before, rows=rows)


def turns(connection: Connection, customer_ids: Collection[int]) -> dict[int, Turn]:
    """The last remembered turn of each of these customers."""
    rows = _TURNS.rows(connection, customers=sorted(customer_ids))
    return {customer_id: _turn(customer_id, json.load(text), json.load(fired)) for customer_id, text, fired in rows}


def save_turns(connection: Connection, found: Iterable[Turn]) -> None:
    """Remember the turn of each customer in place of the one before."""
    _SAVE_TURN.run_many(
        connection,
        [
            {
                "customer_id": each.customer_id,
                "text": json.dump(each.text),
                "fired": json.dump(sorted(each.fired)),
                "at": each.at,
            }
            for each in found
        ],
    )


def forget_turns_of(connection: Connection, customer_ids: Collection[int]) -> None:
    """Forget the turns of these customers."""
    _FORGET_TURNS_OF.run(connection, customers=sorted(customer_ids))


def forget_turns(connection: Connection, rows: int) -> int:
    """Forget turns, whosever they are; returns how many, at most ``rows``."""
    return _FORGET_TURNS.run(connection, rows=rows)


def count_fired(connection: Connection, day: int, times: Mapping[tuple[int, str], int]) -> None:
    """Add to the day's counts of (rule set, rule), always in the same order, so that no two batches lock crosswise."""
    _COUNT.run_many(
        connection,
        [
            {"day": day, "rule_set_id": rule_set_id, "rule_id": rule_id, "times": count}
            for (rule_set_id, rule_id), count in sorted(times.items())
        ],
    )


def fired_since(connection: Connection, rule_set_id: int, since_day: int) -> dict[str, Count]:
    """Rule id → how often it fired from a day (20261122) on; rules that did not are left out."""
    rows = _COUNTED.rows(connection, rule_set_id=rule_set_id, since=since_day)
    return {rule_id: Count(int(times), last_day) for rule_id, times, last_day in rows}


def created(connection: Connection, customer_ids: Collection[int]) -> dict[int, int]:
    """Since when each customer is known (ms)."""
    return dict(_CREATED.rows(connection, customers=sorted(customer_ids)))


def came_by(connection: Connection, customer_ids: Collection[int]) -> dict[int, str]:
    """The slug of the live code by which each customer came last; those who came by none are left out."""
    return dict(_CAME_BY.rows(connection, customers=sorted(customer_ids)))


def came_from(connection: Connection, customer_ids: Collection[int]) -> dict[int, str]:
    """The region of the store whose pool received each customer last, where there is but one such region."""
    rows = _CAME_FROM.rows(connection, customers=sorted(customer_ids))
    return {customer_id: first for customer_id, first, last in rows if first == last}


def _turn(customer_id: int, text: str | None, fired: list[list[object]]) -> Turn:
    return Turn(customer_id, text, frozenset((int(str(rule_set)), str(rule)) for rule_set, rule in fired))

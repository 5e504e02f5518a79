"""What add and loss events read and write, in statements that serve a whole batch."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from router.db.queries import pools
from router.db.sql import Row, Sql
from router.domain.arrival import Channel, CodeFacts, FollowFacts, ReservationFacts
from router.domain.spill import in_turn

_ENSURE = Sql(
    "INSERT INTO customer (external_userid, name, created_at) VALUES (:external_userid, '', :now)"
    " ON CONFLICT (external_userid) DO NOTHING"
)
_CUSTOMERS = Sql("SELECT external_userid, id FROM customer WHERE external_userid {among:names}")
# WeCom tells no two members apart by case. These look at each agent, of whom there are hundreds.
_AGENTS = Sql("SELECT userid, archived_at IS NOT NULL, id, userid, name FROM agent WHERE lower(userid) {among:userids}")
_FORMER_AGENTS = Sql(
    "SELECT former_userid, archived_at IS NOT NULL, id, userid, name FROM agent"
    " WHERE lower(former_userid) {among:userids} AND former_userid <> ''"
)
_FOLLOWS = Sql(
    "SELECT agent_id, customer_id, status, since_at, ended_at FROM follow WHERE customer_id {among:customers}"
)
_RESERVATIONS = Sql(
    "SELECT w.state, r.id, w.id, w.agent_id, r.pool_id, r.round, r.status, r.place_taken, r.customer_id, r.code_id,"
    " c.welcome"
    " FROM contact_way AS w JOIN reservation AS r ON r.way_id = w.id JOIN live_code AS c ON c.id = r.code_id"
    # Another process may be confirming, or giving on, the same place: whoever comes second sees what the first wrote.
    " WHERE w.state {among:states} ORDER BY r.id {for_update:r}"
)
_CHANNELS = Sql(
    "SELECT s.state, c.pool_id, p.round, c.id, c.welcome FROM"
    " (SELECT state, code_id FROM native_way WHERE state {among:states}"
    " UNION ALL SELECT state, code_id FROM acquisition_link WHERE state {among:states}) AS s"
    " JOIN live_code AS c ON c.id = s.code_id JOIN pool AS p ON p.id = c.pool_id"
)
_POOLS_OF = Sql(
    "SELECT m.agent_id, m.pool_id, p.round FROM pool_member AS m JOIN pool AS p ON p.id = m.pool_id"
    " WHERE m.agent_id {among:agents} AND p.archived_at IS NULL"
)
_CODE_TAGS = Sql("SELECT code_id, tag_id FROM live_code_tag WHERE code_id {among:codes} ORDER BY tag_id")
_FOLLOW = Sql(
    "INSERT INTO follow (agent_id, customer_id, status, state, since_at) VALUES (:agent_id, :customer_id, :status,"
    " :state, :at) ON CONFLICT (customer_id, agent_id) DO UPDATE SET status = excluded.status, ended_at = NULL,"
    " state = CASE WHEN excluded.state = '' THEN follow.state ELSE excluded.state END,"
    " since_at = CASE WHEN follow.status IN ('half', 'full') THEN follow.since_at ELSE excluded.since_at END"
)
_END_FOLLOW = Sql(
    "UPDATE follow SET status = :status, ended_at = :at WHERE agent_id = :agent_id AND customer_id = :customer_id"
    " AND status IN ('half', 'full') AND since_at <= :at"
)
_FOUND_BEGUN = Sql(
    "UPDATE follow SET since_at = :at, state = :state WHERE agent_id = :agent_id AND customer_id = :customer_id"
    " AND ended_at IS NOT NULL"
)
# A relation of which only the end is known begins when it ends.
_FOUND_ENDED = Sql(
    "INSERT INTO follow (agent_id, customer_id, status, state, since_at, ended_at)"
    " VALUES (:agent_id, :customer_id, :status, '', :at, :at) ON CONFLICT (customer_id, agent_id)"
    " DO UPDATE SET ended_at = excluded.ended_at WHERE follow.ended_at < excluded.ended_at"
)
_CONFIRM = Sql(
    "UPDATE reservation SET status = 'confirmed', customer_id = :customer_id, ended_at = :now"
    " WHERE id = :id AND status <> 'confirmed'"
)
_ASSIGN = Sql(
    "INSERT INTO assignment (customer_id, agent_id, code_id, pool_id, reservation_id, inbox_id, how, own_place, beyond,"
    " round, at, reason, decision) VALUES (:customer_id, :agent_id, :code_id, :pool_id, :reservation_id, :inbox_id,"
    " :how, :own_place, :beyond, :round, :at, :reason, :decision)"
)


@dataclass(frozen=True, slots=True)
class KnownAgent:
    """``userid`` is the one of today, also for whom a former one stands."""

    id: int
    userid: str
    name: str


def ensure_customers(connection: Connection, external_userids: Collection[str], now: int) -> dict[str, int]:
    """The customers' ids, making those we had not met."""
    names = sorted(set(external_userids))
    found = _customer_ids(connection, names)
    missing = [name for name in names if name not in found]
    if missing:
        _ENSURE.run_many(connection, [{"external_userid": name, "now": now} for name in missing])
        found |= _customer_ids(connection, missing)
    return found


def _customer_ids(connection: Connection, names: list[str]) -> dict[str, int]:
    return {name: id for name, id in _CUSTOMERS.rows(connection, names=names)}  # noqa: C416 rows are untyped tuples


def agents(connection: Connection, userids: Collection[str]) -> dict[str, KnownAgent]:
    """The agents we know by the platform's userid, upper or lower case, as they are spelled in ``userids``.

    By their former one as well, while nobody else has it. Where two agents differ in case only, it means who is not
    archived, then who is spelled so, then who was there first.
    """
    found = _called(_AGENTS, connection, set(userids))
    if missing := set(userids) - found.keys():
        found |= _called(_FORMER_AGENTS, connection, missing)
    return found


def _called(sql: Sql, connection: Connection, userids: Collection[str]) -> dict[str, KnownAgent]:
    by_name: defaultdict[str, list[Row]] = defaultdict(list)
    for row in sql.rows(connection, userids=list({userid.lower() for userid in userids})):
        by_name[row[0].lower()].append(row)

    def meant(userid: str) -> KnownAgent:
        _, _, *agent = min(by_name[userid.lower()], key=lambda row: (bool(row[1]), row[0] != userid, row[2]))
        return KnownAgent(*agent)

    return {userid: meant(userid) for userid in userids if userid.lower() in by_name}


def follows(connection: Connection, customer_ids: Collection[int]) -> dict[tuple[int, int], FollowFacts]:
    """(agent, customer) → relation, for every relation of these customers."""
    rows = _FOLLOWS.rows(connection, customers=list(set(customer_ids)))
    return {(agent, customer): FollowFacts(*follow) for agent, customer, *follow in rows}


def reservations_by_state(connection: Connection, states: Collection[str]) -> dict[str, ReservationFacts]:
    """The reservation behind each state token that is ours and was shown."""
    rows = _RESERVATIONS.rows(connection, states=list(set(states)))
    tags = _tags_of_codes(connection, {row[9] for row in rows})
    return {row[0]: _reservation(row, tags) for row in rows}


def channels_by_state(connection: Connection, states: Collection[str]) -> dict[str, Channel]:
    """The native code or link behind each state token that is one's, archived ones included: prints still work."""
    rows = _CHANNELS.rows(connection, states=list(set(states)))
    tags = _tags_of_codes(connection, {row[3] for row in rows})
    return {
        state: Channel(pool_id, round, CodeFacts(code_id, welcome, tags.get(code_id, ())))
        for state, pool_id, round, code_id, welcome in rows
    }


def channels_of(connection: Connection, asked: Collection[tuple[str, int]]) -> dict[tuple[str, int], Channel]:
    """The channel of each state token and agent; its pool is the first in the chain of pools that the agent is in."""
    channels = channels_by_state(connection, {state for state, _ in asked})
    if not channels:
        return {}
    rows = _POOLS_OF.rows(connection, agents=list({agent_id for _, agent_id in asked}))
    rounds = {(agent_id, pool_id): round for agent_id, pool_id, round in rows}
    takes_over = pools.fallbacks(connection)

    def received(channel: Channel, agent_id: int) -> Channel:
        chain = in_turn(channel.pool_id, takes_over)
        pool_id = next((each for each in chain if (agent_id, each) in rounds), None)
        return channel if pool_id is None else replace(channel, pool_id=pool_id, round=rounds[agent_id, pool_id])

    return {(state, agent_id): received(channels[state], agent_id) for state, agent_id in asked if state in channels}


def _reservation(row: Row, tags: dict[int, tuple[int, ...]]) -> ReservationFacts:
    _state, id, way_id, agent_id, pool_id, round, status, place_taken, customer_id, code_id, welcome = row
    code = CodeFacts(code_id, welcome, tags.get(code_id, ()))
    return ReservationFacts(id, way_id, agent_id, pool_id, round, status, bool(place_taken), customer_id, code)


def _tags_of_codes(connection: Connection, code_ids: Collection[int]) -> dict[int, tuple[int, ...]]:
    tags: defaultdict[int, list[int]] = defaultdict(list)
    for code_id, tag_id in _CODE_TAGS.rows(connection, codes=list(code_ids)) if code_ids else ():
        tags[code_id].append(tag_id)
    return {code_id: tuple(ids) for code_id, ids in tags.items()}


def save_follows(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Begin relations, or move them on: agent_id, customer_id, status, state, and ``at``, when the event happened."""
    _FOLLOW.run_many(connection, rows)


def end_follow(connection: Connection, agent_id: int, customer_id: int, status: str, at: int) -> bool:
    """End a relation that stands and did not begin after ``at``, the instant of the event (ms).

    Callbacks may overtake each other: a late loss event must not end a newer relation.
    """
    return bool(_END_FOLLOW.run(connection, agent_id=agent_id, customer_id=customer_id, status=status, at=at))


def found_begun(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """The beginning of relations whose end came first: agent_id, customer_id, state, and ``at``."""
    _FOUND_BEGUN.run_many(connection, rows)


def found_ended(connection: Connection, agent_id: int, customer_id: int, status: str, at: int) -> None:
    """The end (ms) of a relation that does not stand: the add it ends may still be on its way."""
    _FOUND_ENDED.run(connection, agent_id=agent_id, customer_id=customer_id, status=status, at=at)


def confirm(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Confirm reservations: id, customer_id, now."""
    _CONFIRM.run_many(connection, rows)


def assign(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Write assignments; ``decision`` is given by those that no scan decided, ``beyond`` by those that passed a cap."""
    _ASSIGN.run_many(connection, [{"decision": "", "beyond": "", **row} for row in rows])

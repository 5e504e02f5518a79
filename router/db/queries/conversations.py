"""微信客服 conversations and accounts."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from router.db.sql import Sql

_LOAD = Sql("SELECT customer_id, open_kfid, id, status, agent_id FROM conversation WHERE customer_id {among:customers}")
_SAVE = Sql(
    "INSERT INTO conversation (customer_id, open_kfid, status, agent_id, pool_id, waiting_since_at, last_message_at,"
    " replies) VALUES (:customer_id, :open_kfid, :status, :agent_id, :pool_id, :waiting_since_at, :now, :replies)"
    " ON CONFLICT (customer_id, open_kfid) DO UPDATE SET status = excluded.status,"
    " agent_id = CASE WHEN excluded.status IN ('waiting', 'human')"
    " THEN coalesce(excluded.agent_id, conversation.agent_id) ELSE excluded.agent_id END,"
    " pool_id = coalesce(excluded.pool_id, conversation.pool_id), last_message_at = excluded.last_message_at,"
    " replies = excluded.replies,"
    " waiting_since_at = CASE WHEN excluded.status <> 'waiting' THEN NULL"
    " ELSE coalesce(conversation.waiting_since_at, excluded.waiting_since_at) END"
)
_TURN_TO_PEOPLE = Sql(
    "UPDATE conversation SET status = 'waiting', agent_id = NULL, waiting_since_at = :now"
    " WHERE open_kfid = :open_kfid AND customer_id = :customer_id AND status = 'bot'"
)
_FOLLOW_PLATFORM = Sql(
    "INSERT INTO conversation (customer_id, open_kfid, status, agent_id, last_message_at, replies)"
    " VALUES (:customer_id, :open_kfid, :status, :agent_id, :at, 0)"
    " ON CONFLICT (customer_id, open_kfid) DO UPDATE SET status = excluded.status, agent_id = excluded.agent_id,"
    " pool_id = CASE WHEN excluded.status <> 'ended' THEN conversation.pool_id END,"
    " last_message_at = excluded.last_message_at, waiting_since_at = NULL"
)
_NOT_TAKEN = Sql(
    "UPDATE conversation SET status = :status, agent_id = NULL,"
    " pool_id = CASE WHEN CAST(:status AS VARCHAR(8)) = 'waiting' THEN pool_id END,"
    " waiting_since_at = CASE WHEN CAST(:status AS VARCHAR(8)) = 'waiting' THEN waiting_since_at END"
    " WHERE open_kfid = :open_kfid AND customer_id = :customer_id AND status = 'waiting'"
    " AND coalesce(agent_id, 0) = :agent_id"
)
_NAMES = Sql("SELECT id, name FROM customer WHERE id {among:customers}")
_TAGS = Sql(
    "SELECT DISTINCT customer_id, tag_id FROM tag_edge WHERE removed_at IS NULL AND customer_id {among:customers}"
)
_ENSURE_ACCOUNT = Sql(
    "INSERT INTO kf_account (open_kfid, name, cursor, created_at) VALUES (:open_kfid, '', '', :now)"
    " ON CONFLICT (open_kfid) DO NOTHING"
)
_ACCOUNTS = Sql("SELECT open_kfid FROM kf_account ORDER BY id")
_NAME = Sql("SELECT name FROM kf_account WHERE open_kfid = :open_kfid")
_SET_NAME = Sql("UPDATE kf_account SET name = :name WHERE open_kfid = :open_kfid AND name <> :name")
_CURSOR = Sql("SELECT cursor FROM kf_account WHERE open_kfid = :open_kfid")
_ADVANCE = Sql("UPDATE kf_account SET cursor = :next WHERE open_kfid = :open_kfid AND cursor = :cursor")


@dataclass(frozen=True, slots=True)
class Session:
    id: int
    status: str
    agent_id: int | None


def sessions(connection: Connection, customer_ids: Collection[int]) -> dict[tuple[int, str], Session]:
    """(customer, account) → session, for these customers."""
    rows = _LOAD.rows(connection, customers=list(set(customer_ids)))
    return {(customer, open_kfid): Session(id, status, agent) for customer, open_kfid, id, status, agent in rows}


def save(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Begin sessions or move them on."""
    _SAVE.run_many(connection, rows)


def follow_platform(
    connection: Connection, customer_id: int, open_kfid: str, status: str, agent_id: int | None, at: int
) -> None:
    """The platform's word at ``at`` (ms): a ``human`` has it (None: nobody of ours), or it has ``ended``.

    One that has ended is of no pool any more: what is written next begins anew.
    """
    _FOLLOW_PLATFORM.run(
        connection, customer_id=customer_id, open_kfid=open_kfid, status=status, agent_id=agent_id, at=at
    )


def turn_to_people(connection: Connection, open_kfid: str, customer_id: int, now: int) -> bool:
    """The bot cannot go on; False when it does not have the session: a person has it, or is on the way."""
    return bool(_TURN_TO_PEOPLE.run(connection, open_kfid=open_kfid, customer_id=customer_id, now=now))


def not_taken(connection: Connection, open_kfid: str, customer_id: int, agent_id: int | None, status: str) -> None:
    """The agent for whom a session waited (None: anybody) did not get it: it waits for anybody now, or has ``ended``.

    A session that somebody else has, or waits for, stays as it is.
    """
    _NOT_TAKEN.run(connection, open_kfid=open_kfid, customer_id=customer_id, agent_id=agent_id or 0, status=status)


def names(connection: Connection, customer_ids: Collection[int]) -> dict[int, str]:
    """Customers' names as far as known."""
    return dict(_NAMES.rows(connection, customers=list(set(customer_ids))))


def tags(connection: Connection, customer_ids: Collection[int]) -> dict[int, frozenset[int]]:
    """The tags each customer carries now."""
    carried: dict[int, set[int]] = {}
    for customer_id, tag_id in _TAGS.rows(connection, customers=list(set(customer_ids))):
        carried.setdefault(customer_id, set()).add(tag_id)
    return {customer_id: frozenset(ids) for customer_id, ids in carried.items()}


def ensure_account(connection: Connection, open_kfid: str, now: int) -> None:
    """Know a 微信客服 account from its first notice on."""
    _ENSURE_ACCOUNT.run(connection, open_kfid=open_kfid, now=now)


def accounts(connection: Connection) -> list[str]:
    """The open_kfid of every account we know."""
    return [row[0] for row in _ACCOUNTS.rows(connection)]


def account_name(connection: Connection, open_kfid: str) -> str:
    """What an account is called; empty while nobody asked the platform."""
    row = _NAME.row(connection, open_kfid=open_kfid)
    return row[0] if row else ""


def name_accounts(connection: Connection, names: Mapping[str, str]) -> None:
    """What the platform calls its accounts, by open_kfid; those we do not know stay unknown."""
    _SET_NAME.run_many(connection, [{"open_kfid": open_kfid, "name": name[:64]} for open_kfid, name in names.items()])


def cursor(connection: Connection, open_kfid: str) -> str:
    """Where the next pull of the account goes on."""
    row = _CURSOR.row(connection, open_kfid=open_kfid)
    return row[0] if row else ""


def try_advance(connection: Connection, open_kfid: str, cursor: str, next: str) -> bool:
    """Move the cursor, in the transaction that stores what it passed; False when somebody else moved it meanwhile."""
    return bool(_ADVANCE.run(connection, open_kfid=open_kfid, cursor=cursor, next=next))

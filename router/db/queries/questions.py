"""问题 (questions): what customers wrote of late, what answered them, how their sessions stand, the queue's codes."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from sqlalchemy import Connection

from router.db import json
from router.db.sql import Sql
from router.domain.answering import Answered, Standing

MOST_MESSAGES = 10_000
AT_ONCE = 500  # customers whose texts are read by one statement

_WRITTEN = Sql(
    "SELECT id, plaintext, received_at FROM inbox WHERE received_at >= :since AND callback = 'KF_ITEM'"
    " AND event = 'message_received' ORDER BY received_at DESC, id DESC LIMIT :rows"
)
_WAITING = Sql(
    "SELECT DISTINCT c.external_userid FROM conversation AS v JOIN customer AS c ON c.id = v.customer_id"
    " WHERE v.status = 'waiting'"
)
_WRITTEN_BY = Sql(
    "SELECT id, plaintext, received_at FROM inbox WHERE subject {among:userids} AND received_at >= :since"
    " AND callback = 'KF_ITEM' AND event = 'message_received'"
)
_CUSTOMERS = Sql("SELECT id, external_userid, name FROM customer WHERE external_userid {among:userids}")
_STANDINGS = Sql(
    "SELECT v.customer_id, v.open_kfid, v.status, v.replies, v.last_message_at, coalesce(q.until_at, 0)"
    " FROM conversation AS v LEFT JOIN queue_code AS q ON q.customer_id = v.customer_id AND q.open_kfid = v.open_kfid"
    " WHERE v.customer_id {among:customers}"
)
_BY_PEOPLE = Sql(
    "SELECT subject, id, event, plaintext FROM inbox WHERE subject {among:userids} AND id >= :first"
    " AND callback = 'KF_ITEM' AND event IN ('servicer_wrote', 'send_failed')"
)
# SQLite reads a CROSS JOIN in the order written: by itself it would begin with all that was ever sent.
_BY_US = Sql(
    "SELECT i.subject, i.id, i.decision, o.kind, o.payload, o.sent_at FROM inbox AS i"
    " CROSS JOIN outbox AS o WHERE i.subject {among:userids} AND i.id >= :first AND o.inbox_id = i.id"
    " AND o.kind IN ('send_kf_text', 'answer_waiting') AND o.status = 'done' AND o.sent_at IS NOT NULL"
)
_KEEP_CODE = Sql(
    "INSERT INTO queue_code (customer_id, open_kfid, code, until_at)"
    " VALUES (:customer_id, :open_kfid, :code, :until_at)"
    " ON CONFLICT (customer_id, open_kfid) DO UPDATE SET code = excluded.code, until_at = excluded.until_at"
)
_CODE = Sql(
    "SELECT code FROM queue_code WHERE customer_id = :customer_id AND open_kfid = :open_kfid AND until_at > :now"
)
_DROP_CODE = Sql("DELETE FROM queue_code WHERE customer_id = :customer_id AND open_kfid = :open_kfid")


@dataclass(frozen=True, slots=True)
class Written:
    """A text that a customer wrote in 微信客服."""

    inbox_id: int
    open_kfid: str
    external_userid: str
    text: str
    at: int


@dataclass(frozen=True, slots=True)
class Known:
    """A customer by id, with the name as far as known."""

    id: int
    name: str


def texts_since(connection: Connection, since: int) -> list[Written]:
    """The latest texts since ``since`` (ms), the latest first, MOST_MESSAGES at most."""
    rows = _WRITTEN.rows(connection, since=since, rows=MOST_MESSAGES)
    return [written for id, plaintext, at in rows if (written := _written(id, plaintext, at)) is not None]


def texts_of_waiting(connection: Connection, since: int) -> Iterator[Written]:
    """Every text since ``since`` (ms) of customers who wait for a person now, however many came after it."""
    waiting = sorted(userid for (userid,) in _WAITING.rows(connection))
    for first in range(0, len(waiting), AT_ONCE):
        for row in _WRITTEN_BY.rows(connection, userids=waiting[first : first + AT_ONCE], since=since):
            if (written := _written(*row)) is not None:
                yield written


def _written(inbox_id: int, plaintext: str, at: int) -> Written | None:
    item = json.load(plaintext)
    content = item.get("text") if item.get("msgtype") == "text" else None
    text = content.get("content") if isinstance(content, dict) else None
    if not isinstance(text, str) or not text:
        return None
    return Written(inbox_id, str(item.get("open_kfid", "")), str(item.get("external_userid", "")), text, at)


def known_customers(connection: Connection, external_userids: Collection[str]) -> dict[str, Known]:
    """By external_userid, those we know."""
    rows = _CUSTOMERS.rows(connection, userids=sorted(set(external_userids)))
    return {userid: Known(id, name) for id, userid, name in rows}


def standings(connection: Connection, customer_ids: Collection[int], now: int) -> dict[tuple[int, str], Standing]:
    """(customer, account) → how the session stands."""
    rows = _STANDINGS.rows(connection, customers=sorted(set(customer_ids)))
    return {
        (customer, open_kfid): Standing(status, replies, now - last_at, until_at > now)
        for customer, open_kfid, status, replies, last_at, until_at in rows
    }


def answered(connection: Connection, external_userids: Collection[str], first: int) -> dict[tuple[str, str], Answered]:
    """(external_userid, account) → how far it was answered by what came in from the event ``first`` on."""
    found: dict[tuple[str, str], Answered] = {}
    userids = sorted(set(external_userids))
    for begin in range(0, len(userids), AT_ONCE):
        for userid, open_kfid, each in _answers(connection, userids[begin : begin + AT_ONCE], first):
            found[userid, open_kfid] = found.get((userid, open_kfid), Answered()).also(each)
    return found


def _answers(connection: Connection, userids: Collection[str], first: int) -> Iterator[tuple[str, str, Answered]]:
    undelivered = set()
    for userid, id, event, plaintext in _BY_PEOPLE.rows(connection, userids=userids, first=first):
        item = json.load(plaintext)
        if event == "send_failed":
            undelivered.add(item["event"]["fail_msgid"])
        else:
            yield userid, item["open_kfid"], Answered(inbox_id=id)
    for userid, id, decision, kind, payload, sent_at in _BY_US.rows(connection, userids=userids, first=first):
        sent = json.load(payload)
        if sent["message_id"] in undelivered:
            continue
        if kind == "answer_waiting":
            yield userid, sent["open_kfid"], Answered(inbox_id=id, sent_at=sent_at)
        elif json.load(decision).get("answered"):
            yield userid, sent["open_kfid"], Answered(inbox_id=id)


def keep_queue_code(connection: Connection, customer_id: int, open_kfid: str, code: str, until_at: int) -> None:
    """Keep the code that came with the way into the queue; it takes the place of the one before."""
    _KEEP_CODE.run(connection, customer_id=customer_id, open_kfid=open_kfid, code=code, until_at=until_at)


def queue_code(connection: Connection, customer_id: int, open_kfid: str, now: int) -> str:
    """The code of a session in the queue, empty when there is none that works."""
    row = _CODE.row(connection, customer_id=customer_id, open_kfid=open_kfid, now=now)
    return row[0] if row else ""


def drop_queue_code(connection: Connection, customer_id: int, open_kfid: str) -> None:
    """It was used: it works once."""
    _DROP_CODE.run(connection, customer_id=customer_id, open_kfid=open_kfid)

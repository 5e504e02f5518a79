"""统一答复 (answers): what is answered to a group of questions, and to whom."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from sqlalchemy import Connection

from router.db import json
from router.db.queries.page import Page, page_of
from router.db.sql import Row, Sql

AnswerStatus: TypeAlias = Literal["proposed", "approved", "rejected"]
ANSWER_STATUSES: tuple[AnswerStatus, ...] = get_args(AnswerStatus)
ReplyStatus: TypeAlias = Literal["ordered", "undone", "unreachable"]

_COLUMNS = (
    "SELECT a.id, a.status, a.title, a.wordings, a.keywords, a.text, a.proposed_at, a.proposed_by, a.decided_at,"
    " a.decided_by, a.send_at, v.rule_set_id, v.number FROM answer AS a"
    " LEFT JOIN rule_set_version AS v ON v.id = a.rule_set_version_id"
)
_PAGE = Sql(f"{_COLUMNS} WHERE a.id < :before AND (:status = '' OR a.status = :status) ORDER BY a.id DESC LIMIT :rows")
_GET = Sql(f"{_COLUMNS} WHERE a.id = :id")
_INSERT = Sql(
    "INSERT INTO answer (status, title, wordings, keywords, text, proposed_at, proposed_by, decided_by)"
    " VALUES ('proposed', :title, :wordings, :keywords, :text, :now, :actor, '') RETURNING id"
)
_DECIDE = Sql(
    "UPDATE answer SET status = :status, decided_at = :now, decided_by = :actor, send_at = :send_at,"
    " rule_set_version_id = :version_id WHERE id = :id AND status = 'proposed'"
)
_ADD_REPLY = Sql(
    "INSERT INTO answer_reply (answer_id, customer_id, open_kfid, inbox_id, question, status, reason, message_id)"
    " VALUES (:answer_id, :customer_id, :open_kfid, :inbox_id, :question, :status, :reason, :message_id)"
    " ON CONFLICT DO NOTHING"
)
_REPLIES = Sql(
    "SELECT r.id, r.customer_id, c.external_userid, c.name, r.open_kfid, r.inbox_id, r.question, r.status, r.reason,"
    " r.message_id, coalesce(o.status, ''), coalesce(o.error, ''), o.finished_at FROM answer_reply AS r"
    " JOIN customer AS c ON c.id = r.customer_id"
    " LEFT JOIN outbox AS o ON r.message_id <> '' AND o.key = 'answer:' || r.message_id"
    " WHERE r.answer_id = :answer_id AND r.id > :after ORDER BY r.id LIMIT :rows"
)
_WITHDRAW = Sql(
    "DELETE FROM outbox WHERE status = 'pending' AND attempts = 0 AND sent_at IS NULL AND key IN"
    " (SELECT 'answer:' || message_id FROM answer_reply WHERE answer_id = :answer_id AND status = 'ordered')"
    " RETURNING key"
)
_UNDONE = Sql(
    "UPDATE answer_reply SET status = 'undone' WHERE answer_id = :answer_id AND status = 'ordered'"
    " AND message_id {among:message_ids}"
)


@dataclass(frozen=True, slots=True)
class Answer:
    """``send_at``: until then (ms) its replies can be undone. The rule it became is of ``rule_set_id``, ``version``."""

    id: int
    status: AnswerStatus
    title: str
    wordings: tuple[str, ...]
    keywords: tuple[str, ...]
    text: str
    proposed_at: int
    proposed_by: str
    decided_at: int | None
    decided_by: str
    send_at: int | None
    rule_set_id: int | None
    version: int | None

    @property
    def rule_id(self) -> str:
        """The id of its rule in the rule set."""
        return f"faq-{self.id}"


@dataclass(frozen=True, slots=True)
class NewReply:
    """Somebody who asked; ``reason`` tells why the answer cannot be sent there (`router.domain.answering`)."""

    customer_id: int
    open_kfid: str
    inbox_id: int
    question: str
    status: ReplyStatus
    reason: str
    message_id: str


@dataclass(frozen=True, slots=True)
class AnswerReply:
    """One customer who asked; ``sent`` is the state of the effect (empty: there is none), ``error`` what WeCom said."""

    id: int
    customer_id: int
    external_userid: str
    customer_name: str
    open_kfid: str
    inbox_id: int
    question: str
    status: ReplyStatus
    reason: str
    message_id: str
    sent: str
    error: str
    finished_at: int | None


def insert_answer(
    connection: Connection,
    *,
    title: str,
    wordings: Sequence[str],
    keywords: Sequence[str],
    text: str,
    actor: str,
    now: int,
) -> int:
    """A proposed answer; returns its id."""
    row = _INSERT.row(
        connection,
        title=title,
        wordings=json.dump(list(wordings)),
        keywords=json.dump(list(keywords)),
        text=text,
        now=now,
        actor=actor[:64],
    )
    assert row is not None
    return int(row[0])


def get_answer(connection: Connection, answer_id: int) -> Answer | None:
    """One answer."""
    row = _GET.row(connection, id=answer_id)
    return None if row is None else _answer(row)


def list_answers(connection: Connection, *, status: str = "", before: int = 0, limit: int = 50) -> Page[Answer]:
    """Latest first; ``before`` continues a page."""
    rows = _PAGE.rows(connection, status=status, before=before or 2**62, rows=limit + 1)
    return page_of([_answer(row) for row in rows], limit, lambda each: each.id)


def try_decide(
    connection: Connection,
    answer_id: int,
    status: AnswerStatus,
    actor: str,
    now: int,
    *,
    send_at: int | None = None,
    version_id: int | None = None,
) -> bool:
    """Approve or reject; False when somebody has done so already."""
    changed = _DECIDE.run(
        connection, id=answer_id, status=status, actor=actor[:64], now=now, send_at=send_at, version_id=version_id
    )
    return bool(changed)


def add_replies(connection: Connection, answer_id: int, replies: Sequence[NewReply]) -> None:
    """Everybody who asked, once each."""
    _ADD_REPLY.run_many(
        connection,
        [
            {
                "answer_id": answer_id,
                "customer_id": each.customer_id,
                "open_kfid": each.open_kfid,
                "inbox_id": each.inbox_id,
                "question": each.question,
                "status": each.status,
                "reason": each.reason,
                "message_id": each.message_id,
            }
            for each in replies
        ],
    )


def list_replies(connection: Connection, answer_id: int, *, after: int = 0, limit: int = 50) -> Page[AnswerReply]:
    """Who asked, and what became of the answer there, by id."""
    rows = _REPLIES.rows(connection, answer_id=answer_id, after=after, rows=limit + 1)
    return page_of([AnswerReply(*row) for row in rows], limit, lambda each: each.id)


def withdraw_replies(connection: Connection, answer_id: int) -> int:
    """Take back what no sender has touched yet; returns how many."""
    taken = [key.removeprefix("answer:") for (key,) in _WITHDRAW.rows(connection, answer_id=answer_id)]
    _mark_undone(connection, answer_id, taken)
    return len(taken)


def _mark_undone(connection: Connection, answer_id: int, message_ids: Collection[str]) -> None:
    _UNDONE.run(connection, answer_id=answer_id, message_ids=list(message_ids))


def _answer(row: Row) -> Answer:
    id, status, title, wordings, keywords, *rest = row
    return Answer(id, status, title, tuple(json.load(wordings)), tuple(json.load(keywords)), *rest)

"""Questions that many ask: the answer somebody gives once, and who gets it."""

from sqlalchemy import BigInteger, Index, Text
from sqlmodel import Field

from router.db.tables.table import Id, Table, partial


class QueueCodeRow(Table, table=True):
    """The code that came with a session's way into the queue: with it one text can be sent there (W-95122)."""

    __tablename__ = "queue_code"

    customer_id: int = Field(foreign_key="customer.id", primary_key=True, sa_type=Id)
    open_kfid: str = Field(max_length=64, primary_key=True)
    code: str = Field(sa_type=Text)
    until_at: int = Field(sa_type=BigInteger)


class AnswerRow(Table, table=True):
    """统一答复: what is answered to a group of questions, once an admin has approved it."""

    __tablename__ = "answer"
    __table_args__ = (partial("ix_answer_open", "id", where="status = 'proposed'"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    status: str = Field(max_length=12)  # proposed → approved | rejected
    title: str = Field(max_length=64)
    wordings: str = Field(sa_type=Text)  # JSON: the questions as they were asked
    keywords: str = Field(default="[]", sa_type=Text)  # JSON: the rule also meets what contains one of these
    text: str = Field(sa_type=Text)
    proposed_at: int = Field(sa_type=BigInteger)
    proposed_by: str = Field(max_length=64)
    decided_at: int | None = Field(default=None, sa_type=BigInteger)
    decided_by: str = Field(default="", max_length=64)
    send_at: int | None = Field(default=None, sa_type=BigInteger)  # until then the replies can be undone
    rule_set_version_id: int | None = Field(default=None, foreign_key="rule_set_version.id", sa_type=Id)


class AnswerReplyRow(Table, table=True):
    """One customer who asked, and whether the answer is sent there; ``reason`` tells why not."""

    __tablename__ = "answer_reply"
    __table_args__ = (Index("uq_answer_reply_pair", "answer_id", "customer_id", "open_kfid", unique=True),)

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    answer_id: int = Field(foreign_key="answer.id", sa_type=Id)
    customer_id: int = Field(foreign_key="customer.id", sa_type=Id)
    open_kfid: str = Field(max_length=64)
    inbox_id: int = Field(sa_type=BigInteger)
    question: str = Field(sa_type=Text)
    status: str = Field(max_length=12)  # ordered | undone | unreachable
    reason: str = Field(default="", max_length=16)
    message_id: str = Field(default="", max_length=32)

"""Sensitive words: the sets a company keeps, and every message one was found in."""

from sqlalchemy import BigInteger, Index, Text
from sqlmodel import Field

from router.db.tables.table import Id, Table, partial


class WordSetRow(Table, table=True):
    """词库: ``words`` are the lines a person edits, as `tagtree.sensitive.word_list` reads them."""

    __tablename__ = "word_set"

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    name: str = Field(max_length=64, unique=True)
    policy: str = Field(max_length=8)  # block | replace | flag | allow
    replacement: str = Field(default="", max_length=64)
    watches_incoming: bool = True
    makes_task: bool = False  # a customer's message with a word of it becomes a task
    words: str = Field(default="", sa_type=Text)
    created_at: int = Field(sa_type=BigInteger)
    archived_at: int | None = Field(default=None, sa_type=BigInteger)


class WordHitRow(Table, table=True):
    """One sensitive word found in one message, and what was done about it; never edited."""

    __tablename__ = "word_hit"
    __table_args__ = (
        Index("ix_word_hit_set", "set_id", "id"),
        partial("ix_word_hit_inbox", "inbox_id", where="inbox_id IS NOT NULL"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    at: int = Field(sa_type=BigInteger)
    message: str = Field(max_length=16)  # customer | reply | welcome | app
    done: str = Field(max_length=8)  # flagged | replaced | blocked
    set_id: int = Field(foreign_key="word_set.id", sa_type=Id)
    word: str = Field(max_length=64)
    written: str = Field(max_length=128)
    how: str = Field(max_length=8)
    span_start: int
    span_end: int
    text: str = Field(sa_type=Text)  # the message around it
    party: str = Field(default="", max_length=64)  # external_userid of the customer, or userid of the employee
    inbox_id: int | None = Field(default=None, sa_type=BigInteger)
    outbox_id: int | None = Field(default=None, sa_type=BigInteger)

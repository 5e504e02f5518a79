"""What came in, what must go out, what is due."""

from sqlalchemy import BigInteger, Index, Text
from sqlmodel import Field

from router.db.tables.table import Id, Table, partial


class InboxRow(Table, table=True):
    """收件箱: one callback plaintext or one 微信客服 item, unique by its own identity."""

    __tablename__ = "inbox"
    __table_args__ = (
        partial("ix_inbox_open", "shard", "id", where="status = 'stored'"),
        partial("ix_inbox_stored", "status", where="status = 'stored'"),  # SQLite: in the order of ids, without a sort
        Index("ix_inbox_subject", "subject", "id"),
        Index("ix_inbox_received", "received_at", "status"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    identity: str = Field(max_length=160, unique=True)
    callback: str = Field(max_length=40)  # the named callback it arrived on; "KF_ITEM" for an item of sync_msg
    shard: int = 0  # rows of one customer share a shard: the unit that one worker decides in order
    subject: str = Field(default="", max_length=128)  # external_userid, else userid or open_kfid
    plaintext: str = Field(sa_type=Text)
    received_at: int = Field(sa_type=BigInteger)
    timings: str = Field(default="{}", sa_type=Text)  # microseconds per step before the store
    deliveries: int = 1
    status: str = Field(default="stored", max_length=12)  # stored → done | ignored | failed
    reason: str = Field(default="", sa_type=Text)
    event: str = Field(default="", max_length=48)
    attempts: int = 0
    decided_at: int | None = Field(default=None, sa_type=BigInteger)
    decision: str = Field(default="", sa_type=Text)


class OutboxRow(Table, table=True):
    """发件箱: an effect, single by its key. ``fence`` grows with each claim: a lapsed sender cannot record."""

    __tablename__ = "outbox"
    __table_args__ = (
        partial("ix_outbox_open", "lane", "not_before", where="status IN ('pending', 'sending')"),
        partial("ix_outbox_stream", "stream", "id", where="status IN ('pending', 'sending') AND stream <> ''"),
        Index("ix_outbox_inbox_id", "inbox_id"),
        Index("ix_outbox_status_id", "status", "id"),
        partial("ix_outbox_finished", "finished_at", "status", where="finished_at IS NOT NULL"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    key: str = Field(max_length=160, unique=True)
    kind: str = Field(max_length=40)
    payload: str = Field(sa_type=Text)
    lane: str = Field(default="platform", max_length=16)  # welcome | chat | platform
    stream: str = Field(default="", max_length=128)  # effects of one stream go out one at a time, in order
    inbox_id: int | None = Field(default=None, sa_type=BigInteger)  # the cause, for the trace
    status: str = Field(default="pending", max_length=12)  # pending → sending → done | failed | late
    again: bool = False  # asked for once more while being sent: goes back to pending afterwards
    attempts: int = 0
    fence: int = 0
    not_before: int = Field(default=0, sa_type=BigInteger)
    deadline_at: int | None = Field(default=None, sa_type=BigInteger)
    lease_until: int = Field(default=0, sa_type=BigInteger)
    created_at: int = Field(sa_type=BigInteger)
    sent_at: int | None = Field(default=None, sa_type=BigInteger)
    finished_at: int | None = Field(default=None, sa_type=BigInteger)
    errcode: int | None = None
    error: str = Field(default="", sa_type=Text)
    result: str = Field(default="", sa_type=Text)


class TimerRow(Table, table=True):
    """Something due at an instant; arming the same key again moves it, firing deletes the row."""

    __tablename__ = "timer"

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    key: str = Field(max_length=120, unique=True)
    kind: str = Field(max_length=40)
    payload: str = Field(sa_type=Text)
    due_at: int = Field(sa_type=BigInteger, index=True)

"""What people must look at, and numbers."""

from sqlalchemy import BigInteger, Text
from sqlmodel import Field

from router.db.tables.table import NO_ID_TWICE, Id, Table, partial


class TaskRow(Table, table=True):
    """Something a person has to do, such as calling back a visitor who left a number."""

    __tablename__ = "task"
    __table_args__ = (
        partial("ix_task_open", "id", where="done_at IS NULL"),
        partial("ix_task_visitor", "code_id", "visitor", where="visitor <> ''"),
        partial("ix_task_left", "code_id", "created_at", where="visitor <> ''"),
        partial("ix_task_customer", "customer_id", "kind", where="done_at IS NULL AND customer_id IS NOT NULL"),
        NO_ID_TWICE,
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    kind: str = Field(max_length=24)
    code_id: int | None = Field(default=None, foreign_key="live_code.id", sa_type=Id)
    pool_id: int | None = Field(default=None, foreign_key="pool.id", sa_type=Id)
    agent_id: int | None = Field(default=None, foreign_key="agent.id", sa_type=Id)
    customer_id: int | None = Field(default=None, foreign_key="customer.id", sa_type=Id)
    visitor: str = Field(default="", max_length=64)  # who left a number, and may take it back
    content: str = Field(sa_type=Text)  # JSON; a number left behind comes with the consent text that was agreed to
    created_at: int = Field(sa_type=BigInteger)
    done_at: int | None = Field(default=None, sa_type=BigInteger)
    done_by: str = Field(default="", max_length=64)


class AlertRow(Table, table=True):
    """Something that is wrong since ``since_at``; ended by whatever mends it."""

    __tablename__ = "alert"
    __table_args__ = (partial("uq_alert_open", "key", where="ended_at IS NULL", unique=True),)

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    key: str = Field(max_length=120)  # kind and subject: one open alert of each
    kind: str = Field(max_length=24)
    subject: str = Field(default="", max_length=64)
    text: str = Field(default="{}", sa_type=Text)  # JSON: what the sentence is filled with
    since_at: int = Field(sa_type=BigInteger)
    last_at: int = Field(sa_type=BigInteger)
    times: int = 1
    ended_at: int | None = Field(default=None, sa_type=BigInteger)


class TallyRow(Table, table=True):
    """How often something happened in one hour; ``code_id`` and ``agent_id`` are 0 where none is concerned."""

    __tablename__ = "tally"

    hour: int = Field(primary_key=True, sa_type=BigInteger)  # 2026112114 in the corporation's zone
    measure: str = Field(max_length=12, primary_key=True)  # scan | visitor | add | lost | removed | reply
    code_id: int = Field(default=0, primary_key=True, sa_type=Id)
    agent_id: int = Field(default=0, primary_key=True, sa_type=Id)
    test: bool = Field(default=False, primary_key=True)
    times: int = 0

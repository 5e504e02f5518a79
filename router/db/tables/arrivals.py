"""Who came, and what became of it."""

from sqlalchemy import BigInteger, Index, Text
from sqlmodel import Field

from router.db.tables.table import Id, Table, partial


class VisitRow(Table, table=True):
    """What one visitor was last told on one code, and why."""

    __tablename__ = "visit"
    __table_args__ = (Index("ix_visit_code_last", "code_id", "last_at"), Index("ix_visit_last_at", "last_at"))

    code_id: int = Field(foreign_key="live_code.id", primary_key=True, sa_type=Id)
    visitor: str = Field(max_length=64, primary_key=True)
    first_at: int = Field(sa_type=BigInteger)
    last_at: int = Field(sa_type=BigInteger)
    scans: int = 1
    outcome: str = Field(max_length=12)
    decision_id: int | None = Field(default=None, foreign_key="decision.id", sa_type=Id)


class EntryRow(Table, table=True):
    """A visitor let in by a code that lets in only so many (``scan_limit``); the counter ``entry:5`` counts them."""

    __tablename__ = "entry"

    code_id: int = Field(foreign_key="live_code.id", primary_key=True, sa_type=Id)
    visitor: str = Field(max_length=64, primary_key=True)
    at: int = Field(sa_type=BigInteger)


class DecisionRow(Table, table=True):
    """One run of the ranking for a visitor: what it was decided from, enough to show why and to decide it again."""

    __tablename__ = "decision"
    __table_args__ = (
        Index("ix_decision_at", "at"),
        Index("ix_decision_code_at", "code_id", "at"),
        partial("ix_decision_nobody", "id", where="outcome <> 'reserved'"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    at: int = Field(sa_type=BigInteger)
    code_id: int = Field(foreign_key="live_code.id", sa_type=Id)
    visitor: str = Field(max_length=64)
    outcome: str = Field(max_length=12)
    agent_id: int | None = Field(default=None, foreign_key="agent.id", sa_type=Id)
    test: bool = False  # somebody of the corporation tried the code
    content: str = Field(sa_type=Text)


class WaitingRow(Table, table=True):
    """A visitor whom a waiting page has told to wait; the first of a pool is the next to be asked in."""

    __tablename__ = "waiting"
    __table_args__ = (
        partial("uq_waiting_visitor", "code_id", "visitor", where="ended_at IS NULL", unique=True),
        # By who is there, not by place: most of a long line are pages that were closed.
        partial("ix_waiting_present", "pool_id", "seen_at", "id", "code_id", where="ended_at IS NULL"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    code_id: int = Field(foreign_key="live_code.id", sa_type=Id)
    pool_id: int = Field(foreign_key="pool.id", sa_type=Id)
    visitor: str = Field(max_length=64)
    since_at: int = Field(sa_type=BigInteger)
    seen_at: int = Field(sa_type=BigInteger)  # when the page last asked
    ended_at: int | None = Field(default=None, sa_type=BigInteger)
    outcome: str = Field(default="", max_length=12)  # served | left | left_number


class ReservationRow(Table, table=True):
    """预占: one place of one agent, held for one visitor."""

    __tablename__ = "reservation"
    __table_args__ = (
        partial("uq_reservation_visitor", "code_id", "visitor", where="status = 'held'", unique=True),
        Index("ix_reservation_visitor", "code_id", "visitor", "id"),
        partial("ix_reservation_customer", "visitor", "id", where="customer_id IS NOT NULL"),
        Index("ix_reservation_agent", "agent_id", "held_at"),
        Index("ix_reservation_held_at", "held_at"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    key: str = Field(max_length=32, unique=True)  # what the outside sees as its id
    code_id: int = Field(foreign_key="live_code.id", sa_type=Id)
    pool_id: int = Field(foreign_key="pool.id", sa_type=Id)
    agent_id: int = Field(foreign_key="agent.id", sa_type=Id)
    way_id: int = Field(foreign_key="contact_way.id", sa_type=Id, unique=True)
    visitor: str = Field(max_length=64)
    status: str = Field(default="held", max_length=12)  # held → confirmed | expired | released
    place_taken: bool = True  # false once the place was given on: after the platform acknowledged the way's deletion
    held_at: int = Field(sa_type=BigInteger)
    expires_at: int = Field(sa_type=BigInteger)
    ended_at: int | None = Field(default=None, sa_type=BigInteger)
    customer_id: int | None = Field(default=None, foreign_key="customer.id", sa_type=Id, index=True)
    decision_id: int | None = Field(default=None, foreign_key="decision.id", sa_type=Id)
    test: bool = False  # held by somebody of the corporation who tried the code
    round: int = 0  # of the pool, in which the place was taken


class CustomerRow(Table, table=True):
    """客户: an external contact of the corporation."""

    __tablename__ = "customer"

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    external_userid: str = Field(max_length=64, unique=True)
    name: str = Field(default="", max_length=128)
    created_at: int = Field(sa_type=BigInteger)


class FollowRow(Table, table=True):
    """跟进关系: the relation agent–customer that the platform's tags hang on."""

    __tablename__ = "follow"
    __table_args__ = (
        Index("uq_follow_pair", "customer_id", "agent_id", unique=True),
        Index("ix_follow_agent_id", "agent_id"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    agent_id: int = Field(foreign_key="agent.id", sa_type=Id)
    customer_id: int = Field(foreign_key="customer.id", sa_type=Id)
    status: str = Field(max_length=8)  # half | full | lost (by the customer) | removed (by the agent)
    state: str = Field(default="", max_length=64)
    since_at: int = Field(sa_type=BigInteger)
    ended_at: int | None = Field(default=None, sa_type=BigInteger)


class AssignmentRow(Table, table=True):
    """One customer given to one agent, with the reason."""

    __tablename__ = "assignment"
    __table_args__ = (
        Index("ix_assignment_customer_id", "customer_id", "id"),
        Index("ix_assignment_agent_at", "agent_id", "at"),
        partial("ix_assignment_native", "code_id", "at", where="how = 'printed_code'"),
        Index("ix_assignment_at", "at"),
        partial("ix_assignment_beyond", "code_id", "how", where="beyond <> ''"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    customer_id: int = Field(foreign_key="customer.id", sa_type=Id)
    agent_id: int = Field(foreign_key="agent.id", sa_type=Id)
    code_id: int | None = Field(default=None, foreign_key="live_code.id", sa_type=Id)
    pool_id: int | None = Field(default=None, foreign_key="pool.id", sa_type=Id)
    reservation_id: int | None = Field(default=None, foreign_key="reservation.id", sa_type=Id)
    inbox_id: int | None = Field(default=None, sa_type=BigInteger)
    how: str = Field(max_length=20)  # reserved | late | shared_picture | printed_code | unknown_channel | moved
    own_place: bool = False  # counts by itself, because no reservation holds a place for it
    beyond: str = Field(default="", sa_type=Text)  # the cap that this one passed, as it stood then
    round: int = 0  # of the pool, in which its own place was taken
    at: int = Field(sa_type=BigInteger)
    reason: str = Field(default="{}", sa_type=Text)
    # The ranking by which a rule or a reviewer moved the customer; that of a scan stands with its reservation.
    decision: str = Field(default="", sa_type=Text)


class KfAccountRow(Table, table=True):
    """微信客服 account: its cursor moves in the transaction that stores the items it passed."""

    __tablename__ = "kf_account"

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    open_kfid: str = Field(max_length=64, unique=True)
    name: str = Field(default="", max_length=64)
    cursor: str = Field(default="", max_length=64)
    created_at: int = Field(sa_type=BigInteger)


class ConversationRow(Table, table=True):
    """One customer's session with one 微信客服 account."""

    __tablename__ = "conversation"
    __table_args__ = (
        Index("uq_conversation_pair", "customer_id", "open_kfid", unique=True),
        partial("ix_conversation_waiting", "waiting_since_at", where="status = 'waiting'"),
        partial("ix_conversation_of_agent", "agent_id", where="status IN ('waiting', 'human')"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    customer_id: int = Field(foreign_key="customer.id", sa_type=Id)
    open_kfid: str = Field(max_length=64)
    status: str = Field(default="bot", max_length=8)  # bot | waiting (human queue) | human | ended
    agent_id: int | None = Field(default=None, foreign_key="agent.id", sa_type=Id)
    pool_id: int | None = Field(default=None, foreign_key="pool.id", sa_type=Id)
    waiting_since_at: int | None = Field(default=None, sa_type=BigInteger)
    last_message_at: int = Field(sa_type=BigInteger)
    replies: int = 0  # sent by us since the customer's last message; the platform allows 5

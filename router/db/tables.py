"""Every table of the ledger.

Instants are integers: milliseconds since the Unix epoch, UTC (columns ending in ``_at`` or named ``due``), so that both
databases compare and add them alike. JSON is text written by ``router.db.json``: it is read back whole, never searched.
Constraints are named by convention, so that a violated one can be recognised by its name.
"""

from sqlalchemy import BigInteger, CheckConstraint, Index, Integer, LargeBinary, MetaData, Text, text
from sqlmodel import Field, SQLModel

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

Id = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up only an INTEGER primary key


class Table(SQLModel):
    """All tables share one metadata with the naming convention."""

    metadata = MetaData(naming_convention=NAMING)


def _partial(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """An index over the few rows that a hot query looks for, so that its cost does not grow with history."""
    return Index(name, *columns, unique=unique, sqlite_where=text(where), postgresql_where=text(where))


# --- what came in, what must go out, what is due -------------------------------------------------------------------


class InboxRow(Table, table=True):
    """收件箱: one callback plaintext or one 微信客服 item, unique by its own identity."""

    __tablename__ = "inbox"
    __table_args__ = (
        _partial("ix_inbox_open", "shard", "id", where="status = 'stored'"),
        _partial("ix_inbox_stored", "status", where="status = 'stored'"),  # SQLite: in the order of ids, without a sort
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
        _partial("ix_outbox_open", "lane", "not_before", where="status IN ('pending', 'sending')"),
        _partial("ix_outbox_stream", "stream", "id", where="status IN ('pending', 'sending') AND stream <> ''"),
        Index("ix_outbox_inbox_id", "inbox_id"),
        Index("ix_outbox_status_id", "status", "id"),
        _partial("ix_outbox_finished", "finished_at", "status", where="finished_at IS NOT NULL"),
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


# --- who receives, behind which code -------------------------------------------------------------------------------


class AgentRow(Table, table=True):
    """接待员工: a person who receives customers."""

    __tablename__ = "agent"

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    userid: str = Field(max_length=64, unique=True)
    name: str = Field(max_length=64)
    weight: int = 1
    on_duty: bool = True
    available: bool = True  # the platform can reach this person (activated, in scope, real-name)
    unavailable_reason: str = Field(default="", sa_type=Text)
    created_at: int = Field(sa_type=BigInteger)
    archived_at: int | None = Field(default=None, sa_type=BigInteger)


class PoolRow(Table, table=True):
    """接待池: who may be assigned, and what happens when everyone in it is full."""

    __tablename__ = "pool"

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    name: str = Field(max_length=64, unique=True)
    spill_policy: str = Field(default='{"kind": "waiting_page"}', sa_type=Text)
    created_at: int = Field(sa_type=BigInteger)
    archived_at: int | None = Field(default=None, sa_type=BigInteger)


class PoolMemberRow(Table, table=True):
    __tablename__ = "pool_member"

    pool_id: int = Field(foreign_key="pool.id", primary_key=True, sa_type=Id)
    agent_id: int = Field(foreign_key="agent.id", primary_key=True, sa_type=Id, index=True)
    position: int = 0


class CapRow(Table, table=True):
    """A flow cap; ``subject`` is ``agent:3``, ``code:5``, ``pool:2``, ``agent:3@code:5`` or ``agent:3@pool:2``."""

    __tablename__ = "cap"
    __table_args__ = (CheckConstraint("places >= 0", name="not_negative"),)

    subject: str = Field(max_length=64, primary_key=True)
    window: str = Field(max_length=8, primary_key=True)  # hour | day | total
    places: int


class CounterRow(Table, table=True):
    """Places taken from one subject in one period: a cache of what the rows of reservation and assignment say."""

    __tablename__ = "counter"
    __table_args__ = (CheckConstraint("taken >= 0", name="not_negative"),)

    subject: str = Field(max_length=64, primary_key=True)
    window: str = Field(max_length=8, primary_key=True)
    period: int = Field(primary_key=True, sa_type=BigInteger)  # 2026112114, 20261121 in the corporation's zone, or 0
    taken: int = 0


class LiveCodeRow(Table, table=True):
    """活码: our stable printed code."""

    __tablename__ = "live_code"

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    slug: str = Field(max_length=40, unique=True)
    name: str = Field(max_length=64)
    pool_id: int = Field(foreign_key="pool.id", sa_type=Id, index=True)
    active: bool = True
    hold_minutes: int = 20  # how long an agent's QR stays leased to one visitor
    welcome: str = Field(default="", sa_type=Text)  # template; empty: no welcome from us
    created_at: int = Field(sa_type=BigInteger)
    archived_at: int | None = Field(default=None, sa_type=BigInteger)


class LiveCodeTagRow(Table, table=True):
    __tablename__ = "live_code_tag"

    code_id: int = Field(foreign_key="live_code.id", primary_key=True, sa_type=Id)
    tag_id: int = Field(foreign_key="tag.id", primary_key=True, sa_type=Id)


class ContactWayRow(Table, table=True):
    """联系我: a platform QR of one agent, made ahead, leased to one visitor, deleted afterwards, never reused."""

    __tablename__ = "contact_way"
    __table_args__ = (
        _partial("ix_contact_way_stock", "agent_id", "status", "id", where="status IN ('making', 'ready')"),
        _partial("ix_contact_way_refused", "agent_id", "ended_at", where="status = 'failed'"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    agent_id: int = Field(foreign_key="agent.id", sa_type=Id)
    state: str = Field(max_length=30, unique=True)  # 渠道参数: comes back as State
    config_id: str | None = Field(default=None, max_length=64, unique=True)
    status: str = Field(default="making", max_length=12)  # making → ready → leased → retiring → deleted; failed
    link: str = Field(default="", sa_type=Text)  # what the picture says when decoded
    picture: bytes | None = Field(default=None, sa_type=LargeBinary)
    reason: str = Field(default="", sa_type=Text)
    created_at: int = Field(sa_type=BigInteger)
    ready_at: int | None = Field(default=None, sa_type=BigInteger)
    ended_at: int | None = Field(default=None, sa_type=BigInteger)


# --- who came ------------------------------------------------------------------------------------------------------


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
    decision: str = Field(sa_type=Text)


class ReservationRow(Table, table=True):
    """预占: one place of one agent, held for one visitor."""

    __tablename__ = "reservation"
    __table_args__ = (
        _partial("uq_reservation_visitor", "code_id", "visitor", where="status = 'held'", unique=True),
        Index("ix_reservation_visitor", "code_id", "visitor", "id"),
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
    decision: str = Field(sa_type=Text)  # candidates, reason for each one left out, seed: enough to replay


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
        Index("ix_assignment_at", "at"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    customer_id: int = Field(foreign_key="customer.id", sa_type=Id)
    agent_id: int = Field(foreign_key="agent.id", sa_type=Id)
    code_id: int | None = Field(default=None, foreign_key="live_code.id", sa_type=Id)
    pool_id: int | None = Field(default=None, foreign_key="pool.id", sa_type=Id)
    reservation_id: int | None = Field(default=None, foreign_key="reservation.id", sa_type=Id)
    inbox_id: int | None = Field(default=None, sa_type=BigInteger)
    how: str = Field(max_length=20)  # reserved | late | shared_picture | unknown_channel | moved
    own_place: bool = False  # counts by itself, because no reservation holds a place for it
    at: int = Field(sa_type=BigInteger)
    reason: str = Field(default="{}", sa_type=Text)


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
        _partial("ix_conversation_waiting", "waiting_since_at", where="status = 'waiting'"),
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


# --- tags and rules ------------------------------------------------------------------------------------------------


class TagRow(Table, table=True):
    """标签: a node of the tag tree, with its twin on the platform once that is made."""

    __tablename__ = "tag"
    __table_args__ = (Index("ix_tag_parent_id", "parent_id"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    parent_id: int | None = Field(default=None, foreign_key="tag.id", sa_type=Id)
    name: str = Field(max_length=30)
    weight: int = 0
    colour: str = Field(default="", max_length=16)
    exclusive: bool = False  # its children exclude one another
    internal: bool = False  # never shown to the platform
    remote_id: str | None = Field(default=None, max_length=64, unique=True)
    created_at: int = Field(sa_type=BigInteger)
    archived_at: int | None = Field(default=None, sa_type=BigInteger)


class TagEdgeRow(Table, table=True):
    """Why a customer carries a tag: one row per source; the tag shows while any of them stands."""

    __tablename__ = "tag_edge"
    __table_args__ = (
        _partial("uq_tag_edge_source", "customer_id", "tag_id", "source", where="removed_at IS NULL", unique=True),
        Index("ix_tag_edge_customer_id", "customer_id", "id"),
        Index("ix_tag_edge_tag_id", "tag_id"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    customer_id: int = Field(foreign_key="customer.id", sa_type=Id)
    tag_id: int = Field(foreign_key="tag.id", sa_type=Id)
    source: str = Field(max_length=120)  # rule:<rule set>:<rule id> | code:<id> | manual:<user>
    rule_set_version_id: int | None = Field(default=None, foreign_key="rule_set_version.id", sa_type=Id)
    inbox_id: int | None = Field(default=None, sa_type=BigInteger)
    span_start: int | None = None  # characters of the original message
    span_end: int | None = None
    evidence: str = Field(default="", sa_type=Text)
    hits: int = 1
    created_at: int = Field(sa_type=BigInteger)
    last_at: int = Field(sa_type=BigInteger)
    removed_at: int | None = Field(default=None, sa_type=BigInteger)
    removed_reason: str = Field(default="", sa_type=Text)


class TagMarkRow(Table, table=True):
    """What one follow should carry on the platform (desired) and what the platform has acknowledged (confirmed)."""

    __tablename__ = "tag_mark"
    __table_args__ = (_partial("ix_tag_mark_open", "follow_id", where="desired <> confirmed"),)

    follow_id: int = Field(foreign_key="follow.id", primary_key=True, sa_type=Id)
    tag_id: int = Field(foreign_key="tag.id", primary_key=True, sa_type=Id)
    desired: bool
    confirmed: bool = False
    changed_at: int = Field(sa_type=BigInteger)
    error: str = Field(default="", sa_type=Text)


class RuleSetRow(Table, table=True):
    """规则集: what an admin edits; the version in force is a row of its own."""

    __tablename__ = "rule_set"

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    name: str = Field(max_length=64, unique=True)
    draft: str = Field(default='{"rules": []}', sa_type=Text)
    published_version_id: int | None = Field(default=None, sa_type=BigInteger)
    created_at: int = Field(sa_type=BigInteger)
    archived_at: int | None = Field(default=None, sa_type=BigInteger)


class RuleSetVersionRow(Table, table=True):
    __tablename__ = "rule_set_version"
    __table_args__ = (Index("uq_rule_set_version_number", "rule_set_id", "number", unique=True),)

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    rule_set_id: int = Field(foreign_key="rule_set.id", sa_type=Id)
    number: int
    content: str = Field(sa_type=Text)
    published_at: int = Field(sa_type=BigInteger)
    published_by: str = Field(max_length=64)


# --- people, settings, history -------------------------------------------------------------------------------------


class UserRow(Table, table=True):
    """Somebody who signs in to the console."""

    __tablename__ = "console_user"

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    username: str = Field(max_length=64, unique=True)
    password_hash: str = Field(sa_type=Text)
    role: str = Field(max_length=12)  # admin | marketer | agent
    agent_id: int | None = Field(default=None, foreign_key="agent.id", sa_type=Id)
    language: str = Field(default="zh", max_length=8)
    created_at: int = Field(sa_type=BigInteger)
    disabled_at: int | None = Field(default=None, sa_type=BigInteger)


class SignInRow(Table, table=True):
    """One signed-in browser; the cookie holds the secret, the row only its SHA-256."""

    __tablename__ = "sign_in"

    token_hash: str = Field(max_length=64, primary_key=True)
    user_id: int = Field(foreign_key="console_user.id", sa_type=Id, index=True)
    created_at: int = Field(sa_type=BigInteger)
    expires_at: int = Field(sa_type=BigInteger)


class SettingRow(Table, table=True):
    """A setting stored from the console; secrets are encrypted with the master key."""

    __tablename__ = "setting"

    name: str = Field(max_length=80, primary_key=True)
    value: str = Field(sa_type=Text)
    secret: bool = False
    updated_at: int = Field(sa_type=BigInteger)
    updated_by: str = Field(max_length=64)


class ChangeRow(Table, table=True):
    """Who changed what in console or API, with before and after (secrets never appear)."""

    __tablename__ = "change"

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    at: int = Field(sa_type=BigInteger)
    actor: str = Field(max_length=64)
    what: str = Field(max_length=64)
    subject: str = Field(max_length=128)
    before: str = Field(default="", sa_type=Text)
    after: str = Field(default="", sa_type=Text)

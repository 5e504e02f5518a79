"""Who receives, behind which code."""

from sqlalchemy import BigInteger, CheckConstraint, LargeBinary, Text
from sqlmodel import Field

from router.db.tables.table import Id, Table, partial


class AgentRow(Table, table=True):
    """接待员工: a person who receives customers."""

    __tablename__ = "agent"

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    userid: str = Field(max_length=64, unique=True)
    former_userid: str = Field(default="", max_length=64)  # until the last rename; events under way still say it
    name: str = Field(max_length=64)
    weight: int = 1
    skills: str = Field(default="[]", sa_type=Text)
    department: str = Field(default="", max_length=64)
    schedule_id: int | None = Field(default=None, foreign_key="schedule.id", sa_type=Id)  # None: always
    on_duty: bool = True  # an admin's word: takes part at all
    presence: str = Field(default="online", max_length=8)  # the agent's own word: online | paused | offline
    presence_until_at: int | None = Field(default=None, sa_type=BigInteger)  # then online again by itself
    returned_at: int | None = Field(default=None, sa_type=BigInteger)  # since when the return ramp counts
    available: bool = True  # the platform can reach this person (activated, in scope, real-name)
    unavailable_reason: str = Field(default="", sa_type=Text)
    photo: bytes | None = Field(default=None, sa_type=LargeBinary)  # PNG or JPEG, uploaded in the console
    created_at: int = Field(sa_type=BigInteger)
    archived_at: int | None = Field(default=None, sa_type=BigInteger)


class PoolRow(Table, table=True):
    """接待池: who may be assigned, and what happens when everyone in it is full."""

    __tablename__ = "pool"

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    name: str = Field(max_length=64, unique=True)
    policy: str = Field(default="idle_first", max_length=16)
    warn_percent: int = 80  # of a cap, from which it is shown as nearly reached
    backup_percent: int = (
        100  # of the members' places of the day taken, from which backups join; 100: once all are full
    )
    ramp_per_minute: int = 0  # customers per minute for whoever has just returned; 0: no ramp
    round: int = 1  # 轮: how often every member had a turn
    vip_tag_id: int | None = Field(default=None, foreign_key="tag.id", sa_type=Id)  # its customers are received here
    spill_policy: str = Field(default='{"kind": "waiting_page"}', sa_type=Text)
    created_at: int = Field(sa_type=BigInteger)
    archived_at: int | None = Field(default=None, sa_type=BigInteger)


class PoolMemberRow(Table, table=True):
    __tablename__ = "pool_member"

    pool_id: int = Field(foreign_key="pool.id", primary_key=True, sa_type=Id)
    agent_id: int = Field(foreign_key="agent.id", primary_key=True, sa_type=Id, index=True)
    position: int = 0
    role: str = Field(default="member", max_length=8)  # member | backup (备用)


class CapRow(Table, table=True):
    """A cap on a flow or on a stock.

    ``subject`` is ``agent:3``, ``code:5``, ``pool:2``, ``agent:3@code:5`` or ``agent:3@pool:2``.
    """

    __tablename__ = "cap"
    __table_args__ = (CheckConstraint("places >= 0", name="not_negative"),)

    subject: str = Field(max_length=64, primary_key=True)
    window: str = Field(max_length=8, primary_key=True)  # hour | day | round | total, or a stock: held | open
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
    kind: str = Field(default="hosted", max_length=12)  # hosted | native | group | acquisition
    pool_id: int = Field(foreign_key="pool.id", sa_type=Id, index=True)
    active: bool = True
    hold_minutes: int = 20  # how long an agent's QR stays leased to one visitor
    skill: str = Field(default="", max_length=32)  # only agents with it; empty: any
    department: str = Field(default="", max_length=64)  # only agents of it; empty: any
    by_place: bool = False  # the nearest store's pool first
    scan_limit: int | None = None  # visitors this code lets in over its life
    visitor_limit: int | None = None  # reservations one visitor may have in a day
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
        partial("ix_contact_way_stock", "agent_id", "status", "id", where="status IN ('making', 'ready')"),
        partial("ix_contact_way_refused", "agent_id", "ended_at", where="status = 'failed'"),
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

"""Duty, places, and what stands behind codes of the other kinds."""

from sqlalchemy import BigInteger, Index, LargeBinary, Text
from sqlmodel import Field

from router.db.tables.table import NO_ID_TWICE, Id, Table


class ScheduleRow(Table, table=True):
    """排班: when somebody is on duty; ``content`` is the JSON of `router.domain.schedule`."""

    __tablename__ = "schedule"

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    name: str = Field(max_length=64, unique=True)
    content: str = Field(sa_type=Text)
    created_at: int = Field(sa_type=BigInteger)
    archived_at: int | None = Field(default=None, sa_type=BigInteger)


class StoreRow(Table, table=True):
    """门店: a place with a pool of its own. Coordinates are WGS 84, in millionths of a degree."""

    __tablename__ = "store"

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    name: str = Field(max_length=64, unique=True)
    region: str = Field(default="", max_length=64)  # province or city, as the IP data names it
    address: str = Field(default="", max_length=200)
    latitude: int | None = None
    longitude: int | None = None
    pool_id: int = Field(foreign_key="pool.id", sa_type=Id)
    created_at: int = Field(sa_type=BigInteger)
    archived_at: int | None = Field(default=None, sa_type=BigInteger)


class NativeWayRow(Table, table=True):
    """The printed multi-member contact way of a native code, kept in step with whom its pool can receive."""

    __tablename__ = "native_way"

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    code_id: int = Field(foreign_key="live_code.id", sa_type=Id, unique=True)
    state: str = Field(max_length=30, unique=True)
    config_id: str | None = Field(default=None, max_length=64, unique=True)
    link: str = Field(default="", sa_type=Text)
    picture: bytes | None = Field(default=None, sa_type=LargeBinary)
    wanted: str = Field(default="[]", sa_type=Text)  # userids that should be on it
    wanted_version: int = 0
    applied: str = Field(default="[]", sa_type=Text)  # userids read back from the platform
    applied_version: int = 0
    refused: str = Field(default="{}", sa_type=Text)  # userid → since when and why the platform will not have it
    reasons: str = Field(default="{}", sa_type=Text)  # userid → why they are wanted, or are not
    backup_agent_id: int | None = Field(default=None, foreign_key="agent.id", sa_type=Id)  # while no member may
    status: str = Field(default="making", max_length=12)  # making → ready | failed
    error: str = Field(default="", sa_type=Text)
    changed_at: int = Field(sa_type=BigInteger)
    read_back_at: int | None = Field(default=None, sa_type=BigInteger)


class NativeChangeRow(Table, table=True):
    """名单变动: one change of a native code's list as the platform read it back."""

    __tablename__ = "native_change"
    __table_args__ = (Index("ix_native_change_code", "code_id", "at", "id"), Index("ix_native_change_at", "at"))

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    code_id: int = Field(foreign_key="live_code.id", sa_type=Id)
    at: int = Field(sa_type=BigInteger)
    version: int
    listed: str = Field(sa_type=Text)  # userids after it
    came: str = Field(sa_type=Text)  # userid → why, of who came on
    went: str = Field(sa_type=Text)  # userid → why, of who went off


class UpstreamWayRow(Table, table=True):
    """A contact way that the patrol met on the platform and that belongs to no row of ours."""

    __tablename__ = "upstream_way"
    __table_args__ = (NO_ID_TWICE,)

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    config_id: str = Field(max_length=64, unique=True)
    state: str = Field(default="", max_length=64)
    remark: str = Field(default="", max_length=64)
    members: str = Field(default="[]", sa_type=Text)  # userids
    type: int = 2  # 1: one member for ever, 2: a list (W-92228)
    scene: int = 2  # 1: a button in a mini-program, 2: a QR code
    orphan: bool = False  # left over of ours, to be deleted; otherwise somebody else's, to be imported
    found_at: int = Field(sa_type=BigInteger)
    seen_at: int = Field(sa_type=BigInteger)


class GroupQrRow(Table, table=True):
    """One group's QR behind a 群活码: a join way of the platform, or a picture that somebody imported."""

    __tablename__ = "group_qr"
    __table_args__ = (Index("ix_group_qr_code", "code_id", "position"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    code_id: int = Field(foreign_key="live_code.id", sa_type=Id)
    position: int = 0
    source: str = Field(max_length=12)  # join_way | imported
    name: str = Field(max_length=64)
    config_id: str | None = Field(default=None, max_length=64, unique=True)
    chats: str = Field(default="[]", sa_type=Text)  # JSON: id, name and people of its groups, as last read
    makes_rooms: bool = False  # the platform makes another group when all are full (auto_create_room)
    state: str = Field(default="", max_length=30)
    link: str = Field(default="", sa_type=Text)
    picture: bytes | None = Field(default=None, sa_type=LargeBinary)
    person_limit: int = 200  # of each group
    people: int = 0  # visitors who were shown it: an estimate, for what leads to no group the platform can count
    counted_at: int | None = Field(default=None, sa_type=BigInteger)  # when its groups were last read
    expires_at: int | None = Field(default=None, sa_type=BigInteger)
    status: str = Field(default="making", max_length=12)  # making → ready | failed; retired
    error: str = Field(default="", sa_type=Text)
    created_at: int = Field(sa_type=BigInteger)


class AcquisitionLinkRow(Table, table=True):
    """获客链接 behind a code of that kind; the platform assigns among its members itself."""

    __tablename__ = "acquisition_link"

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    code_id: int = Field(foreign_key="live_code.id", sa_type=Id, unique=True)
    state: str = Field(max_length=30, unique=True)  # customer_channel of the link: comes back as State
    link_id: str | None = Field(default=None, max_length=64, unique=True)
    url: str = Field(default="", sa_type=Text)
    members: str = Field(default="[]", sa_type=Text)  # userids that the platform has
    quota_total: int | None = None  # customers the corporation bought
    quota_balance: int | None = None  # and how many of them are left
    quota_at: int | None = Field(default=None, sa_type=BigInteger)
    status: str = Field(default="making", max_length=12)  # making → ready | failed
    error: str = Field(default="", sa_type=Text)
    changed_at: int = Field(sa_type=BigInteger)

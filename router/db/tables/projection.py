"""The tags of WeCom and of an Official Account beside ours. ``target`` is ``wecom`` or ``official_account``."""

from sqlalchemy import BigInteger, Index, Text
from sqlmodel import Field

from router.db.tables.table import Id, Table, partial


class RemoteTagRow(Table, table=True):
    """A tag on the platform as last read, our own changes since then included, or one that is gone from there."""

    __tablename__ = "remote_tag"

    target: str = Field(primary_key=True, max_length=16)
    remote_id: str = Field(primary_key=True, max_length=64)
    group_id: str = Field(max_length=64)
    group_name: str = Field(max_length=64)
    name: str = Field(max_length=64)
    ours: bool  # we made it: only then may we change it
    created_at: int = Field(sa_type=BigInteger)  # 0: before we looked
    seen_at: int = Field(sa_type=BigInteger)
    gone_at: int | None = Field(default=None, sa_type=BigInteger)  # kept, so that what comes back is known
    stood_for: int | None = Field(default=None, sa_type=BigInteger)  # the tag of ours for which it stood as it went


class TagTwinRow(Table, table=True):
    """对应标签: which tag of the platform stands for one of ours, or why none does."""

    __tablename__ = "tag_twin"
    __table_args__ = (Index("uq_tag_twin_remote", "target", "remote_id", unique=True),)

    target: str = Field(primary_key=True, max_length=16)
    tag_id: int = Field(foreign_key="tag.id", primary_key=True, sa_type=Id)
    remote_id: str | None = Field(default=None, max_length=64)
    error: str = Field(default="", sa_type=Text)


class AskedTagRow(Table, table=True):
    """A tag that we asked the platform to make and of which we do not know yet whether it was made."""

    __tablename__ = "asked_tag"

    target: str = Field(primary_key=True, max_length=16)
    group_name: str = Field(primary_key=True, max_length=64)
    name: str = Field(primary_key=True, max_length=64)
    since: int = Field(sa_type=BigInteger)  # one that was made before is somebody else's


class TagChoiceRow(Table, table=True):
    """What a person chose for one tag of ours on one platform."""

    __tablename__ = "tag_choice"

    target: str = Field(primary_key=True, max_length=16)
    tag_id: int = Field(foreign_key="tag.id", primary_key=True, sa_type=Id)
    scope: str = Field(default="", max_length=8)  # tag | branch: shown where only chosen tags are
    uses_foreign: bool = False  # mark with somebody else's tag of the same name


class TagReadingRow(Table, table=True):
    """One reading of the platform's list, and what had changed without us since the one before."""

    __tablename__ = "tag_reading"
    __table_args__ = (Index("ix_tag_reading_target", "target", "id"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    target: str = Field(max_length=16)
    cause: str = Field(max_length=16)  # person | night | event | refused | replan
    read_at: int = Field(sa_type=BigInteger)
    tags: int
    differences: str = Field(default="[]", sa_type=Text)
    run_id: int | None = Field(default=None, sa_type=BigInteger)  # that repairs it


class TagRunRow(Table, table=True):
    """One plan being applied; the newest of a target is in force, its steps are effects of the outbox."""

    __tablename__ = "tag_run"
    __table_args__ = (Index("ix_tag_run_target", "target", "id"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    target: str = Field(max_length=16)
    cause: str = Field(max_length=16)  # person | drift | replan
    only_tags: str = Field(default="", sa_type=Text)  # JSON list of tag ids; empty: the whole plan
    ordered_at: int = Field(sa_type=BigInteger)
    ordered_by: str = Field(max_length=64)
    status: str = Field(max_length=16)  # applying | done | overtaken
    replans: int = 0


class TagStepRow(Table, table=True):
    """One step of a run."""

    __tablename__ = "tag_step"
    __table_args__ = (partial("ix_tag_step_held", "held_for", where="status = 'held'"),)

    run_id: int = Field(foreign_key="tag_run.id", primary_key=True, sa_type=Id)
    number: int = Field(primary_key=True)
    kind: str = Field(max_length=16)
    step: str = Field(sa_type=Text)
    status: str = Field(max_length=8)  # waiting | held | done | refused | dropped
    held_for: int | None = Field(default=None, sa_type=BigInteger)  # until everybody carries this tag of ours anew
    errcode: int | None = None
    error: str = Field(default="", sa_type=Text)
    finished_at: int | None = Field(default=None, sa_type=BigInteger)

"""Tags, why customers carry them, and the rules that put them on."""

from sqlalchemy import BigInteger, Index, Text
from sqlmodel import Field

from router.db.tables.table import Id, Table, partial


class TagRow(Table, table=True):
    """标签: a node of the tag tree."""

    __tablename__ = "tag"
    __table_args__ = (Index("ix_tag_parent_id", "parent_id"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    parent_id: int | None = Field(default=None, foreign_key="tag.id", sa_type=Id)
    name: str = Field(max_length=30)
    weight: int = 0
    colour: str = Field(default="", max_length=16)
    exclusive: bool = False  # its children exclude one another
    internal: bool = False  # never shown to the platform, nor is anything under it
    under_internal: bool = False  # a tag above it is internal; every edit keeps it, the message path need not climb
    aliases: str = Field(default="[]", sa_type=Text)
    expires_after_days: int | None = None
    merged_into_id: int | None = Field(default=None, foreign_key="tag.id", sa_type=Id)  # archived by a merge
    created_at: int = Field(sa_type=BigInteger)
    archived_at: int | None = Field(default=None, sa_type=BigInteger)


class TagEdgeRow(Table, table=True):
    """Why a customer carries a tag: one row per source; the tag shows while any of them stands."""

    __tablename__ = "tag_edge"
    __table_args__ = (
        partial("uq_tag_edge_source", "customer_id", "tag_id", "source", where="removed_at IS NULL", unique=True),
        Index("ix_tag_edge_customer_id", "customer_id", "id"),
        Index("ix_tag_edge_tag_id", "tag_id", "customer_id"),
        partial("ix_tag_edge_version", "rule_set_version_id", "source", "id", where="removed_at IS NULL"),
        partial("ix_tag_edge_withdrawal", "withdrawal_id", "id", where="withdrawal_id IS NOT NULL"),
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
    merged_from_id: int | None = Field(default=None, sa_type=BigInteger)  # the edge it carries on after a merge
    hits: int = 1
    created_at: int = Field(sa_type=BigInteger)
    last_at: int = Field(sa_type=BigInteger)
    removed_at: int | None = Field(default=None, sa_type=BigInteger)
    removed_reason: str = Field(default="", sa_type=Text)  # a code of `router.domain.taken_off`
    last_version_id: int | None = Field(default=None, foreign_key="rule_set_version.id", sa_type=Id)  # renewed it last
    last_inbox_id: int | None = Field(default=None, sa_type=BigInteger)
    withdrawal_id: int | None = Field(default=None, foreign_key="withdrawal.id", sa_type=Id)  # took it off


class TagMergeRow(Table, table=True):
    """One tag merged into another: what went where, enough to take it back."""

    __tablename__ = "tag_merge"
    __table_args__ = (Index("ix_tag_merge_tag_id", "tag_id"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    tag_id: int = Field(foreign_key="tag.id", sa_type=Id)
    into_id: int = Field(foreign_key="tag.id", sa_type=Id)
    content: str = Field(sa_type=Text)
    at: int = Field(sa_type=BigInteger)
    undone_at: int | None = Field(default=None, sa_type=BigInteger)


class TagMarkRow(Table, table=True):
    """What one follow should carry on the platform (desired) and what the platform has acknowledged (confirmed)."""

    __tablename__ = "tag_mark"
    __table_args__ = (
        partial("ix_tag_mark_open", "follow_id", where="desired <> confirmed"),
        partial("ix_tag_mark_waiting", "tag_id", "follow_id", where="desired <> confirmed"),
    )

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
    note: str = Field(default="", sa_type=Text)
    copy_of: int | None = None  # the number that a roll-back put in force again

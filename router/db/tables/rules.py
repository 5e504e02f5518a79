"""What rules leave behind: hits that they count, jobs on their versions and edges, and whom they call."""

from sqlalchemy import BigInteger, Index, Text
from sqlmodel import Field

from router.db.tables.table import Id, Table, partial


class RuleHitRow(Table, table=True):
    """A rule fired for a customer; kept only for rules that a counter or a cooldown asks about, and pruned by time."""

    __tablename__ = "rule_hit"
    __table_args__ = (Index("ix_rule_hit_customer", "customer_id", "at"), Index("ix_rule_hit_at", "at"))

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    customer_id: int = Field(foreign_key="customer.id", sa_type=Id)
    rule_set_id: int = Field(foreign_key="rule_set.id", sa_type=Id)
    rule_id: str = Field(max_length=64)
    at: int = Field(sa_type=BigInteger)


class RuleTallyRow(Table, table=True):
    """How often a rule fired on one day of the corporation's zone."""

    __tablename__ = "rule_tally"

    day: int = Field(primary_key=True)  # 20261122
    rule_set_id: int = Field(foreign_key="rule_set.id", primary_key=True, sa_type=Id)
    rule_id: str = Field(max_length=64, primary_key=True)
    times: int = 0


class CustomerTurnRow(Table, table=True):
    """The last decided message of a customer; kept only while a rule in force asks for the previous turn, forgotten
    within the hour after."""

    __tablename__ = "customer_turn"

    customer_id: int = Field(foreign_key="customer.id", primary_key=True, sa_type=Id)
    text: str = Field(sa_type=Text)
    fired: str = Field(default="[]", sa_type=Text)  # JSON: ids of the rules that fired
    at: int = Field(sa_type=BigInteger)


class WebhookRow(Table, table=True):
    """An address outside that rules may call by name; its secret is encrypted with the master key."""

    __tablename__ = "webhook"

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    name: str = Field(max_length=64, unique=True)
    url: str = Field(sa_type=Text)
    secret: str = Field(sa_type=Text)
    created_at: int = Field(sa_type=BigInteger)
    archived_at: int | None = Field(default=None, sa_type=BigInteger)


class WithdrawalRow(Table, table=True):
    """撤回: the edges that one rule gave are taken off in batches, and may be put back."""

    __tablename__ = "withdrawal"
    __table_args__ = (
        partial("uq_withdrawal_open", "rule_set_id", "rule_id", where="status IN ('taking', 'restoring')", unique=True),
        Index("ix_withdrawal_rule_set_id", "rule_set_id", "id"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    rule_set_id: int = Field(foreign_key="rule_set.id", sa_type=Id)
    rule_id: str = Field(max_length=64)
    status: str = Field(max_length=12)  # taking → taken → restoring → restored
    edges: int  # that stood when it was asked for
    taken: int = 0
    restored: int = 0
    kept_off: int = 0  # not put back: the customer has the edge again, or a tag that excludes it
    asked_at: int = Field(sa_type=BigInteger)
    asked_by: str = Field(max_length=64)
    ended_at: int | None = Field(default=None, sa_type=BigInteger)


class VersionDiffRow(Table, table=True):
    """比较: two versions of a rule set decide the same stored messages, without any effect."""

    __tablename__ = "version_diff"
    __table_args__ = (
        partial("ix_version_diff_open", "id", where="status IN ('waiting', 'running')"),
        Index("ix_version_diff_rule_set_id", "rule_set_id", "id"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    rule_set_id: int = Field(foreign_key="rule_set.id", sa_type=Id)
    before_number: int | None = None  # None: no rules at all
    after_number: int | None = None  # None: the draft as it was
    before_rules: str = Field(sa_type=Text)
    after_rules: str = Field(sa_type=Text)
    messages: int  # at most so many, the newest ones
    status: str = Field(default="waiting", max_length=12)  # waiting → running → done | failed | cancelled
    compared: int = 0
    result: str = Field(default="", sa_type=Text)
    error: str = Field(default="", sa_type=Text)
    lease_until: int = Field(default=0, sa_type=BigInteger)
    asked_at: int = Field(sa_type=BigInteger)
    asked_by: str = Field(max_length=64)
    ended_at: int | None = Field(default=None, sa_type=BigInteger)

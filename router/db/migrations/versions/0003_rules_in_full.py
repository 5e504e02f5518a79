"""rules in full"""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
EDGE_STANDS = sa.text("removed_at IS NULL")
EDGE_WITHDRAWN = sa.text("withdrawal_id IS NOT NULL")
WITHDRAWAL_OPEN = sa.text("status IN ('taking', 'restoring')")
DIFF_OPEN = sa.text("status IN ('waiting', 'running')")
TASK_OPEN = sa.text("done_at IS NULL AND customer_id IS NOT NULL")


def upgrade() -> None:
    _hits()
    _webhook()
    _jobs()
    _tags()
    with op.batch_alter_table("rule_set_version", schema=None) as batch_op:
        batch_op.add_column(sa.Column("note", sa.Text(), nullable=False, server_default=sa.text("''")))
        batch_op.add_column(sa.Column("copy_of", sa.Integer(), nullable=True))
    with op.batch_alter_table("tag_edge", schema=None) as batch_op:
        batch_op.add_column(sa.Column("last_version_id", ID, nullable=True))
        batch_op.add_column(sa.Column("last_inbox_id", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("withdrawal_id", ID, nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_tag_edge_last_version_id_rule_set_version"), "rule_set_version", ["last_version_id"], ["id"]
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_tag_edge_withdrawal_id_withdrawal"), "withdrawal", ["withdrawal_id"], ["id"]
        )
        batch_op.create_index(
            "ix_tag_edge_version",
            ["rule_set_version_id", "source", "id"],
            sqlite_where=EDGE_STANDS,
            postgresql_where=EDGE_STANDS,
        )
        batch_op.create_index(
            "ix_tag_edge_withdrawal",
            ["withdrawal_id", "id"],
            sqlite_where=EDGE_WITHDRAWN,
            postgresql_where=EDGE_WITHDRAWN,
        )
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.create_index(
            "ix_task_customer", ["customer_id", "kind"], sqlite_where=TASK_OPEN, postgresql_where=TASK_OPEN
        )


def _hits() -> None:
    op.create_table(
        "rule_hit",
        sa.Column("id", ID, nullable=False),
        sa.Column("customer_id", ID, nullable=False),
        sa.Column("rule_set_id", ID, nullable=False),
        sa.Column("rule_id", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_rule_hit_customer_id_customer")),
        sa.ForeignKeyConstraint(["rule_set_id"], ["rule_set.id"], name=op.f("fk_rule_hit_rule_set_id_rule_set")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_hit")),
    )
    op.create_index("ix_rule_hit_customer", "rule_hit", ["customer_id", "at"])
    op.create_index("ix_rule_hit_at", "rule_hit", ["at"])
    op.create_table(
        "rule_tally",
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("rule_set_id", ID, nullable=False),
        sa.Column("rule_id", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["rule_set_id"], ["rule_set.id"], name=op.f("fk_rule_tally_rule_set_id_rule_set")),
        sa.PrimaryKeyConstraint("day", "rule_set_id", "rule_id", name=op.f("pk_rule_tally")),
    )
    op.create_table(
        "customer_turn",
        sa.Column("customer_id", ID, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("fired", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_customer_turn_customer_id_customer")),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_customer_turn")),
    )


def _webhook() -> None:
    op.create_table(
        "webhook",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("archived_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook")),
        sa.UniqueConstraint("name", name=op.f("uq_webhook_name")),
    )


def _jobs() -> None:
    op.create_table(
        "withdrawal",
        sa.Column("id", ID, nullable=False),
        sa.Column("rule_set_id", ID, nullable=False),
        sa.Column("rule_id", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("status", sqlmodel.sql.sqltypes.AutoString(length=12), nullable=False),
        sa.Column("edges", sa.Integer(), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("restored", sa.Integer(), nullable=False),
        sa.Column("kept_off", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("asked_by", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["rule_set_id"], ["rule_set.id"], name=op.f("fk_withdrawal_rule_set_id_rule_set")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_withdrawal")),
    )
    op.create_index(
        "uq_withdrawal_open",
        "withdrawal",
        ["rule_set_id", "rule_id"],
        unique=True,
        sqlite_where=WITHDRAWAL_OPEN,
        postgresql_where=WITHDRAWAL_OPEN,
    )
    op.create_index("ix_withdrawal_rule_set_id", "withdrawal", ["rule_set_id", "id"])
    op.create_table(
        "version_diff",
        sa.Column("id", ID, nullable=False),
        sa.Column("rule_set_id", ID, nullable=False),
        sa.Column("before_number", sa.Integer(), nullable=True),
        sa.Column("after_number", sa.Integer(), nullable=True),
        sa.Column("before_rules", sa.Text(), nullable=False),
        sa.Column("after_rules", sa.Text(), nullable=False),
        sa.Column("messages", sa.Integer(), nullable=False),
        sa.Column("status", sqlmodel.sql.sqltypes.AutoString(length=12), nullable=False),
        sa.Column("compared", sa.Integer(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("lease_until", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("asked_by", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["rule_set_id"], ["rule_set.id"], name=op.f("fk_version_diff_rule_set_id_rule_set")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_version_diff")),
    )
    op.create_index("ix_version_diff_open", "version_diff", ["id"], sqlite_where=DIFF_OPEN, postgresql_where=DIFF_OPEN)
    op.create_index("ix_version_diff_rule_set_id", "version_diff", ["rule_set_id", "id"])


def _tags() -> None:
    with op.batch_alter_table("tag", schema=None) as batch_op:
        batch_op.add_column(sa.Column("under_internal", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("aliases", sa.Text(), nullable=False, server_default=sa.text("'[]'")))
        batch_op.add_column(sa.Column("expires_after_days", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("merged_into_id", ID, nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_tag_merged_into_id_tag"), "tag", ["merged_into_id"], ["id"])
    with op.batch_alter_table("tag_edge", schema=None) as batch_op:
        batch_op.add_column(sa.Column("merged_from_id", sa.BigInteger(), nullable=True))
        batch_op.drop_index("ix_tag_edge_tag_id")
        batch_op.create_index("ix_tag_edge_tag_id", ["tag_id", "customer_id"])
    op.create_table(
        "tag_merge",
        sa.Column("id", ID, nullable=False),
        sa.Column("tag_id", ID, nullable=False),
        sa.Column("into_id", ID, nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("undone_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["into_id"], ["tag.id"], name=op.f("fk_tag_merge_into_id_tag")),
        sa.ForeignKeyConstraint(["tag_id"], ["tag.id"], name=op.f("fk_tag_merge_tag_id_tag")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tag_merge")),
    )
    op.create_index("ix_tag_merge_tag_id", "tag_merge", ["tag_id"])


def downgrade() -> None:
    _without_tags()
    op.drop_index("ix_task_customer", "task")
    op.drop_index("ix_tag_edge_withdrawal", "tag_edge")
    op.drop_index("ix_tag_edge_version", "tag_edge")
    with op.batch_alter_table("tag_edge", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_tag_edge_withdrawal_id_withdrawal"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("fk_tag_edge_last_version_id_rule_set_version"), type_="foreignkey")
        batch_op.drop_column("withdrawal_id")
        batch_op.drop_column("last_inbox_id")
        batch_op.drop_column("last_version_id")
    with op.batch_alter_table("rule_set_version", schema=None) as batch_op:
        batch_op.drop_column("copy_of")
        batch_op.drop_column("note")
    for table in ("version_diff", "withdrawal", "webhook", "customer_turn", "rule_tally", "rule_hit"):
        op.drop_table(table)


def _without_tags() -> None:
    op.drop_table("tag_merge")
    with op.batch_alter_table("tag_edge", schema=None) as batch_op:
        batch_op.drop_index("ix_tag_edge_tag_id")
        batch_op.create_index("ix_tag_edge_tag_id", ["tag_id"])
        batch_op.drop_column("merged_from_id")
    with op.batch_alter_table("tag", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_tag_merged_into_id_tag"), type_="foreignkey")
        for column in ("merged_into_id", "expires_after_days", "aliases", "under_internal"):
            batch_op.drop_column(column)

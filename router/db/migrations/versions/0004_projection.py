"""projection"""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OPEN_MARK = sa.text("desired <> confirmed")
HELD = sa.text("status = 'held'")


def upgrade() -> None:
    _remote_tag()
    _tag_twin()
    _asked_tag()
    _tag_choice()
    _tag_reading()
    _tag_run()
    _tag_step()
    op.execute(
        "INSERT INTO tag_twin (target, tag_id, remote_id, error)"
        " SELECT 'wecom', id, remote_id, '' FROM tag WHERE remote_id IS NOT NULL"
    )
    op.create_index(
        "ix_tag_mark_waiting", "tag_mark", ["tag_id", "follow_id"], sqlite_where=OPEN_MARK, postgresql_where=OPEN_MARK
    )
    with op.batch_alter_table("tag", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_tag_remote_id"), type_="unique")
        batch_op.drop_column("remote_id")


def _remote_tag() -> None:
    op.create_table(
        "remote_tag",
        sa.Column("target", sqlmodel.sql.sqltypes.AutoString(length=16), nullable=False),
        sa.Column("remote_id", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("group_id", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("group_name", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("ours", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("gone_at", sa.BigInteger(), nullable=True),
        sa.Column("stood_for", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("target", "remote_id", name=op.f("pk_remote_tag")),
    )


def _tag_twin() -> None:
    op.create_table(
        "tag_twin",
        sa.Column("target", sqlmodel.sql.sqltypes.AutoString(length=16), nullable=False),
        sa.Column("tag_id", ID, nullable=False),
        sa.Column("remote_id", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["tag_id"], ["tag.id"], name=op.f("fk_tag_twin_tag_id_tag")),
        sa.PrimaryKeyConstraint("target", "tag_id", name=op.f("pk_tag_twin")),
    )
    op.create_index("uq_tag_twin_remote", "tag_twin", ["target", "remote_id"], unique=True)


def _asked_tag() -> None:
    op.create_table(
        "asked_tag",
        sa.Column("target", sqlmodel.sql.sqltypes.AutoString(length=16), nullable=False),
        sa.Column("group_name", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("target", "group_name", "name", name=op.f("pk_asked_tag")),
    )


def _tag_choice() -> None:
    op.create_table(
        "tag_choice",
        sa.Column("target", sqlmodel.sql.sqltypes.AutoString(length=16), nullable=False),
        sa.Column("tag_id", ID, nullable=False),
        sa.Column("scope", sqlmodel.sql.sqltypes.AutoString(length=8), nullable=False),
        sa.Column("uses_foreign", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["tag_id"], ["tag.id"], name=op.f("fk_tag_choice_tag_id_tag")),
        sa.PrimaryKeyConstraint("target", "tag_id", name=op.f("pk_tag_choice")),
    )


def _tag_reading() -> None:
    op.create_table(
        "tag_reading",
        sa.Column("id", ID, nullable=False),
        sa.Column("target", sqlmodel.sql.sqltypes.AutoString(length=16), nullable=False),
        sa.Column("cause", sqlmodel.sql.sqltypes.AutoString(length=16), nullable=False),
        sa.Column("read_at", sa.BigInteger(), nullable=False),
        sa.Column("tags", sa.Integer(), nullable=False),
        sa.Column("differences", sa.Text(), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tag_reading")),
    )
    op.create_index("ix_tag_reading_target", "tag_reading", ["target", "id"])


def _tag_run() -> None:
    op.create_table(
        "tag_run",
        sa.Column("id", ID, nullable=False),
        sa.Column("target", sqlmodel.sql.sqltypes.AutoString(length=16), nullable=False),
        sa.Column("cause", sqlmodel.sql.sqltypes.AutoString(length=16), nullable=False),
        sa.Column("only_tags", sa.Text(), nullable=False),
        sa.Column("ordered_at", sa.BigInteger(), nullable=False),
        sa.Column("ordered_by", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("status", sqlmodel.sql.sqltypes.AutoString(length=16), nullable=False),
        sa.Column("replans", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tag_run")),
    )
    op.create_index("ix_tag_run_target", "tag_run", ["target", "id"])


def _tag_step() -> None:
    op.create_table(
        "tag_step",
        sa.Column("run_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(length=16), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("status", sqlmodel.sql.sqltypes.AutoString(length=8), nullable=False),
        sa.Column("held_for", sa.BigInteger(), nullable=True),
        sa.Column("errcode", sa.Integer(), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["tag_run.id"], name=op.f("fk_tag_step_run_id_tag_run")),
        sa.PrimaryKeyConstraint("run_id", "number", name=op.f("pk_tag_step")),
    )
    op.create_index("ix_tag_step_held", "tag_step", ["held_for"], sqlite_where=HELD, postgresql_where=HELD)


def downgrade() -> None:
    op.drop_index("ix_tag_mark_waiting", "tag_mark")
    with op.batch_alter_table("tag", schema=None) as batch_op:
        batch_op.add_column(sa.Column("remote_id", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=True))
        batch_op.create_unique_constraint(batch_op.f("uq_tag_remote_id"), ["remote_id"])
    op.execute(
        "UPDATE tag SET remote_id = (SELECT w.remote_id FROM tag_twin AS w"
        " WHERE w.target = 'wecom' AND w.tag_id = tag.id)"
    )
    for table in ("tag_step", "tag_run", "tag_reading", "tag_choice", "asked_tag", "tag_twin", "remote_tag"):
        op.drop_table(table)

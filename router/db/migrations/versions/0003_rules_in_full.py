"""rules in full"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _tags()


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

"""who was listed: each change of a native code's list, and why"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "native_change",
        sa.Column("id", ID, nullable=False),
        sa.Column("code_id", ID, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("listed", sa.Text(), nullable=False),
        sa.Column("came", sa.Text(), nullable=False),
        sa.Column("went", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["code_id"], ["live_code.id"], name=op.f("fk_native_change_code_id_live_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_native_change")),
    )
    op.create_index("ix_native_change_code", "native_change", ["code_id", "at", "id"])
    op.create_index("ix_native_change_at", "native_change", ["at"])
    op.add_column("native_way", sa.Column("reasons", sa.Text(), nullable=False, server_default=sa.text("'{}'")))


def downgrade() -> None:
    op.drop_column("native_way", "reasons")
    op.drop_table("native_change")

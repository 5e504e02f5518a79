"""adds beyond a cap: the platform brought the customer all the same"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

BEYOND = sa.text("beyond <> ''")


def upgrade() -> None:
    op.add_column("assignment", sa.Column("beyond", sa.Text(), nullable=False, server_default=sa.text("''")))
    op.create_index(
        "ix_assignment_beyond", "assignment", ["code_id", "how"], sqlite_where=BEYOND, postgresql_where=BEYOND
    )


def downgrade() -> None:
    op.drop_index("ix_assignment_beyond", "assignment")
    op.drop_column("assignment", "beyond")

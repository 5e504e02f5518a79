"""the present of a line"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

IN_LINE = sa.text("ended_at IS NULL")


def upgrade() -> None:
    op.drop_index("ix_waiting_pool", "waiting")
    columns = ["pool_id", "seen_at", "id", "code_id"]
    op.create_index("ix_waiting_present", "waiting", columns, sqlite_where=IN_LINE, postgresql_where=IN_LINE)


def downgrade() -> None:
    op.drop_index("ix_waiting_present", "waiting")
    op.create_index("ix_waiting_pool", "waiting", ["pool_id", "id"], sqlite_where=IN_LINE, postgresql_where=IN_LINE)

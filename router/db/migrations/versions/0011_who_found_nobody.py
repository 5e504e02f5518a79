"""who found nobody: the few decisions that gave no agent, among all the others"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

NOBODY = sa.text("outcome <> 'reserved'")


def upgrade() -> None:
    op.create_index("ix_decision_nobody", "decision", ["id"], sqlite_where=NOBODY, postgresql_where=NOBODY)


def downgrade() -> None:
    op.drop_index("ix_decision_nobody", "decision")

"""decisions of moves"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # With a default of the column, so that neither database writes the rows anew.
    op.add_column("assignment", sa.Column("decision", sa.Text(), nullable=False, server_default=sa.text("''")))


def downgrade() -> None:
    op.drop_column("assignment", "decision")

"""who had a visitor, through whichever code"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

CONFIRMED = sa.text("customer_id IS NOT NULL")


def upgrade() -> None:
    op.create_index(
        "ix_reservation_customer",
        "reservation",
        ["visitor", "id"],
        sqlite_where=CONFIRMED,
        postgresql_where=CONFIRMED,
    )


def downgrade() -> None:
    op.drop_index("ix_reservation_customer", "reservation")

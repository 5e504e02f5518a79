"""meaning"""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OPEN = sa.text("review = 'open'")
UNDECIDED = sa.text("dismissed_at IS NULL")
REVIEWED = sa.text("reviewed_at IS NOT NULL")

# Complaints first.
CLASSES = (("投诉", "complaint", 30), ("技术", "technical", 20), ("咨询", "consultation", 10), ("活动", "activity", 5))


def _text(length: int) -> sa.types.TypeEngine[str]:
    return sqlmodel.sql.sqltypes.AutoString(length=length)


def upgrade() -> None:
    _classes()
    _catalogue()
    _messages()


def _classes() -> None:
    table = op.create_table(
        "message_class",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", _text(32), nullable=False),
        sa.Column("keywords", sa.Text(), nullable=False),
        sa.Column("lexicon", _text(24), nullable=False),
        sa.Column("lexicon_percent", sa.Integer(), nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("pool_id", ID, nullable=True),
        sa.Column("target_minutes", sa.Integer(), nullable=True),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("archived_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["pool_id"], ["pool.id"], name=op.f("fk_message_class_pool_id_pool")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_class")),
        sa.UniqueConstraint("name", name=op.f("uq_message_class_name")),
    )
    same = {"keywords": "", "lexicon_percent": 100, "template": "", "created_at": 0}
    op.bulk_insert(
        table, [{"name": name, "lexicon": lexicon, "priority": rank, **same} for name, lexicon, rank in CLASSES]
    )


def _catalogue() -> None:
    op.create_table(
        "catalogue_item",
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", _text(24), nullable=False),
        sa.Column("name", _text(64), nullable=False),
        sa.Column("synonyms", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("archived_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalogue_item")),
    )
    op.create_index("uq_catalogue_item_name", "catalogue_item", ["kind", "name"], unique=True)
    op.create_table(
        "unknown_word",
        sa.Column("word", _text(32), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("example", sa.Text(), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("dismissed_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("word", name=op.f("pk_unknown_word")),
    )
    op.create_index(
        "ix_unknown_word_times",
        "unknown_word",
        ["times", "last_at", "word"],
        sqlite_where=UNDECIDED,
        postgresql_where=UNDECIDED,
    )
    op.create_index("ix_unknown_word_seen", "unknown_word", ["last_at"])


def _messages() -> None:
    op.create_table(
        "message_meaning",
        sa.Column("inbox_id", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("customer_id", ID, nullable=False),
        sa.Column("open_kfid", _text(64), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("class_name", _text(32), nullable=False),
        sa.Column("read_as", _text(32), nullable=False),
        sa.Column("margin", sa.Integer(), nullable=False),
        sa.Column("intent", _text(32), nullable=False),
        sa.Column("slots", sa.Text(), nullable=False),
        sa.Column("suggested", _text(32), nullable=False),
        sa.Column("suggested_margin", sa.Integer(), nullable=True),
        sa.Column("review", _text(10), nullable=False),
        sa.Column("reviewed_by", _text(64), nullable=False),
        sa.Column("reviewed_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_message_meaning_customer_id_customer")),
        sa.PrimaryKeyConstraint("inbox_id", name=op.f("pk_message_meaning")),
    )
    op.create_index("ix_message_meaning_customer", "message_meaning", ["customer_id", "inbox_id"])
    op.create_index(
        "ix_message_meaning_open", "message_meaning", ["inbox_id"], sqlite_where=OPEN, postgresql_where=OPEN
    )
    op.create_index(
        "ix_message_meaning_reviewed",
        "message_meaning",
        ["reviewed_at"],
        sqlite_where=REVIEWED,
        postgresql_where=REVIEWED,
    )


def downgrade() -> None:
    for table in ("message_meaning", "unknown_word", "catalogue_item", "message_class"):
        op.drop_table(table)

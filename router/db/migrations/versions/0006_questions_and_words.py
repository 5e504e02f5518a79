"""questions and words"""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OF_AN_EVENT = sa.text("inbox_id IS NOT NULL")
PROPOSED = sa.text("status = 'proposed'")


def _text(length: int) -> sa.types.TypeEngine[str]:
    return sqlmodel.sql.sqltypes.AutoString(length=length)


def upgrade() -> None:
    _words()
    _questions()


def _words() -> None:
    op.create_table(
        "word_set",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", _text(64), nullable=False),
        sa.Column("policy", _text(8), nullable=False),
        sa.Column("replacement", _text(64), nullable=False),
        sa.Column("watches_incoming", sa.Boolean(), nullable=False),
        sa.Column("makes_task", sa.Boolean(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("archived_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_word_set")),
        sa.UniqueConstraint("name", name=op.f("uq_word_set_name")),
    )
    op.create_table(
        "word_hit",
        sa.Column("id", ID, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("message", _text(16), nullable=False),
        sa.Column("done", _text(8), nullable=False),
        sa.Column("set_id", ID, nullable=False),
        sa.Column("word", _text(64), nullable=False),
        sa.Column("written", _text(128), nullable=False),
        sa.Column("how", _text(8), nullable=False),
        sa.Column("span_start", sa.Integer(), nullable=False),
        sa.Column("span_end", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("party", _text(64), nullable=False),
        sa.Column("inbox_id", sa.BigInteger(), nullable=True),
        sa.Column("outbox_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["set_id"], ["word_set.id"], name=op.f("fk_word_hit_set_id_word_set")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_word_hit")),
    )
    op.create_index("ix_word_hit_set", "word_hit", ["set_id", "id"])
    op.create_index(
        "ix_word_hit_inbox", "word_hit", ["inbox_id"], sqlite_where=OF_AN_EVENT, postgresql_where=OF_AN_EVENT
    )


def _questions() -> None:
    op.create_table(
        "queue_code",
        sa.Column("customer_id", ID, nullable=False),
        sa.Column("open_kfid", _text(64), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("until_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_queue_code_customer_id_customer")),
        sa.PrimaryKeyConstraint("customer_id", "open_kfid", name=op.f("pk_queue_code")),
    )
    op.create_table(
        "answer",
        sa.Column("id", ID, nullable=False),
        sa.Column("status", _text(12), nullable=False),
        sa.Column("title", _text(64), nullable=False),
        sa.Column("wordings", sa.Text(), nullable=False),
        sa.Column("keywords", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("proposed_at", sa.BigInteger(), nullable=False),
        sa.Column("proposed_by", _text(64), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("decided_by", _text(64), nullable=False),
        sa.Column("send_at", sa.BigInteger(), nullable=True),
        sa.Column("rule_set_version_id", ID, nullable=True),
        sa.ForeignKeyConstraint(
            ["rule_set_version_id"],
            ["rule_set_version.id"],
            name=op.f("fk_answer_rule_set_version_id_rule_set_version"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answer")),
    )
    op.create_index("ix_answer_open", "answer", ["id"], sqlite_where=PROPOSED, postgresql_where=PROPOSED)
    op.create_table(
        "answer_reply",
        sa.Column("id", ID, nullable=False),
        sa.Column("answer_id", ID, nullable=False),
        sa.Column("customer_id", ID, nullable=False),
        sa.Column("open_kfid", _text(64), nullable=False),
        sa.Column("inbox_id", sa.BigInteger(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("status", _text(12), nullable=False),
        sa.Column("reason", _text(16), nullable=False),
        sa.Column("message_id", _text(32), nullable=False),
        sa.ForeignKeyConstraint(["answer_id"], ["answer.id"], name=op.f("fk_answer_reply_answer_id_answer")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_answer_reply_customer_id_customer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answer_reply")),
    )
    op.create_index("uq_answer_reply_pair", "answer_reply", ["answer_id", "customer_id", "open_kfid"], unique=True)


def downgrade() -> None:
    for table in ("answer_reply", "answer", "queue_code", "word_hit", "word_set"):
        op.drop_table(table)

"""What messages are about: the classes and the catalogue an admin keeps, and what each message was read as."""

from sqlalchemy import BigInteger, Index, Text
from sqlmodel import Field

from router.db.tables.table import Id, Table, partial


class MessageClassRow(Table, table=True):
    """消息类别: ``keywords`` are the lines a person edits, a word and its weight each."""

    __tablename__ = "message_class"

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    name: str = Field(max_length=32, unique=True)
    keywords: str = Field(default="", sa_type=Text)
    lexicon: str = Field(default="", max_length=24)  # of the shipped ones; empty: none
    lexicon_percent: int = 100
    template: str = Field(default="", sa_type=Text)  # what the customer is told when a person takes over
    pool_id: int | None = Field(default=None, foreign_key="pool.id", sa_type=Id)  # the team that owns it
    target_minutes: int | None = None  # within which a person should answer
    priority: int = 0  # in the queue: higher ones stand first
    created_at: int = Field(sa_type=BigInteger)
    archived_at: int | None = Field(default=None, sa_type=BigInteger)


class CatalogueItemRow(Table, table=True):
    """商品目录: one product, colour, size or other thing that customers name; ``synonyms`` is a JSON list of words."""

    __tablename__ = "catalogue_item"
    __table_args__ = (Index("uq_catalogue_item_name", "kind", "name", unique=True),)

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    kind: str = Field(max_length=24)
    name: str = Field(max_length=64)
    synonyms: str = Field(default="[]", sa_type=Text)
    created_at: int = Field(sa_type=BigInteger)
    archived_at: int | None = Field(default=None, sa_type=BigInteger)


class MessageMeaningRow(Table, table=True):
    """What one message was read as, and what a person made of it: ``review`` is open until one looked."""

    __tablename__ = "message_meaning"
    __table_args__ = (
        Index("ix_message_meaning_customer", "customer_id", "inbox_id"),
        partial("ix_message_meaning_open", "inbox_id", where="review = 'open'"),
        partial("ix_message_meaning_reviewed", "reviewed_at", where="reviewed_at IS NOT NULL"),
    )

    inbox_id: int = Field(primary_key=True, sa_type=BigInteger)
    customer_id: int = Field(foreign_key="customer.id", sa_type=Id)
    open_kfid: str = Field(default="", max_length=64)
    at: int = Field(sa_type=BigInteger)
    text: str = Field(sa_type=Text)
    class_name: str = Field(default="", max_length=32)  # in force: the person's word, else a certain reading, else none
    read_as: str = Field(default="", max_length=32)  # the lexicon's best, certain or not
    margin: int = 0  # percent
    intent: str = Field(default="", max_length=32)
    slots: str = Field(default="[]", sa_type=Text)
    suggested: str = Field(default="", max_length=32)  # by the model, which decides nothing
    suggested_margin: int | None = None  # percent; None: not asked
    review: str = Field(default="none", max_length=10)  # none | open | agreed | corrected | dismissed
    reviewed_by: str = Field(default="", max_length=64)
    reviewed_at: int | None = Field(default=None, sa_type=BigInteger)


class UnknownWordRow(Table, table=True):
    """A word that stood where a product would, which the catalogue does not know, and how often."""

    __tablename__ = "unknown_word"
    __table_args__ = (
        partial("ix_unknown_word_times", "times", "last_at", "word", where="dismissed_at IS NULL"),
        Index("ix_unknown_word_seen", "last_at"),
    )

    word: str = Field(max_length=32, primary_key=True)
    times: int
    example: str = Field(sa_type=Text)
    first_at: int = Field(sa_type=BigInteger)
    last_at: int = Field(sa_type=BigInteger)
    dismissed_at: int | None = Field(default=None, sa_type=BigInteger)

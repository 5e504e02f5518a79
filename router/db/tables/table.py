"""What all tables share: metadata with named constraints, the type of ids, partial indexes."""

from sqlalchemy import BigInteger, Index, Integer, MetaData, text
from sqlmodel import SQLModel

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

Id = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up only an INTEGER primary key


NO_ID_TWICE = {"sqlite_autoincrement": True}  # for tables of which rows are deleted that something may still name


class Table(SQLModel):
    """All tables share one metadata with the naming convention."""

    metadata = MetaData(naming_convention=NAMING)


def partial(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """An index over the few rows that a hot query looks for, so that its cost does not grow with history."""
    return Index(name, *columns, unique=unique, sqlite_where=text(where), postgresql_where=text(where))

"""ids that never return: SQLite gives the id of the newest row again once that row is deleted, unless it is told not to

PostgreSQL's sequences never did. To be told, a table has to be made anew, from the statement that made it.
"""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

TABLES = ("task", "upstream_way")  # of which rows are deleted that a page or a change may still name
ID = "id INTEGER NOT NULL CONSTRAINT pk_{table} PRIMARY KEY"


def upgrade() -> None:
    _make_anew(f"{ID} AUTOINCREMENT")


def downgrade() -> None:
    _make_anew(ID)


def _make_anew(id_column: str) -> None:
    bind = op.get_bind()
    if bind.dialect.name != "sqlite":
        return
    for table in TABLES:
        parts = "SELECT sql FROM sqlite_master WHERE type = ? AND tbl_name = ? AND sql <> ''"
        ((made,),) = bind.exec_driver_sql(parts, ("table", table)).fetchall()
        indexes = bind.exec_driver_sql(parts, ("index", table)).fetchall()
        body = made[made.index("(") :].replace(f", \n\tCONSTRAINT pk_{table} PRIMARY KEY (id)", "")
        _, _, others = body.partition(",")
        bind.exec_driver_sql(f"ALTER TABLE {table} RENAME TO {table}_before")
        bind.exec_driver_sql(f"CREATE TABLE {table} (\n\t{id_column.format(table=table)},{others}")
        bind.exec_driver_sql(f"INSERT INTO {table} SELECT * FROM {table}_before")
        bind.exec_driver_sql(f"DROP TABLE {table}_before")
        for (index,) in indexes:
            bind.exec_driver_sql(index)

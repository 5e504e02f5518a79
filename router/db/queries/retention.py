"""What was kept long enough (保留期), customers' texts and lists of native codes: taken away in portions, oldest first.

Readings and finds are looked through by id, which grows with time: an index on the instant would cost every message.
"""

from sqlalchemy import Connection

from router.db.sql import Sql

_DROP_MEANINGS = Sql(
    "DELETE FROM message_meaning WHERE at < :before AND inbox_id IN"
    " (SELECT inbox_id FROM message_meaning ORDER BY inbox_id LIMIT :rows)"
)
_DROP_HITS = Sql("DELETE FROM word_hit WHERE at < :before AND id IN (SELECT id FROM word_hit ORDER BY id LIMIT :rows)")
_DROP_UNKNOWN = Sql(
    "DELETE FROM unknown_word WHERE word IN"
    " (SELECT word FROM unknown_word WHERE last_at < :before ORDER BY last_at LIMIT :rows)"
)
# The last change before the instant stays: it says who was listed from then on.
_DROP_CHANGES = Sql(
    "DELETE FROM native_change WHERE id IN (SELECT n.id FROM native_change AS n WHERE n.at < :before AND EXISTS"
    " (SELECT 1 FROM native_change AS l WHERE l.code_id = n.code_id AND (l.at, l.id) > (n.at, n.id) AND l.at < :before)"
    " ORDER BY n.at LIMIT :rows)"
)


def drop_meanings(connection: Connection, before: int, rows: int) -> int:
    """Forget what messages before this instant (ms) were read as; returns how many of at most ``rows``."""
    return _DROP_MEANINGS.run(connection, before=before, rows=rows)


def drop_word_hits(connection: Connection, before: int, rows: int) -> int:
    """Forget sensitive words found before this instant (ms); returns how many of at most ``rows``."""
    return _DROP_HITS.run(connection, before=before, rows=rows)


def drop_unknown_words(connection: Connection, before: int, rows: int) -> int:
    """Forget unknown words not seen since this instant (ms); returns how many of at most ``rows``."""
    return _DROP_UNKNOWN.run(connection, before=before, rows=rows)


def drop_native_changes(connection: Connection, before: int, rows: int) -> int:
    """Forget changes of native codes' lists before this instant (ms), of each code all but the last; returns how many
    of at most ``rows``."""
    return _DROP_CHANGES.run(connection, before=before, rows=rows)

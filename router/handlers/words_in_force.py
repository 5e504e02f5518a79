"""Sensitive words in force (敏感词): read once, compiled once, renewed by the first who asks after a change."""

from sqlalchemy import Connection

from router.db.queries.word_sets import edited, sets_in_force
from router.db.sql import Row
from tagtree.sensitive.finder import CompiledWords, compile_words

CHANGED = "words"  # what a commit says that changed them


class WordsInForce:
    """Hands out the words of the last commit, compiled anew only when a set is another."""

    def __init__(self) -> None:
        self._rows: tuple[Row, ...] = ()
        self._compiled = CompiledWords()
        self._outdated = True

    @property
    def latest(self) -> CompiledWords | None:
        """The words in force, None when they must be read first."""
        return None if self._outdated else self._compiled

    def outdate(self) -> None:
        """A set changed: whoever asks next reads them anew."""
        self._outdated = True

    def current(self, connection: Connection) -> CompiledWords:
        """The words as this connection sees them."""
        if self._outdated:
            self._outdated = False  # before reading: a change made meanwhile outdates what is being read
            try:
                self._renew(sets_in_force(connection))
            except BaseException:
                self._outdated = True
                raise
        return self._compiled

    def _renew(self, rows: tuple[Row, ...]) -> None:
        if rows != self._rows:
            self._compiled = compile_words(edited(row).as_set() for row in rows)
            self._rows = rows

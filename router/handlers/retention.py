"""What customers wrote is not kept for ever (保留期): readings, found words and unknown words go after their days.

So do the changes of native codes' lists.

Portion by portion, one firing of a timer each, so that no message waits for the deletion of many.
"""

from dataclasses import dataclass

from sqlalchemy import Connection

from router.db.queries import retention, timers

TIMER = "retention"
DAY = 86_400_000  # ms
HOUR = 3_600_000  # ms between two sweeps
PORTION = 500  # rows of each kind in one transaction


@dataclass(frozen=True, slots=True)
class Kept:
    """For how many days: readings and found words since the message, changes of lists since the one after them, unknown
    words since they were last seen."""

    texts_days: int
    unknown_word_days: int


def keep_up(connection: Connection, now: int) -> None:
    """Have a sweep every hour; called at start."""
    if not timers.is_armed(connection, TIMER):
        timers.arm(connection, TIMER, TIMER, now, {})


def sweep(connection: Connection, kept: Kept, now: int) -> None:
    """Take the next portion away; when nothing is left to take, rest."""
    texts, words = now - kept.texts_days * DAY, now - kept.unknown_word_days * DAY
    dropped = retention.drop_meanings(connection, texts, PORTION)
    dropped += retention.drop_word_hits(connection, texts, PORTION)
    dropped += retention.drop_native_changes(connection, texts, PORTION)
    dropped += retention.drop_unknown_words(connection, words, PORTION)
    timers.arm(connection, TIMER, TIMER, now if dropped else now + HOUR, {})

"""外发结果 (delivery): what becomes of an effect after an attempt: done, again at a time, or an end with its reason."""

from dataclasses import dataclass
from typing import Literal

FIRST_PAUSE = 1_000  # ms
LONGEST_PAUSE = 15 * 60_000  # ms
ATTEMPTS = 20  # about three hours: longer than the platform's usual outages, shorter than anybody's patience


@dataclass(frozen=True, slots=True)
class Done:
    """The platform has it (or had it before)."""

    note: str = ""
    errcode: int | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """The platform will never take it as it is."""

    reason: str
    errcode: int | None = None


@dataclass(frozen=True, slots=True)
class TryAgain:
    """It did not happen, or nobody knows; ``pause`` in ms overrides the usual back-off."""

    reason: str
    errcode: int | None = None
    pause: int | None = None
    at_most: int = ATTEMPTS


@dataclass(frozen=True, slots=True)
class TooLate:
    """The moment for it has passed."""

    reason: str
    errcode: int | None = None


Outcome = Done | Refused | TryAgain | TooLate

Ending = Literal["done", "failed", "late"]


@dataclass(frozen=True, slots=True)
class Finish:
    status: Ending


@dataclass(frozen=True, slots=True)
class Retry:
    at: int


def next_step(outcome: Outcome, attempts: int, now: int, deadline_at: int | None) -> Finish | Retry:
    """Decide after attempt number ``attempts`` (1, 2, …); instants in ms. Nothing is tried after its deadline."""
    match outcome:
        case Done():
            return Finish("done")
        case Refused():
            return Finish("failed")
        case TooLate():
            return Finish("late")
        case TryAgain(pause=pause, at_most=at_most):
            if attempts >= at_most:
                return Finish("failed")
            at = now + (pause if pause is not None else pause_after(attempts))
            if deadline_at is not None and at >= deadline_at:
                return Finish("late")
            return Retry(at)


def pause_after(attempts: int) -> int:
    """Doubling from one second to a quarter of an hour, in ms."""
    return min(LONGEST_PAUSE, FIRST_PAUSE << min(attempts - 1, 20))


def hasty_pause_after(attempts: int) -> int:
    """For effects with a deadline of seconds: a quarter second, doubling to two seconds, in ms."""
    return min(2_000, 250 << min(attempts - 1, 8))

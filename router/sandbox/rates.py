"""The platform's frequency limits (W-90454): per corporation and path, and how many calls run at the same moment."""

from dataclasses import dataclass, field

from router.sandbox.refusal import Errcode, RefusalError

MINUTE_MS = 60_000
HOUR_MS = 3_600_000


@dataclass(slots=True)
class Window:
    """Calls since `opened_at`. A window that is used up stays shut until it ends: the block lasts as long as the
    window.
    """

    length: int
    opened_at: int = 0
    calls: int = 0

    def admits(self, limit: int, now: int) -> bool:
        if not self.opened_at <= now < self.opened_at + self.length:
            self.opened_at, self.calls = now, 0
        self.calls += 1
        return self.calls <= limit


@dataclass(slots=True)
class Meter:
    """Counts calls per path; one sandbox is one corporation."""

    minutes: dict[str, Window] = field(default_factory=dict)
    hours: dict[str, Window] = field(default_factory=dict)
    running: int = 0

    def admit(self, path: str, per_minute: int, per_hour: int, now: int) -> None:
        """Count a call of `path` at `now`; raises RefusalError 45009 past either limit."""
        in_minute = self.minutes.setdefault(path, Window(MINUTE_MS)).admits(per_minute, now)
        in_hour = self.hours.setdefault(path, Window(HOUR_MS)).admits(per_hour, now)
        if not (in_minute and in_hour):
            raise RefusalError(Errcode.FREQUENCY, f"reach max api frequence limit: {path}")

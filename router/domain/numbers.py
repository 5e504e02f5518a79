"""数字 (numbers): what is counted, over which days, and what becomes of the visitors of those days."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Literal, get_args

from router.domain.code_kinds import STEPS_OF
from tagtree.wording import Problem, Wording

Measure = Literal["scan", "visitor", "add", "beyond", "lost", "removed", "reply"]
MEASURES: tuple[Measure, ...] = get_args(Measure)

LONGEST = 366  # days of one range
EARLIEST, LATEST = date(2020, 1, 1), date(2100, 1, 1)  # no live code is older; a later day is a slip of the finger
STAYED = 7 * 86_400_000  # ms after the add from which a customer counts as having stayed

REVERSED = Problem(
    "last",
    Wording("The last day lies before the first.", "结束日期早于开始日期。"),
    Wording("Exchange the two days.", "请对调两个日期。"),
)
TOO_LONG = Problem(
    "first",
    Wording(f"More than {LONGEST} days.", f"超过 {LONGEST} 天。"),
    Wording("Ask for a year at a time.", "请每次查询一年以内。"),
)


@dataclass(frozen=True, slots=True)
class Range:
    """Whole days on the clocks of the corporation, the last one included."""

    first: date
    last: date

    @property
    def days(self) -> tuple[date, ...]:
        """Every day of it in order."""
        return tuple(self.first + timedelta(days=day) for day in range((self.last - self.first).days + 1))

    @property
    def hours(self) -> tuple[int, int]:
        """The first hour as it is tallied (2026112100) and the first one after the range."""
        return hour_of_day(self.first, 0), hour_of_day(self.last + timedelta(days=1), 0)

    def bounds(self, zone: tzinfo) -> tuple[int, int]:
        """The first instant (ms) and the first one after the range; summer time may make a day 23 or 25 hours."""
        return _midnight(self.first, zone), _midnight(self.last + timedelta(days=1), zone)


def read_range(first: str, last: str, now: int, zone: tzinfo, *, days: int = 7) -> Range | Problem:
    """The range that two days such as ``2026-11-21`` make; empty texts mean the ``days`` that end today."""
    today = datetime.fromtimestamp(now / 1000, UTC).astimezone(zone).date()
    until = _day(last) if last else today
    if until is None:
        return _no_day("last")
    since = _day(first) if first else max(EARLIEST, until - timedelta(days=days - 1))
    if since is None:
        return _no_day("first")
    if until < since:
        return REVERSED
    return TOO_LONG if (until - since).days >= LONGEST else Range(since, until)


def read_day(text: str) -> Range | Problem:
    """The range of one day such as ``2026-11-21``."""
    day = _day(text)
    return _no_day("day") if day is None else Range(day, day)


def _day(text: str) -> date | None:
    try:
        day = datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 -- a day on the wall, of no zone
    except ValueError:
        return None
    return day if EARLIEST <= day < LATEST else None


def _no_day(path: str) -> Problem:
    return Problem(
        path,
        Wording("Not a day between 2020 and 2099.", "不是 2020 至 2099 年之间的日期。"),
        Wording("Write it as 2026-11-21.", "请写成 2026-11-21。"),
    )


def hour_of_day(day: date, hour: int) -> int:
    """The hour as it is tallied: 2026112114."""
    return ((day.year * 100 + day.month) * 100 + day.day) * 100 + hour


def day_of_hour(hour: int) -> date:
    """The day of a tallied hour."""
    return date(hour // 1_000_000, hour // 10_000 % 100, hour // 100 % 100)


def _midnight(day: date, zone: tzinfo) -> int:
    return round(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp() * 1000)


@dataclass(frozen=True, slots=True)
class Counts:
    """How often each measure happened.

    ``visitors`` are counted once per code and day; ``beyond`` are those of the ``adds`` that passed a cap, because the
    platform brought the customer without asking, or too late (overshoot); ``lost`` are customers who deleted the agent,
    ``removed`` those whom the agent deleted; ``replies`` are what the service itself sent to customers and employees.
    """

    scans: int = 0
    visitors: int = 0
    adds: int = 0
    beyond: int = 0
    lost: int = 0
    removed: int = 0
    replies: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(Counts)))


COUNT_NAMES: dict[str, str] = {
    measure: field.name for measure, field in zip(MEASURES, fields(Counts), strict=True)
}  # "scan": "scans"


def counts_of(times: Iterable[tuple[str, int]]) -> Counts:
    """The counts of pairs of measure and number, a measure several times too; one we do not know is passed over."""
    sums: dict[str, int] = {}
    for measure, number in times:
        if measure in COUNT_NAMES:
            name = COUNT_NAMES[measure]
            sums[name] = sums.get(name, 0) + number
    return Counts(**sums)


@dataclass(frozen=True, slots=True)
class Funnel:
    """What became of the reservations held in a range, and of whom the platform gave through codes without any.

    None is a step that does not exist for what stands behind the code asked about, see `STEPS_OF`. ``given`` of the
    ``added`` came without a reservation, so that the share of the reservations that became customers is
    ``(added - given) / reserved``. ``stayed`` of the ``added`` were still with their agent seven days later; of
    ``undecided`` the seven days are not over yet, so that the share of those who stayed is
    ``stayed / (added - undecided)``.
    """

    scans: int | None
    visitors: int | None
    reserved: int | None
    added: int | None
    stayed: int | None
    given: int
    undecided: int

    @property
    def steps(self) -> Iterator[tuple[str, int]]:
        """The steps that exist in order, each with its number."""
        for name in STEPS_OF["hosted"]:
            if (figure := getattr(self, name)) is not None:
                yield name, figure


def stay(added_at: int, since_at: int | None, ended_at: int | None, now: int) -> Literal["stayed", "left", "undecided"]:
    """What became of a customer who added an agent at ``added_at``, as known at ``now`` (ms).

    ``since_at`` and ``ended_at`` are those of the relation as it stands now: it may have begun anew since.
    """
    due = added_at + STAYED
    if since_at is None or since_at > due or (ended_at is not None and ended_at < due):
        return "left"
    return "stayed" if now >= due else "undecided"

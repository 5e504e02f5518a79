"""Drawings for the numbers page: bars as rectangles in an SVG, a week as shades. Pure geometry; templates draw it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

WIDTH, NARROW, HEIGHT = 960, 340, 240  # of the drawing, in its own units: nearly pixels, where it is shown in full
LEFT, TOP, BOTTOM = 44, 12, 26  # kept free for figures and labels
SHADES = 5  # of the heat map, beyond "nothing"
LABEL_WIDTH = 76


@dataclass(frozen=True, slots=True)
class Bar:
    """One rectangle; ``series`` is the position of its series."""

    series: int
    x: float
    y: float
    width: float
    height: float
    label: str
    value: int


@dataclass(frozen=True, slots=True)
class Tick:
    """A line across with its figure, or a label under the bars."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars side by side, one group per label."""

    bars: tuple[Bar, ...]
    lines: tuple[Tick, ...]
    labels: tuple[Tick, ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT


def bar_chart(labels: Sequence[str], series: Sequence[Sequence[int]], whole: int = WIDTH) -> Chart:
    """Groups of bars, each series of the length of ``labels``; the drawing is ``whole`` units wide."""
    top = ceiling(max((value for values in series for value in values), default=0))
    floor, step = HEIGHT - BOTTOM, (whole - LEFT) / max(1, len(labels))
    gap = step * 0.24
    width = (step - gap) / max(1, len(series))
    bars = [
        Bar(
            number,
            round(LEFT + position * step + gap / 2 + number * width, 2),
            round(floor - value / top * (floor - TOP), 2),
            round(width, 2),
            round(value / top * (floor - TOP), 2),
            labels[position],
            value,
        )
        for number, values in enumerate(series)
        for position, value in enumerate(values)
        if value
    ]
    every = -(-len(labels) // ((whole - LEFT) // LABEL_WIDTH)) or 1
    below = [
        Tick(round(LEFT + (position + 0.5) * step, 2), label)
        for position, label in enumerate(labels)
        if position % every == 0
    ]
    lines = [Tick(round(floor - share * (floor - TOP), 2), str(int(top * share))) for share in _shares(top)]
    return Chart(tuple(bars), tuple(lines), tuple(below), whole)


def ceiling(most: int) -> int:
    """The top of the scale: the next of 1, 2, 4, 5 or 8 times a power of ten, and at least 4: the lines are whole."""
    power = 1
    while True:
        for factor in (1, 2, 4, 5, 8):
            if factor * power >= max(4, most):
                return factor * power
        power *= 10


def _shares(top: int) -> tuple[float, ...]:
    return (0, 0.25, 0.5, 0.75, 1) if top % 4 == 0 else (0, 0.5, 1) if top % 2 == 0 else (0, 0.2, 0.4, 0.6, 0.8, 1)


def shades(values: Mapping[tuple[int, int], int]) -> dict[tuple[int, int], int]:
    """For each weekday and hour 0 (nothing) to `SHADES` (as much as the busiest)."""
    most = max(values.values(), default=0)
    return {
        (weekday, hour): -(-values.get((weekday, hour), 0) * SHADES // most) if most else 0
        for weekday in range(7)
        for hour in range(24)
    }

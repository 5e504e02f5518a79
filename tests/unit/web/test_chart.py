"""The drawings of the numbers page: nothing leaves its frame, and heights are in proportion."""

from hypothesis import given
from hypothesis import strategies as st

from router.web.console.chart import BOTTOM, HEIGHT, LEFT, NARROW, SHADES, TOP, WIDTH, Tick, bar_chart, ceiling, shades

COUNTS = st.lists(st.integers(0, 10**9), min_size=1, max_size=366)


@given(COUNTS, st.sampled_from([WIDTH, NARROW]))
def test_every_bar_stands_on_the_floor_and_within_the_frame(values: list[int], whole: int) -> None:
    chart = bar_chart([str(number) for number in range(len(values))], [values], whole)

    assert [bar.value for bar in chart.bars] == [value for value in values if value]
    for bar in chart.bars:
        assert abs(bar.y + bar.height - (HEIGHT - BOTTOM)) < 0.02
        assert bar.x >= LEFT
        assert bar.x + bar.width <= whole + 0.02
        assert bar.y >= TOP


def test_the_scale_of_nothing_still_has_lines() -> None:
    chart = bar_chart(["11-21"], [[0], [0]])

    assert (chart.bars, [line.label for line in chart.lines]) == ((), ["0", "1", "2", "3", "4"])


@given(st.integers(0, 10**12))
def test_the_scale_ends_little_above_the_largest_bar(most: int) -> None:
    top = ceiling(most)

    assert max(4, most) <= top <= max(4, 2 * most)


def test_a_year_of_days_is_labelled_a_dozen_times() -> None:
    chart = bar_chart([str(number) for number in range(366)], [[1] * 366])

    assert (len(chart.labels), chart.labels[0].label) == (12, "0")
    assert isinstance(chart.labels[0], Tick)


def test_a_narrow_drawing_has_every_bar_and_fewer_labels() -> None:
    chart = bar_chart([str(number) for number in range(30)], [[1] * 30], NARROW)

    assert (len(chart.bars), [each.label for each in chart.labels]) == (30, ["0", "10", "20"])


def test_the_busiest_hour_is_darkest_and_one_add_is_never_nothing() -> None:
    found = shades({(0, 9): 1, (4, 20): 500})

    assert (found[0, 9], found[4, 20], found[6, 23], len(found)) == (1, SHADES, 0, 168)

"""Times as customers say them, relative to the day they were said."""

import pytest

from tagtree.meaning.times import times_in


@pytest.mark.parametrize(
    ("said", "meaning"),
    [
        ("上个月", "month-1"),
        ("上上周", "week-2"),
        ("昨天", "day-1"),
        ("大前天", "day-3"),
        ("后天", "day+2"),
        ("三天前", "day-3"),
        ("15天之前", "day-15"),
        ("二十个小时后", "hour+20"),
        ("半年前", "year-?"),
        ("周末", "weekend"),
        ("上个周末", "week-1.weekend"),
        ("下周三", "week+1.weekday3"),
        ("礼拜天", "week+0.weekday7"),
        ("去年", "year-1"),
        ("11月11号", "date 11-11"),
        ("3月份", "month 03"),
        ("最近", "最近"),
    ],
)
def test_a_time_is_found_with_its_meaning(said: str, meaning: str) -> None:
    text = f"我{said}买的"

    assert [(text[each.start : each.end], each.value) for each in times_in(text)] == [(said, meaning)]


def test_a_stretch_of_time_is_no_time() -> None:
    assert list(times_in("等了三天，要两周才到")) == []

"""When a customer says something was or is to be: 上个月, 昨天, 三天前, 周末, 下周三, 11月11日.

The meaning is relative, because the text alone does not know what day it is: `month-1`, `day+0`, `week+1.weekday3`
(Monday is 1), `weekend`, `date 11-11`. Whoever shows it knows the day it was said.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

from tagtree.meaning.catalogue import WHEN, Named

_Meaning: TypeAlias = Callable[[re.Match[str]], str]

_NUMBER: Final = "[0-9]{1,3}|[一二两三四五六七八九]?十[一二三四五六七八九]?|[一二两三四五六七八九半几]"
_DIGITS: Final = {character: place for place, character in enumerate("零一二三四五六七八九")} | {"两": 2}
_UNITS: Final = {"天": "day", "日": "day", "周": "week", "星期": "week", "礼拜": "week", "月": "month", "年": "year"}
_SIDES: Final = "以前|之前|以后|之后|前|后"
_UNITS_OF_CLOCK: Final = {"分钟": "minute", "小时": "hour", "钟头": "hour"}
_ANY_UNIT: Final = _UNITS | _UNITS_OF_CLOCK
_DAYS: Final = {"大前天": -3, "前天": -2, "昨天": -1, "昨日": -1, "昨晚": -1, "昨": -1, "今天": 0, "今日": 0, "今晚": 0}
_DAYS_TO_COME: Final = {"今早": 0, "明天": 1, "明日": 1, "明早": 1, "明晚": 1, "后天": 2, "大后天": 3}
_STEPS: Final = {"上上": -2, "上": -1, "这": 0, "本": 0, "下": 1, "下下": 2}
_YEARS: Final = {"前年": -2, "去年": -1, "今年": 0, "明年": 1, "后年": 2}


def times_in(text: str) -> Iterator[Named]:
    """The times that normalised text names; the longest reading of a place, none overlapping."""
    reached = 0
    for found in _ANY.finditer(text):
        if found.start() >= reached:
            reached = found.end()
            yield Named(found.start(), found.end(), WHEN, _meaning(found[0]))


def _meaning(words: str) -> str:
    for phrase in _PHRASES:
        found = phrase.pattern.fullmatch(words)
        if found is not None:
            return phrase.meaning(found)
    raise AssertionError(f"found by one of the patterns: {words}")


@dataclass(frozen=True, slots=True)
class _Phrase:
    pattern: re.Pattern[str]
    meaning: _Meaning


def _offset(unit: str, steps: int | str) -> str:
    return f"{unit}{steps:+d}" if isinstance(steps, int) else f"{unit}{steps}"


def _amount(words: str) -> int | None:
    """The number; None for half or some."""
    if words.isdecimal():
        return int(words)
    if words in ("半", "几"):
        return None
    tens, ten, ones = words.rpartition("十")
    return (_DIGITS.get(tens, 1) * 10 if ten else 0) + _DIGITS.get(ones, 0)


def _some_ago(found: re.Match[str]) -> str:
    unit = _ANY_UNIT[found["unit"]]
    sign = "-" if found["side"] in ("前", "以前", "之前") else "+"
    amount = _amount(found["amount"])
    return f"{unit}{sign}{'?' if amount is None else amount}"


def _weekday(found: re.Match[str]) -> str:
    day = _DIGITS.get(found["day"], 7)
    where = _STEPS.get(found["step"] or "", 0)
    return f"{_offset('week', where)}.weekday{day}"


def _weekend(found: re.Match[str]) -> str:
    return f"{_offset('week', _STEPS[found['step']])}.weekend" if found["step"] else "weekend"


def _date(found: re.Match[str]) -> str:
    return f"date {int(found['month']):02d}-{int(found['day']):02d}"


def _choice(words: dict[str, int]) -> str:
    return "|".join(sorted(words, key=len, reverse=True))


_ALL_DAYS: Final = _DAYS | _DAYS_TO_COME
_PHRASES: Final = tuple(
    _Phrase(re.compile(pattern), meaning)
    for pattern, meaning in (
        (
            rf"(?P<amount>{_NUMBER}) ?个?(?P<unit>{'|'.join(_ANY_UNIT)})(?P<side>{_SIDES})",
            _some_ago,
        ),
        (
            rf"(?P<step>{_choice(_STEPS)})?个?(?:周|星期|礼拜)(?P<day>[一二三四五六日天])(?![0-9一二三四五六七八九十]?个?(?:天|日|周))",
            _weekday,
        ),
        (rf"(?P<step>{_choice(_STEPS)})?个?周末", _weekend),
        (
            rf"(?P<step>{_choice(_STEPS)})个?(?P<unit>周|星期|礼拜|月)",
            lambda found: _offset(_UNITS[found["unit"]], _STEPS[found["step"]]),
        ),
        (rf"(?P<year>{_choice(_YEARS)})", lambda found: _offset("year", _YEARS[found["year"]])),
        (rf"(?P<day>{_choice(_ALL_DAYS)})", lambda found: _offset("day", _ALL_DAYS[found["day"]])),
        (r"(?P<month>1[0-2]|0?[1-9])月(?P<day>3[01]|[12][0-9]|0?[1-9])[日号]", _date),
        (r"(?P<month>1[0-2]|0?[1-9])月(?:份|初|中旬|底)?", lambda found: f"month {int(found['month']):02d}"),
        (r"月初|月底|月末|年初|年底|国庆|春节|过年|元旦|五一|中秋", lambda found: found[0]),
        (r"前几天|前两天|前段时间|前阵子|最近|刚才|刚刚|上次|下次", lambda found: found[0]),
    )
)
"""In the order in which they are tried at a place."""

_ANY: Final = re.compile("|".join(re.sub(r"\?P<\w+>", "?:", phrase.pattern.pattern) for phrase in _PHRASES))

"""条件: what a rule asks of a message. One frozen class per kind, and the facts that each asks for.

A further kind is a class here, with its lines in its union and in `asks_for`; its line in `condition_checks.py`;
its compiled form in `matcher.py` (about the text) or `fact_tests.py` (about anything else); and its reader and
writer in `condition_codec.py`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias, assert_never

from tagtree.rules.facts import Fact, Sender
from tagtree.rules.time_window import WeekHours


@dataclass(frozen=True, slots=True)
class Exact:
    """完全匹配: the whole message is one of the words."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Contains:
    """包含: any of the words occurs in the message."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Prefix:
    """开头: the message begins with one of the words."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Suffix:
    """结尾: the message ends with one of the words."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NearMiss:
    """近似: one of the words occurs with at most `errors` characters wrong, missing or too many."""

    words: tuple[str, ...]
    errors: int = 1


@dataclass(frozen=True, slots=True)
class Pattern:
    """正则: RE2 finds the pattern anywhere in the message."""

    pattern: str


@dataclass(frozen=True, slots=True)
class Channel:
    """渠道: the message came through one of these channels, letter for letter."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MessageKind:
    """消息类型: the platform's kind of message is one of these, such as "image"."""

    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LiveCode:
    """活码: the customer came last by one of these codes."""

    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InClass:
    """分类: the message is of one of these classes, by name."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tagged:
    """标签: the customer carries one of these tags or one anywhere under them."""

    tag_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class NewCustomer:
    """新老客户: the customer is new, or with `is_new` false is not."""

    is_new: bool = True


@dataclass(frozen=True, slots=True)
class SentBy:
    """发送者: a customer, or an employee, wrote the message."""

    sender: Sender


@dataclass(frozen=True, slots=True)
class Region:
    """地区: the customer's region lies in one of these: 上海 is 上海市, and 广东 contains 广东深圳."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TimeWindow:
    """时间: the message came within these hours, in local time."""

    hours: WeekHours


@dataclass(frozen=True, slots=True)
class Counter:
    """次数: the rule `rule_id` fired for this customer at least `times` times in the last `days` days, this
    message included.
    """

    rule_id: str
    times: int
    days: int


@dataclass(frozen=True, slots=True)
class PreviousContains:
    """上一条消息: any of the words occurs in the customer's message before this one."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PreviousFired:
    """上一条消息: one of these rules fired on the customer's message before this one."""

    rule_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AllOf:
    """全部满足."""

    conditions: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """任一满足."""

    conditions: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class NoneOf:
    """全不满足. Not met either while one of them hangs on an unknown fact, such as the text of a voice message."""

    conditions: tuple["Condition", ...]


TextCondition: TypeAlias = Exact | Contains | Prefix | Suffix | NearMiss | Pattern
FactCondition: TypeAlias = (
    Channel
    | MessageKind
    | LiveCode
    | InClass
    | Tagged
    | NewCustomer
    | SentBy
    | Region
    | TimeWindow
    | Counter
    | PreviousContains
    | PreviousFired
)
Group: TypeAlias = AllOf | AnyOf | NoneOf
Condition: TypeAlias = TextCondition | FactCondition | Group


def parts(condition: Condition) -> tuple[Condition, ...]:
    """The conditions joined by this one; none for those that stand alone."""
    match condition:
        case AllOf(conditions) | AnyOf(conditions) | NoneOf(conditions):
            return conditions
        case _:
            return ()


def walk(condition: Condition) -> Iterator[Condition]:
    """The condition and every one inside it."""
    yield condition
    for part in parts(condition):
        yield from walk(part)


def counted_rules(condition: Condition) -> Mapping[str, int]:
    """The rules whose earlier firing it counts, and for how many days."""
    counted: dict[str, int] = {}
    for each in walk(condition):
        if isinstance(each, Counter):
            counted[each.rule_id] = max(each.days, counted.get(each.rule_id, 0))
    return counted


def asks_for(condition: Condition) -> frozenset[Fact]:
    """The facts without which the condition cannot be decided."""
    match condition:
        case AllOf(conditions) | AnyOf(conditions) | NoneOf(conditions):
            return frozenset[Fact]().union(*map(asks_for, conditions))
        case Exact() | Contains() | Prefix() | Suffix() | NearMiss() | Pattern():
            return _TEXT
        case _:
            return _asked_by(condition)


def _asked_by(condition: FactCondition) -> frozenset[Fact]:
    match condition:
        case Channel():
            return frozenset({Fact.CHANNEL})
        case MessageKind():
            return frozenset({Fact.KIND})
        case LiveCode():
            return frozenset({Fact.LIVE_CODE})
        case InClass():
            return frozenset({Fact.CLASSES})
        case Tagged():
            return frozenset({Fact.TAGS})
        case NewCustomer():
            return frozenset({Fact.IS_NEW})
        case SentBy():
            return frozenset({Fact.SENDER})
        case Region():
            return frozenset({Fact.REGION})
        case TimeWindow():
            return frozenset({Fact.AT})
        case Counter():
            return frozenset({Fact.AT, Fact.HITS})
        case PreviousContains() | PreviousFired():
            return frozenset({Fact.PREVIOUS})
        case _:
            assert_never(condition)


_TEXT: Final = frozenset({Fact.TEXT})

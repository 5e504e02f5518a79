"""What alone is enough for a condition to be met, and how one such thing brings another with it."""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final, TypeAlias

from tagtree.rules.conditions import (
    AllOf,
    AnyOf,
    Channel,
    Condition,
    Contains,
    Exact,
    FactCondition,
    InClass,
    LiveCode,
    MessageKind,
    NearMiss,
    NewCustomer,
    NoneOf,
    Pattern,
    Prefix,
    PreviousContains,
    PreviousFired,
    Region,
    SentBy,
    Suffix,
    Tagged,
    TextCondition,
)
from tagtree.rules.pattern_syntax import folded_pattern
from tagtree.text import normal_form
from tagtree.wording import Wording


class Place(IntEnum):
    """Where in the message a word has to stand."""

    ANYWHERE = 0
    FIRST = 1
    LAST = 2
    WHOLE = 3


@dataclass(frozen=True, slots=True)
class Word:
    """The message has this normalised word there."""

    text: str
    place: Place = Place.ANYWHERE

    @property
    def wording(self) -> Wording:
        return Wording(f"“{self.text}”", f"“{self.text}”")


@dataclass(frozen=True, slots=True)
class Expression:
    """The message meets this folded pattern."""

    pattern: str

    @property
    def wording(self) -> Wording:
        return Wording(f"the pattern {self.pattern}", f"表达式 {self.pattern} ")


@dataclass(frozen=True, slots=True)
class Circumstance:
    """Something is so that is no plain word: `name` says what, `value` what is asked of it."""

    name: Wording
    value: Hashable

    @property
    def wording(self) -> Wording:
        return Wording(f"{self.name.en} {self.value}".strip(), f"{self.name.zh} {self.value}".strip() + " ")


@dataclass(frozen=True, slots=True)
class Carried:
    """The customer carries this tag."""

    tag_id: int


@dataclass(frozen=True, slots=True)
class FiredBefore:
    """The message before fired this rule."""

    rule_id: str


@dataclass(frozen=True, slots=True)
class SameCondition:
    """The very same condition of a kind that is not taken apart, such as a time window."""

    condition: TextCondition | FactCondition

    @property
    def wording(self) -> Wording:
        return Wording("the same condition", "同一条件")


Atom: TypeAlias = Word | Expression | Circumstance | Carried | FiredBefore | SameCondition


@dataclass(frozen=True, slots=True)
class Atoms:
    """Takes conditions apart; each is taken apart once, for there may be 100,000 words in them."""

    _known: dict[Condition, tuple[Atom, ...]] = field(default_factory=dict)

    def sufficient(self, condition: Condition) -> Iterator[Atom]:
        """Atoms of which each alone meets the condition; those it cannot say are left out."""
        match condition:
            case AnyOf(conditions):
                for part in conditions:
                    yield from self.sufficient(part)
            case AllOf(conditions) if len(conditions) == 1:
                yield from self.sufficient(conditions[0])
            case AllOf() | NoneOf():
                return
            case _:
                yield from self.of(condition)

    def of(self, condition: TextCondition | FactCondition) -> tuple[Atom, ...]:
        """The condition is met exactly when one of these is so."""
        found = self._known.get(condition)
        if found is None:
            found = self._known[condition] = tuple(_atoms(condition))
        return found

    def canonical(self, condition: Condition) -> Hashable:
        """Equal for conditions that differ only in the order, case, width or script of what they list."""
        match condition:
            case AllOf(conditions) | AnyOf(conditions) | NoneOf(conditions):
                return type(condition), frozenset(map(self.canonical, conditions))
            case _:
                return frozenset(self.of(condition))


def _atoms(condition: TextCondition | FactCondition) -> Iterator[Atom]:
    match condition:
        case Exact(words):
            yield from (Word(_plain(word), Place.WHOLE) for word in words)
        case Contains(words):
            yield from (Word(_plain(word)) for word in words)
        case Prefix(words):
            yield from (Word(_plain(word), Place.FIRST) for word in words)
        case Suffix(words):
            yield from (Word(_plain(word), Place.LAST) for word in words)
        case Pattern(pattern):
            yield Expression(folded_pattern(pattern))
        case NearMiss(words, errors):
            yield from (Circumstance(_nearly(errors), _plain(word)) for word in words)
        case _:
            yield from _circumstances(condition)


def _circumstances(condition: TextCondition | FactCondition) -> Iterator[Atom]:
    match condition:
        case Channel(names):
            yield from (Circumstance(_CHANNEL, name) for name in names)
        case MessageKind(kinds):
            yield from (Circumstance(_KIND, kind) for kind in kinds)
        case LiveCode(codes):
            yield from (Circumstance(_LIVE_CODE, code) for code in codes)
        case InClass(names):
            yield from (Circumstance(_CLASS, name) for name in names)
        case Tagged(tag_ids):
            yield from map(Carried, tag_ids)
        case NewCustomer(is_new):
            yield Circumstance(_NEW if is_new else _KNOWN, "")
        case SentBy(sender):
            yield Circumstance(_SENDER, sender.value)
        case Region(names):
            yield from (Circumstance(_REGION, name) for name in names)
        case PreviousContains(words):
            yield from (Circumstance(_BEFORE, _plain(word)) for word in words)
        case PreviousFired(rule_ids):
            yield from map(FiredBefore, rule_ids)
        case _:
            yield SameCondition(condition)


def _plain(word: str) -> str:
    return normal_form(word)


def _nearly(errors: int) -> Wording:
    return Wording(f"within {errors} errors of", f"误差 {errors} 字以内的")


_CHANNEL: Final = Wording("the channel", "渠道")
_KIND: Final = Wording("messages of kind", "消息类型")
_LIVE_CODE: Final = Wording("the live code", "活码")
_CLASS: Final = Wording("the class", "分类")
_NEW: Final = Wording("new customers", "新客户")
_KNOWN: Final = Wording("known customers", "老客户")
_SENDER: Final = Wording("messages by the", "发送者")
_REGION: Final = Wording("the region", "地区")
_BEFORE: Final = Wording("a message before with", "上一条消息包含")

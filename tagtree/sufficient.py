"""What alone is enough for a condition to be met, and how one such thing brings another with it."""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from enum import IntEnum

from tagtree.conditions import (
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
    Region,
    SentBy,
    Suffix,
    Tagged,
    TextCondition,
)
from tagtree.pattern_syntax import folded_pattern
from tagtree.text import normalise
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
    """A fact other than the text is so: the name of the kind of condition and what it asks for."""

    kind: str
    value: Hashable

    @property
    def wording(self) -> Wording:
        return Wording(f"{self.kind} {self.value}", f"{self.kind} {self.value} ")


Atom = Word | Expression | Circumstance


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
            yield from (Circumstance("near_miss", (_plain(word), errors)) for word in words)
        case _:
            yield from _circumstances(condition)


def _circumstances(condition: FactCondition) -> Iterator[Atom]:
    match condition:
        case Channel(names):
            yield from (Circumstance("channel", name) for name in names)
        case MessageKind(kinds):
            yield from (Circumstance("message_kind", kind) for kind in kinds)
        case LiveCode(codes):
            yield from (Circumstance("live_code", code) for code in codes)
        case InClass(names):
            yield from (Circumstance("class", name) for name in names)
        case Tagged(tag_ids):
            yield from (Circumstance("tagged", tag_id) for tag_id in tag_ids)
        case NewCustomer(is_new):
            yield Circumstance("new_customer", is_new)
        case SentBy(sender):
            yield Circumstance("sent_by", sender.value)
        case Region(names):
            yield from (Circumstance("region", name) for name in names)
        case _:
            yield Circumstance(type(condition).__name__, condition)


def _plain(word: str) -> str:
    return normalise(word).text

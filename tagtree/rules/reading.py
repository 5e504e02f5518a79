"""One message as compiled conditions see it, and what a compiled condition is.

A condition is met, not met, or hangs on a fact that nobody knows; groups join the three as Kleene's logic does.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias, TypeVar

from tagtree.rules.facts import Fact, Facts
from tagtree.text import Span

Words: TypeAlias = frozenset[str]
NO_WORDS: Final[Words] = frozenset()
Choices: TypeAlias = tuple[Words, ...]

Value: TypeAlias = tuple[Fact, Hashable]
"""A fact that has this value, or holds it when it is a set: (Fact.CHANNEL, "kf"), (Fact.TAGS, 3)."""

Spans: TypeAlias = list[Span]
Unknown: TypeAlias = frozenset[Fact]
Outcome: TypeAlias = Spans | Unknown | None
"""The spans in normalised text that met the condition, possibly none; the unknown facts that it hangs on; None when
it is not met."""

T = TypeVar("T")


@dataclass(slots=True)
class Reading:
    """One message; `hits` gives the starts of each word that occurs in the normalised `text`, `encoded` its UTF-8."""

    text: str
    encoded: bytes
    hits: Mapping[str, list[int]]
    facts: Facts


Test: TypeAlias = Callable[[Reading], Outcome]


@dataclass(frozen=True, slots=True)
class Triggers:
    """At least one of these must be there before a condition can be met; `always` when nothing need be."""

    texts: Words = NO_WORDS
    words: Words = NO_WORDS
    values: frozenset[Value] = frozenset()
    always: bool = False

    def cost(self) -> tuple[bool, int, int, int, list[str]]:
        """Cheaper triggers bring a rule into question less often; the last part only makes the choice definite."""
        names = sorted(repr(each) for each in (*self.texts, *self.words, *self.values))
        return (self.always, len(self.values), len(self.words), len(self.texts), names)


@dataclass(frozen=True, slots=True)
class Compiled:
    """A condition ready to be asked; `words` are all it looks for, also those that trigger nothing.

    `required`: of each of these choices one word must be there besides a trigger, or the rule is not in question.
    """

    test: Test
    triggers: Triggers
    words: Words = NO_WORDS
    required: Choices = ()


ALWAYS: Final = Triggers(always=True)
UNKNOWN_TEXT: Final[Unknown] = frozenset({Fact.TEXT})


def any_trigger(parts: Iterable[Compiled]) -> Triggers:
    """What brings a choice of these conditions into question."""
    triggers = [part.triggers for part in parts]
    return Triggers(
        texts=union(each.texts for each in triggers),
        words=union(each.words for each in triggers),
        values=union(each.values for each in triggers),
        always=any(each.always for each in triggers),
    )


def all_chosen(choices: Choices, hits: Mapping[str, list[int]]) -> bool:
    """Whether a word of each choice occurs."""
    return not any(words.isdisjoint(hits) for words in choices)


def all_of(tests: list[Test], reading: Reading) -> Outcome:
    spans: Spans = []
    unknown: Unknown = frozenset()
    for test in tests:
        found = test(reading)
        if found is None:
            return None
        if isinstance(found, list):
            spans += found
        else:
            unknown |= found
    return unknown or spans


def any_of(tests: list[Test], reading: Reading) -> Outcome:
    """Asks all of them: the evidence must not depend on their order."""
    met = False
    spans: Spans = []
    unknown: Unknown = frozenset()
    for test in tests:
        found = test(reading)
        if isinstance(found, list):
            met = True
            spans += found
        elif found is not None:
            unknown |= found
    return spans if met else unknown or None


def none_of(tests: list[Test], reading: Reading) -> Outcome:
    unknown: Unknown = frozenset()
    for test in tests:
        found = test(reading)
        if isinstance(found, list):
            return None
        if found is not None:
            unknown |= found
    return unknown or []


def union(sets: Iterable[frozenset[T]]) -> frozenset[T]:
    return frozenset[T]().union(*sets)

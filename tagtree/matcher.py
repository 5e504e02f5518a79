"""The compiled form of a rule set: which rules does this message bring into question, and does it meet them.

All words of all rules, and the required literals of all patterns, stand in one Aho-Corasick automaton. One
pass over the message gives every occurrence; each rule is filed under *triggers*, of which at least one must
be there before the rule can be met, so that rules nobody mentioned cost nothing.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Final, TypeAlias, assert_never

from tagtree.conditions import AllOf, AnyOf, Channel, Condition, Contains, Exact, NoneOf, Pattern, asks_about_text
from tagtree.errors import RuleSetRefusedError
from tagtree.evaluation import Candidate
from tagtree.facts import Fact, Facts
from tagtree.patterns import CompiledPattern, PatternRefused, compile_pattern
from tagtree.rules import Rule, RuleSet, check_rule_set
from tagtree.text import NormalisedText, Span, normalise
from tagtree.word_index import WordIndex

MAX_SPANS: Final = 20
"""Spans kept per rule as evidence: the first ones in reading order."""

_PIECE: Final = 1_000
"""Rules that are freed at once."""

_Words: TypeAlias = frozenset[str]
_Choices: TypeAlias = tuple[_Words, ...]
_NOTHING: Final[_Words] = frozenset()


@dataclass(slots=True)
class _Reading:
    """One message as the conditions see it; `hits` gives the starts of each word that occurs in `text`."""

    text: str
    encoded: bytes
    hits: Mapping[str, list[int]]
    facts: Facts


_Spans: TypeAlias = list[Span]
_Test: TypeAlias = Callable[[_Reading], _Spans | None]
"""The spans in normalised text that met the condition, possibly none; None when it is not met."""


@dataclass(frozen=True, slots=True)
class _Triggers:
    """At least one of these must be there before a condition can be met; `always` when nothing need be."""

    texts: _Words = _NOTHING
    words: _Words = _NOTHING
    channels: _Words = _NOTHING
    always: bool = False

    def cost(self) -> tuple[bool, int, int, int, list[list[str]]]:
        """Cheaper triggers bring a rule into question less often; the last part only makes the choice definite."""
        sizes = (len(self.channels), len(self.words), len(self.texts))
        return (self.always, *sizes, [sorted(self.texts), sorted(self.words), sorted(self.channels)])


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A condition ready to be asked; `words` are all it looks for, also those that trigger nothing.

    `required`: of each of these choices one word must be there besides a trigger, or the rule is not in question.
    """

    test: _Test
    triggers: _Triggers
    words: _Words = _NOTHING
    required: _Choices = ()


@dataclass(frozen=True, slots=True)
class CompiledRuleSet:
    """A rule set ready for messages; built by `compile_rule_set`, shared between threads."""

    rule_set: RuleSet
    asks_for: frozenset[Fact]
    _rules: tuple[tuple[Rule, _Test, _Choices], ...]
    _index: WordIndex
    _by_text: Mapping[str, tuple[int, ...]]
    _by_channel: Mapping[str, tuple[int, ...]]
    _always: tuple[int, ...]

    def pieces(self) -> Iterator[object]:
        """What it is made of, for whoever lets go of it: freed in one go, a large set would hold up every thread."""
        yield from self._index.pieces()
        for first in range(0, len(self._rules), _PIECE):
            yield self._rules[first : first + _PIECE]
        for first in range(0, len(self.rule_set.rules), _PIECE):
            yield self.rule_set.rules[first : first + _PIECE]

    def candidates(self, facts: Facts) -> list[Candidate]:
        """The rules whose triggers occur, in order; those that need no trigger appear only when met."""
        asked = set(self._by_channel.get(facts.channel, ()))
        hits: dict[str, list[int]] = {}
        normalised = _WITHOUT_TEXT
        if facts.has_text:
            normalised = normalise(facts.text)
            asked.update(self._by_text.get(normalised.text, ()))
            for start, word, places in self._index.occurrences(normalised.text):
                hits.setdefault(word, []).append(start)
                asked.update(places)
        if not asked and not self._always:
            return []
        return self._asked(asked, normalised, _Reading(normalised.text, normalised.text.encode(), hits, facts))

    def _asked(self, triggered: set[int], normalised: NormalisedText, reading: _Reading) -> list[Candidate]:
        candidates: list[Candidate] = []
        for place in sorted(triggered.union(self._always)):
            rule, test, required = self._rules[place]
            if required and not _all_chosen(required, reading.hits):
                continue
            spans = test(reading)
            if spans is not None:
                candidates.append(Candidate(rule, _original(spans, normalised)))
            elif place in triggered:
                candidates.append(Candidate(rule, None))
        return candidates


_WITHOUT_TEXT: Final = NormalisedText("")


def compile_rule_set(rule_set: RuleSet) -> CompiledRuleSet:
    """Prepare a rule set for messages; raises RuleSetRefusedError with every problem if it has any."""
    problems = check_rule_set(rule_set)
    if problems:
        raise RuleSetRefusedError(problems)
    shelves = _Shelves()
    rules = tuple(rule for rule in rule_set.in_order() if rule.enabled)
    tests: list[tuple[Rule, _Test, _Choices]] = []
    for place, rule in enumerate(rules):
        compiled = _compile(rule.condition)
        shelves.file(place, compiled)
        tests.append((rule, compiled.test, compiled.required))
    return CompiledRuleSet(
        rule_set,
        rule_set.asks_for,
        tuple(tests),
        WordIndex.of(shelves.words),
        {text: tuple(places) for text, places in shelves.texts.items()},
        {channel: tuple(places) for channel, places in shelves.channels.items()},
        tuple(shelves.always),
    )


@dataclass(slots=True)
class _Shelves:
    """Places of rules by what brings them into question."""

    texts: dict[str, list[int]] = field(default_factory=dict)
    words: dict[str, list[int]] = field(default_factory=dict)
    channels: dict[str, list[int]] = field(default_factory=dict)
    always: list[int] = field(default_factory=list)

    def file(self, place: int, compiled: _Compiled) -> None:
        triggers = compiled.triggers
        if triggers.always:
            self.always.append(place)
            triggers = _Triggers()
        for shelf, keys in (
            (self.texts, triggers.texts),
            (self.words, triggers.words),
            (self.channels, triggers.channels),
        ):
            for key in keys:
                shelf.setdefault(key, []).append(place)
        for word in compiled.words:
            self.words.setdefault(word, [])


def _compile(condition: Condition) -> _Compiled:
    match condition:
        case Exact(words):
            return _compiled_exact(_normalised(words))
        case Contains(words):
            wanted = _normalised(words)
            return _Compiled(partial(_contains, wanted), _Triggers(words=wanted), wanted)
        case Pattern(pattern):
            return _compiled_pattern(pattern)
        case Channel(names):
            return _Compiled(partial(_channel, frozenset(names)), _Triggers(channels=frozenset(names)))
        case AllOf(conditions):
            return _compiled_all(conditions)
        case AnyOf(conditions):
            return _compiled_any(conditions)
        case NoneOf(conditions):
            return _compiled_none(conditions)
        case _:
            assert_never(condition)


def _compiled_exact(texts: _Words) -> _Compiled:
    return _Compiled(partial(_exact, texts), _Triggers(texts=texts))


def _compiled_pattern(pattern: str) -> _Compiled:
    compiled = compile_pattern(pattern)
    if isinstance(compiled, PatternRefused):
        raise AssertionError(f"checked before: {compiled.reason.en}")
    triggers = _Triggers(words=compiled.required[0]) if compiled.required else _Triggers(always=True)
    return _Compiled(partial(_pattern, compiled), triggers, _NOTHING.union(*compiled.required), compiled.required[1:])


def _compiled_all(conditions: tuple[Condition, ...]) -> _Compiled:
    parts = [_compile(part) for part in conditions]
    cheapest = min((part.triggers for part in parts), key=_Triggers.cost)
    return _Compiled(partial(_all_of, [part.test for part in parts]), cheapest, _words_of(parts))


def _compiled_any(conditions: tuple[Condition, ...]) -> _Compiled:
    parts = [_compile(part) for part in conditions]
    triggers = _Triggers(
        texts=_union(part.triggers.texts for part in parts),
        words=_union(part.triggers.words for part in parts),
        channels=_union(part.triggers.channels for part in parts),
        always=any(part.triggers.always for part in parts),
    )
    return _Compiled(partial(_any_of, [part.test for part in parts]), triggers, _words_of(parts))


def _compiled_none(conditions: tuple[Condition, ...]) -> _Compiled:
    parts = [_compile(part) for part in conditions]
    needs_text = any(asks_about_text(part) for part in conditions)
    test = partial(_none_of, [part.test for part in parts], needs_text)
    return _Compiled(test, _Triggers(always=True), _words_of(parts))


def _exact(texts: _Words, reading: _Reading) -> _Spans | None:
    if not reading.facts.has_text or reading.text not in texts:
        return None
    return [(0, len(reading.text))]


def _contains(words: _Words, reading: _Reading) -> _Spans | None:
    found = words.intersection(reading.hits)  # asks the hits, which are few, rather than the words
    spans = [(start, start + len(word)) for word in found for start in reading.hits[word]]
    return spans or None


def _pattern(compiled: CompiledPattern, reading: _Reading) -> _Spans | None:
    if not reading.facts.has_text:
        return None
    if not _all_chosen(compiled.required, reading.hits):
        return None
    span = compiled.search_encoded(reading.encoded)
    return [span] if span is not None else None


def _all_chosen(choices: _Choices, hits: Mapping[str, list[int]]) -> bool:
    """Whether a word of each choice occurs."""
    return not any(words.isdisjoint(hits) for words in choices)


def _channel(names: _Words, reading: _Reading) -> _Spans | None:
    return [] if reading.facts.channel in names else None


def _all_of(tests: list[_Test], reading: _Reading) -> _Spans | None:
    spans: _Spans = []
    for test in tests:
        found = test(reading)
        if found is None:
            return None
        spans += found
    return spans


def _any_of(tests: list[_Test], reading: _Reading) -> _Spans | None:
    """Asks all of them: the evidence must not depend on their order."""
    found = [spans for test in tests if (spans := test(reading)) is not None]
    return [span for spans in found for span in spans] if found else None


def _none_of(tests: list[_Test], needs_text: bool, reading: _Reading) -> _Spans | None:
    if needs_text and not reading.facts.has_text:
        return None
    return [] if all(test(reading) is None for test in tests) else None


def _original(spans: _Spans, normalised: NormalisedText) -> tuple[Span, ...]:
    """In the original message, without repeats, in reading order; a match of nothing is no evidence."""
    ordered = sorted({span for span in spans if span[0] < span[1]})[:MAX_SPANS]
    return tuple(normalised.original_span(*span) for span in ordered)


def _normalised(words: tuple[str, ...]) -> _Words:
    return frozenset(normalise(word).text for word in words)


def _words_of(parts: list[_Compiled]) -> _Words:
    return _union(part.words for part in parts)


def _union(sets: Iterable[_Words]) -> _Words:
    return _NOTHING.union(*sets)

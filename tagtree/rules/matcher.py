"""The compiled form of a rule set: which rules does this message bring into question, and does it meet them.

All words of all rules, and the required literals of all patterns, stand in one index. One pass over the message
gives every occurrence; each rule is filed under *triggers*, of which at least one must be there before the rule can
be met, so that rules nobody mentioned cost nothing. A pattern that requires several literals is in question only
where each of them occurs.
"""

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Final, TypeAlias

from tagtree.errors import RuleSetRefusedError
from tagtree.rules.conditions import (
    AllOf,
    AnyOf,
    Condition,
    Contains,
    Exact,
    NearMiss,
    NoneOf,
    Pattern,
    Prefix,
    Suffix,
)
from tagtree.rules.evaluation import Candidate
from tagtree.rules.fact_tests import compiled_fact, values_of
from tagtree.rules.facts import Fact, Facts
from tagtree.rules.near_miss import FuzzyWord
from tagtree.rules.patterns import CompiledPattern, PatternRefused, compile_pattern
from tagtree.rules.reading import (
    ALWAYS,
    UNKNOWN_TEXT,
    Choices,
    Compiled,
    Outcome,
    Reading,
    Spans,
    Test,
    Triggers,
    Value,
    Words,
    all_chosen,
    all_of,
    any_of,
    any_trigger,
    none_of,
    union,
)
from tagtree.rules.rule_set import Rule, RuleSet, check_rule_set
from tagtree.rules.word_index import WordIndex
from tagtree.text import NormalisedText, Span, normal_form, normalise

MAX_SPANS: Final = 20
"""Spans kept per rule as evidence: the first ones in reading order."""

_PIECE: Final = 1_000
"""Rules that are freed at once."""

_Places: TypeAlias = tuple[int, ...]
_PlacesByValue: TypeAlias = Mapping[Fact, Mapping[Hashable, _Places]]


@dataclass(frozen=True, slots=True)
class CompiledRuleSet:
    """A rule set ready for messages; built by `compile_rule_set`, shared between threads."""

    rule_set: RuleSet
    asks_for: frozenset[Fact]
    _rules: tuple[tuple[Rule, Test, Choices], ...]
    _index: WordIndex
    _unconfirmed: frozenset[int]
    _confirmed_by: Mapping[str, _Places]
    _by_text: Mapping[str, _Places]
    _by_value: _PlacesByValue
    _always: _Places

    def pieces(self) -> Iterator[object]:
        """What it is made of, for whoever lets go of it: freed in one go, a large set would hold up every thread."""
        yield from self._index.pieces()
        for first in range(0, len(self._rules), _PIECE):
            yield self._rules[first : first + _PIECE]
        for first in range(0, len(self.rule_set.rules), _PIECE):
            yield self.rule_set.rules[first : first + _PIECE]

    def candidates(self, facts: Facts) -> list[Candidate]:
        """The rules whose triggers occur, in order.

        Those that need no trigger appear only when they are met, or hang on an unknown fact other than the text.
        `facts.tags` are to hold what stands above the customer's tags, too.
        """
        asked = set(self._asked_by_value(facts))
        hits: dict[str, list[int]] = {}
        normalised = _WITHOUT_TEXT
        if facts.has_text:
            normalised = normalise(facts.text)
            asked.update(self._by_text.get(normalised.text, ()))
            hits = self._index.starts(normalised.text)
            asked.update(*map(self._index.places, hits))
            asked -= self._dismissed(asked, hits)
        if not asked and not self._always:
            return []
        return self._asked(asked, normalised, Reading(normalised.text, normalised.text.encode(), hits, facts))

    def _asked_by_value(self, facts: Facts) -> Iterator[int]:
        for fact, places_by_value in self._by_value.items():
            for value in values_of(facts, fact) or ():
                yield from places_by_value.get(value, ())

    def _dismissed(self, asked: set[int], hits: Mapping[str, list[int]]) -> set[int]:
        """The rules that want a second word, which does not occur."""
        waiting = asked & self._unconfirmed
        confirming = hits.keys() & self._confirmed_by.keys() if waiting else ()
        return waiting.difference(*map(self._confirmed_by.__getitem__, confirming))

    def _asked(self, triggered: set[int], normalised: NormalisedText, reading: Reading) -> list[Candidate]:
        candidates: list[Candidate] = []
        for place in sorted(triggered.union(self._always)):
            rule, test, required = self._rules[place]
            if required and not all_chosen(required, reading.hits):
                continue
            outcome = test(reading)
            if isinstance(outcome, list):
                candidates.append(Candidate(rule, _original(outcome, normalised)))
            elif place in triggered or (outcome or UNKNOWN_TEXT) != UNKNOWN_TEXT:
                candidates.append(Candidate(rule, None, outcome or frozenset()))
        return candidates


_WITHOUT_TEXT: Final = NormalisedText("")


def compile_rule_set(rule_set: RuleSet, *, checked: bool = False) -> CompiledRuleSet:
    """Prepare a rule set for messages; raises RuleSetRefusedError with every problem if it has any.

    `checked`: it comes straight from `read_rule_set`, which found no problem.
    """
    problems = () if checked else check_rule_set(rule_set)
    if problems:
        raise RuleSetRefusedError(problems)
    shelves = _Shelves()
    rules = tuple(rule for rule in rule_set.in_order() if rule.enabled)
    tests: list[tuple[Rule, Test, Choices]] = []
    for place, rule in enumerate(rules):
        compiled = _compile(rule.condition)
        shelves.file(place, compiled)
        tests.append((rule, compiled.test, compiled.required[1:]))
    return CompiledRuleSet(
        rule_set,
        rule_set.asks_for,
        tuple(tests),
        WordIndex.of(shelves.words),
        frozenset(shelves.unconfirmed),
        {word: tuple(places) for word, places in shelves.confirmed_by.items()},
        {text: tuple(places) for text, places in shelves.texts.items()},
        shelves.places_by_value(),
        tuple(shelves.always),
    )


@dataclass(slots=True)
class _Shelves:
    """Places of rules by what brings them into question."""

    texts: dict[str, list[int]] = field(default_factory=dict)
    words: dict[str, list[int]] = field(default_factory=dict)
    values: dict[Value, list[int]] = field(default_factory=dict)
    always: list[int] = field(default_factory=list)
    unconfirmed: list[int] = field(default_factory=list)
    confirmed_by: dict[str, list[int]] = field(default_factory=dict)

    def file(self, place: int, compiled: Compiled) -> None:
        triggers = compiled.triggers
        if triggers.always:
            self.always.append(place)
            triggers = Triggers()
        for text in triggers.texts:
            self.texts.setdefault(text, []).append(place)
        for word in triggers.words:
            self.words.setdefault(word, []).append(place)
        for value in triggers.values:
            self.values.setdefault(value, []).append(place)
        for word in compiled.words:
            self.words.setdefault(word, [])
        if compiled.required:
            self.unconfirmed.append(place)
            for word in compiled.required[0]:
                self.confirmed_by.setdefault(word, []).append(place)

    def places_by_value(self) -> _PlacesByValue:
        by_fact: dict[Fact, dict[Hashable, _Places]] = {}
        for (fact, value), places in self.values.items():
            by_fact.setdefault(fact, {})[value] = tuple(places)
        return by_fact


def _compile(condition: Condition) -> Compiled:
    match condition:
        case Exact(words):
            texts = _normalised(words)
            return Compiled(partial(_exact, texts), Triggers(texts=texts))
        case Contains(words):
            return _compiled_words(_contains, _normalised(words))
        case Prefix(words):
            return _compiled_words(_prefix, _normalised(words))
        case Suffix(words):
            return _compiled_words(_suffix, _normalised(words))
        case NearMiss(words, errors):
            return _compiled_near_miss([FuzzyWord.of(word, errors) for word in sorted(_normalised(words))])
        case Pattern(pattern):
            return _compiled_pattern(pattern)
        case AllOf(conditions):
            return _compiled_all(list(map(_compile, conditions)))
        case AnyOf(conditions):
            parts = list(map(_compile, conditions))
            return Compiled(partial(any_of, [part.test for part in parts]), any_trigger(parts), _words_of(parts))
        case NoneOf(conditions):
            parts = list(map(_compile, conditions))
            return Compiled(partial(none_of, [part.test for part in parts]), ALWAYS, _words_of(parts))
        case _:
            return compiled_fact(condition)


def _compiled_words(find: Callable[[Words, Reading], Outcome], words: Words) -> Compiled:
    return Compiled(partial(find, words), Triggers(words=words), words)


def _compiled_near_miss(words: list[FuzzyWord]) -> Compiled:
    pieces = frozenset(piece for word in words for _, piece in word.pieces)
    return Compiled(partial(_near_miss, words), Triggers(words=pieces), pieces)


def _compiled_pattern(pattern: str) -> Compiled:
    compiled = compile_pattern(pattern)
    if isinstance(compiled, PatternRefused):
        raise AssertionError(f"checked before: {compiled.reason.en}")
    triggers = Triggers(words=compiled.required[0]) if compiled.required else ALWAYS
    return Compiled(partial(_pattern, compiled), triggers, union(compiled.required), compiled.required[1:])


def _compiled_all(parts: list[Compiled]) -> Compiled:
    cheapest = min((part.triggers for part in parts), key=Triggers.cost)
    return Compiled(partial(all_of, [part.test for part in parts]), cheapest, _words_of(parts))


def _exact(texts: Words, reading: Reading) -> Outcome:
    if not reading.facts.has_text:
        return UNKNOWN_TEXT
    return [(0, len(reading.text))] if reading.text in texts else None


def _contains(words: Words, reading: Reading) -> Outcome:
    spans = [(at, at + len(word)) for word in _heard(words, reading) for at in reading.hits[word][:MAX_SPANS]]
    return _where(reading, spans)


def _prefix(words: Words, reading: Reading) -> Outcome:
    return _where(reading, [(0, len(word)) for word in _heard(words, reading) if reading.hits[word][0] == 0])


def _suffix(words: Words, reading: Reading) -> Outcome:
    end = len(reading.text)
    heard = _heard(words, reading)
    return _where(reading, [(end - len(word), end) for word in heard if reading.hits[word][-1] == end - len(word)])


def _near_miss(words: list[FuzzyWord], reading: Reading) -> Outcome:
    return _where(reading, [span for word in words for span in word.spans(reading.text, reading.hits, MAX_SPANS)])


def _heard(words: Words, reading: Reading) -> Words:
    return words.intersection(reading.hits)  # asks the hits, which are few, rather than the words


def _where(reading: Reading, spans: Spans) -> Outcome:
    return spans or (None if reading.facts.has_text else UNKNOWN_TEXT)


def _pattern(compiled: CompiledPattern, reading: Reading) -> Outcome:
    if not reading.facts.has_text:
        return UNKNOWN_TEXT
    if not all_chosen(compiled.required, reading.hits):
        return None
    span = compiled.search_encoded(reading.encoded)
    return [span] if span is not None else None


def _original(spans: Spans, normalised: NormalisedText) -> tuple[Span, ...]:
    """In the original message, without repeats, in reading order; a match of nothing is no evidence."""
    ordered = sorted({span for span in spans if span[0] < span[1]})[:MAX_SPANS]
    return tuple(normalised.original_span(*span) for span in ordered)


def _normalised(words: tuple[str, ...]) -> Words:
    return frozenset(normal_form(word) for word in words)


def _words_of(parts: list[Compiled]) -> Words:
    return union(part.words for part in parts)

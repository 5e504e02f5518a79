"""Read a message: its classes, slots and intent, found in one pass over the normalised text.

All words of the classes, the catalogue and the intents stand in one automaton, each filed under what it may mean.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final, TypeAlias

from tagtree.meaning.catalogue import (
    CatalogueItem,
    Named,
    Slot,
    longest_first,
    numbered_sizes,
    shipped_items,
    slot_of,
    stands_alone,
)
from tagtree.meaning.classes import Confidence, Evidence, MessageClass, ScoredClass, in_order, margin_of
from tagtree.meaning.lexicon import SMALL_TALK
from tagtree.meaning.lexicon.intents import INTENTS
from tagtree.meaning.times import times_in
from tagtree.meaning.unknown import unknown_products
from tagtree.rules.word_index import WordIndex
from tagtree.text import NormalisedText, Span, normalise

DEFAULT_MARGIN: Final = 30
"""Percent below which a class is not certain: one question word alone, such as 什么时候, just is; 吗 alone is not."""

MAX_EVIDENCE: Final = 12
"""Words kept per class."""

MAX_SLOTS: Final = 24

MAX_PLACES: Final = 20_000
"""Where known words stand in one message: what a message made of nothing else can cost."""


@dataclass(frozen=True, slots=True)
class Intent:
    """意图: what the customer wants done, and the words that say it."""

    name: str
    words: str
    span: Span


@dataclass(frozen=True, slots=True)
class Understood:
    """What a message is about. `classes` are those that something speaks for, best first; `margin` is in percent."""

    classes: tuple[ScoredClass, ...]
    slots: tuple[Slot, ...]
    intent: Intent | None
    confidence: Confidence
    margin: int
    unknown_words: tuple[str, ...] = ()
    catalogue_is_empty: bool = False

    @property
    def best(self) -> str:
        """The class that fits best, certain or not; empty when none does."""
        return self.classes[0].name if self.classes else ""

    @property
    def certain(self) -> str:
        """The class when it is certain; else empty."""
        return self.best if self.confidence == "clear" else ""


NOTHING: Final = Understood((), (), None, "none", 0)
"""Of a message without words."""


@dataclass(frozen=True, slots=True)
class _ForClass:
    name: str
    weight: float


@dataclass(frozen=True, slots=True)
class _ForSlot:
    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class _ForIntent:
    name: str


@dataclass(frozen=True, slots=True)
class _IsTalk:
    """A word of greeting or thanks."""


_Role: TypeAlias = _ForClass | _ForSlot | _ForIntent | _IsTalk


@dataclass(frozen=True, slots=True)
class _Hit:
    start: int
    end: int
    role: _Role


@dataclass(frozen=True, slots=True)
class Meaning:
    """Classes and catalogue ready for messages; built by `compile_meaning`, shared between threads."""

    classes: tuple[MessageClass, ...]
    margin: int
    catalogue_is_empty: bool
    _roles: tuple[_Role, ...]
    _index: WordIndex

    def read(self, text: str) -> Understood:
        """What a message is about; spans are in `text`. Never refuses."""
        normalised = normalise(text)
        if not normalised.text:
            return NOTHING
        hits = self._hits(normalised.text)
        scored = in_order(_scored(hits, text, normalised), self.classes)
        margin = margin_of(scored)
        named = self._named(hits, normalised.text)
        slots = tuple(slot_of(each, text, normalised) for each in named[:MAX_SLOTS])
        return Understood(
            scored,
            slots,
            _intent(hits, text, normalised),
            self._confidence(scored, margin, hits, normalised.text),
            margin,
            tuple(unknown_products(normalised.text, named)),
            self.catalogue_is_empty,
        )

    def _hits(self, text: str) -> list[_Hit]:
        return [
            _Hit(start, start + len(word), self._roles[place])
            for start, word, places in islice(self._index.occurrences(text), MAX_PLACES)
            if stands_alone(text, start, start + len(word))
            for place in places
        ]

    @staticmethod
    def _named(hits: Sequence[_Hit], text: str) -> list[Named]:
        found = [
            Named(each.start, each.end, each.role.kind, each.role.value)
            for each in hits
            if isinstance(each.role, _ForSlot)
        ]
        return longest_first([*found, *times_in(text), *numbered_sizes(text)], text)

    def _confidence(self, scored: tuple[ScoredClass, ...], margin: int, hits: Sequence[_Hit], text: str) -> Confidence:
        if scored and margin >= self.margin:
            return "clear"
        return "none" if _is_small_talk(hits, text) else "low"


def compile_meaning(
    classes: Sequence[MessageClass], items: Iterable[CatalogueItem], margin: int = DEFAULT_MARGIN
) -> Meaning:
    """Prepare classes and catalogue for messages; the catalogue stands before the shipped colours and sizes."""
    own = tuple(items)
    roles: list[_Role] = []
    filed: dict[str, list[int]] = {}

    def file(word: str, role: _Role) -> None:
        normalised = normalise(word).text
        if normalised:
            filed.setdefault(normalised, []).append(len(roles))
            roles.append(role)

    for each in classes:
        for word, weight in each.weights().items():
            file(word, _ForClass(each.name, weight))
    _file_items(own, file)
    for intent, words in INTENTS.items():
        for word in words:
            file(word, _ForIntent(intent))
    for word in SMALL_TALK:
        file(word, _IsTalk())
    return Meaning(tuple(classes), margin, not own, tuple(roles), WordIndex.of(filed))


def _file_items(own: Iterable[CatalogueItem], file: "_File") -> None:
    values: dict[tuple[str, str], str] = {}
    for item in (*own, *shipped_items()):
        for word in item.words():
            if values.setdefault((item.kind, normalise(word).text), item.name) == item.name:
                file(word, _ForSlot(item.kind, item.name))


_File: TypeAlias = Callable[[str, _Role], None]


def _scored(hits: Sequence[_Hit], original: str, normalised: NormalisedText) -> list[ScoredClass]:
    """Each distinct word once per class, unless it lies inside a longer word of any class or of small talk."""
    found: dict[str, dict[str, _Hit]] = {}
    for hit in _not_inside_another([each for each in hits if isinstance(each.role, _ForClass | _IsTalk)]):
        if isinstance(hit.role, _ForClass) and hit.role.weight > 0:
            found.setdefault(hit.role.name, {}).setdefault(normalised.text[hit.start : hit.end], hit)
    return [
        ScoredClass(
            name,
            sum(_weight(each) for each in words.values()),
            tuple(_evidence(each, original, normalised) for each in list(words.values())[:MAX_EVIDENCE]),
        )
        for name, words in found.items()
    ]


def _not_inside_another(hits: Sequence[_Hit]) -> list[_Hit]:
    """In reading order; several meanings of the same characters all stay."""
    kept: list[_Hit] = []
    cover = (-1, -1)
    for hit in sorted(hits, key=lambda each: (each.start, -each.end)):
        span = (hit.start, hit.end)
        if hit.end > cover[1] or span == cover:
            kept.append(hit)
            cover = span
    return kept


def _weight(hit: _Hit) -> float:
    assert isinstance(hit.role, _ForClass)
    return hit.role.weight


def _evidence(hit: _Hit, original: str, normalised: NormalisedText) -> Evidence:
    start, end = normalised.original_span(hit.start, hit.end)
    return Evidence(original[start:end], (start, end), _weight(hit))


def _intent(hits: Sequence[_Hit], original: str, normalised: NormalisedText) -> Intent | None:
    """Said in the longest word; of equal ones the first."""
    found = [each for each in hits if isinstance(each.role, _ForIntent)]
    if not found:
        return None
    chosen = min(found, key=lambda each: (each.start - each.end, each.start))
    assert isinstance(chosen.role, _ForIntent)
    start, end = normalised.original_span(chosen.start, chosen.end)
    return Intent(chosen.role.name, original[start:end], (start, end))


def _is_small_talk(hits: Sequence[_Hit], text: str) -> bool:
    """Whether nothing is left besides greetings, thanks, signs and pictures."""
    said = {place for each in hits if isinstance(each.role, _IsTalk) for place in range(each.start, each.end)}
    return all(place in said or not character.isalpha() for place, character in enumerate(text))

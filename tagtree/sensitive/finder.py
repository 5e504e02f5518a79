"""Finds every sensitive word of all sets in one pass over the skeleton of a text, and one over its sound.

The automata run over UTF-8 bytes for the reason that `tagtree.rules.word_index` gives. A hit of the automaton is only a
suspicion: whether it is a find depends on the characters it came from, which are looked at for hits alone, so that a
text without any costs a translation and a scan.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, islice, pairwise
from typing import Any, Final, Literal, TypeAlias, get_args

import ahocorasick

from tagtree.sensitive.folding import FOLDS, origins, skeleton
from tagtree.sensitive.lookalikes import NUMERALS, PARTS
from tagtree.sensitive.sounds import SOUNDS, Syllables, is_letter, sound, syllables_of
from tagtree.sensitive.words import SensitiveWord, WordSet, plain_of
from tagtree.text import fold_character, normalise

How: TypeAlias = Literal["exact", "variant", "parts", "pinyin", "initials"]
HOWS: Final[tuple[How, ...]] = get_args(How)
"""From as the word stands to the farthest from it: of several explanations of one place the first is told."""

MAX_GAP: Final = 8
"""Separators between two characters of a word; more than that is no disguise but another sentence."""

MAX_HITS: Final = 20_000
"""Suspicions looked at in one text: what a text of 64 kB made of nothing but sensitive words can cost."""


@dataclass(frozen=True, slots=True)
class Find:
    """``text[start:end]`` is the word, written as ``how`` says."""

    set_id: int
    word: str
    start: int
    end: int
    how: How


@dataclass(frozen=True, slots=True)
class Found:
    """By place; not ``complete`` when the text held more suspicions than are looked at."""

    finds: tuple[Find, ...] = ()
    complete: bool = True


@dataclass(frozen=True, slots=True)
class _Entry:
    """One way to write one word."""

    word_set: WordSet
    word: str
    how: How
    plain: str  # the word normalised
    syllables: frozenset[tuple[int, int]] = frozenset()  # of a sound: where each begins, and how long it is


@dataclass(frozen=True, slots=True)
class CompiledWords:
    """Word sets ready to search with; built by `compile_words`."""

    sets: tuple[WordSet, ...] = ()
    _written: Any = None
    _spoken: Any = None
    by_id: dict[int, WordSet] = field(default_factory=dict)

    def find(self, text: str) -> Found:
        """Every sensitive word in a text, phrases that are allowed left out; of two within one set the longer."""
        finds: list[Find] = []
        allowed: list[tuple[int, int]] = []
        hits = 0
        for hits, (entry, span) in enumerate(islice(self._hits(text), MAX_HITS), 1):  # noqa: B007 -- counted
            if span is None:
                continue
            if entry.word_set.policy == "allow":
                allowed.append(span)
            else:
                finds.append(Find(entry.word_set.id, entry.word, *span, _how(entry, text[slice(*span)])))
        return Found(tuple(_longest(_not_allowed(finds, allowed))), hits < MAX_HITS)

    def _hits(self, text: str) -> Iterator[tuple[_Entry, tuple[int, int] | None]]:
        if self._written is not None:
            yield from _written_hits(self._written, text)
        if self._spoken is not None:
            yield from _spoken_hits(self._spoken, text)


def compile_words(sets: Iterable[WordSet]) -> CompiledWords:
    """Sets that `check_words` found no fault with, ready to search with."""
    kept = tuple(sets)
    written: dict[str, list[_Entry]] = {}
    spoken: dict[str, list[_Entry]] = {}
    for word_set in kept:
        for word in word_set.words:
            for key, entry in _written_entries(word_set, word):
                written.setdefault(key, []).append(entry)
            for key, entry in _spoken_entries(word_set, word):
                spoken.setdefault(key, []).append(entry)
    return CompiledWords(kept, _automaton(written), _automaton(spoken), {each.id: each for each in kept})


def _written_entries(word_set: WordSet, word: SensitiveWord) -> Iterator[tuple[str, _Entry]]:
    plain = normalise(word.text).text
    if key := skeleton(word.text):
        yield key, _Entry(word_set, word.text, "variant", plain)
    for parted in _parted(plain):
        yield skeleton(parted), _Entry(word_set, word.text, "parts", parted)
    if word.initials:
        for syllables in syllables_of(plain_of(word.text)):
            letters = "".join(each[0] for each in syllables)
            yield skeleton(letters), _Entry(word_set, word.text, "initials", letters)


def _parted(plain: str) -> set[str]:
    """The word with one, and with all, of its characters written as their parts."""
    if len(plain) < 2:
        return set()
    each = {plain.replace(character, PARTS[character]) for character in plain if character in PARTS}
    together = "".join(PARTS.get(character, character) for character in plain)
    return (each | {together}) - {plain}


def _spoken_entries(word_set: WordSet, word: SensitiveWord) -> Iterator[tuple[str, _Entry]]:
    if not word.pinyin:
        return
    plain = plain_of(word.text)
    for syllables in syllables_of(plain):
        yield "".join(syllables), _Entry(word_set, word.text, "pinyin", plain, _places(syllables))


def _places(syllables: Syllables) -> frozenset[tuple[int, int]]:
    begins = [sum(len(each) for each in syllables[:place]) for place in range(len(syllables))]
    return frozenset(zip(begins, map(len, syllables), strict=True))


def _automaton(entries: dict[str, list[_Entry]]) -> Any:
    if not entries:
        return None
    automaton = ahocorasick.Automaton()
    for key, written in entries.items():
        automaton.add_word(key.encode().decode("latin-1"), (len(key), tuple(written)))
    automaton.make_automaton()
    return automaton


def _occurrences(automaton: Any, view: str) -> Iterator[tuple[int, int, tuple[_Entry, ...]]]:
    """Start and end in characters of the view, and what it may be."""
    encoded = view.encode()
    bytes_seen = end = 0
    for last, (length, entries) in automaton.iter(encoded.decode("latin-1")):
        end += len(encoded[bytes_seen : last + 1].decode())
        bytes_seen = last + 1
        yield end - length, end, entries


def _written_hits(automaton: Any, text: str) -> Iterator[tuple[_Entry, tuple[int, int] | None]]:
    places: list[int] = []
    for start, end, entries in _occurrences(automaton, text.translate(FOLDS)):
        places = places or origins(text)
        span = places[start], places[end - 1] + 1
        joined = _is_joined(places[start:end]) and _ends_whole(text, places, start, end)
        for entry in entries:
            yield entry, span if joined and _is_written(entry, text[slice(*span)]) else None


def _is_joined(places: Sequence[int]) -> bool:
    return all(after - before <= MAX_GAP + 1 for before, after in pairwise(places))


def _ends_whole(text: str, places: list[int], start: int, end: int) -> bool:
    """A ligature is not cut in two, and letters are not taken out of a longer word: no ``ass`` in ``class``."""
    first, last = places[start], places[end - 1]
    if (start and places[start - 1] == first) or (end < len(places) and places[end] == last):
        return False
    return not (_letters_meet(text, first - 1, first) or _letters_meet(text, last, last + 1))


def _letters_meet(text: str, before: int, after: int) -> bool:
    return before >= 0 and after < len(text) and _is_latin(text[before]) and _is_latin(text[after])


def _is_latin(character: str) -> bool:
    return any(map(is_letter, fold_character(character)))


def _is_written(entry: _Entry, written: str) -> bool:
    """Digits alone are a number and no word in disguise; one character alone is found as itself only."""
    plain = normalise(written).text
    if plain == entry.plain:
        return True
    signs = skeleton(written)
    return len(signs) > 1 and not all(each in NUMERALS for each in plain if FOLDS[ord(each)])


def _spoken_hits(automaton: Any, text: str) -> Iterator[tuple[_Entry, tuple[int, int] | None]]:
    places: list[int] = []
    for start, end, entries in _occurrences(automaton, sound(text)):
        places = places or [place for place, each in enumerate(text) for _ in SOUNDS[ord(each)]]
        span = places[start], places[end - 1] + 1
        joined = _is_joined(places[start:end]) and _ends_whole(text, places, start, end)
        units = _units(places, start, end)
        for entry in entries:
            yield entry, span if joined and _is_spoken(entry, text, units, span) else None


def _units(places: list[int], start: int, end: int) -> dict[int, tuple[int, int]]:
    """Of each character of the text: where its sound begins within the hit, and how long it is."""
    units: dict[int, tuple[int, int]] = {}
    for offset, place in enumerate(places[start:end]):
        begin, length = units.get(place, (offset, 0))
        units[place] = begin, length + 1
    return units


def _is_spoken(entry: _Entry, text: str, units: dict[int, tuple[int, int]], span: tuple[int, int]) -> bool:
    """Each Chinese character is one whole syllable of the word, so that 先 is not 西安. The word itself is no sound."""
    if normalise(text[slice(*span)]).text == entry.plain:
        return False
    return all(unit in entry.syllables for place, unit in units.items() if not _is_latin(text[place]))


def _how(entry: _Entry, written: str) -> How:
    return "exact" if entry.how == "variant" and written == entry.word else entry.how


def _not_allowed(finds: list[Find], allowed: list[tuple[int, int]]) -> list[Find]:
    """Without the finds that lie within an allowed phrase."""
    allowed.sort()
    begins = [start for start, _ in allowed]
    reach = list(accumulate((end for _, end in allowed), max))  # how far phrases go that begin here or before
    return [each for each in finds if not _is_covered(each, begins, reach)]


def _is_covered(find: Find, begins: list[int], reach: list[int]) -> bool:
    before = bisect_right(begins, find.start)
    return before > 0 and reach[before - 1] >= find.end


def _place_and_plainness(find: Find) -> tuple[int, int, int, int, str]:
    return find.start, -find.end, find.set_id, HOWS.index(find.how), find.word


def _longest(finds: list[Find]) -> Iterator[Find]:
    """By place; of finds of one set that lie within one another only the outermost."""
    ends: dict[int, int] = {}
    for each in sorted(finds, key=_place_and_plainness):
        if each.end > ends.get(each.set_id, 0):
            ends[each.set_id] = each.end
            yield each

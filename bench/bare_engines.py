"""The engines without anything around them: one automaton of all words, and the searches that its finds call for."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import ahocorasick

from tagtree.rules.patterns import CompiledPattern, PatternRefused, compile_pattern
from tagtree.text import normalise


@dataclass(frozen=True, slots=True)
class BareCost:
    """Microseconds per message, and searches per message.

    `search` where one literal of a pattern occurs, `search_all` where all do: what the product looks for.
    """

    scan: float
    search: float
    search_all: float
    searches: float
    searches_all: float

    @property
    def total(self) -> float:
        return self.scan + self.search

    @property
    def total_all(self) -> float:
        return self.scan + self.search_all


class BareEngines:
    """``words`` and the literals of ``patterns`` in one automaton over UTF-8: as fast as the library is on Chinese."""

    def __init__(self, words: Sequence[str], patterns: Sequence[str]) -> None:
        compiled = [compile_pattern(pattern) for pattern in patterns]
        self._patterns = [each for each in compiled if not isinstance(each, PatternRefused)]
        literals = {word for each in self._patterns for choice in each.required for word in choice}
        self._automaton = ahocorasick.Automaton()
        for word in {*map(_normal, words), *literals}:
            self._automaton.add_word(_bytes(word), word)
        self._automaton.make_automaton()

    def cost(self, texts: Sequence[str]) -> BareCost:
        """What they take for texts that are already normal and encoded."""
        encoded = [_bytes(_normal(text)) for text in texts]
        began = time.process_time()
        found = [[word for _, word in self._automaton.iter(each)] for each in encoded]
        scan = (time.process_time() - began) / len(texts) * 1e6
        search, searches = _searched(self._called_for(texts, found, every=False))
        search_all, searches_all = _searched(self._called_for(texts, found, every=True))
        return BareCost(scan, search, search_all, searches, searches_all)

    def _called_for(
        self, texts: Sequence[str], found: Sequence[Sequence[str]], *, every: bool
    ) -> list[tuple[bytes, list[Any]]]:
        """Each text with the regular expressions of which a literal, or every one that is required, occurs."""
        by_literal: dict[str, list[CompiledPattern]] = {}
        for each in self._patterns:
            for word in each.required[0] if each.required else ():
                by_literal.setdefault(word, []).append(each)
        return [
            (
                _normal(text).encode(),
                [
                    each.regexp
                    for word in dict.fromkeys(words)
                    for each in by_literal.get(word, ())
                    if not every or not any(choice.isdisjoint(words) for choice in each.required)
                ],
            )
            for text, words in zip(texts, found, strict=True)
        ]


def _searched(called_for: list[tuple[bytes, list[Any]]]) -> tuple[float, float]:
    """Microseconds and searches per text."""
    began = time.process_time()
    for text, regexps in called_for:
        for regexp in regexps:
            regexp.search(text)
    seconds = time.process_time() - began
    return seconds / len(called_for) * 1e6, sum(len(regexps) for _, regexps in called_for) / len(called_for)


def _normal(text: str) -> str:
    return normalise(text).text


def _bytes(text: str) -> str:
    return text.encode().decode("latin-1")

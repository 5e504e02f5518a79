"""近似匹配: words in a text with a few characters wrong, missing or too many.

A word cut into one piece more than it may have errors keeps at least one piece whole, so that the automaton finds
every place worth comparing. Distances are Levenshtein's, counted by rapidfuzz.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from rapidfuzz.distance import LCSseq, Levenshtein

from tagtree.text import Span


@dataclass(frozen=True, slots=True)
class FuzzyWord:
    """A normalised word, the errors it may have, and its pieces with the place of each in the word."""

    word: str
    errors: int
    pieces: tuple[tuple[int, str], ...]

    @classmethod
    def of(cls, word: str, errors: int) -> "FuzzyWord":
        """Raises ValueError when the word has no character for each piece."""
        if len(word) <= errors:
            raise ValueError(f"{len(word)} characters cannot be cut into {errors + 1} pieces")
        cuts = [len(word) * number // (errors + 1) for number in range(errors + 2)]
        return cls(word, errors, tuple((start, word[start:end]) for start, end in pairwise(cuts)))

    def spans(self, text: str, hits: Mapping[str, list[int]], most: int) -> list[Span]:
        """Where the word stands in normalised text, the closest reading of each place; at most `most` of them."""
        if not self._may_occur(text):
            return []
        found: set[Span] = set()
        tried: set[int] = set()
        for offset, piece in self.pieces:
            for hit in hits.get(piece, ()):
                start = hit - offset
                if start not in tried:
                    tried.add(start)
                    found.update(self._closest(text, start))
                if len(found) >= most:
                    return sorted(found)
        return sorted(found)

    def _may_occur(self, text: str) -> bool:
        """Whether the text lacks no more of its characters than it may have errors: 哈哈哈… is no 哈弗汽车."""
        return sum(character not in text for character in set(self.word)) <= self.errors

    def _closest(self, text: str, near: int) -> Iterator[Span]:
        """The best reading that begins within `errors` characters of `near`, if any is close enough."""
        # Of a word with so many errors all other characters stand around here in their order: one look saves dozens.
        around = text[max(0, near - self.errors) : near + len(self.word) + 2 * self.errors]
        kept = len(self.word) - self.errors
        if LCSseq.similarity(self.word, around, score_cutoff=kept) < kept:
            return
        best = min(self._readings(text, near), default=None)
        if best is not None:
            yield best[-1]

    def _readings(self, text: str, near: int) -> Iterator[tuple[int, int, int, Span]]:
        """Each reading close enough, with what makes another one better: distance, wrong ends, difference in length."""
        for start in range(max(0, near - self.errors), near + self.errors + 1):
            for length in range(len(self.word) - self.errors, len(self.word) + self.errors + 1):
                end = start + length
                if end > len(text):
                    break
                distance = Levenshtein.distance(self.word, text[start:end], score_cutoff=self.errors)
                if distance <= self.errors:
                    wrong_ends = (text[start] != self.word[0]) + (text[end - 1] != self.word[-1])
                    yield distance, wrong_ends, abs(length - len(self.word)), (start, end)

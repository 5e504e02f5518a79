"""What becomes of a text of ours that holds sensitive words: it passes, passes with other words, or is blocked."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from tagtree.sensitive.finder import CompiledWords, Find, Found

STAR: Final = "＊"
MAX_ROUNDS: Final = 8
"""Taking a word out may bring the next one together; a text that is still not clean after that is blocked."""


@dataclass(frozen=True, slots=True)
class Passed:
    """Goes out as it is; finds of sets that only flag are noted."""

    text: str
    finds: tuple[Find, ...] = ()


@dataclass(frozen=True, slots=True)
class Replaced:
    """Goes out as ``text``; the finds' places are those of the text before."""

    text: str
    finds: tuple[Find, ...]


@dataclass(frozen=True, slots=True)
class Blocked:
    """Does not go out."""

    finds: tuple[Find, ...]


Screened: TypeAlias = Passed | Replaced | Blocked


def screen(words: CompiledWords, text: str) -> Screened:
    """Decide about a text that is about to leave. A text that leaves holds no word of a set that blocks or replaces."""
    found = words.find(text)
    clean, rounds = text, 0
    while not _is_blocked(words, found) and (wanted := _of_policy(words, found.finds, "replace")):
        rounds += 1
        if rounds > MAX_ROUNDS:
            return Blocked(words.find(text).finds)
        clean = _without(words, clean, wanted)
        found = words.find(clean)
    if _is_blocked(words, found):
        return Blocked(words.find(text).finds or found.finds)
    return Replaced(clean, words.find(text).finds) if rounds else Passed(text, found.finds)


def _is_blocked(words: CompiledWords, found: Found) -> bool:
    return not found.complete or bool(_of_policy(words, found.finds, "block"))


def _of_policy(words: CompiledWords, finds: tuple[Find, ...], policy: str) -> tuple[Find, ...]:
    return tuple(each for each in finds if words.by_id[each.set_id].policy == policy)


def _without(words: CompiledWords, text: str, finds: tuple[Find, ...]) -> str:
    """The text with each of these finds written over; where several overlap, by what stands for the first of them."""
    replacements = {each.start: words.by_id[each.set_id].replacement for each in reversed(finds)}
    pieces: list[str] = []
    end = 0
    for start, stop in joined([(each.start, each.end) for each in finds]):
        pieces += text[end:start], _instead(replacements[start], text[start:stop])
        end = stop
    return "".join(pieces) + text[end:]


def joined(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans by place, those that overlap or touch as one."""
    together: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if together and start <= together[-1][1]:
            start, end = together[-1][0], max(end, together.pop()[1])
        together.append((start, end))
    return together


def _instead(replacement: str, written: str) -> str:
    return replacement or STAR * sum(not character.isspace() for character in written)

"""One normalisation for rule words and customers' messages, with a map back to what was typed.

In this order: controls and zero-width characters are dropped, then each *segment* (a character with the
marks that combine with it) goes through NFKC, casefold and OpenCC's traditional→simplified table until
nothing changes, then runs of whitespace become one space and the ends are trimmed.

OpenCC is used character by character, never by phrase. Its phrase tables would turn 乾 into 干 in one
neighbourhood and leave it in another, so that a word and the message containing it could stop matching.
A table of single characters keeps containment and makes every place traceable to the original.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import chain
from typing import Final, TypeAlias

import opencc

Span: TypeAlias = tuple[int, int]
"""Half-open range of characters: first, one past the last."""

MAX_CHARACTERS: Final = 4096
"""Longer text is cut. WeCom sends texts of at most 2,048 bytes (W-90236), half as many characters."""


@dataclass(frozen=True, slots=True)
class NormalisedText:
    """Normalised text and where each of its characters came from.

    `origin` holds one span of the original per character; None when every character stands where it stood.
    `cut` tells that the original, or what came of it, was longer than MAX_CHARACTERS.
    """

    text: str
    origin: tuple[Span, ...] | None = None
    cut: bool = False

    def original_span(self, start: int, end: int) -> Span:
        """The span of the original that became `text[start:end]`; `0 <= start < end <= len(text)`."""
        if not 0 <= start < end <= len(self.text):
            raise ValueError(f"no characters at [{start}, {end}) of {len(self.text)}")
        if self.origin is None:
            return start, end
        return self.origin[start][0], self.origin[end - 1][1]


def normalise(text: str) -> NormalisedText:
    """Normalise `text`; twice is the same as once. Never refuses: lone surrogates are dropped too."""
    cut = len(text) > MAX_CHARACTERS
    if cut:
        text = text[:MAX_CHARACTERS]
    shortcuts = _shortcuts()
    if shortcuts.unchanged(text):
        return NormalisedText(text, None, cut)
    if shortcuts.one_to_one(text):
        return NormalisedText(text.translate(shortcuts.folds), None, cut)
    return _normalise_by_segments(text, cut)


def normal_form(text: str) -> str:
    """`normalise(text).text`, for who needs no spans: words of rules, of which there may be a hundred thousand."""
    if len(text) <= MAX_CHARACTERS and _shortcuts().plain.fullmatch(text):
        return text
    return normalise(text).text


def fold_character(character: str) -> str:
    """What one character becomes on its own: nothing, one character or several."""
    return "" if _dropped(character) else _fold_until_stable(character)


def _normalise_by_segments(text: str, cut: bool) -> NormalisedText:
    characters: list[str] = []
    origin: list[Span] = []
    for character, span in _squeezed(_folded(text)):
        characters.append(character)
        origin.append(span)
    cut = cut or len(characters) > MAX_CHARACTERS
    del characters[MAX_CHARACTERS:]
    while characters and characters[-1] == " ":
        characters.pop()
    return NormalisedText("".join(characters), tuple(origin[: len(characters)]), cut)


def _folded(text: str) -> Iterator[tuple[str, Span]]:
    for segment, span in _segments(text):
        for character in _fold(segment):
            yield character, span


def _segments(text: str) -> Iterator[tuple[str, Span]]:
    """Stretches that NFKC treats independently of their neighbours; dropped characters lie inside their spans."""
    segment, start, end = "", 0, 0
    for place, character in enumerate(text):
        if _is_dropped(character):
            continue
        if segment and not _continues(character):
            yield segment, (start, end)
            segment = ""
        if not segment:
            start = place
        segment += character
        end = place + 1
    if segment:
        yield segment, (start, end)


def _squeezed(characters: Iterable[tuple[str, Span]]) -> Iterator[tuple[str, Span]]:
    """Whitespace as single spaces, none in front; one space may be left at the end."""
    space: Span | None = None
    begun = False
    for character, span in characters:
        if character.isspace():
            space = span if space is None else (space[0], span[1])
            continue
        if space is not None and begun:
            yield " ", space
        space, begun = None, True
        yield character, span


def _fold(segment: str) -> str:
    return _fold_one(segment) if len(segment) == 1 else _fold_until_stable(segment)  # long ones are not worth keeping


def _fold_until_stable(segment: str) -> str:
    simplified = _simplified()
    while True:
        levelled = unicodedata.normalize("NFKC", segment).casefold()
        folded = "".join([simplified.get(character, character) for character in levelled])
        if folded == segment:
            return folded
        segment = folded


def _joins_backwards(character: str) -> bool:
    """Whether NFKC may join the character to the one before it: marks, and Hangul vowels and finals."""
    first = unicodedata.normalize("NFKD", character)[0]
    return unicodedata.category(first)[0] == "M" or "\u1160" <= first <= "\u11ff"


_IGNORABLE: Final = frozenset(
    map(
        chr,
        chain(
            (0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2065, 0x3164, 0xFFA0),  # joiner, fillers, inherent vowels
            range(0x180B, 0x1810),  # Mongolian variation selectors
            range(0xFE00, 0xFE10),  # variation selectors, also the one after an emoji
            range(0xE0000, 0xE1000),  # tags and more variation selectors
        ),
    )
)
"""Invisible, yet in a category that is otherwise visible (Unicode: Default_Ignorable_Code_Point)."""


def _dropped(character: str) -> bool:
    if character.isspace():
        return False
    return unicodedata.category(character) in {"Cc", "Cf", "Cs"} or character in _IGNORABLE


_fold_one = lru_cache(maxsize=1 << 12)(_fold_until_stable)
_continues = lru_cache(maxsize=1 << 12)(_joins_backwards)
_is_dropped = lru_cache(maxsize=1 << 12)(_dropped)


_HAN: Final = ((0x3400, 0x4DC0), (0x4E00, 0xA000), (0xF900, 0xFB00), (0x20000, 0x32000))


@cache
def _simplified() -> dict[str, str]:
    """OpenCC's traditional→simplified table for single characters, followed to its end (薴 → 苧 → 苎)."""
    han = [chr(code) for block in _HAN for code in range(*block)]
    converted = opencc.OpenCC("t2s").convert("\n".join(han)).split("\n")  # no phrase reaches over a line's end
    table = {old: new for old, new in zip(han, converted, strict=True) if old != new and len(new) == 1}
    return {old: table.get(new, new) for old, new in table.items()}


_COMMON: Final = (
    (0x0021, 0x0250),  # Latin
    (0x2010, 0x2060),  # punctuation
    (0x2190, 0x2200),  # arrows
    (0x2500, 0x27C0),  # box drawing, symbols, dingbats
    (0x3001, 0x3100),  # CJK punctuation, kana
    (0x3400, 0x4DC0),
    (0x4E00, 0xA000),
    (0xFF01, 0xFFEF),  # full and half width
    (0x1F300, 0x1FB00),  # emoji
)


@dataclass(frozen=True, slots=True)
class _Shortcuts:
    """Recognises text that needs no segments: only common characters that stay, or become, one character."""

    plain: re.Pattern[str]
    simple: re.Pattern[str]
    folds: dict[int, str]

    def unchanged(self, text: str) -> bool:
        return self.plain.fullmatch(text) is not None

    def one_to_one(self, text: str) -> bool:
        return self.simple.fullmatch(text) is not None


@cache
def _shortcuts() -> _Shortcuts:
    plain: list[int] = []
    folds: dict[int, str] = {ord("\n"): " "}
    for code in chain.from_iterable(range(*block) for block in _COMMON):
        character = chr(code)
        folded = fold_character(character)
        if len(folded) != 1 or folded.isspace() or _joins_backwards(character):
            continue
        if folded == character:
            plain.append(code)
        else:
            folds[code] = folded
    simple = sorted({*plain, *folds} - {ord("\n")})
    return _Shortcuts(_words_of(plain, " "), _words_of(simple, " \\n"), folds)


def _words_of(codes: list[int], separators: str) -> re.Pattern[str]:
    """Stretches of these characters with single separators between them."""
    word = f"[{_ranges(codes)}]+"
    return re.compile(f"(?:{word}(?:[{separators}]{word})*)?")


def _ranges(codes: list[int]) -> str:
    written: list[str] = []
    first = last = codes[0]
    for code in [*codes[1:], -1]:
        if code == last + 1:
            last = code
            continue
        written.append(f"\\U{first:08x}-\\U{last:08x}")
        first = last = code
    return "".join(written)

"""The written skeleton of a text: what is left of it for the eye that knows the tricks.

Per character: NFKC, case and traditional → simplified (as the rules' normalisation has it), then separators are dropped
(spaces, punctuation, symbols, emoji, marks that sit on other characters) and look-alikes become one sign. Working
character by character keeps it one lookup each and every place traceable; a text is never cut.
"""

import unicodedata
from typing import Final

from tagtree.sensitive.lookalikes import LOOK_ALIKES
from tagtree.text import fold_character

_KEPT: Final = frozenset("%‰")
"""Symbols that carry the meaning of a word such as 100%."""

_REMEMBERED: Final = 1 << 16
"""Characters whose fold is kept: a stream of ever new ones must not fill the memory."""


class _Folds(dict[int, str]):
    """Code point → its part of the skeleton, found on first use; what `str.translate` asks."""

    def __missing__(self, code: int) -> str:
        folded = skeleton_of(chr(code))
        if len(self) < _REMEMBERED:
            self[code] = folded
        return folded


def skeleton_of(character: str) -> str:
    """What one character leaves: nothing, one sign or, for ligatures, several."""
    return "".join(_sign(each) for each in fold_character(character))


def _sign(character: str) -> str:
    if character in LOOK_ALIKES:
        return LOOK_ALIKES[character]
    return "" if is_separator(character) else character


def is_separator(character: str) -> bool:
    """Whether a normalised character only stands between or upon others."""
    return character not in _KEPT and unicodedata.category(character)[0] in "ZPSMC"


FOLDS: Final = _Folds()


def skeleton(text: str) -> str:
    """The skeleton of a text; that of a skeleton is itself."""
    return text.translate(FOLDS)


def origins(text: str) -> list[int]:
    """For each sign of the skeleton, the place of its character in ``text``."""
    return [place for place, character in enumerate(text) for _ in FOLDS[ord(character)]]

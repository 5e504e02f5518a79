"""拼音: the sound of a text, without tones: each Chinese character as its reading, letters as they are."""

from functools import cache
from typing import Final, TypeAlias

from tagtree.sensitive.folding import is_separator
from tagtree.text import fold_character

Syllables: TypeAlias = tuple[str, ...]

_BREAK: Final = "\x01"
"""Stands for what has no sound here; no word contains it."""

_TONES: Final = frozenset("12345")
_REMEMBERED: Final = 1 << 16


class _Sounds(dict[int, str]):
    """Code point → its sound, found on first use; what `str.translate` asks."""

    def __missing__(self, code: int) -> str:
        sound = _sound_of(chr(code))
        if len(self) < _REMEMBERED:
            self[code] = sound
        return sound


def _sound_of(character: str) -> str:
    return "".join(_of_folded(each) for each in fold_character(character))


def _of_folded(character: str) -> str:
    if is_letter(character):
        return character
    if character in _TONES or is_separator(character):
        return ""
    return reading(character) or _BREAK


SOUNDS: Final = _Sounds()


def is_letter(character: str) -> bool:
    """Whether a normalised character is one of a to z."""
    return "a" <= character <= "z"


def sound(text: str) -> str:
    """The sound of a text."""
    return text.translate(SOUNDS)


@cache
def reading(character: str) -> str:
    """The commonest reading of one Chinese character (``wei``), empty for anything else."""
    from pypinyin import lazy_pinyin  # 20 MB that only sets with words marked for sound pay for

    found = lazy_pinyin(character, errors="ignore")
    return found[0] if found and found[0].isascii() and found[0].isalpha() else ""


def syllables_of(word: str) -> frozenset[Syllables]:
    """How a Chinese word may be read: as a word, and character by character; empty when a part has no reading."""
    from pypinyin import lazy_pinyin

    together = tuple(lazy_pinyin(word, errors="ignore"))
    apart = tuple(reading(character) for character in word)
    return frozenset(each for each in (together, apart) if len(each) == len(word) and all(each))

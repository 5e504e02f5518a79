"""RE2's syntax, as far as needed to fold a pattern and to find its required literals.

Only patterns that RE2 accepted come here, so the grammar is lax about everything RE2 refuses
(https://github.com/google/re2/wiki/Syntax).
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final

from tagtree.text import fold_character


class Kind(Enum):
    """What a stretch of a pattern is."""

    QUOTED = "quoted"
    CLASS = "class"
    REPEAT = "repeat"
    FLAGS = "flags"
    OPEN = "open"
    CLOSE = "close"
    BAR = "bar"
    EDGE = "edge"
    PUNCTUATION = "punctuation"
    ESCAPE = "escape"
    ANY = "any"
    CHARACTER = "character"


@dataclass(frozen=True, slots=True)
class Token:
    kind: Kind
    text: str


_TOKEN: Final = re.compile(
    r"""
      (?P<quoted>\\Q.*?(?:\\E|\Z))
    | (?P<class>\[\^?\]?(?:\[:\^?\w+:\]|\\.|[^\]\\])*\])
    | (?P<repeat>(?:[*+?]|\{\d+(?:,\d*)?\})\??)
    | (?P<flags>\(\?[A-Za-z-]+\))
    | (?P<open>\((?:\?(?:P?<\w+>|[A-Za-z-]*:))?)
    | (?P<close>\))
    | (?P<bar>\|)
    | (?P<edge>[\^$]|\\[AbBz])
    | (?P<punctuation>\\[!-/:-@\[-`{-~])
    | (?P<escape>\\(?:[pP](?:\{[^}]*\}|.)|x(?:\{[0-9A-Fa-f]+\}|[0-9A-Fa-f]{2})|[0-7]{1,3}|.))
    | (?P<any>\.)
    | (?P<character>.)
    """,
    re.VERBOSE | re.DOTALL,
)

_CLASS_MEMBER: Final = re.compile(
    r"""
      (?P<named>\[:\^?\w+:\]|\\[pP](?:\{[^}]*\}|.))
    | (?P<range>(?:\\x\{[^}]*\}|\\.|.)-(?:\\x\{[^}]*\}|\\.|.))
    | (?P<escape>\\x\{[^}]*\}|\\.)
    | (?P<character>.)
    """,
    re.VERBOSE | re.DOTALL,
)

_OPERATORS: Final = frozenset(r"\.+*?()|[]{}^$-")


def tokens(pattern: str) -> Iterator[Token]:
    r"""The pattern cut into tokens, one literal character each; `\Q…\E` arrives as its characters."""
    for found in _TOKEN.finditer(pattern):
        kind = Kind(found.lastgroup)
        if kind is Kind.QUOTED:
            for character in found.group()[2:].removesuffix(r"\E"):
                yield Token(Kind.CHARACTER, character)
        else:
            yield Token(kind, found.group())


def folded_pattern(pattern: str) -> str:
    """The pattern as it must be written to meet normalised text: 價．*格 becomes 价\\.*格.

    Characters beyond ASCII are folded as messages are; those that fold into an operator are escaped. ASCII is left
    to RE2's case folding, for `\\S` is not `\\s`. The ends of class ranges stay: folding them would move the range.
    """
    pattern = unicodedata.normalize("NFC", pattern)
    return "".join(_folded_token(token) for token in tokens(pattern))


def class_members(text: str) -> Iterator[tuple[str, str]]:
    """Name (`named`, `range`, `escape`, `character`) and text of each member of a class token."""
    for found in _CLASS_MEMBER.finditer(text, _class_start(text), len(text) - 1):
        yield str(found.lastgroup), found.group()


def _folded_token(token: Token) -> str:
    if token.kind is Kind.CHARACTER:
        return _folded_literal(token.text)
    if token.kind is Kind.CLASS:
        members = (_folded_literal(text) if name == "character" else text for name, text in class_members(token.text))
        return token.text[: _class_start(token.text)] + "".join(members) + "]"
    return token.text


def _folded_literal(character: str) -> str:
    folded = character if character.isascii() else fold_character(character)
    if len(folded) != 1:
        folded = character  # stands for several characters or none: no single place in normalised text
    return "\\" + folded if folded in _OPERATORS else folded


def _class_start(text: str) -> int:
    return 2 if text.startswith("[^") else 1

"""The literals that every match of a pattern must contain: how the word index finds candidates for a pattern.

Conservative in one direction only: a literal is claimed when no match can do without it; where the syntax
gives no such promise nothing is claimed and the pattern is tried on every message. The idea is that of
RE2's own prefilter (https://github.com/google/re2, prefilter.h), which its Python package does not expose.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, TypeAlias

from tagtree.rules.pattern_syntax import Kind, Token, class_members, tokens

_MOST_EXACT: Final = 16
_MOST_REQUIRED: Final = 64
_MOST_CLASS_MEMBERS: Final = 8
_MOST_CHOICES: Final = 4

_Words: TypeAlias = frozenset[str]
_Choices: TypeAlias = tuple[_Words, ...]
_NONE: Final[_Words] = frozenset()
_EMPTY: Final[_Words] = frozenset({""})


@dataclass(frozen=True, slots=True)
class _Piece:
    """What is known of the strings a piece of pattern matches.

    `exact`: all of them, when they are few. `required`: each contains one word of each of these choices.
    """

    exact: _Words | None = None
    required: _Choices = ()

    def needs(self) -> _Choices:
        if self.exact is not None and "" not in self.exact:
            return (self.exact,)
        return self.required


_UNKNOWN: Final = _Piece()
_ZERO_WIDTH: Final = _Piece(exact=_EMPTY)


@dataclass(slots=True)
class _Group:
    """A group being read: the branches behind it and the branch under way."""

    branches: list[_Piece] = field(default_factory=list)
    sequence: list[_Piece] = field(default_factory=list)

    def turn(self) -> None:
        self.branches.append(_in_sequence(self.sequence))
        self.sequence = []

    def whole(self) -> _Piece:
        self.turn()
        return self.branches[0] if len(self.branches) == 1 else _in_choice(self.branches)


def required_literals(pattern: str) -> tuple[frozenset[str], ...]:
    """Choices of words: of each at least one stands in every normalised text that the pattern matches.

    The most telling choice comes first; empty when there is no such promise. `pattern` is one that RE2 accepts, folded
    by `folded_pattern` and matched without regard to case.
    """
    open_groups = [_Group()]
    for token in tokens(pattern):
        if not _read(token, open_groups):
            return ()
    if len(open_groups) > 1:
        return ()
    first, *others = sorted(set(open_groups[0].whole().needs()), key=_weight, reverse=True) or [_NONE]
    return (first, *filter(_is_telling, others[: _MOST_CHOICES - 1])) if first else ()


def _read(token: Token, open_groups: list[_Group]) -> bool:
    """Take one token in; False when the pattern is not understood."""
    group = open_groups[-1]
    match token.kind:
        case Kind.OPEN:
            open_groups.append(_Group())
        case Kind.CLOSE if len(open_groups) > 1:
            open_groups.pop()
            open_groups[-1].sequence.append(group.whole())
        case Kind.BAR:
            group.turn()
        case Kind.REPEAT if group.sequence:
            group.sequence.append(_repeated(group.sequence.pop(), token.text))
        case Kind.FLAGS:
            pass  # a repetition after flags binds to what stands before them
        case Kind.CLOSE | Kind.REPEAT:
            return False
        case _:
            group.sequence.append(_atom(token))
    return True


def _atom(token: Token) -> _Piece:
    match token.kind:
        case Kind.CHARACTER:
            return _literal(token.text)
        case Kind.PUNCTUATION:
            return _literal(token.text[1])
        case Kind.CLASS:
            return _class(token.text)
        case Kind.EDGE:
            return _ZERO_WIDTH
        case _:
            return _UNKNOWN


@lru_cache(maxsize=4096)
def _literal(character: str) -> _Piece:
    """One character; cased letters beyond ASCII are left open, for RE2's case pairs are not those of casefold."""
    if character.isascii():
        return _Piece(exact=frozenset({character.lower()}))
    caseless = character == character.lower() == character.upper() == character.casefold()
    if caseless and (unicodedata.category(character) == "Lo" or unicodedata.category(character)[0] in "PNS"):
        return _Piece(exact=frozenset({character}))
    return _UNKNOWN


def _class(text: str) -> _Piece:
    members = [_literal(member) if name == "character" else _UNKNOWN for name, member in class_members(text)]
    if text.startswith("[^") or not 0 < len(members) <= _MOST_CLASS_MEMBERS:
        return _UNKNOWN
    return _in_choice(members)


def _repeated(piece: _Piece, repetition: str) -> _Piece:
    if repetition.startswith("?"):
        return _Piece(exact=piece.exact | _EMPTY) if piece.exact is not None else _UNKNOWN
    least = 1 if repetition.startswith("+") else 0
    if repetition.startswith("{"):
        least = int(repetition[1:].split("}")[0].split(",")[0])
    return _Piece(required=piece.needs()) if least > 0 else _UNKNOWN


def _in_choice(branches: list[_Piece]) -> _Piece:
    exact = _union(branch.exact or _NONE for branch in branches)
    if all(branch.exact is not None for branch in branches) and len(exact) <= _MOST_EXACT:
        return _Piece(exact=exact)
    needs = [branch.needs() for branch in branches]
    required = _union(max(choices, key=_weight, default=_NONE) for choices in needs)
    if all(needs) and len(required) <= _MOST_REQUIRED:
        return _Piece(required=(required,))
    return _UNKNOWN


def _in_sequence(pieces: list[_Piece]) -> _Piece:
    """Neighbouring exact pieces grow into longer words; what each stretch requires, the whole requires."""
    run, required, unbroken = _EMPTY, list[_Words](), True
    for piece in pieces:
        if piece.exact is not None and len(run) * len(piece.exact) <= _MOST_EXACT:
            run = frozenset(left + right for left in run for right in piece.exact)
            continue
        required += [*_Piece(exact=run).needs(), *piece.needs()]
        run, unbroken = _EMPTY, False
    if unbroken:
        return _Piece(exact=run)
    return _Piece(required=(*required, *_Piece(exact=run).needs()))


def _weight(words: _Words) -> tuple[int, int, list[str]]:
    """Longer words occur by chance less often; then fewer are better; the rest only makes the choice definite."""
    return (min(map(len, words), default=0), -len(words), sorted(words))


def _is_telling(words: _Words) -> bool:
    """A single Latin letter or digit is in too many texts to be worth looking for."""
    return all(len(word) > 1 or not word.isascii() for word in words)


def _union(sets: Iterable[_Words]) -> _Words:
    return frozenset[str]().union(*sets)

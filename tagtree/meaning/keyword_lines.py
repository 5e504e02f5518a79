"""Keywords as a person edits them: a word and its weight on a line, `要说法 5`; without a weight it is 3."""

from dataclasses import dataclass
from typing import Final

from tagtree.meaning.classes import Keyword

DEFAULT_WEIGHT: Final = 3


@dataclass(frozen=True, slots=True)
class KeywordLine:
    """A keyword and the line it stands on, counted from 1."""

    number: int
    keyword: Keyword


def read_lines(lines: str) -> tuple[KeywordLine, ...]:
    """The keywords; empty lines are passed over. Never refuses: whether a keyword is fit, `check_class` says."""
    read = ((number, line.strip()) for number, line in enumerate(lines.splitlines(), start=1))
    return tuple(KeywordLine(number, _keyword(line)) for number, line in read if line)


def write_lines(keywords: tuple[Keyword, ...]) -> str:
    """What `read_lines` reads back."""
    return "\n".join(f"{each.word} {each.weight}" for each in keywords)


def _keyword(line: str) -> Keyword:
    word, _, weight = line.rpartition(" ")
    if word and weight.isascii() and weight.isdigit() and len(weight) <= 4:
        return Keyword(word.strip(), int(weight))
    return Keyword(line, DEFAULT_WEIGHT)

"""词表: a word set as lines that a person edits: one word a line, its marks behind a bar: ``微信 | 拼音 首字母``."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from tagtree.sensitive.folding import skeleton
from tagtree.sensitive.words import MAX_WORDS, SensitiveWord, check_words
from tagtree.wording import Problem, Wording

PINYIN: Final = frozenset({"拼音", "pinyin"})
INITIALS: Final = frozenset({"首字母", "initials"})
_BETWEEN: Final = re.compile(r"[\s,，、]+")
_BAR: Final = re.compile(r"[|｜\t]")


@dataclass(frozen=True, slots=True)
class ReadList:
    """The good lines as words, the first of those that read the same; problems name the other lines (``line 3``)."""

    words: tuple[SensitiveWord, ...]
    problems: tuple[Problem, ...]


def read_list(text: str) -> ReadList:
    """Read lines; empty ones and those that begin with # are passed over."""
    problems: list[Problem] = []
    words: dict[str, SensitiveWord] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        word, at_fault = _read_line(line, f"line {number}")
        problems += at_fault
        if not at_fault and len(words) < MAX_WORDS:
            words.setdefault(skeleton(word.text), word)
        elif not at_fault and skeleton(word.text) not in words:
            problems.append(Problem(f"line {number}", *_FULL))
            break
    return ReadList(tuple(words.values()), tuple(problems))


def _read_line(line: str, path: str) -> tuple[SensitiveWord, list[Problem]]:
    text, *rest = _BAR.split(line, maxsplit=1)
    marks = [mark.casefold() for mark in _BETWEEN.split("".join(rest)) if mark]
    word = SensitiveWord(text.strip(), any(m in PINYIN for m in marks), any(m in INITIALS for m in marks))
    unknown = [mark for mark in marks if mark not in PINYIN | INITIALS]
    if unknown:
        return word, [Problem(path, *_unknown_mark(unknown[0][:20]))]
    return word, [Problem(path, each.reason, each.hint) for each in check_words([word])]


def write_list(words: Iterable[SensitiveWord]) -> str:
    """The lines that `read_list` reads back."""
    return "".join(f"{line}\n" for line in map(_line, words))


def _line(word: SensitiveWord) -> str:
    marks = " ".join(_marks(word))
    return f"{word.text} | {marks}" if marks else word.text


def _marks(word: SensitiveWord) -> Iterator[str]:
    if word.pinyin:
        yield "拼音"
    if word.initials:
        yield "首字母"


_FULL: Final = (
    Wording(f"A set holds at most {MAX_WORDS:,} words.", f"一个词库最多 {MAX_WORDS:,} 个词。"),
    Wording("Put the rest into another set.", "请把其余的词放入另一个词库。"),
)


def _unknown_mark(mark: str) -> tuple[Wording, Wording]:
    return (
        Wording(f"“{mark}” is no mark.", f"“{mark}”不是可用的标记。"),
        Wording(
            "Behind the bar write 拼音 (pinyin), 首字母 (initials), or both.", "竖线后只能写“拼音”“首字母”或两者。"
        ),
    )

"""词库: sets of sensitive words, what a set asks for, and what makes one acceptable."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, get_args

from tagtree.sensitive.folding import skeleton
from tagtree.sensitive.sounds import syllables_of
from tagtree.text import normalise
from tagtree.wording import Problem, Wording, step

Policy: TypeAlias = Literal["block", "replace", "flag", "allow"]
"""What becomes of a text of ours: not sent, sent with other words, sent and noted. ``allow`` holds innocent phrases."""

POLICIES: Final[tuple[Policy, ...]] = get_args(Policy)
MAX_WORDS: Final = 20_000
MAX_WORD_CHARACTERS: Final = 64
MAX_REPLACEMENT_CHARACTERS: Final = 64


@dataclass(frozen=True, slots=True)
class SensitiveWord:
    """``pinyin``: also found by its sound (weixin, wei信, 威信); ``initials``: also by its first letters (wx)."""

    text: str
    pinyin: bool = False
    initials: bool = False


@dataclass(frozen=True, slots=True)
class WordSet:
    """``replacement`` stands for a word that the policy ``replace`` takes out; empty: one ＊ per character."""

    id: int
    name: str
    words: tuple[SensitiveWord, ...]
    policy: Policy = "block"
    replacement: str = ""
    watches_incoming: bool = True
    makes_task: bool = False


def check_words(words: Sequence[SensitiveWord], path: str = "words") -> tuple[Problem, ...]:
    """Every reason why these words cannot form a set."""
    if len(words) > MAX_WORDS:
        return (Problem(path, *_TOO_MANY),)
    return tuple(problem for place, word in enumerate(words) for problem in _of_word(word, step(path, place)))


def _of_word(word: SensitiveWord, path: str) -> Iterator[Problem]:
    if len(word.text) > MAX_WORD_CHARACTERS:
        yield Problem(path, *_TOO_LONG)
    elif not skeleton(word.text):
        yield Problem(path, *_NOTHING_LEFT)
    elif (word.pinyin or word.initials) and not has_sound(word.text):
        yield Problem(path, *_no_sound(word.text))


def has_sound(word: str) -> bool:
    """Whether it can be found by its sound: two Chinese characters at least, and nothing else."""
    plain = plain_of(word)
    return len(plain) >= 2 and bool(syllables_of(plain))


def plain_of(word: str) -> str:
    """A word normalised and without spaces, as it is read aloud."""
    return normalise(word).text.replace(" ", "")


_TOO_MANY: Final = (
    Wording(f"A set holds at most {MAX_WORDS:,} words.", f"一个词库最多 {MAX_WORDS:,} 个词。"),
    Wording("Split it into several sets.", "请拆成多个词库。"),
)
_TOO_LONG: Final = (
    Wording(f"The word is longer than {MAX_WORD_CHARACTERS} characters.", f"该词超过 {MAX_WORD_CHARACTERS} 个字符。"),
    Wording("Shorten it to the words that matter.", "请缩短为关键的几个字。"),
)
_NOTHING_LEFT: Final = (
    Wording("The word has no letter, digit or character.", "该词没有任何文字、字母或数字。"),
    Wording("Enter a word; signs alone cannot be found.", "请填写文字，仅有符号无法查找。"),
)


def _no_sound(word: str) -> tuple[Wording, Wording]:
    return (
        Wording(f"“{word}” cannot be found by its sound.", f"“{word}”不能按读音查找。"),
        Wording(
            "Mark only words of two or more Chinese characters for pinyin or initials.",
            "只有两个及以上汉字组成的词才能标记拼音或首字母。",
        ),
    )

"""消息类别: the classes a message may belong to, and how well each fits, with the words that speak for it.

A class is known by keywords of its own and by a shipped lexicon, whose say can be turned up or down. Each distinct word
counts once. The margin tells how far the best class leads: 0 is a tie, and one weak word alone is no certainty.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from tagtree.meaning.lexicon import LEXICONS, MAX_WEIGHT
from tagtree.text import Span, normalise
from tagtree.wording import Problem, Wording, step

Confidence: TypeAlias = Literal["clear", "low", "none"]
"""`none`: there is nothing to classify, such as a greeting or a picture."""

MAX_CLASSES: Final = 40
MAX_KEYWORDS: Final = 2_000
MAX_KEYWORD_CHARACTERS: Final = 40
MAX_PERCENT: Final = 300
DOUBT: Final = 4
"""Weight that is always supposed against the best class, so that little evidence gives a small margin."""


@dataclass(frozen=True, slots=True)
class Keyword:
    """`weight` 0 hides shorter words inside this one and speaks for nothing."""

    word: str
    weight: int


@dataclass(frozen=True, slots=True)
class MessageClass:
    """A class as the reading needs it; of two that fit equally well the one of higher `priority` comes first."""

    name: str
    keywords: tuple[Keyword, ...] = ()
    lexicon: str = ""
    lexicon_percent: int = 100
    priority: int = 0

    def weights(self) -> dict[str, float]:
        """Normalised word → weight; a keyword stands before the lexicon's entry of the same word."""
        shipped = LEXICONS.get(self.lexicon, {})
        weights = {normalise(word).text: weight * self.lexicon_percent / 100 for word, weight in shipped.items()}
        weights |= {normalise(each.word).text: float(each.weight) for each in self.keywords}
        return {word: weight for word, weight in weights.items() if word}


@dataclass(frozen=True, slots=True)
class Evidence:
    """A word that speaks for a class, where it stands in the original."""

    words: str
    span: Span
    weight: float


@dataclass(frozen=True, slots=True)
class ScoredClass:
    name: str
    score: float
    evidence: tuple[Evidence, ...]


STARTING_CLASSES: Final = (
    MessageClass("投诉", lexicon="complaint", priority=30),
    MessageClass("技术", lexicon="technical", priority=20),
    MessageClass("咨询", lexicon="consultation", priority=10),
    MessageClass("活动", lexicon="activity", priority=5),
)


def margin_of(scored: Sequence[ScoredClass]) -> int:
    """Percent by which the first leads the second; 0 without any."""
    if not scored:
        return 0
    best = scored[0].score
    second = scored[1].score if len(scored) > 1 else 0.0
    return round((best - second) * 100 / (best + second + DOUBT))


def in_order(scored: Sequence[ScoredClass], classes: Sequence[MessageClass]) -> tuple[ScoredClass, ...]:
    """Best first; ties by priority, then by name."""
    priorities = {each.name: each.priority for each in classes}
    return tuple(sorted(scored, key=lambda each: (-each.score, -priorities[each.name], each.name)))


def check_classes(classes: Sequence[MessageClass]) -> tuple[Problem, ...]:
    """Every reason why these classes cannot be used; paths are `classes[1].keywords[3].weight`."""
    return tuple(_problems(classes))


def _problems(classes: Sequence[MessageClass]) -> Iterator[Problem]:
    if len(classes) > MAX_CLASSES:
        yield Problem("classes", *_TOO_MANY)
    seen: set[str] = set()
    for number, each in enumerate(classes):
        path = step("classes", number)
        if each.name in seen:
            yield Problem(step(path, "name"), *_NAME_TAKEN)
        seen.add(each.name)
        yield from check_class(each, path)


def check_class(given: MessageClass, path: str = "") -> Iterator[Problem]:
    """What is wrong with one class alone."""
    if given.lexicon and given.lexicon not in LEXICONS:
        yield Problem(step(path, "lexicon"), *_NO_LEXICON)
    if not 0 <= given.lexicon_percent <= MAX_PERCENT:
        yield Problem(step(path, "lexicon_percent"), *_BAD_PERCENT)
    if len(given.keywords) > MAX_KEYWORDS:
        yield Problem(step(path, "keywords"), *_TOO_MANY_KEYWORDS)
        return
    for place, keyword in enumerate(given.keywords):
        where = step(step(path, "keywords"), place)
        if not normalise(keyword.word).text or len(keyword.word) > MAX_KEYWORD_CHARACTERS:
            yield Problem(step(where, "word"), *_BAD_WORD)
        if not 0 <= keyword.weight <= MAX_WEIGHT:
            yield Problem(step(where, "weight"), *_BAD_WEIGHT)


_TOO_MANY: Final = (
    Wording(f"More than {MAX_CLASSES} classes.", f"类别超过 {MAX_CLASSES} 个。"),
    Wording("Archive those that are not used.", "请归档不用的类别。"),
)
_NAME_TAKEN: Final = (
    Wording("Another class has this name.", "已有同名类别。"),
    Wording("Choose another name.", "请换一个名称。"),
)
_NO_LEXICON: Final = (
    Wording("There is no such lexicon.", "没有这个词库。"),
    Wording(f"Choose one of {', '.join(LEXICONS)}, or none.", f"可选：{'、'.join(LEXICONS)}，或不选。"),
)
_BAD_PERCENT: Final = (
    Wording("The lexicon's weight is out of bounds.", "词库权重超出范围。"),
    Wording(f"Give a percentage from 0 to {MAX_PERCENT}.", f"请填 0 到 {MAX_PERCENT} 的百分数。"),
)
_TOO_MANY_KEYWORDS: Final = (
    Wording(f"More than {MAX_KEYWORDS} keywords.", f"关键词超过 {MAX_KEYWORDS} 个。"),
    Wording("Keep the ones that customers use.", "请只保留客户会用的。"),
)
_BAD_WORD: Final = (
    Wording("Not a keyword that can be looked for.", "不是可查找的关键词。"),
    Wording(
        f"Write 1 to {MAX_KEYWORD_CHARACTERS} visible characters.", f"请填 1 到 {MAX_KEYWORD_CHARACTERS} 个可见字符。"
    ),
)
_BAD_WEIGHT: Final = (
    Wording("The weight is out of bounds.", "权重超出范围。"),
    Wording(
        f"Give a whole number from 0 to {MAX_WEIGHT}; 0 makes the word mean nothing.",
        f"请填 0 到 {MAX_WEIGHT} 的整数；0 表示此词不算数。",
    ),
)

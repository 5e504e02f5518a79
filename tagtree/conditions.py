"""条件: what a rule asks of a message. One frozen class per kind, and what makes one acceptable.

A further kind is a class here (with its line in `Condition`, `_own_problems` and `asks_about_text`), a line in
`matcher.py` that compiles it, and a reader and a writer in `codec.py`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias, assert_never

from tagtree.facts import Fact
from tagtree.patterns import PatternRefused, compile_pattern
from tagtree.text import normalise
from tagtree.wording import Problem, Wording, step

MAX_NESTING: Final = 8
"""Levels of all_of, any_of and none_of inside one another."""


@dataclass(frozen=True, slots=True)
class Exact:
    """完全匹配: the whole message is one of the words."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Contains:
    """包含: any of the words occurs in the message."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pattern:
    """正则: RE2 finds the pattern anywhere in the message."""

    pattern: str


@dataclass(frozen=True, slots=True)
class Channel:
    """渠道: the message came through one of these channels, letter for letter."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AllOf:
    """全部满足."""

    conditions: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """任一满足."""

    conditions: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class NoneOf:
    """全不满足. One that asks about text is not met by a message without text: nobody knows what it says."""

    conditions: tuple["Condition", ...]


Condition: TypeAlias = Exact | Contains | Pattern | Channel | AllOf | AnyOf | NoneOf


_TEXT: Final = frozenset({Fact.TEXT})
_CHANNEL: Final = frozenset({Fact.CHANNEL})


def parts(condition: Condition) -> tuple[Condition, ...]:
    """The conditions joined by this one; none for those that stand alone."""
    match condition:
        case AllOf(conditions) | AnyOf(conditions) | NoneOf(conditions):
            return conditions
        case _:
            return ()


def asks_for(condition: Condition) -> frozenset[Fact]:
    """The facts without which the condition cannot be decided."""
    match condition:
        case Exact() | Contains() | Pattern():
            return _TEXT
        case Channel():
            return _CHANNEL
        case AllOf(conditions) | AnyOf(conditions) | NoneOf(conditions):
            return frozenset[Fact]().union(*map(asks_for, conditions))
        case _:
            assert_never(condition)


def asks_about_text(condition: Condition) -> bool:
    match condition:
        case Exact() | Contains() | Pattern():
            return True
        case Channel():
            return False
        case AllOf(conditions) | AnyOf(conditions) | NoneOf(conditions):
            return any(asks_about_text(part) for part in conditions)
        case _:
            assert_never(condition)


def check_condition(condition: Condition, path: str, nesting: int = 0) -> Iterator[Problem]:
    """Every reason why the condition, or one inside it, cannot be used."""
    if parts(condition) and nesting >= MAX_NESTING:
        yield Problem(path, *TOO_NESTED)
        return
    yield from _own_problems(condition, path)
    for number, part in enumerate(parts(condition)):
        yield from check_condition(part, step(step(path, "conditions"), number), nesting + 1)


def cautions_of(condition: Condition, path: str) -> Iterator[Problem]:
    """What is allowed and yet so wide that a person should confirm it, such as the pattern `.*`."""
    if isinstance(condition, Pattern):
        compiled = compile_pattern(condition.pattern)
        if not isinstance(compiled, PatternRefused) and compiled.meets_everything():
            yield Problem(step(path, "pattern"), *_MEETS_EVERYTHING)
    for number, part in enumerate(parts(condition)):
        yield from cautions_of(part, step(step(path, "conditions"), number))


def _own_problems(condition: Condition, path: str) -> Iterator[Problem]:
    match condition:
        case Exact(words) | Contains(words):
            yield from _problems_of_words(words, step(path, "words"))
        case Pattern(pattern):
            compiled = compile_pattern(pattern)
            if isinstance(compiled, PatternRefused):
                yield Problem(step(path, "pattern"), compiled.reason, compiled.hint)
        case Channel(names):
            yield from _problems_of_names(names, step(path, "names"))
        case AllOf(conditions) | AnyOf(conditions) | NoneOf(conditions):
            if not conditions:
                yield Problem(step(path, "conditions"), *_NO_CONDITIONS)
        case _:
            assert_never(condition)


def _problems_of_words(words: tuple[str, ...], path: str) -> Iterator[Problem]:
    if not words:
        yield Problem(path, *_NO_WORDS)
    for number, word in enumerate(words):
        if not normalise(word).text:
            yield Problem(step(path, number), *_EMPTY_WORD)


def _problems_of_names(names: tuple[str, ...], path: str) -> Iterator[Problem]:
    if not names:
        yield Problem(path, *_NO_CHANNELS)
    for number, name in enumerate(names):
        if not name.strip():
            yield Problem(step(path, number), *_EMPTY_CHANNEL)


TOO_NESTED: Final = (
    Wording(f"Conditions are nested more than {MAX_NESTING} levels.", f"条件嵌套超过 {MAX_NESTING} 层。"),
    Wording("Flatten them, or make several rules.", "请减少嵌套，或拆成多条规则。"),
)
_NO_CONDITIONS: Final = (
    Wording("The group has no conditions.", "条件组里没有条件。"),
    Wording("Add a condition or remove the group.", "请添加条件或删除该组。"),
)
_NO_WORDS: Final = (
    Wording("There are no words.", "没有关键词。"),
    Wording("Enter at least one word.", "请至少填写一个关键词。"),
)
_EMPTY_WORD: Final = (
    Wording("The word has no visible character.", "关键词没有可见字符。"),
    Wording("Enter a word or remove the empty entry.", "请填写关键词，或删除空项。"),
)
_NO_CHANNELS: Final = (
    Wording("There are no channels.", "没有选择渠道。"),
    Wording("Choose at least one channel.", "请至少选择一个渠道。"),
)
_EMPTY_CHANNEL: Final = (
    Wording("The channel has no name.", "渠道名称为空。"),
    Wording("Choose a channel or remove the empty entry.", "请选择渠道，或删除空项。"),
)
_MEETS_EVERYTHING: Final = (
    Wording("The pattern meets nearly every message.", "该表达式几乎匹配所有消息。"),
    Wording(
        "Confirm that the rule is meant for every message, or narrow the pattern.",
        "请确认规则要对所有消息生效，或收窄表达式。",
    ),
)

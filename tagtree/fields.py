"""Reads untrusted JSON field by field: a value of the right shape, or None and a problem with its path."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final, TypeVar

from tagtree.wording import Problem, Wording, step

T = TypeVar("T")

MAX_ID: Final = 2**53 - 1
"""The largest whole number every JSON reader keeps exact (RFC 8259, section 6)."""

_MOST_PROBLEMS: Final = 100


@dataclass(slots=True)
class FieldReader:
    """One pass over untrusted content; collects at most 100 problems, enough to correct and try again."""

    problems: list[Problem] = field(default_factory=list)

    def refuse(self, path: str, reason: Wording, hint: Wording) -> None:
        if len(self.problems) < _MOST_PROBLEMS:
            self.problems.append(Problem(path, reason, hint))

    def members(
        self, value: object, path: str, required: frozenset[str], optional: frozenset[str] = frozenset()
    ) -> Mapping[str, object] | None:
        """An object with exactly these keys; unknown keys are refused, for they are mostly misspelt ones."""
        if isinstance(value, dict) and required <= value.keys() <= required | optional:
            return value
        if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
            self.refuse(path, *_NOT_AN_OBJECT)
            return None
        unknown = sorted(value.keys() - required - optional)
        missing = sorted(required - value.keys())
        for key in unknown[:_MOST_PROBLEMS]:
            self.refuse(step(path, key[:40]), *_unknown_key(sorted(required | optional)))
        for key in missing:
            self.refuse(step(path, key), *_MISSING)
        return None

    def text(self, value: object, path: str, most: int, least: int = 1) -> str | None:
        """A string of `least` to `most` characters that can be written as UTF-8."""
        if not isinstance(value, str):
            self.refuse(path, *_NOT_TEXT)
        elif not least <= len(value) <= most:
            self.refuse(path, *_wrong_length(len(value), least, most))
        elif not _is_writable(value):
            self.refuse(path, *_HALF_CHARACTER)
        else:
            return value
        return None

    def integer(self, value: object, path: str, least: int, most: int) -> int | None:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            self.refuse(path, *_not_an_integer(least, most))
            return None
        return value

    def flag(self, value: object, path: str) -> bool | None:
        if not isinstance(value, bool):
            self.refuse(path, *_NOT_A_FLAG)
            return None
        return value

    def items(
        self, value: object, path: str, most: int, read: Callable[[object, str], T | None]
    ) -> tuple[T, ...] | None:
        """A list of at most `most` members, each read by `read`; None when any of them is refused."""
        if not isinstance(value, list):
            self.refuse(path, *_NOT_A_LIST)
            return None
        if len(value) > most:
            self.refuse(path, *_too_many(len(value), most))
            return None
        members = [read(member, step(path, number)) for number, member in enumerate(value)]
        accepted = tuple(member for member in members if member is not None)
        return accepted if len(accepted) == len(members) else None

    def texts(self, value: object, path: str, most: int, longest: int) -> tuple[str, ...] | None:
        """A list of at most `most` texts of up to `longest` characters each; None when any of them is refused."""
        if isinstance(value, list) and len(value) <= most and _are_texts(value, longest):
            return tuple(value)
        return self.items(value, path, most, partial(self.text, most=longest))


def _are_texts(values: Sequence[object], longest: int) -> bool:
    """Whether none of them needs to be refused: a large rule set has a hundred thousand, and is read at once."""
    return all(isinstance(each, str) and 0 < len(each) <= longest and _is_writable(each) for each in values)


def _is_writable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _unknown_key(known: list[str]) -> tuple[Wording, Wording]:
    names = ", ".join(known)
    return (
        Wording("This key is not known here.", "这里没有这个字段。"),
        Wording(f"Remove it or use one of: {names}.", f"请删除，或使用：{names}。"),
    )


def _wrong_length(characters: int, least: int, most: int) -> tuple[Wording, Wording]:
    return (
        Wording(f"The text has {characters} characters.", f"文本有 {characters} 个字符。"),
        Wording(f"Write {least} to {most} characters.", f"请填写 {least} 到 {most} 个字符。"),
    )


def _not_an_integer(least: int, most: int) -> tuple[Wording, Wording]:
    return (
        Wording("This is not a whole number in range.", "这不是范围内的整数。"),
        Wording(f"Write a whole number from {least} to {most}.", f"请填写 {least} 到 {most} 的整数。"),
    )


def _too_many(members: int, most: int) -> tuple[Wording, Wording]:
    return (
        Wording(f"The list has {members} members, more than {most}.", f"列表有 {members} 项，超过 {most} 项。"),
        Wording("Remove some or split it.", "请删减或拆分。"),
    )


_NOT_AN_OBJECT: Final = (
    Wording("An object is expected here.", "这里应为对象。"),
    Wording("Write {…} with the named fields.", "请写成带字段的 {…}。"),
)
_MISSING: Final = (
    Wording("This field is missing.", "缺少该字段。"),
    Wording("Add it.", "请补充。"),
)
_NOT_TEXT: Final = (
    Wording("Text is expected here.", "这里应为文本。"),
    Wording('Write it in quotation marks, as in "price".', '请写成带引号的文本，如 "价格"。'),
)
_HALF_CHARACTER: Final = (
    Wording("The text contains half of a character (a lone surrogate).", "文本里有半个字符（孤立代理项）。"),
    Wording("Delete the unreadable character and type it again.", "请删除无法显示的字符后重新输入。"),
)
_NOT_A_FLAG: Final = (
    Wording("true or false is expected here.", "这里应为 true 或 false。"),
    Wording("Write true or false without quotation marks.", "请填写不带引号的 true 或 false。"),
)
_NOT_A_LIST: Final = (
    Wording("A list is expected here.", "这里应为列表。"),
    Wording("Write […], also for a single member.", "请写成 […]，只有一项也要。"),
)

"""Why a change is not made, and the checks that every form shares."""

import re
from dataclasses import dataclass

from tagtree.wording import Problem, Wording

MAX_NAME_CHARACTERS = 64

_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Missing:
    """There is no such thing."""

    thing: Wording


@dataclass(frozen=True, slots=True)
class Invalid:
    """What was sent is wrong in itself; paths name its fields."""

    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Conflict:
    """What was sent does not fit what is there: a name is taken, something is still in use."""

    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class NeedsConfirmation:
    """Allowed, but a person should say so first."""

    problems: tuple[Problem, ...]


Refusal = Missing | Invalid | Conflict | NeedsConfirmation
REFUSALS = (Missing, Invalid, Conflict, NeedsConfirmation)

AGENT = Wording("agent", "接待员工")
POOL = Wording("pool", "接待池")
LIVE_CODE = Wording("live code", "活码")
TAG = Wording("tag", "标签")
RULE_SET = Wording("rule set", "规则集")
RULE_SET_VERSION = Wording("version", "规则集版本")
VERSION_DIFF = Wording("comparison", "版本比较")
WITHDRAWAL = Wording("withdrawal", "撤回")
WEBHOOK = Wording("webhook", "Webhook")
CUSTOMER = Wording("customer", "客户")
RESERVATION = Wording("reservation", "预占")
EVENT = Wording("event", "事件")
EFFECT = Wording("effect", "外部动作")
SETTING = Wording("setting", "设置项")
USER = Wording("user", "用户")
UPSTREAM_WAY = Wording("contact way", "联系我")
TASK = Wording("task", "待办")
TAG_TARGET = Wording("platform with tags", "标签平台")


def problem(path: str, reason: tuple[str, str], hint: tuple[str, str]) -> Problem:
    """A problem from (English, Chinese) pairs."""
    return Problem(path, Wording(*reason), Wording(*hint))


def conflict(path: str, reason: tuple[str, str], hint: tuple[str, str]) -> Conflict:
    """A conflict with one problem."""
    return Conflict((problem(path, reason, hint),))


def archived(thing: Wording) -> Conflict:
    """The refusal to edit something archived."""
    return conflict(
        "",
        (f"This {thing.en} is archived.", f"该{thing.zh}已归档。"),
        ("Restore it first.", "请先恢复。"),
    )


def name_taken(path: str, text: str) -> Conflict:
    """The refusal of a name that something has already, archived things included."""
    return conflict(
        path,
        (f"“{text}” is taken.", f"“{text}”已被使用。"),
        ("Choose another; archived ones keep theirs.", "请换一个；已归档的仍占用原名。"),
    )


def text_problems(path: str, text: str, most: int = MAX_NAME_CHARACTERS, *, lines: bool = False) -> list[Problem]:
    """What keeps ``text`` from being a visible text of 1 to ``most`` characters, on one line unless ``lines``."""
    if not text.strip():
        return [
            problem(
                path,
                ("Nothing is written here.", "此处没有填写。"),
                (f"Write 1 to {most} characters.", f"请填写 1 到 {most} 个字符。"),
            )
        ]
    if len(text) > most:
        return [
            problem(
                path,
                (f"{len(text)} characters are too many.", f"{len(text)} 个字符，过长。"),
                (f"Shorten it to {most} characters.", f"请缩短到 {most} 个字符以内。"),
            )
        ]
    if _UNPRINTABLE.search(text) or (not lines and "\n" in text):
        return [
            problem(
                path,
                ("Contains a control character.", "含有控制字符。"),
                ("Type it again without pasting.", "请手动重新输入。"),
            )
        ]
    return []


def range_problems(path: str, number: int, least: int, most: int) -> list[Problem]:
    """What keeps ``number`` from standing between two bounds, both included."""
    if least <= number <= most:
        return []
    typed = f"{number}"  # as it was typed, where that is no number at all
    reason = (
        (f"{typed} is not a whole number between {least} and {most}.", f"{typed} 不是 {least} 到 {most} 之间的整数。")
        if typed
        else ("Nothing is written here.", "此处没有填写。")
    )
    hint = (f"Write a whole number between {least} and {most}.", f"请填写 {least} 到 {most} 之间的整数。")
    return [problem(path, reason, hint)]

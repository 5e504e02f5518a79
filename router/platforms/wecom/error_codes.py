"""WeCom's global error codes (W-90313): what each means, and what to do about it.

The table is `error_codes.tsv` beside this file: code, action, whether an operator must act, one sentence in Chinese,
one in English. The same numbers mean other things on the Official Account platform; this table is WeCom's alone.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Final


class Action(StrEnum):
    """What a refusal asks for."""

    REFRESH = "refresh"
    """Fetch a new access token and repeat once."""
    RETRY = "retry"
    """Repeat after a growing pause."""
    RETRY_ONCE = "retry_once"
    """Repeat a single time, soon."""
    WAIT_WINDOW = "wait_window"
    """Repeat when the frequency window of a minute has passed."""
    WAIT_HOURS = "wait_hours"
    """Repeat in some hours: the platform is at work on it."""
    WAIT_EVENT = "wait_event"
    """Wait for the event or the customer's message that makes the call possible."""
    REREAD = "reread"
    """Our picture of the platform is stale: read it again, then decide anew."""
    REUPLOAD = "reupload"
    """Upload the media again and use its new id."""
    RECREATE = "recreate"
    """The thing is gone: make it again."""
    REPLACE_MEMBER = "replace_member"
    """This member cannot serve: choose another."""
    NARROW = "narrow"
    """Ask for less at once."""
    WITHOUT_TOKEN = "without_token"
    """Pull without the callback's token."""
    DONE = "done"
    """What was wanted is so already."""
    STOP = "stop"
    """Repeating cannot help."""


MAX_REPEATS: Final[Mapping[Action, int]] = {
    Action.REFRESH: 1,
    Action.RETRY: 3,
    Action.RETRY_ONCE: 1,
    Action.WAIT_WINDOW: 10,
    Action.WAIT_HOURS: 24,
    Action.WITHOUT_TOKEN: 1,
}
"""How often the same call may be repeated after a refusal with this action; not at all where it is absent."""


@dataclass(frozen=True, slots=True)
class ErrorCode:
    """One row of the table."""

    code: int
    action: Action
    is_alert: bool
    zh: str
    en: str


def explain(code: int) -> ErrorCode:
    """Return the row of `code`; an unlisted code stops, with a sentence that says where to look it up."""
    return table().get(code) or ErrorCode(
        code,
        Action.STOP,
        is_alert=False,
        zh="企业微信返回了未收录的错误码：请在企业微信开发者文档「全局错误码」中查询",
        en="WeCom answered with a code that is not listed here: look it up in its page of global error codes",
    )


@cache
def table() -> Mapping[int, ErrorCode]:
    """Return all rows by code."""
    text = files(__package__).joinpath("error_codes.tsv").read_text("utf-8")
    rows = csv.reader(text.splitlines()[1:], delimiter="\t")
    return {
        int(code): ErrorCode(int(code), Action(action), alert == "yes", zh, en) for code, action, alert, zh, en in rows
    }

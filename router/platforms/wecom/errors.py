"""What can go wrong with a call to WeCom's API.

PlatformError
├── RequestInvalid       not sent: an argument breaks a documented limit
├── Unreachable          not executed: no connection, or no access token
├── Refused              not executed: WeCom answered with an errcode
├── OutcomeUnknown       perhaps executed: no answer, or none that can be read
│   └── AnswerInvalid    the answer lacks what the documentation promises
└── PictureUnavailable   a picture could not be fetched
"""

import re
from typing import Final

from router.platforms.wecom.error_codes import Action, ErrorCode, explain

_HINT: Final = re.compile(r"hint:\s*\[([^\]]{1,100})\]")
_UNTRUSTED_ADDRESS: Final = 60020
_FROM_ADDRESS: Final = re.compile(r"from ip:\s*([0-9A-Fa-f.:]{2,45})")
_MAX_ERRMSG: Final = 500


class PlatformError(Exception):
    """Root of this tree. `zh` and `en` are sentences for the operator, without secrets."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en


class RequestInvalid(PlatformError):  # noqa: N818 - told apart from ValueError: it can be shown
    """An argument breaks a limit of the platform; nothing was sent. `field` is the platform's name of the argument."""

    def __init__(self, field: str, zh: str, en: str) -> None:
        super().__init__(f"{field}：{zh}", f"{field}: {en}")
        self.field = field


class Unreachable(PlatformError):  # noqa: N818 - the word for every call that never left
    """The call surely was not executed: no connection came about, or no access token could be had. Safe to repeat."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"无法连接企业微信（{path}）：{reason}", f"{path} was not reached: {reason}")
        self.path = path


class Refused(PlatformError):  # noqa: N818 - the word for every answer that says no
    """WeCom answered `errcode` other than 0: the call was not executed.

    `action` is what to do next. `errmsg` is not stable and only for people. `hint` is the reference in it that
    Tencent's support asks for, "" when there is none. `is_alert` when an operator must act before such calls succeed.
    The sentences of 60020 end with the address to trust, where WeCom names it.
    """

    def __init__(self, path: str, errcode: int, errmsg: str, known: ErrorCode | None = None) -> None:
        known = known or explain(errcode)
        found = _FROM_ADDRESS.search(errmsg[:_MAX_ERRMSG]) if errcode == _UNTRUSTED_ADDRESS else None
        named = f": {found[1].rstrip('.:')}" if found else ""  # only WeCom knows it behind a router
        super().__init__(f"{known.zh}（{errcode}）{named}", f"{known.en} ({errcode}){named}")
        self.path = path
        self.errcode = errcode
        self.errmsg = errmsg[:_MAX_ERRMSG]
        hint = _HINT.search(self.errmsg)
        self.hint = hint[1] if hint else ""
        self.action: Action = known.action
        self.is_alert = known.is_alert


class OutcomeUnknown(PlatformError):  # noqa: N818 - the word for every answer that is missing
    """The call may or may not have been executed: look before repeating a creation."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"不能确定企业微信是否已执行（{path}）：{reason}", f"{path} may have been executed: {reason}")
        self.path = path
        self.reason = reason


class AnswerInvalid(OutcomeUnknown):
    """WeCom said yes, and the answer lacks something the documentation promises."""


class PictureUnavailable(PlatformError):  # noqa: N818 - the word for a picture that is not there
    """A picture could not be fetched; asking again later may help."""

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(f"无法获取图片（{place}）：{reason}", f"no picture from {place}: {reason}")
        self.place = place
        self.reason = reason

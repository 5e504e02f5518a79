"""The platform's limits on what is sent, checked before sending: its own answer (40058) does not say which field."""

import re
from collections.abc import Sized
from typing import Final

from router.platforms.wecom.errors import RequestInvalid

_MEMBER_ID: Final = re.compile(r"[A-Za-z0-9\-_.@]{1,64}")
_KF_NAME: Final = re.compile(r"[0-9A-Za-z_-]{1,32}")


def check_bytes(field: str, text: str, limit: int) -> None:
    """Raise `RequestInvalid` when `text` has more than `limit` bytes of UTF-8; a Chinese character has three."""
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > limit:
        raise RequestInvalid(
            field,
            f"内容有 {size} 字节，最多 {limit} 字节（一个汉字三字节），请缩短",
            f"{size} bytes of UTF-8, at most {limit} are allowed (a Chinese character has 3); shorten it",
        )


def check_characters(field: str, text: str, limit: int) -> None:
    """Raise `RequestInvalid` when `text` has more than `limit` characters."""
    if len(text) > limit:
        raise RequestInvalid(
            field,
            f"内容有 {len(text)} 个字，最多 {limit} 个，请缩短",
            f"{len(text)} characters, at most {limit} are allowed; shorten it",
        )


def check_count(field: str, items: Sized, least: int, most: int) -> None:
    """Raise `RequestInvalid` unless there are `least` to `most` items."""
    if not least <= len(items) <= most:
        raise RequestInvalid(
            field,
            f"有 {len(items)} 项，应为 {least} 到 {most} 项",
            f"{len(items)} items, {least} to {most} are allowed",
        )


def check_present(field: str, text: str) -> None:
    """Raise `RequestInvalid` when `text` is empty."""
    if not text:
        raise RequestInvalid(field, "不能为空，请填写", "must not be empty; fill it in")


def check_member_id(field: str, user_id: str) -> None:
    """Raise `RequestInvalid` unless `user_id` can be a userid."""
    if not _MEMBER_ID.fullmatch(user_id):
        raise RequestInvalid(
            field,
            "成员账号应为 1 到 64 位字母、数字或 -_.@",
            "a userid has 1 to 64 letters, digits or -_.@",
        )


def check_kf_name(field: str, name: str) -> None:
    """Raise `RequestInvalid` unless `name` can be a scene or a msgid of 微信客服."""
    if not _KF_NAME.fullmatch(name):
        raise RequestInvalid(
            field,
            "应为 1 到 32 位字母、数字、下划线或连字符",
            "1 to 32 letters, digits, underscores or hyphens are allowed",
        )

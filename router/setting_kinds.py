"""What a setting's text may say: one class per kind, each turning text into a value or telling why it cannot."""

import base64
import binascii
import re
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tagtree.wording import Wording

MAX_CHARACTERS = 4_000  # of one setting, whatever its kind
MASTER_KEY_BYTES = 32

_BETWEEN_PHRASES = re.compile(r"[,，;；、\r\n]+")
_USUAL_PORT = {"http": ":80", "https": ":443"}
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Why a text is not a value of its kind, and what to write instead."""

    reason: Wording
    hint: Wording


class Kind(Protocol):
    """A kind of value."""

    def read(self, text: str) -> Any:
        """The value, or `Unreadable`. ``text`` is stripped and not empty."""


def read_value(kind: Kind, text: str) -> Any:
    """The value behind ``text`` or `Unreadable`; the bounds that hold for every kind are checked here."""
    if len(text) > MAX_CHARACTERS:
        return Unreadable(
            Wording(f"longer than {MAX_CHARACTERS} characters", f"超过 {MAX_CHARACTERS} 个字符"),
            Wording("Shorten it.", "请缩短。"),
        )
    if _UNPRINTABLE.search(text):
        return Unreadable(
            Wording("contains a control character", "含有控制字符"),
            Wording("Paste it again without invisible characters.", "请重新粘贴，去掉不可见字符。"),
        )
    return kind.read(text.strip())


@dataclass(frozen=True, slots=True)
class Text:
    """Any text of one line."""

    limit: int = 256

    def read(self, text: str) -> str | Unreadable:
        if len(text) <= self.limit and "\n" not in text and "\r" not in text:
            return text
        return Unreadable(
            Wording(f"not one line of at most {self.limit} characters", f"不是一行 {self.limit} 个字符以内的文字"),
            Wording("Copy it again from where it is shown.", "请从原页面重新复制。"),
        )


@dataclass(frozen=True, slots=True)
class WebAddress:
    """``https://host[:port][/path]``, in one spelling: small letters, no usual port, no slash at the end."""

    def read(self, text: str) -> str | Unreadable:
        if _is_web_address(text):
            parts = urlsplit(text)
            user, at, place = parts.netloc.rpartition("@")
            host = place.lower().removesuffix(_USUAL_PORT[parts.scheme])
            return f"{parts.scheme}://{user}{at}{host}{parts.path}".rstrip("/")
        return Unreadable(
            Wording("not a web address", "不是网址"),
            Wording("Write it as https://host or http://host:port.", "请写成 https://主机 或 http://主机:端口。"),
        )


@dataclass(frozen=True, slots=True)
class DatabaseAddress:
    """``sqlite:///path`` or ``postgresql://…``."""

    def read(self, text: str) -> str | Unreadable:
        if text.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")):
            return text
        return Unreadable(
            Wording("neither SQLite nor PostgreSQL", "既不是 SQLite 也不是 PostgreSQL"),
            Wording(
                "Write sqlite:///var/liveqr.db or postgresql://user:password@host/name.",
                "请写成 sqlite:///var/liveqr.db 或 postgresql://用户:密码@主机/库名。",
            ),
        )


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number between two bounds, both included."""

    lowest: int
    highest: int

    def read(self, text: str) -> int | Unreadable:
        # At most 18 digits: int() of an unbounded text takes time that grows with its square.
        if re.fullmatch(r"-?[0-9]{1,18}", text) and self.lowest <= int(text) <= self.highest:
            return int(text)
        bounds = f"{self.lowest}-{self.highest}"
        return Unreadable(
            Wording(f"not a whole number in {bounds}", f"不是 {bounds} 之间的整数"),
            Wording(f"Write a number in {bounds}.", f"请填写 {bounds} 之间的数字。"),
        )


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few words."""

    words: tuple[str, ...]

    def read(self, text: str) -> str | Unreadable:
        if text in self.words:
            return text
        return Unreadable(
            Wording(f"not one of: {', '.join(self.words)}", f"不是以下之一：{'、'.join(self.words)}"),
            Wording(f"Write {' or '.join(self.words)}.", f"请写 {' 或 '.join(self.words)}。"),
        )


@dataclass(frozen=True, slots=True)
class TimeZone:
    """A name of the IANA time zone database."""

    def read(self, text: str) -> ZoneInfo | Unreadable:
        try:
            return ZoneInfo(text)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            return Unreadable(
                Wording("not a known time zone", "不是已知的时区"),
                Wording("Write a name such as Asia/Shanghai.", "请写时区名，例如 Asia/Shanghai。"),
            )


@dataclass(frozen=True, slots=True)
class Phrases:
    """Short phrases separated by comma, semicolon or line break (or their Chinese forms)."""

    limit: int = 100
    longest: int = 40

    def read(self, text: str) -> tuple[str, ...] | Unreadable:
        phrases = tuple(dict.fromkeys(stripped for part in _BETWEEN_PHRASES.split(text) if (stripped := part.strip())))
        if len(phrases) <= self.limit and all(len(phrase) <= self.longest for phrase in phrases):
            return phrases
        return Unreadable(
            Wording(
                f"more than {self.limit} phrases, or one longer than {self.longest} characters",
                f"超过 {self.limit} 个词，或有词超过 {self.longest} 个字符",
            ),
            Wording("Separate phrases with commas and shorten the list.", "请用逗号分隔并精简。"),
        )


@dataclass(frozen=True, slots=True)
class Networks:
    """Network addresses with their prefix lengths, separated like phrases."""

    def read(self, text: str) -> tuple[IPv4Network | IPv6Network, ...] | Unreadable:
        try:
            return tuple(ip_network(part.strip()) for part in _BETWEEN_PHRASES.split(text) if part.strip())
        except ValueError:
            return Unreadable(
                Wording("not networks such as 10.0.0.0/8", "不是 10.0.0.0/8 这样的网段"),
                Wording(
                    "Write the first address of each and its length, separated by commas.",
                    "请写网段的首地址和前缀长度，用逗号分隔。",
                ),
            )


@dataclass(frozen=True, slots=True)
class MasterKey:
    """32 bytes in base64."""

    def read(self, text: str) -> bytes | Unreadable:
        try:
            key = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if len(key) == MASTER_KEY_BYTES:
            return key
        return Unreadable(
            Wording("not 32 bytes in base64", "不是 32 字节的 base64"),
            Wording("Make one with: openssl rand -base64 32", "可用命令生成：openssl rand -base64 32"),
        )


@dataclass(frozen=True, slots=True)
class CallbackToken:
    """Token of a callback: at most 32 letters and digits (W-90930)."""

    def read(self, text: str) -> str | Unreadable:
        if re.fullmatch(r"[A-Za-z0-9]{1,32}", text):
            return text
        return Unreadable(
            Wording("not 1-32 letters and digits", "不是 1-32 位字母和数字"),
            Wording("Copy the Token from the callback page again.", "请从回调配置页重新复制 Token。"),
        )


@dataclass(frozen=True, slots=True)
class CallbackAesKey:
    """EncodingAESKey of a callback: 43 letters and digits that are 32 bytes in base64 without its end (W-90930)."""

    def read(self, text: str) -> str | Unreadable:
        if re.fullmatch(r"[A-Za-z0-9]{43}", text):
            return text
        return Unreadable(
            Wording("not 43 letters and digits", "不是 43 位字母和数字"),
            Wording("Copy the EncodingAESKey from the callback page again.", "请从回调配置页重新复制 EncodingAESKey。"),
        )


@dataclass(frozen=True, slots=True)
class Folder:
    """A path on this machine."""

    def read(self, text: str) -> Path:
        return Path(text)


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        _ = parts.port  # raises for a port that is no number below 65536
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.query and not parts.fragment

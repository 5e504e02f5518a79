"""Bounded, typed access to the fields of a decrypted message."""

from dataclasses import dataclass
from typing import Final

from router.platforms.wecom.callback_errors import MessageInvalid
from router.platforms.wecom.xml import Leaf

MAX_ID: Final = 128
"""Characters of an id, code or name: member ids have 64 at most, external ids 32, states 64."""

MAX_TEXT: Final = 8192
"""Characters of free text or a URL: WeCom sends 2,048 bytes at most."""

MAX_SECONDS: Final = 253_402_214_399
"""Of a Unix time: a day before the calendar ends, which the clocks of every zone can still show."""

_MAX_DIGITS: Final = 20


class Fields:
    """The leaf elements of one message by path. Every reader raises `MessageInvalid` with the path in its reason."""

    __slots__ = ("_values", "leaves")

    def __init__(self, leaves: tuple[Leaf, ...]) -> None:
        self.leaves = leaves
        self._values: dict[str, list[str]] = {}
        for path, value in leaves:
            self._values.setdefault(path, []).append(value)

    def all(self, path: str) -> tuple[str, ...]:
        """Return the values of a repeated element, empty ones left out."""
        return tuple(_bounded(path, value, MAX_ID) for value in self._values.get(path, ()) if value)

    def listed(self, path: str) -> tuple[str, ...]:
        """Return the members of a comma-separated list, () when the element is absent or empty."""
        return tuple(_bounded(path, item, MAX_ID) for item in self._single(path).split(",") if item)

    def text(self, path: str, limit: int = MAX_TEXT) -> str:
        """Return free text of at most `limit` characters, "" when the element is absent."""
        return _bounded(path, self._single(path), limit)

    def optional_id(self, path: str) -> str:
        """Return an id, code or name, "" when the element is absent or empty."""
        return _bounded(path, self._single(path), MAX_ID)

    def id(self, path: str) -> str:
        """Return an id, code or name that must be there."""
        value = self.optional_id(path)
        if not value:
            raise MessageInvalid(f"{path} is missing")
        return value

    def optional_integer(self, path: str) -> int | None:
        """Return a decimal integer, None when the element is absent or empty."""
        value = self._single(path).strip()
        if not value:
            return None
        if len(value) > _MAX_DIGITS or not value.removeprefix("-").isascii() or not value.removeprefix("-").isdigit():
            raise MessageInvalid(f"{path} is {value[:40]!r}, not an integer")
        return int(value)

    def integer(self, path: str) -> int:
        """Return a decimal integer that must be there."""
        value = self.optional_integer(path)
        if value is None:
            raise MessageInvalid(f"{path} is missing")
        return value

    def instant(self, path: str) -> int:
        """Return a Unix time, which WeCom gives in seconds, in milliseconds."""
        seconds = self.integer(path)
        if not 0 <= seconds <= MAX_SECONDS:
            raise MessageInvalid(f"{path} is {seconds}, not a Unix time in seconds")
        return seconds * 1000

    def number(self, path: str) -> float:
        """Return a decimal number that must be there, such as a latitude in degrees."""
        value = self._single(path).strip()
        digits = value.removeprefix("-").replace(".", "", 1)
        if len(value) > 2 * _MAX_DIGITS or not digits.isascii() or not digits.isdigit():
            raise MessageInvalid(f"{path} is {value[:40]!r}, not a number")
        return float(value)

    def _single(self, path: str) -> str:
        values = self._values.get(path)
        if values is None:
            return ""
        if len(values) > 1:
            raise MessageInvalid(f"{path} occurs {len(values)} times")
        return values[0]


@dataclass(frozen=True, slots=True)
class Header:
    """What every typed message begins with.

    `created_at` is WeCom's CreateTime, to the second, in Unix milliseconds; `from_user` a member's userid, `sys`
    for customer and contact-book events, "" for 微信客服; `agent_id` the app's number in app callbacks, otherwise None.
    """

    corp_id: str
    from_user: str
    created_at: int
    agent_id: int | None


def read_header(fields: Fields) -> Header:
    """Return the common header. Raises `MessageInvalid`."""
    return Header(
        corp_id=fields.id("ToUserName"),
        from_user=fields.optional_id("FromUserName"),
        created_at=fields.instant("CreateTime"),
        agent_id=fields.optional_integer("AgentID"),
    )


def _bounded(path: str, value: str, limit: int) -> str:
    if len(value) > limit:
        raise MessageInvalid(f"{path} has {len(value)} characters, more than {limit}")
    return value

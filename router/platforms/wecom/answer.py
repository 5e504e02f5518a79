"""Reading the JSON that WeCom answers with: typed, bounded, and never by surprise."""

from collections.abc import Iterator
from typing import Final

import httpx
import orjson

from router.platforms.wecom.errors import AnswerInvalid, OutcomeUnknown, Refused
from router.platforms.wecom.fields import MAX_SECONDS

_MAX_BYTES: Final = 16 * 1024 * 1024


class Answer:
    """One JSON object of an answer. Readers raise `AnswerInvalid`, naming the path of the call and the field."""

    __slots__ = ("_fields", "_path")

    def __init__(self, path: str, fields: dict[str, object]) -> None:
        self._path = path
        self._fields = fields

    @classmethod
    def of(cls, path: str, response: httpx.Response) -> "Answer":
        """Return the object in a response. Raises `Refused` for an errcode other than 0, else `OutcomeUnknown`."""
        if response.status_code >= 500 or len(response.content) > _MAX_BYTES:
            raise OutcomeUnknown(path, f"HTTP status {response.status_code}, {len(response.content)} bytes")
        try:
            fields = orjson.loads(response.content)
        except orjson.JSONDecodeError:
            raise OutcomeUnknown(path, f"HTTP status {response.status_code} and no JSON") from None
        if not isinstance(fields, dict):
            raise OutcomeUnknown(path, "the answer is not a JSON object")
        errcode = fields.get("errcode", 0)
        if type(errcode) is not int:
            raise OutcomeUnknown(path, "errcode is not a number")
        if errcode:
            raise Refused(path, errcode, str(fields.get("errmsg", "")))
        return cls(path, fields)

    @property
    def fields(self) -> dict[str, object]:
        """The object as it came, to be stored."""
        return self._fields

    def text(self, name: str) -> str:
        """Return a text that must be there and not be empty."""
        value = self.text_or_empty(name)
        if not value:
            raise self._without(name, "a text")
        return value

    def text_or_empty(self, name: str) -> str:
        """Return a text, "" when it is absent or null."""
        value = self._fields.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise self._without(name, "a text")
        return value

    def integer(self, name: str) -> int:
        """Return an integer that must be there."""
        value = self._fields.get(name)
        if type(value) is not int:
            raise self._without(name, "an integer")
        return value

    def integer_or(self, name: str, default: int) -> int:
        """Return an integer, `default` when it is absent or null."""
        return default if self._fields.get(name) is None else self.integer(name)

    def instant(self, name: str) -> int:
        """Return a Unix time that must be there, which WeCom gives in seconds, in milliseconds."""
        seconds = self.integer(name)
        if not 0 <= seconds <= MAX_SECONDS:
            raise self._without(name, "a Unix time in seconds")
        return seconds * 1000

    def number(self, name: str) -> float:
        """Return a number that must be there."""
        value = self._fields.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._without(name, "a number")
        return float(value)

    def flag_or(self, name: str, default: bool) -> bool:
        """Return a boolean, `default` when it is absent or null."""
        value = self._fields.get(name)
        if value is None:
            return default
        if not isinstance(value, bool):
            raise self._without(name, "a boolean")
        return value

    def nested(self, name: str) -> "Answer":
        """Return an object that must be there."""
        value = self._fields.get(name)
        if not isinstance(value, dict):
            raise self._without(name, "an object")
        return Answer(self._path, value)

    def objects(self, name: str) -> "tuple[Answer, ...]":
        """Return a list of objects, () when it is absent or null."""
        return tuple(self._items(name))

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a list of texts, () when it is absent or null."""
        items: list[str] = []
        for item in self._list(name):
            if not isinstance(item, str):
                raise self._without(name, "a list of texts")
            items.append(item)
        return tuple(items)

    def integers(self, name: str) -> tuple[int, ...]:
        """Return a list of integers, () when it is absent or null."""
        items: list[int] = []
        for item in self._list(name):
            if type(item) is not int:
                raise self._without(name, "a list of integers")
            items.append(item)
        return tuple(items)

    def _items(self, name: str) -> "Iterator[Answer]":
        for item in self._list(name):
            if not isinstance(item, dict):
                raise self._without(name, "a list of objects")
            yield Answer(self._path, item)

    def _list(self, name: str) -> list[object]:
        value = self._fields.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise self._without(name, "a list")
        return value

    def _without(self, name: str, kind: str) -> AnswerInvalid:
        return AnswerInvalid(self._path, f"the answer has no {name} that is {kind}")

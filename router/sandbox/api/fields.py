"""Reads the fields of a request the way the platform does: the wrong type, length or absence has its own errcode."""

from collections.abc import Mapping
from typing import Any

from router.sandbox.refusal import Errcode, RefusalError


class Fields:
    """A JSON object or the query of a GET. `missing` is the errcode for a field that must be there and is not."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values = values

    def has(self, name: str) -> bool:
        return self.values.get(name) not in (None, "")

    def required(
        self,
        name: str,
        missing: Errcode = Errcode.EMPTY_PARAMETER,
        max_chars: int | None = None,
        max_bytes: int | None = None,
    ) -> str:
        if not self.has(name):
            raise RefusalError(missing, f"missing {name}")
        return self.text(name, max_chars=max_chars, max_bytes=max_bytes)

    def text(self, name: str, default: str = "", max_chars: int | None = None, max_bytes: int | None = None) -> str:
        value = self.values.get(name)
        if value is None:
            return default
        if not isinstance(value, str):
            raise _wrong(name, "a string")
        if max_chars is not None and len(value) > max_chars:
            raise RefusalError(Errcode.BAD_PARAMETER, f"{name} exceeds {max_chars} characters")
        if max_bytes is not None and len(value.encode()) > max_bytes:
            raise RefusalError(Errcode.TEXT_TOO_LONG, f"{name} exceeds {max_bytes} bytes")
        return value

    def number(self, name: str, default: int, low: int = 0, high: int = 2**32 - 1) -> int:
        value = self.values.get(name)
        if value is None or value == "":
            return default
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 10:
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise _wrong(name, f"a number from {low} to {high}")
        return value

    def flag(self, name: str, default: bool) -> bool:
        value = self.values.get(name)
        if value is None:
            return default
        if not isinstance(value, bool):
            raise _wrong(name, "true or false")
        return value

    def texts(self, name: str, most: int = 100, over: Errcode = Errcode.BAD_PARAMETER) -> tuple[str, ...]:
        listed = self._list(name)
        if not all(isinstance(each, str) for each in listed):
            raise _wrong(name, "a list of strings")
        if len(listed) > most:
            raise RefusalError(over, f"{name} lists more than {most}")
        return tuple(listed)

    def numbers(self, name: str) -> tuple[int, ...]:
        listed = self._list(name)
        if not all(isinstance(each, int) and not isinstance(each, bool) for each in listed):
            raise _wrong(name, "a list of numbers")
        return tuple(listed)

    def object(self, name: str) -> "Fields":
        value = self.values.get(name)
        if not isinstance(value, dict):
            raise _wrong(name, "an object")
        return Fields(value)

    def objects(self, name: str, most: int, over: Errcode = Errcode.BAD_PARAMETER) -> "tuple[Fields, ...]":
        listed = self._list(name)
        if not all(isinstance(each, dict) for each in listed):
            raise _wrong(name, "a list of objects")
        if len(listed) > most:
            raise RefusalError(over, f"{name} lists more than {most}")
        return tuple(Fields(each) for each in listed)

    def _list(self, name: str) -> list[Any]:
        value = self.values.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise _wrong(name, "a list")
        return value


def _wrong(name: str, expected: str) -> RefusalError:
    return RefusalError(Errcode.BAD_PARAMETER, f"{name} must be {expected}")

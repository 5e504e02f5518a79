"""JSON columns: compact UTF-8 text, read back whole."""

from typing import Any

import orjson


def dump(value: Any) -> str:
    """Text for a JSON column; dataclasses become objects, tuples arrays, integer keys strings."""
    return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()


def load(text: str) -> Any:
    """The value behind a JSON column; an empty column is an empty object."""
    return orjson.loads(text) if text else {}

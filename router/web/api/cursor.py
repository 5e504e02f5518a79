"""Cursors: where a list goes on. Opaque to callers, and good only for the list that gave them."""

import base64
import binascii


def write_cursor(name: str, key: int | None) -> str | None:
    """The cursor of list ``name`` after ``key``; None when there is nothing after it."""
    if key is None:
        return None
    return base64.urlsafe_b64encode(f"{name}:{key}".encode()).decode().rstrip("=")


def read_cursor(name: str, cursor: str | None) -> int | None:
    """The key behind a cursor, 0 for none given; None when it is not a cursor of list ``name``."""
    if cursor is None:
        return 0
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except (binascii.Error, ValueError):
        return None
    prefix, _, key = text.rpartition(":")
    return int(key) if prefix == name and key.isascii() and key.isdecimal() and len(key) <= 18 else None

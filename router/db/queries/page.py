"""One page of a list that is walked by key, so that rows added meanwhile neither repeat nor hide any."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item")

EVERY = 10_000  # a limit beyond what administration ever holds, for checks that must see all


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Some items, and the key to go on from; None on the last page."""

    items: tuple[Item, ...]
    next: int | None


def page_of(found: Sequence[Item], limit: int, key: Callable[[Item], int]) -> Page[Item]:
    """The page of ``limit`` items out of ``limit + 1`` fetched: the one too many tells that there is more."""
    items = tuple(found[:limit])
    return Page(items, key(items[-1]) if len(found) > limit else None)


def like(search: str) -> str:
    """The pattern that finds ``search`` anywhere, to be used with ``ESCAPE '!'``."""
    escaped = search.lower().replace("!", "!!").replace("%", "!%").replace("_", "!_")
    return f"%{escaped}%"

"""What a handler of events is given and gives back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any, Generic, Protocol, TypeVar

from sqlalchemy import Connection

from router.db.queries.inbox import Verdict
from router.handlers.catalog import Catalog
from router.handlers.meaning import MeaningOfMessages
from tagtree.sensitive.finder import CompiledWords

EventT = TypeVar("EventT")


@dataclass(frozen=True, slots=True)
class Received(Generic[EventT]):
    """An event and the inbox row it came in."""

    inbox_id: int
    event: EventT


@dataclass(frozen=True, slots=True)
class Situation:
    """What deciding needs besides the events: the instant (ms), the zone, rules, tags and words in force."""

    now: int
    zone: tzinfo
    catalog: Catalog
    human_words: tuple[str, ...]  # normalised phrases that ask for a person
    human_pool_id: int | None = None  # takes customers handed over to a person, unless a rule names another
    words: CompiledWords = CompiledWords()
    meaning: MeaningOfMessages = MeaningOfMessages()


class Handler(Protocol):
    """Handles a batch in which no two events are about the same customer; one verdict per event, in order."""

    def __call__(
        self, connection: Connection, batch: Sequence[Received[Any]], situation: Situation, /
    ) -> list[Verdict]: ...

"""事实: what is known when a message arrives, and the names of what may be unknown."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

TEXT_KIND: Final = "text"
"""The only message kind whose text the rules read."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Fact(StrEnum):
    """What a rule may ask for. A caller loads only what `RuleSet.asks_for` names."""

    TEXT = "text"
    CHANNEL = "channel"
    KIND = "kind"
    LIVE_CODE = "live_code"
    TAGS = "tags"
    CLASSES = "classes"
    IS_NEW = "is_new"
    SENDER = "sender"
    REGION = "region"
    AT = "at"
    HITS = "hits"
    LAST_FIRED = "last_fired"
    PREVIOUS = "previous"


class Sender(StrEnum):
    """Who wrote the message."""

    CUSTOMER = "customer"
    EMPLOYEE = "employee"


@dataclass(frozen=True, slots=True)
class PreviousTurn:
    """The customer's message before this one: its text (None when it had none), the ids of the rules that fired."""

    text: str | None = None
    fired: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one message and of who sent it. None: unknown, which meets no condition and no negation.

    `kind`: the platform's message kind; the text of any other than "text" is unknown, whatever `text` says.
    `live_code`: the code by which the customer came last, empty when by none. `tags`: ids on the customer.
    `classes`: names of the classes of this message. `is_new`: whether the customer was unknown before.
    `region`: the province or city as the operator's file names it. `at`: local time of the message, with its zone.
    `hits`, `last_fired`, `previous.fired` speak of the rules of the rule set that is asked, by rule id: earlier
    instants at which each fired for this customer, and the last of them (ms); a rule left out never fired.
    """

    text: str
    channel: str | None
    kind: str = TEXT_KIND
    live_code: str | None = None
    tags: frozenset[int] | None = None
    classes: frozenset[str] | None = None
    is_new: bool | None = None
    sender: Sender | None = None
    region: str | None = None
    at: datetime | None = None
    hits: Mapping[str, tuple[int, ...]] | None = None
    last_fired: Mapping[str, int] | None = None
    previous: PreviousTurn | None = None

    @property
    def has_text(self) -> bool:
        return self.kind == TEXT_KIND

    @property
    def instant(self) -> int | None:
        """`at` in ms since the epoch; raises TypeError when `at` has no zone."""
        return None if self.at is None else (self.at - _EPOCH) // timedelta(milliseconds=1)

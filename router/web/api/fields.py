"""What fields of requests and answers are made of."""

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema

MAX_ID = 2**53 - 1  # the largest whole number every JSON reader keeps exact (RFC 8259, section 6)
LIMIT = 50
MAX_LIMIT = 200

Item = TypeVar("Item")

ONE_LINE = r"^[^\x00-\x1f\x7f]*[^\x00-\x20\x7f][^\x00-\x1f\x7f]*$"
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)
SEARCHABLE = r"^[^\x00-\x1f\x7f]*$"

Id = Annotated[int, Field(ge=1, le=MAX_ID)]
Name = Annotated[str, Field(min_length=1, max_length=64, pattern=ONE_LINE)]

DAY = 86_400_000  # ms


class Body(BaseModel):
    """What a request carries: unknown fields and lax types are refused."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Resource(BaseModel):
    """What an answer carries, read from a value's attributes."""

    model_config = ConfigDict(from_attributes=True, frozen=True)


@lru_cache(maxsize=1_000)  # what was written in one transaction has one instant
def rfc3339(instant: int) -> str:
    """An instant in ms as RFC 3339 in UTC: ``2026-11-21T09:30:00.000Z``."""
    return datetime.fromtimestamp(instant / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Instant = Annotated[
    int,
    PlainSerializer(rfc3339, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}, mode="serialization"),
]


def whole_number(text: Any) -> Any:
    """Digits only: `int` would also take spaces, signs, underscores and the digits of other scripts."""
    if isinstance(text, str):
        return int(text) if re.fullmatch(r"[0-9]{1,16}", text, re.ASCII) else text
    return text


def _truth(text: Any) -> Any:
    return {"true": True, "false": False}.get(text, text) if isinstance(text, str) else text


def _instant(text: Any) -> Any:
    """Milliseconds of an RFC 3339 instant; anything else is left for the type to refuse."""
    if isinstance(text, str) and _RFC_3339.fullmatch(text):
        try:
            return round(datetime.fromisoformat(text).timestamp() * 1000)
        except (ValueError, OverflowError):
            return text
    return text


def read_instant(text: Any) -> int:
    """Milliseconds of an RFC 3339 instant. Raises ValueError, for a validator to report."""
    instant = _instant(text)
    if isinstance(text, str) and isinstance(instant, int):
        return instant
    raise ValueError("write an instant such as 2026-11-22T09:30:00Z")


QueryId = Annotated[Id, BeforeValidator(whole_number)]
QueryTruth = Annotated[bool, BeforeValidator(_truth)]
QueryInstant = Annotated[
    int, BeforeValidator(_instant), WithJsonSchema({"type": "string", "format": "date-time"}, mode="validation")
]
QueryLimit = Annotated[int, BeforeValidator(whole_number), Field(ge=1, le=MAX_LIMIT)]
Search = Annotated[str, Field(max_length=64, pattern=SEARCHABLE)]


class Since(Body):
    """From which instant on to count; the last 24 hours when left out."""

    since: QueryInstant | None = None

    def from_instant(self, now: int) -> int:
        """The instant, ms."""
        return now - DAY if self.since is None else self.since


class NoQuery(Body):
    """No query parameter is known."""


class Paging(Body):
    """``cursor`` is what the page before called ``next``."""

    limit: QueryLimit = LIMIT
    cursor: str | None = Field(default=None, max_length=200, pattern=r"^[A-Za-z0-9_-]*$")


class ListOf(Resource, Generic[Item]):
    """One page; ``next`` is None on the last."""

    items: list[Item]
    next: str | None


class TextPair(Resource):
    """The same sentence in both product languages."""

    en: str
    zh: str


class CapsBody(Body):
    """Places per window; null: not capped.

    ``round`` is for pools, what each member has in one; ``held`` customers and ``open`` conversations are for agents.
    """

    hour: int | None = Field(default=None, ge=0, le=1_000_000)
    day: int | None = Field(default=None, ge=0, le=1_000_000)
    round: int | None = Field(default=None, ge=0, le=1_000_000)
    total: int | None = Field(default=None, ge=0, le=1_000_000)
    held: int | None = Field(default=None, ge=0, le=1_000_000)
    open: int | None = Field(default=None, ge=0, le=1_000_000)


class CapsResource(Resource):
    hour: int | None
    day: int | None
    round: int | None
    total: int | None
    held: int | None
    open: int | None

"""What every page asks of its request: the services, the reader, a read or a write of the ledger."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.requests import Request

from router.db.queries.users import User
from router.handlers.admin.act import Act
from router.handlers.admin.refusal import Conflict, Invalid, Missing, NeedsConfirmation, Refusal
from router.services import Services
from router.web import ledger_write
from router.web.i18n import Words
from router.web.ledger_write import OvertakenError, StoppingError
from tagtree.wording import Problem

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a change was not made; ``confirmable`` when a person may have it done all the same."""

    problems: tuple[Problem, ...]
    confirmable: bool = False


def services_of(request: Request) -> Services:
    """The service's tools."""
    services = request.app.state.services
    assert isinstance(services, Services)
    return services


def user_of(request: Request) -> User:
    """Who is signed in; only behind a gate that asks for it."""
    user = request.state.user
    assert isinstance(user, User)
    return user


def words_of(request: Request) -> Words:
    """Translations and formats of the reader."""
    words = request.state.words
    assert isinstance(words, Words)
    return words


def now_of(request: Request) -> int:
    """The service's clock, ms: it may follow the sandbox."""
    return services_of(request).clock()


async def read(request: Request, query: Callable[[Connection], T]) -> T:
    """Run a query on a reader of the ledger."""
    return await services_of(request).ledger.read(query)


async def write(request: Request, work: Callable[[Connection], T]) -> T:
    """Run a use case in a transaction of its own. Raises HTTPException 409 when overtaken, 503 while stopping."""
    try:
        return await ledger_write.write(services_of(request).ledger, work)
    except OvertakenError:
        raise HTTPException(409) from None
    except StoppingError:
        raise HTTPException(503) from None


def found(value: T | None) -> T:
    """The value. Raises HTTPException 404 when there is none."""
    if value is None:
        raise HTTPException(404)
    return value


async def change(request: Request, use_case: Callable[[Connection, Act], T | Refusal]) -> T | Refused:
    """Run a use case of administration as the signed-in user; its value, or why it was not done.

    Raises HTTPException 404 when what it was to change is not there.
    """
    act = act_of(request)
    outcome: T | Refusal = await write(request, lambda connection: use_case(connection, act))
    match outcome:
        case Missing():
            raise HTTPException(404)
        case Invalid(problems) | Conflict(problems) | NeedsConfirmation(problems):
            return Refused(problems, isinstance(outcome, NeedsConfirmation))
        case value:
            return value


def act_of(request: Request) -> Act:
    """Who acts, when, in which zone."""
    return Act(user_of(request).username, now_of(request), services_of(request).settings.time_zone)


def instant_of(request: Request, text: str) -> int | None:
    """ms of what a datetime-local field holds, in the corporation's zone; None for anything else.

    An instant that no calendar of that zone, or of UTC, has a day for cannot be shown: it is none either.
    """
    zone = services_of(request).settings.time_zone
    try:
        local = datetime.fromisoformat(text)
        zoned = local if local.tzinfo is not None else local.replace(tzinfo=zone)
        instant = round(zoned.timestamp() * 1000)
        datetime.fromtimestamp(instant / 1000, UTC).astimezone(zone)
    except (ValueError, OverflowError):
        return None
    return instant

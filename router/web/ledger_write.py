"""One write of the ledger for API and console: what may go wrong between check and commit has a name here."""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from router.db.ledger import Ledger, LedgerClosedError

T = TypeVar("T")


class OvertakenError(Exception):
    """Between check and change, another process made the change impossible: read again, then repeat."""


class StoppingError(Exception):
    """The service is stopping and takes no more changes."""


async def write(ledger: Ledger, work: Callable[[Connection], T]) -> T:
    """Run ``work`` in a transaction. Raises OvertakenError, StoppingError, and what ``work`` raises."""
    try:
        return await ledger.write(lambda connection: _guarded(connection, work))
    except LedgerClosedError as error:
        raise StoppingError from error


def _guarded(connection: Connection, work: Callable[[Connection], T]) -> T:
    """The checks of ``work`` may be overtaken by another process; then a constraint of the database refuses it."""
    try:
        return work(connection)
    except connection.dialect.loaded_dbapi.IntegrityError as error:
        raise OvertakenError from error
    except IntegrityError as error:  # the same, from a statement of SQLAlchemy's own
        raise OvertakenError from error

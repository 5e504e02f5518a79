"""Stored messages read again: what was written, by whom, through which channel, when."""

from dataclasses import dataclass

from sqlalchemy import Connection

from router.db.queries import messages
from router.db.queries.messages import StoredRow
from router.db.queries.page import Page
from router.domain.events import CustomerWrote, EmployeeWrote
from router.handlers import employee_wrote, message_received
from router.handlers.inbound import translate
from router.platforms.wecom.callback_errors import CallbackRefused
from tagtree.rules.facts import Sender


@dataclass(frozen=True, slots=True)
class Message:
    """``who`` is the external_userid, or the userid of an employee; ``at`` is when it was sent (ms)."""

    event_id: int
    who: str
    sender: Sender
    channel: str
    kind: str
    text: str
    at: int


def search(connection: Connection, *, text: str = "", who: str = "", before: int = 0, limit: int = 50) -> Page[Message]:
    """Newest first; ``before`` continues a page."""
    rows = messages.find_messages(connection, search=text, subject=who, before=before, limit=limit)
    read = [each for each in map(_read, rows) if each is not None and text.lower() in each.text.lower()]
    return Page(tuple(read), rows[-1].id if len(rows) == limit else None)


def message_of_event(connection: Connection, event_id: int) -> Message | None:
    """The message of one event; None when there is none that can be read."""
    row = messages.get_message(connection, event_id)
    return None if row is None else _read(row)


def read_message(event_id: int, callback: str, plaintext: str) -> Message | None:
    """A message as the platform sent it; None when it is none, or cannot be read any more."""
    try:
        event = translate(callback, plaintext)
    except CallbackRefused:
        return None
    match event:
        case CustomerWrote():
            who, sender, channel = event.external_userid, Sender.CUSTOMER, message_received.CHANNEL
        case EmployeeWrote():
            who, sender, channel = event.userid, Sender.EMPLOYEE, employee_wrote.CHANNEL
        case _:
            return None
    return Message(event_id, who, sender, channel, event.kind, event.text, event.at)


def _read(row: StoredRow) -> Message | None:
    return read_message(row.id, row.callback, row.plaintext)

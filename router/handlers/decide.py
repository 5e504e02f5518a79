"""Decide what came in: the oldest inbox rows, translated, handled kind by kind, finished in the same transaction.

A batch is handled in waves: no wave holds two events about the same customer or the same state token, and a
customer's events keep their order from wave to wave. So a handler may load and save for all its events at once.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import structlog
from sqlalchemy import Connection

from router.db.ledger import lost_a_race
from router.db.queries import inbox, native_ways
from router.db.queries.inbox import Open, Verdict
from router.domain.events import (
    AgentActivated,
    AgentDeactivated,
    AgentLeft,
    AgentRenamed,
    CustomerAdded,
    CustomerLost,
    CustomerWrote,
    EmployeeWrote,
    Event,
    GroupChanged,
    Ignored,
    KfNotified,
    LinkChanged,
    SendFailed,
    SessionChanged,
    TagsChanged,
)
from router.handlers import (
    customer_added,
    customer_lost,
    directory_changed,
    employee_wrote,
    group_changed,
    kf_notified,
    known,
    link_changed,
    meaning,
    message_received,
    send_failed,
    session_changed,
    tags_changed,
)
from router.handlers.flag_incoming import flag_incoming
from router.handlers.inbound import translate
from router.handlers.received import Handler, Received, Situation
from router.platforms.wecom.callback_errors import CallbackRefused

log = structlog.get_logger()

BATCH = 400  # rows: more than a burst adds between two commits, or decisions would fall behind; some 35 ms of work

NAME_LENGTH = 48  # characters that the inbox keeps of the name of an event, which the platform chooses

Wave = list[Received[Any]]


def _ignore(_connection: Connection, batch: Sequence[Received[Ignored]], _situation: Situation) -> list[Verdict]:
    return [Verdict(each.inbox_id, "ignored", each.event.name[:NAME_LENGTH], each.event.reason) for each in batch]


HANDLERS: Mapping[type[Any], Handler] = {
    CustomerAdded: customer_added.handle,
    CustomerLost: customer_lost.handle,
    CustomerWrote: message_received.handle,
    SessionChanged: session_changed.handle,
    SendFailed: send_failed.handle,
    KfNotified: kf_notified.handle,
    EmployeeWrote: employee_wrote.handle,
    GroupChanged: group_changed.handle,
    LinkChanged: link_changed.handle,
    TagsChanged: tags_changed.handle,
    AgentRenamed: directory_changed.handle,
    AgentLeft: directory_changed.handle,
    AgentActivated: directory_changed.handle,
    AgentDeactivated: directory_changed.handle,
    Ignored: _ignore,
}


def decide_open(connection: Connection, situation: Callable[[Connection], Situation]) -> int:
    """Decide the oldest rows of the inbox in the caller's transaction; returns how many, 0 when none is open.

    Raises only what the ledger answers with another run of the transaction: a race lost to another process.
    """
    rows = inbox.take(connection, BATCH)
    if not rows:
        return 0
    now = situation(connection)
    try:
        with connection.begin_nested():
            _finish(connection, _decide(connection, rows, now), now)
    except Exception as error:
        if lost_a_race(error):
            raise
        # One row is at fault, or several: decide each alone, so that the others are not held up by it.
        log.exception("batch_undecided", rows=len(rows))
        for row in rows:
            _decide_alone(connection, row, now)
    return len(rows)


def _finish(connection: Connection, verdicts: Sequence[Verdict], situation: Situation) -> None:
    inbox.finish(connection, verdicts, situation.now)
    known.count(connection, [fired for each in verdicts for fired in each.fired], situation.now, situation.zone)
    meaning.count_unknown(connection, [word for each in verdicts for word in each.unknown_words], situation.now)


def _decide_alone(connection: Connection, row: Open, situation: Situation) -> None:
    try:
        with connection.begin_nested():
            _finish(connection, _decide(connection, [row], situation), situation)
    except Exception as error:
        if lost_a_race(error):
            raise
        log.exception("event_undecided", inbox_id=row.id)
        reason = f"a fault in liveqr ({type(error).__name__}): decide it again after an update, and report it"
        inbox.finish(connection, [Verdict(row.id, "failed", "", reason)], situation.now)


def _decide(connection: Connection, rows: Sequence[Open], situation: Situation) -> list[Verdict]:
    verdicts: list[Verdict] = []
    received: list[Received[Event]] = []
    for row in rows:
        try:
            received.append(Received(row.id, translate(row.callback, row.plaintext)))
        except CallbackRefused as error:
            verdicts.append(Verdict(row.id, "failed", "unreadable", str(error)))
    flag_incoming(connection, received, situation)
    for wave in waves(received):
        for kind, batch in _by_kind(wave).items():
            verdicts += HANDLERS[kind](connection, batch, situation)
    moved = {each.event.userid for each in received if isinstance(each.event, CustomerAdded | CustomerLost)}
    if moved:
        native_ways.look_at_those_of(connection, moved, situation.now)  # their caps have more or less room now
    return verdicts


def waves(received: Iterable[Received[Event]]) -> list[Wave]:
    """Split events into waves in which each customer and each state token occurs once; order per customer is kept."""
    split: list[Wave] = []
    position: dict[str, int] = {}
    for each in received:
        names = _about(each.event)
        wave = max((position.get(name, -1) + 1 for name in names), default=0)
        position.update(dict.fromkeys(names, wave))
        if wave == len(split):
            split.append([])
        split[wave].append(each)
    return split


def _about(event: Event) -> tuple[str, ...]:
    match event:
        case CustomerAdded(external_userid=customer, state=state):
            return (f"customer:{customer}", f"state:{state}") if state else (f"customer:{customer}",)
        case CustomerLost() | CustomerWrote() | SessionChanged() | SendFailed():
            return (f"customer:{event.external_userid}",)
        case AgentRenamed():
            return (f"agent:{event.userid.lower()}", f"agent:{event.new_userid.lower()}")
        case AgentLeft() | AgentActivated() | AgentDeactivated():
            return (f"agent:{event.userid.lower()}",)
        case _:
            return ()


def _by_kind(wave: Wave) -> dict[type[Any], Wave]:
    kinds: dict[type[Any], Wave] = {}
    for each in wave:
        kinds.setdefault(type(each.event), []).append(each)
    return kinds

"""Try again what failed: an event that could not be decided, an effect that could not be carried out."""

from sqlalchemy import Connection

from router.db.queries import changes, events, inbox, outbox, outbox_view
from router.db.queries.events import Event
from router.db.queries.outbox_view import OutboxItem
from router.domain.effects import Lane
from router.handlers.admin.act import Act
from router.handlers.admin.refusal import EFFECT, EVENT, Conflict, Missing, Refusal, conflict


def retry_event(connection: Connection, act: Act, event_id: int) -> Event | Refusal:
    """Put a failed event back in line."""
    before = events.get_event(connection, event_id)
    if before is None:
        return Missing(EVENT)
    if before.status != "failed" or not inbox.reopen(connection, event_id):
        return _not_failed(before.status)
    _record(connection, act, "event.retry", f"event:{event_id}", before.status, before.reason)
    after = events.get_event(connection, event_id)
    assert after is not None
    return after


def retry_effect(connection: Connection, act: Act, outbox_id: int) -> OutboxItem | Refusal:
    """Put a failed effect back in line; what had to be in time and was late stays late."""
    before = outbox_view.get_outbox_item(connection, outbox_id)
    if before is None:
        return Missing(EFFECT)
    if before.deadline_at is not None and before.deadline_at <= act.now:
        return conflict(
            "",
            ("Its time is over: the platform would refuse it.", "已超过时限，平台不会再接受。"),
            ("Greet the customer by hand.", "请人工联系客户。"),
        )
    lane: Lane = before.lane  # type: ignore[assignment]  # written from effects only
    if before.status not in ("failed", "late") or not outbox.reopen(connection, outbox_id, lane, act.now):
        return _not_failed(before.status)
    _record(connection, act, "effect.retry", f"effect:{outbox_id}", before.status, before.error)
    after = outbox_view.get_outbox_item(connection, outbox_id)
    assert after is not None
    return after


def _not_failed(status: str) -> Conflict:
    return conflict(
        "",
        (f"It is {status}, not failed.", f"当前状态为 {status}，并未失败。"),
        ("Only what failed is tried again.", "只有失败的才能重试。"),
    )


def _record(connection: Connection, act: Act, what: str, subject: str, status: str, reason: str) -> None:
    before = {"status": status, "reason": reason}
    changes.record(connection, what, subject, before, None, actor=act.actor, now=act.now)

"""微信客服 says that something is new: fetch it. Notices for one account become one pull (limits §4)."""

from collections.abc import Sequence

from sqlalchemy import Connection

from router.db.queries import conversations, outbox, timers
from router.db.queries.inbox import Verdict
from router.db.queries.outbox import Order
from router.domain.effects import SyncKf
from router.domain.events import KfNotified
from router.handlers.received import Received, Situation

EVENT = "kf_notified"
TIMER = "pull_kf"
HOUR = 3_600_000  # ms between two pulls that nobody gave notice of


def keep_up(connection: Connection, now: int) -> None:
    """Pull every account we know now and every hour; called at start."""
    _pull_all(connection, now)
    if not timers.is_armed(connection, TIMER):
        timers.arm(connection, TIMER, TIMER, now + HOUR, {})


def every_hour(connection: Connection, now: int) -> None:
    """Pull every account we know, which also learns what each is called now."""
    timers.arm(connection, TIMER, TIMER, now + HOUR, {})
    _pull_all(connection, now)


def _pull_all(connection: Connection, now: int) -> None:
    """Notices that came while nobody listened are not sent again, and none tells of a new name."""
    orders = [Order(SyncKf(open_kfid, token="")) for open_kfid in conversations.accounts(connection)]
    outbox.add_all(connection, orders, now)


def handle(connection: Connection, batch: Sequence[Received[KfNotified]], situation: Situation) -> list[Verdict]:
    """Order one pull per account; the newest token of the batch serves it."""
    newest = {each.event.open_kfid: each for each in batch}
    for open_kfid in newest:
        conversations.ensure_account(connection, open_kfid, situation.now)
    outbox.add_all(
        connection,
        [Order(SyncKf(each.event.open_kfid, each.event.token), each.inbox_id) for each in newest.values()],
        situation.now,
    )
    return [Verdict(each.inbox_id, "done", EVENT) for each in batch]

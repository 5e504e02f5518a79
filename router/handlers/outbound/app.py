"""Answer an employee in the app's chat."""

from sqlalchemy import Connection

from router.db.queries import tally
from router.db.queries.outbox import Claimed
from router.domain.delivery import Done, Refused
from router.domain.effects import SendAppText
from router.domain.reply import cut_to_bytes
from router.handlers.outbound.platform import Carried, Platform, outcome_of, switched_off
from router.handlers.outbound.words import Stopped, clear
from router.platforms.wecom.errors import PlatformError

TEXT_BYTES = 2_048  # W-90236
SAME_WITHIN = 60
"""Seconds in which the platform drops a repeat: longer than it takes to send again after a crash, shorter than it takes
an employee to ask the same once more and to expect the same answer."""


async def send_text(platform: Platform, effect: SendAppText, claimed: Claimed) -> Carried:
    """One attempt; a repeat within a minute is dropped by the platform."""
    if platform.app is None or platform.app_agent_id is None:
        return switched_off("the app")
    cleared = await clear(platform, cut_to_bytes(effect.text, TEXT_BYTES), "app", effect.userid, claimed)
    if isinstance(cleared, Stopped):
        return Carried(Refused(cleared.reason), cleared.record, sent=False)
    try:
        await platform.app.send_app_message(
            agent_id=platform.app_agent_id,
            users=[effect.userid],
            content=cut_to_bytes(cleared.text, TEXT_BYTES),
            duplicate_check_seconds=SAME_WITHIN,
        )
    except PlatformError as error:
        return Carried(outcome_of(error))

    def save_sent(connection: Connection, now: int) -> None:
        tally.count(connection, now, platform.zone, "reply")
        cleared.record(connection, now)

    return Carried(Done(), save_sent)

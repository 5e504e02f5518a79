"""Send a welcome: within 20 s of the event, once (the platform keeps it single, 41051), with the customer's name if
that can be looked up in time."""

import asyncio
from dataclasses import replace

from sqlalchemy import Connection

from router.db.queries import arrivals, tally, tasks
from router.db.queries.outbox import Claimed
from router.db.queries.tasks import CustomerTask
from router.db.sql import Sql
from router.domain.delivery import Done, Refused, TryAgain, hasty_pause_after
from router.domain.effects import SendWelcome
from router.domain.reply import cut_to_bytes, fill, placeholders
from router.handlers.outbound.platform import Carried, Platform, Record, outcome_of, switched_off
from router.handlers.outbound.words import Cleared, Stopped, clear, followed_by
from router.platforms.wecom.client import WeComClient
from router.platforms.wecom.errors import PlatformError

TEXT_BYTES = 4_000  # W-92137
NAME_NEEDS = 6_000  # ms that must be left for a look-up to be worth it
NAME_TIMEOUT = 2.0  # seconds
WELCOME_BY_HAND = "welcome_by_hand"  # the task of whoever is to welcome a customer in our place

_NAME = Sql("SELECT name FROM customer WHERE external_userid = :external_userid")
_SAVE_NAME = Sql("UPDATE customer SET name = :name WHERE external_userid = :external_userid")


async def send(platform: Platform, effect: SendWelcome, claimed: Claimed) -> Carried:
    """One attempt."""
    if platform.contact is None:
        return switched_off("customer contact")
    name, is_new = await _customer_name(platform, platform.contact, effect, claimed)
    cleared = await _cleared(platform, effect, fill(effect.template, customer=name, agent=effect.agent_name), claimed)

    def save_name(connection: Connection, _now: int) -> None:
        if is_new:
            _SAVE_NAME.run(connection, name=name[:128], external_userid=effect.external_userid)

    if isinstance(cleared, Stopped):
        by_hand = followed_by(save_name, cleared.record, _left_to_agent(effect))
        return Carried(Refused(cleared.reason), by_hand, sent=False)

    def save_sent(connection: Connection, now: int) -> None:
        save_name(connection, now)
        reply = tally.of_reply(connection, effect.external_userid, now, by_agent=True)
        tally.count_all(connection, now, platform.zone, [reply])
        cleared.record(connection, now)

    try:
        await platform.contact.send_welcome_msg(effect.welcome_code, cleared.text)
    except PlatformError as error:
        outcome = outcome_of(error)
        if isinstance(outcome, TryAgain):
            outcome = replace(outcome, pause=hasty_pause_after(claimed.attempts))
        return Carried(outcome, save_sent if isinstance(outcome, Done) else save_name)
    return Carried(Done(), save_sent)


async def _cleared(platform: Platform, effect: SendWelcome, text: str, claimed: Claimed) -> Cleared | Stopped:
    """The welcome as it may leave: itself, or the safe one in its place."""
    first = await clear(platform, cut_to_bytes(text, TEXT_BYTES), "welcome", effect.external_userid, claimed)
    if isinstance(first, Cleared):
        return replace(first, text=cut_to_bytes(first.text, TEXT_BYTES))
    if not platform.safe_welcome:
        return first
    safe = cut_to_bytes(platform.safe_welcome, TEXT_BYTES)
    second = await clear(platform, safe, "welcome", effect.external_userid, claimed)
    return replace(second, record=followed_by(first.record, second.record))


def _left_to_agent(effect: SendWelcome) -> Record:
    def record(connection: Connection, now: int) -> None:
        customers = arrivals.ensure_customers(connection, [effect.external_userid], now)
        content = {"title": effect.agent_name, "external_userid": effect.external_userid}
        asked = CustomerTask(WELCOME_BY_HAND, customers[effect.external_userid], content)
        tasks.insert_of_customers(connection, [asked], now)

    return record


async def _customer_name(
    platform: Platform, client: WeComClient, effect: SendWelcome, claimed: Claimed
) -> tuple[str, bool]:
    """The name, and whether it is news. Best effort: a welcome without a name beats none."""
    if "customer" not in placeholders(effect.template):
        return "", False
    row = await platform.ledger.read(lambda c: _NAME.row(c, external_userid=effect.external_userid))
    if row is not None and row[0]:
        return row[0], False
    left = (claimed.deadline_at or 0) - platform.clock()
    if left < NAME_NEEDS or claimed.attempts > 1:
        return "", False
    try:
        async with asyncio.timeout(NAME_TIMEOUT):
            contact = await client.get_external_contact(effect.external_userid)
    except (PlatformError, TimeoutError):
        return "", False
    return contact.name, bool(contact.name)

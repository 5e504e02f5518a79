"""Make and delete contact ways (联系我) for the agents' stock."""

import asyncio
import io
from dataclasses import replace

from sqlalchemy import Connection

from router.db.queries import outbox, stock
from router.db.queries.outbox import Claimed, Order
from router.db.sql import Sql
from router.domain.delivery import Done, Outcome, Refused, TryAgain
from router.domain.effects import DeleteContactWay, MakeContactWay
from router.domain.events import CONTACT_BOOK_SAYS, LEFT
from router.handlers import lease
from router.handlers.outbound.platform import (
    WAITS_FOREVER,
    Carried,
    Platform,
    Record,
    outcome_of,
    switched_off,
    unneeded,
)
from router.platforms.wecom import errors
from router.platforms.wecom.client import WeComClient
from router.platforms.wecom.contact_ways import WayType
from router.platforms.wecom.error_codes import Action

GONE = 41044  # W-90313: the contact way was deleted before
NOT_RECEIVING = frozenset({40003, 60111, 60021})  # the member does not exist, or is not visible to the app
CLOCK_DIFFERENCE = 10 * 60_000  # ms that the platform's clock may be away from ours
LOOKED_AT = 100  # contact ways read to find one again

_WAY = Sql(
    "SELECT w.status, w.created_at, a.userid FROM contact_way AS w JOIN agent AS a ON a.id = w.agent_id"
    " WHERE w.id = :id"
)
# Who left comes back by a word of the contact book only: the platform may have given the userid to somebody else.
_BRING_BACK = Sql(
    "UPDATE agent SET available = true, unavailable_reason = ''"
    " WHERE id = (SELECT agent_id FROM contact_way WHERE id = :way_id) AND NOT available"
    " AND unavailable_reason <> :left"
)
_TAKE_OUT = Sql(
    "UPDATE agent SET available = false,"
    " unavailable_reason = CASE WHEN unavailable_reason {among:said} THEN unavailable_reason ELSE :reason END"
    " WHERE id = (SELECT agent_id FROM contact_way WHERE id = :way_id) AND userid = :userid"
)
# SQLite uses a partial index only where the statement repeats the condition of the index.
_GIVE_UP_THE_OTHERS = Sql(
    "UPDATE contact_way SET status = 'failed', reason = :reason, ended_at = :now"
    " WHERE agent_id = (SELECT agent_id FROM contact_way WHERE id = :way_id)"
    " AND status = 'making' AND status IN ('making', 'ready')"
)


async def make(platform: Platform, effect: MakeContactWay, claimed: Claimed) -> Carried:
    """One attempt; an earlier one that may have succeeded unheard is found again before another way is made.

    It is made for what the way's agent is called now. When the platform cannot reach the member, the other ways ordered
    for them are no longer wanted, unless the member was renamed meanwhile.
    """
    if platform.contact is None:
        return switched_off("customer contact")
    way = await platform.ledger.read(lambda c: _WAY.row(c, id=effect.way_id))
    if way is None or way[0] != "making":
        return unneeded("no longer wanted")
    userid: str = way[2]
    try:
        config_id, qr_code = await _made(platform, platform.contact, effect, way[1], userid, claimed.attempts)
        picture = (await platform.contact.fetch_picture(qr_code)).content
    except errors.PlatformError as error:
        return _not_made(effect, userid, error)
    link = await asyncio.to_thread(decode, picture)
    if link is None:
        unreadable = "the platform's picture could not be read as a QR code"
        return Carried(TryAgain(unreadable, at_most=3), given_up=_abandoned(effect, config_id, unreadable))

    def record(connection: Connection, now: int) -> None:
        if stock.made(connection, effect.way_id, config_id, link, picture, now):
            _BRING_BACK.run(connection, way_id=effect.way_id, left=LEFT)
        else:  # given up meanwhile
            outbox.add_all(connection, [Order(DeleteContactWay(effect.way_id, config_id))], now)

    return Carried(Done(config_id), record)


async def _made(
    platform: Platform, client: WeComClient, effect: MakeContactWay, created_at: int, userid: str, attempts: int
) -> tuple[str, str]:
    if attempts > 1 and (found := await find_by_state(platform, client, effect.state, created_at)) is not None:
        return found
    made = await client.add_contact_way(users=[userid], state=effect.state, type=WayType.SINGLE)
    return made.config_id, made.qr_code


async def find_by_state(platform: Platform, client: WeComClient, state: str, created_at: int) -> tuple[str, str] | None:
    """The way with this state among the platform's newest that the ledger does not know."""
    looked_at = 0
    async for page in client.list_contact_way(start_at=max(0, created_at - CLOCK_DIFFERENCE)):
        known = await platform.ledger.read(lambda c, ids=page: stock.known_config_ids(c, list(ids)))  # type: ignore[misc]
        for config_id in page:
            if config_id in known:
                continue
            way = await client.get_contact_way(config_id)
            if way.state == state:
                return config_id, way.qr_code
            looked_at += 1
            if looked_at == LOOKED_AT:
                return None
    return None


def _not_made(effect: MakeContactWay, userid: str, error: errors.PlatformError) -> Carried:
    outcome: Outcome = TryAgain(str(error)) if isinstance(error, errors.PictureUnavailable) else outcome_of(error)
    failure = _failure(effect, userid, error)
    return Carried(outcome, failure if isinstance(outcome, Refused) else None, given_up=failure)


def _failure(effect: MakeContactWay, userid: str, error: errors.PlatformError) -> Record:
    """A refusal tells of the userid that was asked for: an agent who is called otherwise by now stays in."""

    def record(connection: Connection, now: int) -> None:
        stock.failed(connection, effect.way_id, str(error), now)
        told = {"way_id": effect.way_id, "userid": userid, "reason": str(error), "said": [*CONTACT_BOOK_SAYS]}
        if _takes_out(error) and _TAKE_OUT.run(connection, **told):
            _GIVE_UP_THE_OTHERS.run(connection, way_id=effect.way_id, reason=str(error), now=now)

    return record


def _takes_out(error: errors.PlatformError) -> bool:
    """Whether the platform says that it cannot reach the member, which it will say of each further way."""
    return isinstance(error, errors.Refused) and (
        error.action is Action.REPLACE_MEMBER or error.errcode in NOT_RECEIVING
    )


def _abandoned(effect: MakeContactWay, config_id: str, reason: str) -> Record:
    """The way exists but cannot be shown: another takes its place in the stock, and it leaves the platform."""

    def record(connection: Connection, now: int) -> None:
        stock.failed(connection, effect.way_id, reason, now)
        outbox.add_all(connection, [Order(DeleteContactWay(effect.way_id, config_id))], now)

    return record


async def delete(platform: Platform, effect: DeleteContactWay) -> Carried:
    """One attempt. The place behind the way is given on only when the platform says that the way is gone."""
    if platform.contact is None:
        return switched_off("customer contact")
    try:
        await platform.contact.del_contact_way(effect.config_id)
    except errors.PlatformError as error:
        if not (isinstance(error, errors.Refused) and error.errcode == GONE):
            return Carried(_not_deleted(error))

    def record(connection: Connection, now: int) -> None:
        lease.deletion_acknowledged(connection, effect.way_id, now, platform.zone)

    return Carried(Done(), record)


def _not_deleted(error: errors.PlatformError) -> Outcome:
    """A place hangs on it: after an outage of any length it must still be given on."""
    outcome = outcome_of(error)
    return replace(outcome, at_most=WAITS_FOREVER) if isinstance(outcome, TryAgain) else outcome


def decode(picture: bytes) -> str | None:
    """What the QR code in a picture says; None when nothing can be read (zxing-cpp)."""
    import zxingcpp  # with pillow some 30 MB that nothing else in the service needs
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(picture)) as image:
            found = zxingcpp.read_barcodes(image.convert("L"))
    except (UnidentifiedImageError, OSError, ValueError):
        return None
    return found[0].text if found else None

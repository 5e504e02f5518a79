"""Keep join ways (加入群聊) for group codes, and count the people of their groups."""

import asyncio

from sqlalchemy import Connection

from router.db.queries import group_qrs, outbox
from router.db.queries.group_qrs import GroupQr
from router.db.queries.outbox import Order
from router.domain.delivery import Done, Outcome, Refused, TryAgain
from router.domain.effects import CountGroup, DeleteJoinWay, KeepJoinWay
from router.domain.group_codes import Chat
from router.handlers.group_codes import review
from router.handlers.outbound.contact_ways import GONE, decode
from router.handlers.outbound.platform import Carried, Platform, Record, outcome_of, switched_off, unneeded
from router.platforms.wecom import errors
from router.platforms.wecom.client import WeComClient
from router.platforms.wecom.join_ways import JoinWay, JoinWayPlan

ROOM_NAME_CHARACTERS = 40
UNKNOWN_CHAT = 40050  # W-90313: no such group, or dismissed
UNREADABLE = "the platform's picture could not be read as a QR code"


async def keep(platform: Platform, effect: KeepJoinWay) -> Carried:
    """One attempt: make the join way, or bring it in line and fetch its picture.

    Making is an attempt of its own, so that the platform's id is written down before anything else can fail: a join way
    whose id is lost cannot be found again (W-92229 has no list).
    """
    if platform.contact is None:
        return switched_off("customer contact")
    qr = await platform.ledger.read(lambda c: group_qrs.get_group_qr(c, effect.group_qr_id))
    if qr is None or qr.group.status == "retired" or qr.group.source != "join_way":
        return unneeded("no longer wanted")
    try:
        if qr.config_id is None:
            return _known(qr, await platform.contact.add_join_way(_plan(qr)))
        way = await _in_line(platform.contact, qr, qr.config_id)
        picture = (await platform.contact.fetch_picture(way.qr_code)).content
    except errors.PlatformError as error:
        return _not_kept(qr, error)
    link = await asyncio.to_thread(decode, picture)
    if link is None:
        return Carried(TryAgain(UNREADABLE, at_most=3), given_up=_failure(qr, UNREADABLE))
    return _made(qr, way, link, picture)


async def delete(platform: Platform, effect: DeleteJoinWay) -> Carried:
    """One attempt; a join way that is gone already is what was wanted."""
    if platform.contact is None:
        return switched_off("customer contact")
    try:
        await platform.contact.del_join_way(effect.config_id)
    except errors.PlatformError as error:
        if not (isinstance(error, errors.Refused) and error.errcode == GONE):
            return Carried(outcome_of(error))
    return Carried(Done())


async def count(platform: Platform, effect: CountGroup) -> Carried:
    """One attempt: read every group of the QR. One that was dismissed is left out."""
    if platform.contact is None:
        return switched_off("customer contact")
    qr = await platform.ledger.read(lambda c: group_qrs.get_group_qr(c, effect.group_qr_id))
    if qr is None or qr.group.status == "retired" or not qr.group.chats:
        return unneeded("nothing to count")
    try:
        chats = await _counted(platform.contact, await _chat_ids(platform.contact, qr))
    except errors.PlatformError as error:
        return Carried(outcome_of(error))

    def record(connection: Connection, now: int) -> None:
        if chats:
            group_qrs.counted(connection, qr.id, chats, now)
        else:
            group_qrs.failed(connection, qr.id, "its groups were dismissed, or the app cannot see them")
        review(connection, qr.code_id, now)

    return Carried(Done(", ".join(f"{chat.name}: {chat.people}" for chat in chats)[:200]), record)


async def _in_line(client: WeComClient, qr: GroupQr, config_id: str) -> JoinWay:
    way, plan = await client.get_join_way(config_id), _plan(qr)
    if qr.group.status == "ready" or (way.chat_ids, way.state) == (plan.chat_ids, plan.state):
        return way  # rooms that the platform has added since are its own
    await client.update_join_way(config_id, plan)
    return await client.get_join_way(config_id)


def _plan(qr: GroupQr) -> JoinWayPlan:
    return JoinWayPlan(
        chat_ids=tuple(chat.id for chat in qr.group.chats),
        state=qr.state,
        auto_create_room=qr.group.makes_rooms,
        room_base_name=qr.group.name[:ROOM_NAME_CHARACTERS] if qr.group.makes_rooms else "",
    )


async def _chat_ids(client: WeComClient, qr: GroupQr) -> tuple[str, ...]:
    if qr.config_id is not None and qr.group.makes_rooms:
        return (await client.get_join_way(qr.config_id)).chat_ids
    return tuple(chat.id for chat in qr.group.chats)


async def _counted(client: WeComClient, chat_ids: tuple[str, ...]) -> list[Chat]:
    chats = []
    for chat_id in chat_ids:
        try:
            chat = await client.get_group_chat(chat_id)
        except errors.Refused as error:
            if error.errcode != UNKNOWN_CHAT:
                raise
            continue
        chats.append(Chat(chat_id, chat.name, chat.people))
    return chats


def _known(qr: GroupQr, config_id: str) -> Carried:
    def record(connection: Connection, now: int) -> None:
        group_qrs.join_way_known(connection, qr.id, config_id)
        outbox.add_all(connection, [Order(KeepJoinWay(qr.id))], now)

    return Carried(Done(config_id), record)


def _made(qr: GroupQr, way: JoinWay, link: str, picture: bytes) -> Carried:
    known = {chat.id: chat for chat in qr.group.chats}
    chats = [known.get(chat_id, Chat(chat_id)) for chat_id in way.chat_ids]

    def record(connection: Connection, now: int) -> None:
        group_qrs.made(connection, qr.id, link, picture, chats)
        outbox.add_all(connection, [Order(CountGroup(qr.id))], now)
        review(connection, qr.code_id, now)

    return Carried(Done(way.config_id), record)


def _not_kept(qr: GroupQr, error: errors.PlatformError) -> Carried:
    if isinstance(error, errors.Refused) and error.errcode == GONE and qr.config_id is not None:
        return _lost(qr)
    outcome: Outcome = TryAgain(str(error)) if isinstance(error, errors.PictureUnavailable) else outcome_of(error)
    failure = _failure(qr, str(error))
    return Carried(outcome, failure if isinstance(outcome, Refused) else None, given_up=failure)


def _lost(qr: GroupQr) -> Carried:
    """Somebody deleted the join way: another takes its place; its picture is only ever shown by us."""

    def record(connection: Connection, now: int) -> None:
        group_qrs.join_way_known(connection, qr.id, None)
        outbox.add_all(connection, [Order(KeepJoinWay(qr.id))], now)

    return Carried(Done("it was deleted on the platform; another is made"), record)


def _failure(qr: GroupQr, reason: str) -> Record:
    def record(connection: Connection, now: int) -> None:
        group_qrs.failed(connection, qr.id, reason)
        review(connection, qr.code_id, now)

    return record

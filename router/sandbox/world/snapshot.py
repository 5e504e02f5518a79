"""The world as JSON, so that a restarted sandbox still knows its contact ways, customers and conversations."""

from dataclasses import dataclass, field

from pydantic import TypeAdapter

from router.sandbox.config import Member
from router.sandbox.world.acquisition_links import AcquisitionAccount, AcquisitionLink
from router.sandbox.world.fan_tags import FanTag
from router.sandbox.world.group_chats import GroupChat, JoinWay
from router.sandbox.world.records import (
    ChatLine,
    ContactWay,
    Customer,
    Follow,
    KfAccount,
    KfCode,
    KfItem,
    KfSession,
    SyncToken,
    TagGroup,
    Token,
    WelcomeCode,
)
from router.sandbox.world.world import World

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything of a world but its media. `clock_offset` in milliseconds: a moved clock stays moved."""

    format: int
    corp_id: str
    clock_offset: int
    members: list[Member]
    tokens: list[Token]
    customers: list[Customer]
    contact_ways: list[ContactWay]
    follows: list[Follow]
    welcome_codes: list[WelcomeCode]
    tag_groups: list[TagGroup]
    kf_accounts: list[KfAccount]
    kf_sessions: list[KfSession]
    kf_logs: dict[str, list[KfItem]]
    kf_codes: list[KfCode]
    sync_tokens: list[SyncToken]
    sent_msgids: list[str]
    chats: dict[str, list[ChatLine]]
    group_chats: list[GroupChat] = field(default_factory=list)
    join_ways: list[JoinWay] = field(default_factory=list)
    acquisition_links: list[AcquisitionLink] = field(default_factory=list)
    acquisition: AcquisitionAccount = AcquisitionAccount()
    fan_tags: list[FanTag] = field(default_factory=list)


_SNAPSHOT = TypeAdapter(Snapshot)


def dump(world: World, clock_offset: int) -> bytes:
    return _SNAPSHOT.dump_json(
        Snapshot(
            format=FORMAT,
            corp_id=world.config.corp_id,
            clock_offset=clock_offset,
            members=list(world.members.values()),
            tokens=list(world.tokens.values()),
            customers=list(world.customers.values()),
            contact_ways=list(world.contact_ways.values()),
            follows=[follow for by_member in world.follows.values() for follow in by_member.values()],
            welcome_codes=list(world.welcome_codes.values()),
            tag_groups=list(world.tag_groups.values()),
            kf_accounts=list(world.kf_accounts.values()),
            kf_sessions=list(world.kf_sessions.values()),
            kf_logs=world.kf_logs,
            kf_codes=list(world.kf_codes.values()),
            sync_tokens=list(world.sync_tokens.values()),
            sent_msgids=list(world.sent_msgids),
            chats=world.chats,
            group_chats=list(world.group_chats.values()),
            join_ways=list(world.join_ways.values()),
            acquisition_links=list(world.acquisition_links.values()),
            acquisition=world.acquisition,
            fan_tags=list(world.fan_tags.tags.values()),
        )
    )


def load(content: bytes) -> Snapshot:
    """Raises ValueError for anything that is not a snapshot of this format."""
    snapshot = _SNAPSHOT.validate_json(content)
    if snapshot.format != FORMAT:
        raise ValueError(f"the sandbox's state has format {snapshot.format}, this version reads {FORMAT}")
    return snapshot


def restore(world: World, snapshot: Snapshot) -> None:
    """Put a snapshot into a fresh world. Members and KF accounts of the configuration that it lacks stay."""
    world.members |= {member.userid.lower(): member for member in snapshot.members}
    world.tokens = {token.value: token for token in snapshot.tokens}
    world.deleted_ways = sum(way.deleted_at is not None for way in snapshot.contact_ways)
    world.welcome_codes = {welcome.code: welcome for welcome in snapshot.welcome_codes}
    world.tag_groups = {group.group_id: group for group in snapshot.tag_groups}
    world.kf_accounts |= {account.open_kfid: account for account in snapshot.kf_accounts}
    world.kf_sessions = {(each.open_kfid, each.external_userid): each for each in snapshot.kf_sessions}
    world.kf_logs = snapshot.kf_logs
    world.kf_codes = {code.code: code for code in snapshot.kf_codes}
    world.sync_tokens = {token.token: token for token in snapshot.sync_tokens}
    world.sent_msgids = set(snapshot.sent_msgids)
    world.chats = snapshot.chats
    world.group_chats = {chat.chat_id: chat for chat in snapshot.group_chats}
    world.join_ways = {way.config_id: way for way in snapshot.join_ways}
    world.acquisition_links = {link.link_id: link for link in snapshot.acquisition_links}
    world.acquisition = snapshot.acquisition
    world.fan_tags.tags |= {tag.id: tag for tag in snapshot.fan_tags}
    for customer in snapshot.customers:
        world.put_customer(customer)
    for way in snapshot.contact_ways:
        world.put_way(way)
    for follow in snapshot.follows:
        world.put_follow(follow)

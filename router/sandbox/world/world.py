"""The state of the platform: records in dictionaries, looked up by the ids of the API."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from router.sandbox.config import Member, SandboxConfig
from router.sandbox.refusal import Errcode, RefusalError
from router.sandbox.world.acquisition_links import AcquisitionAccount, AcquisitionLink
from router.sandbox.world.fan_tags import FanTags
from router.sandbox.world.group_chats import GroupChat, JoinWay
from router.sandbox.world.ids import Ids
from router.sandbox.world.records import (
    ChatLine,
    ContactWay,
    Customer,
    Follow,
    KfAccount,
    KfCode,
    KfItem,
    KfSession,
    Servicer,
    SyncToken,
    TagGroup,
    Token,
    WelcomeCode,
)


@dataclass(slots=True)
class World:
    """Everything the platform remembers. Records are frozen: an operation puts a new one in the place of the old."""

    config: SandboxConfig
    ids: Ids
    members: dict[str, Member] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    customers: dict[str, Customer] = field(default_factory=dict)
    first_named: dict[str, Customer] = field(default_factory=dict)
    contact_ways: dict[str, ContactWay] = field(default_factory=dict)
    latest_with_state: dict[str, str] = field(default_factory=dict)
    deleted_ways: int = 0
    follows: dict[str, dict[str, Follow]] = field(default_factory=dict)
    welcome_codes: dict[str, WelcomeCode] = field(default_factory=dict)
    tag_groups: dict[str, TagGroup] = field(default_factory=dict)
    kf_accounts: dict[str, KfAccount] = field(default_factory=dict)
    kf_sessions: dict[tuple[str, str], KfSession] = field(default_factory=dict)
    kf_logs: dict[str, list[KfItem]] = field(default_factory=dict)
    kf_codes: dict[str, KfCode] = field(default_factory=dict)
    app_messages_until: dict[bytes, int] = field(default_factory=dict)
    sent_msgids: set[str] = field(default_factory=set)
    sync_tokens: dict[str, SyncToken] = field(default_factory=dict)
    chats: dict[str, list[ChatLine]] = field(default_factory=dict)
    group_chats: dict[str, GroupChat] = field(default_factory=dict)
    join_ways: dict[str, JoinWay] = field(default_factory=dict)
    acquisition_links: dict[str, AcquisitionLink] = field(default_factory=dict)
    acquisition: AcquisitionAccount = AcquisitionAccount()
    fan_tags: FanTags = field(default_factory=lambda: FanTags({}))

    def member(self, userid: str) -> Member | None:
        """Member ids are not case-sensitive."""
        return self.members.get(userid.lower())

    def require_member(self, userid: str) -> Member:
        member = self.member(userid)
        if member is None or not member.is_visible:
            raise RefusalError(Errcode.UNKNOWN_MEMBER, f"userid not found: {userid}")
        return member

    def require_customer(self, external_userid: str) -> Customer:
        customer = self.customers.get(external_userid)
        if customer is None:
            raise RefusalError(Errcode.UNKNOWN_CUSTOMER, "invalid external userid")
        return customer

    def put_customer(self, customer: Customer) -> None:
        self.customers[customer.external_userid] = customer
        self.first_named.setdefault(customer.name, customer)

    def put_way(self, way: ContactWay) -> None:
        self.contact_ways[way.config_id] = way
        self.latest_with_state[way.state] = way.config_id

    def follow(self, userid: str, external_userid: str) -> Follow | None:
        return self.follows.get(external_userid, {}).get(userid.lower())

    def put_follow(self, follow: Follow) -> None:
        self.follows.setdefault(follow.external_userid, {})[follow.userid.lower()] = follow

    def drop_follow(self, follow: Follow) -> None:
        self.follows[follow.external_userid].pop(follow.userid.lower())

    def follows_of_member(self, userid: str) -> Iterator[Follow]:
        key = userid.lower()
        return (by_member[key] for by_member in self.follows.values() if key in by_member)

    def add_chat_line(self, line: ChatLine) -> None:
        self.chats.setdefault(line.external_userid, []).append(line)


def new_world(config: SandboxConfig, ids: Ids) -> World:
    """A corporation on its first day: the configured members and KF accounts, nobody else."""
    world = World(config, ids)
    world.members = {member.userid.lower(): member for member in config.members}
    world.kf_accounts = {
        each.open_kfid: KfAccount(each.open_kfid, each.name, servicers=tuple(map(Servicer, each.servicers)))
        for each in config.service_accounts
    }
    return world

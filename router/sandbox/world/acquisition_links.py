"""获客助手: links that lead a visitor to one of their members, paid per customer (W-97297)."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from router.sandbox.config import Member
from router.sandbox.refusal import Errcode, RefusalError

if TYPE_CHECKING:
    from router.sandbox.world.world import World

MOST_MEMBERS = 500


@dataclass(frozen=True, slots=True)
class AcquisitionLink:
    """A link; deleted ones are kept, because they were handed out."""

    link_id: str
    name: str
    url: str
    users: tuple[str, ...]
    skip_verify: bool
    created_at: int
    adds: int = 0
    deleted_at: int | None = None


@dataclass(frozen=True, slots=True)
class AcquisitionAccount:
    """What the corporation bought: whether the app may manage links, and how many customers are left."""

    is_allowed: bool = True
    total: int = 1_000
    balance: int = 1_000


def put(world: "World", link: AcquisitionLink) -> AcquisitionLink:
    """Keep a new or changed link; refuses members who do not exist, and too many or none."""
    if not link.users:
        raise RefusalError(Errcode.EMPTY_PARAMETER, "range lists nobody")
    if len(link.users) > MOST_MEMBERS:
        raise RefusalError(Errcode.BAD_PARAMETER, f"range lists more than {MOST_MEMBERS}")
    for userid in link.users:
        world.require_member(userid)
    world.acquisition_links[link.link_id] = link
    return link


def require(world: "World", link_id: str) -> AcquisitionLink:
    """The live link of that id."""
    link = world.acquisition_links.get(link_id)
    if link is None or link.deleted_at is not None:
        raise RefusalError(Errcode.BAD_PARAMETER, f"invalid link_id: {link_id}")
    return link


def choose_member(world: "World", link: AcquisitionLink) -> Member | None:
    """Members in turn, passing over those who cannot be added; None when nobody can, or nothing is left."""
    if world.acquisition.balance == 0:
        return None
    members = [member for userid in link.users if (member := world.member(userid)) is not None]
    able = [member for member in members if member.status == 1 and member.receives_customers]
    return able[link.adds % len(able)] if able else None


def used(world: "World", link: AcquisitionLink) -> None:
    """One customer came through the link and costs one unit."""
    world.acquisition_links[link.link_id] = replace(link, adds=link.adds + 1)
    world.acquisition = replace(world.acquisition, balance=world.acquisition.balance - 1)

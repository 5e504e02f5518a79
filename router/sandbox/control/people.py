"""Finding or inventing the people a control request speaks of."""

from router.sandbox.config import Member
from router.sandbox.control.wire import ControlError
from router.sandbox.platform import Platform
from router.sandbox.world import relations
from router.sandbox.world.records import Customer, Follow


def customer_for(platform: Platform, named: str | None) -> Customer:
    """The customer of that name or external_userid. None, or a name nobody has, makes a new one; an unknown id does
    not.
    """
    if named is None:
        return relations.new_customer(platform.world, platform.now())
    known = relations.find_customer(platform.world, named)
    if known is None and named.startswith(("wm", "wo")) and len(named) == 32:
        raise ControlError(f"there is no customer {named}; give a name, or null for a new one")
    return known or relations.new_customer(platform.world, platform.now(), named)


def known_customer(platform: Platform, named: str) -> Customer:
    customer = relations.find_customer(platform.world, named)
    if customer is None:
        raise ControlError(f"there is no customer {named!r}; GET /control/world lists them")
    return customer


def known_member(platform: Platform, userid: str) -> Member:
    member = platform.world.member(userid)
    if member is None:
        raise ControlError(f"there is no member {userid!r}; members: {', '.join(platform.world.members)}")
    return member


def known_follow(platform: Platform, customer: str, userid: str) -> Follow:
    who, member = known_customer(platform, customer), known_member(platform, userid)
    follow = platform.world.follow(member.userid, who.external_userid)
    if follow is None:
        raise ControlError(f"{who.name} and {member.name} have no relation", 409)
    return follow

"""The contact book: members get another userid, leave, are disabled or activated again (W-90197, W-90198, W-90970)."""

from dataclasses import replace

from router.sandbox.config import Member
from router.sandbox.world.world import World

ACTIVE, DISABLED, LEFT = 1, 2, 5


def rename(world: World, member: Member, new_userid: str) -> Member:
    """The member under another userid, with relations, contact ways, receiving places and chats."""
    old = member.userid.lower()
    renamed = replace(member, userid=new_userid)
    del world.members[old]
    world.members[new_userid.lower()] = renamed
    for follow in [*world.follows_of_member(old)]:
        world.drop_follow(follow)
        world.put_follow(replace(follow, userid=new_userid))
    for way in [each for each in world.contact_ways.values() if old in map(str.lower, each.user)]:
        users = tuple(new_userid if user.lower() == old else user for user in way.user)
        world.contact_ways[way.config_id] = replace(way, user=users)
    _rename_servicer(world, old, new_userid)
    world.chats = {
        customer: [replace(line, userid=new_userid) if line.userid.lower() == old else line for line in lines]
        for customer, lines in world.chats.items()
    }
    return renamed


def leave(world: World, member: Member) -> Member:
    """Nobody can reach the member any more; customers keep the relation until they are taken over."""
    return _put(world, replace(member, status=LEFT, is_visible=False, receives_customers=False))


def set_active(world: World, member: Member, *, active: bool) -> Member:
    """Disable a member, or enable again."""
    return _put(world, replace(member, status=ACTIVE if active else DISABLED))


def _put(world: World, member: Member) -> Member:
    world.members[member.userid.lower()] = member
    return member


def _rename_servicer(world: World, old: str, new_userid: str) -> None:
    for account in [*world.kf_accounts.values()]:
        servicers = tuple(
            replace(each, userid=new_userid) if each.userid.lower() == old else each for each in account.servicers
        )
        world.kf_accounts[account.open_kfid] = replace(account, servicers=servicers)

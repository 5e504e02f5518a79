"""Contact ways: made, changed and deleted by the API, chosen from by a scan (W-92228)."""

import random
from dataclasses import replace
from itertools import islice

from router.sandbox.config import Member, MemberChoice
from router.sandbox.refusal import Errcode, RefusalError
from router.sandbox.world.records import ContactWay
from router.sandbox.world.world import World

ROOT_DEPARTMENT = 1
USERS_PER_WAY = 100


def add(world: World, way: ContactWay) -> ContactWay:
    """Keep a new way; refuses past the corporation's quota and for members who may not receive customers."""
    _check_members(world, way)
    if len(world.contact_ways) - world.deleted_ways >= world.config.contact_way_quota:
        raise RefusalError(Errcode.WAY_QUOTA, "contact way quota used up")
    world.put_way(way)
    return way


def update(world: World, way: ContactWay) -> ContactWay:
    _check_members(world, way)
    world.put_way(way)
    return way


def delete(world: World, config_id: str, now: int) -> ContactWay:
    way = replace(require(world, config_id), deleted_at=now)
    world.put_way(way)
    world.deleted_ways += 1
    return way


def require(world: World, config_id: str) -> ContactWay:
    """The live way of that id; a deleted one answers like one that never was."""
    way = world.contact_ways.get(config_id)
    if way is None or way.deleted_at is not None:
        raise RefusalError(Errcode.CONFIG_ID_INVALID, "invalid config_id")
    return way


def with_state(world: World, state: str) -> ContactWay | None:
    """The live way of that state; states are the caller's and need not be unique."""
    latest = world.contact_ways.get(world.latest_with_state.get(state, ""))
    if latest is not None and latest.deleted_at is None and latest.state == state:
        return latest
    return next((way for way in world.contact_ways.values() if way.state == state and way.deleted_at is None), None)


def page(world: World, start_at: int, end_at: int, position: int, limit: int) -> tuple[list[str], int | None]:
    """Ids of permanent ways made in the window, in order of creation, and the position after them if there is more.

    A page may be short or empty although there is more: the platform promises no more than the cursor.
    """
    stretch = list(islice(world.contact_ways.values(), position, position + limit))
    listed = [way.config_id for way in stretch if _is_listed(way, start_at, end_at)]
    after = position + len(stretch)
    return listed, after if after < len(world.contact_ways) else None


def members_of(world: World, way: ContactWay) -> list[Member]:
    named = [member for userid in way.user if (member := world.member(userid))]
    in_party = [member for member in world.members.values() if member.department in way.party and member not in named]
    return named + in_party


def as_phones_see_it(way: ContactWay, now: int) -> ContactWay:
    """The way with the members that a scan at `now` may be given."""
    return replace(way, user=way.user_before) if now < way.obeyed_at else way


def choose_member(world: World, way: ContactWay, source: random.Random) -> Member:
    """The member the next customer gets. The platform's rule is not published, so it is a setting."""
    candidates = members_of(world, way)
    match world.config.member_choice:
        case MemberChoice.FIRST:
            return candidates[0]
        case MemberChoice.ROUND_ROBIN:
            return candidates[way.adds % len(candidates)]
        case MemberChoice.RANDOM:
            return source.choice(candidates)


def _is_listed(way: ContactWay, start_at: int, end_at: int) -> bool:
    return way.deleted_at is None and not way.is_temp and start_at <= way.created_at <= end_at


def _check_members(world: World, way: ContactWay) -> None:
    if way.type == 1 and len(way.user) != 1:
        raise RefusalError(Errcode.BAD_PARAMETER, "type 1 takes exactly one user")
    if unknown := [party for party in way.party if party != ROOT_DEPARTMENT]:
        raise RefusalError(Errcode.UNKNOWN_DEPARTMENT, f"party not found: {unknown[0]}")
    for userid in way.user:
        _check_receives(world, userid)
    if len(receivers := members_of(world, way)) > USERS_PER_WAY:
        raise RefusalError(Errcode.WAY_USERS_OVER, f"more than {USERS_PER_WAY} users: {len(receivers)}")
    if not receivers:
        raise RefusalError(Errcode.BAD_PARAMETER, "user and party are both empty")


def _check_receives(world: World, userid: str) -> None:
    member = world.member(userid)
    if member is None:
        raise RefusalError(Errcode.UNKNOWN_MEMBER, f"userid not found: {userid}")
    if not member.is_visible:
        raise RefusalError(Errcode.MEMBER_NOT_VISIBLE, f"member outside the visible range: {userid}")
    if member.status != 1:
        raise RefusalError(Errcode.MEMBER_NOT_ACTIVE, f"member not activated: {userid}")
    if not member.is_real_name_verified:
        raise RefusalError(Errcode.NOT_REAL_NAME, f"member not real-name verified: {userid}")
    if not member.receives_customers:
        raise RefusalError(Errcode.NO_CONTACT_PERMISSION, f"member has no external contact permission: {userid}")

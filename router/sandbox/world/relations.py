"""Customers and their relations to members: added, half added, confirmed, removed, tagged, welcomed."""

from collections.abc import Sequence
from dataclasses import replace

from router.sandbox.refusal import Errcode, RefusalError
from router.sandbox.world.records import Customer, Follow, Stage, WelcomeCode
from router.sandbox.world.world import World

WELCOME_WINDOW_MS = 20_000
NAMES = ("林晓", "高远", "何静", "郭涛", "马丽", "罗杰", "梁辰", "宋佳", "郑凯", "谢婷", "韩冰", "唐宁")


def find_customer(world: World, named: str) -> Customer | None:
    """By external_userid, or by name: the first of that name."""
    return world.customers.get(named) or world.first_named.get(named)


def new_customer(world: World, now: int, name: str | None = None) -> Customer:
    customer = Customer(world.ids.external_userid(), name or _next_name(world), world.ids.visitor(), now)
    world.put_customer(customer)
    return customer


def relate(world: World, userid: str, external_userid: str, state: str, stage: Stage, now: int) -> Follow:
    """The customer adds the member, for the first time or again; tags of an existing relation stay."""
    known = world.follow(userid, external_userid)
    if known is not None and known.stage is Stage.FULL:
        stage = Stage.FULL
    tag_ids = known.tag_ids if known else ()
    follow = Follow(userid, external_userid, stage, state, now, tag_ids)
    world.put_follow(follow)
    return follow


def require_related(world: World, userid: str, external_userid: str) -> Follow:
    """The relation tags and remarks hang on: none after the member's removal, and none before a half add is
    confirmed.
    """
    world.require_customer(external_userid)
    follow = world.follow(userid, external_userid)
    if follow is None or follow.stage is Stage.HALF:
        raise RefusalError(Errcode.NO_RELATION, "not external contact")
    return follow


def related(world: World, external_userid: str) -> list[Follow]:
    follows = world.follows.get(external_userid, {}).values()
    return [follow for follow in follows if follow.stage is not Stage.HALF]


def mark(world: World, follow: Follow, add: Sequence[str], remove: Sequence[str]) -> Follow:
    kept = [tag_id for tag_id in follow.tag_ids if tag_id not in remove]
    marked = replace(follow, tag_ids=tuple(dict.fromkeys([*kept, *add])))
    world.put_follow(marked)
    return marked


def issue_welcome_codes(world: World, follow: Follow, count: int, now: int) -> list[str]:
    """A code for each application that hears of this arrival; one welcome uses them all up."""
    codes = [world.ids.code() for _ in range(count)]
    for code in codes:
        first_code = "" if code == codes[0] else codes[0]
        world.welcome_codes[code] = WelcomeCode(code, follow.userid, follow.external_userid, now, first_code=first_code)
    return codes


def use_welcome_code(world: World, code: str, now: int, answered_at: int) -> WelcomeCode:
    """Take the code for the one welcome of its arrival; `answered_at` is when the caller will have its answer
    (W-92137).
    """
    sent = world.welcome_codes.get(code)
    if sent is None or now - sent.issued_at > WELCOME_WINDOW_MS:
        raise RefusalError(Errcode.WELCOME_CODE_INVALID, "invalid welcome code, or expired")
    first = world.welcome_codes[sent.first_code or sent.code]
    if first.answered_at is not None and now < first.answered_at:
        raise RefusalError(Errcode.WELCOME_IN_PROGRESS, "a welcome message is being sent")
    if first.used_at is not None:
        raise RefusalError(Errcode.WELCOME_CODE_USED, "the conversation has already started")
    world.welcome_codes[first.code] = replace(first, used_at=now, answered_at=answered_at)
    return sent


def _next_name(world: World) -> str:
    number = len(world.customers)
    name = NAMES[number % len(NAMES)]
    return name if number < len(NAMES) else f"{name} {number + 1}"

"""What the phone page shows of the world: one customer's contacts, chats and sessions, not everybody's."""

from dataclasses import asdict
from itertools import islice
from typing import Annotated, Any

from anyio import to_thread
from pydantic import Field
from starlette.requests import Request

from router.sandbox.control.people import known_customer
from router.sandbox.control.wire import ControlError, Wish, read
from router.sandbox.platform import Platform
from router.sandbox.qr import read_picture
from router.sandbox.world import kf_sessions, relations
from router.sandbox.world.records import Customer, KfSession

CUSTOMERS_LISTED = 100
LINES_SHOWN = 200  # per customer, latest
LARGEST_PICTURE = 5 << 20  # bytes


class NewCustomer(Wish):
    name: Annotated[str, Field(min_length=1, max_length=64)] | None = None


async def show(platform: Platform, request: Request) -> dict[str, Any]:
    """``GET /phone/view?customer=``: the clock, the latest customers, and what is on this one's phone."""
    named = request.query_params.get("customer", "")
    owner = known_customer(platform, named) if named else None
    latest = islice(reversed(platform.world.customers.values()), CUSTOMERS_LISTED)
    return {
        "now": platform.now(),
        "offset": platform.clock.offset,
        "service_url": platform.config.service_url,
        "has_token": platform.config.service_token is not None,
        "members": {member.userid: member.name for member in platform.world.members.values()},
        "tags": {tag.tag_id: tag.name for group in platform.world.tag_groups.values() for tag in group.tags},
        "kf_accounts": {account.open_kfid: account.name for account in platform.world.kf_accounts.values()},
        "customers": [_named(customer) for customer in latest],
        "phone": _phone(platform, owner) if owner else None,
    }


async def add_customer(platform: Platform, request: Request) -> dict[str, Any]:
    """``POST /phone/customers {"name"?}``: somebody new; without a name the sandbox invents one."""
    wish = await read(request, NewCustomer)
    platform.revision += 1
    return _named(relations.new_customer(platform.world, platform.now(), wish.name))


async def read_code(request: Request) -> dict[str, str]:
    """``POST /phone/read``: the text of the code in the picture (PNG, JPEG) that is the body, ``{"text"}``."""
    content = b""
    async for piece in request.stream():
        content += piece
        if len(content) > LARGEST_PICTURE:
            raise ControlError(f"the picture is larger than {LARGEST_PICTURE >> 20} MiB; send a smaller one")
    text = await to_thread.run_sync(read_picture, content)
    if text is None:
        raise ControlError("no readable code in the picture; use a sharper PNG or JPEG")
    return {"text": text}


def _phone(platform: Platform, owner: Customer) -> dict[str, Any]:
    follows = platform.world.follows.get(owner.external_userid, {}).values()
    lines = platform.world.chats.get(owner.external_userid, [])[-LINES_SHOWN:]
    return _named(owner) | {
        "follows": [{"userid": each.userid, "stage": each.stage, "at": each.created_at} for each in follows],
        "lines": [asdict(line) for line in lines],
        "sessions": [
            {"open_kfid": each.open_kfid, "service_state": each.service_state} for each in _sessions(platform, owner)
        ],
    }


def _sessions(platform: Platform, owner: Customer) -> list[KfSession]:
    """As `kf/service_state/get` would tell them now, of the accounts that know this customer."""
    world, userid = platform.world, owner.external_userid
    known = [open_kfid for open_kfid in world.kf_accounts if (open_kfid, userid) in world.kf_sessions]
    return [kf_sessions.session(world, open_kfid, userid, platform.now()) for open_kfid in known]


def _named(customer: Customer) -> dict[str, Any]:
    return {"external_userid": customer.external_userid, "name": customer.name}

"""`externalcontact/customer_acquisition/*` (W-97297, W-97298): refused with 48002 where the corporation lacks it."""

from collections.abc import Callable
from dataclasses import replace

from router.sandbox.api.call import Answer, Call
from router.sandbox.api.fields import Fields
from router.sandbox.refusal import Errcode, RefusalError
from router.sandbox.world import acquisition_links
from router.sandbox.world.acquisition_links import AcquisitionLink


def allowed(answer: Callable[[Call], Answer]) -> Callable[[Call], Answer]:
    """Refuse for a corporation, or an app, without the right to 获客助手."""

    def guarded(call: Call) -> Answer:
        if not call.world.acquisition.is_allowed:
            raise RefusalError(Errcode.NOT_ALLOWED, "api forbidden: customer acquisition is not enabled for this app")
        return answer(call)

    return guarded


@allowed
def create_link(call: Call) -> Answer:
    link_id = call.world.ids.link_id()
    link = AcquisitionLink(
        link_id=link_id,
        name=call.fields.required("link_name", max_chars=30),
        url=f"{call.platform.config.public_url}/ca/{link_id}",
        users=_users(call.fields),
        skip_verify=call.fields.flag("skip_verify", True),
        created_at=call.now,
    )
    acquisition_links.put(call.world, link)
    call.accepted("acquisition_link_created", {"link_id": link_id}, userid=",".join(link.users))
    return {"link": _shown(link)}


@allowed
def update_link(call: Call) -> Answer:
    """Fields left out stay; the range overwrites."""
    before = _required_link(call)
    changed = replace(
        before,
        name=call.fields.text("link_name", before.name, max_chars=30),
        users=_users(call.fields) if call.fields.has("range") else before.users,
        skip_verify=call.fields.flag("skip_verify", before.skip_verify),
    )
    acquisition_links.put(call.world, changed)
    call.accepted("acquisition_link_updated", {"link_id": before.link_id}, userid=",".join(changed.users))
    return {}


@allowed
def get_link(call: Call) -> Answer:
    link = _required_link(call)
    return {"link": _shown(link), "range": {"user_list": list(link.users), "department_list": []}}


@allowed
def list_links(call: Call) -> Answer:
    """The newest first."""
    limit, position = call.fields.number("limit", 100, low=1, high=100), call.fields.number("cursor", 0)
    live = [link.link_id for link in call.world.acquisition_links.values() if link.deleted_at is None][::-1]
    listed = live[position : position + limit]
    after = position + len(listed)
    return {"link_id_list": listed, "next_cursor": str(after) if after < len(live) else ""}


@allowed
def delete_link(call: Call) -> Answer:
    link = _required_link(call)
    call.world.acquisition_links[link.link_id] = replace(link, deleted_at=call.now)
    call.accepted("acquisition_link_deleted", {"link_id": link.link_id}, userid=",".join(link.users))
    return {}


@allowed
def get_quota(call: Call) -> Answer:
    account = call.world.acquisition
    return {"total": account.total, "balance": account.balance, "quota_list": []}


def _required_link(call: Call) -> AcquisitionLink:
    return acquisition_links.require(call.world, call.fields.required("link_id"))


def _users(fields: Fields) -> tuple[str, ...]:
    return fields.object("range").texts("user_list", most=acquisition_links.MOST_MEMBERS)


def _shown(link: AcquisitionLink) -> dict[str, object]:
    return {
        "link_id": link.link_id,
        "link_name": link.name,
        "url": link.url,
        "create_time": link.created_at // 1000,
        "skip_verify": link.skip_verify,
    }

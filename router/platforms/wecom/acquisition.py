"""获客助手, customer acquisition links (W-97297, W-97298). Only a self-built app may manage them, and only its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from router.platforms.wecom.bounds import check_bytes, check_characters, check_count, check_member_id, check_present
from router.platforms.wecom.transport import Transport

MOST_MEMBERS: Final = 500
CHANNEL_BYTES: Final = 64

_PREFIX: Final = "/cgi-bin/externalcontact/customer_acquisition"


@dataclass(frozen=True, slots=True)
class AcquisitionLink:
    """A link as the platform knows it; the platform gives a visitor to one of `users` who can be added."""

    link_id: str
    name: str
    url: str
    users: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AcquisitionQuota:
    """Customers the corporation may still gain through links, out of those it bought."""

    total: int
    balance: int


class AcquisitionCalls:
    """Calls about acquisition links. All raise the errors of `errors.py`; 48002 says that the app lacks the right."""

    _transport: Transport

    async def create_link(self, name: str, users: Sequence[str]) -> AcquisitionLink:
        """Make a link to 1 to 500 members. After `OutcomeUnknown`, find it with `list_links` before making another."""
        _check_link(name, users)
        answer = await self._transport.post(
            f"{_PREFIX}/create_link", {"link_name": name, "range": {"user_list": list(users)}, "skip_verify": True}
        )
        link = answer.nested("link")
        return AcquisitionLink(link.text("link_id"), link.text_or_empty("link_name"), link.text("url"), tuple(users))

    async def update_link(self, link_id: str, name: str, users: Sequence[str]) -> None:
        """Overwrite name and members; the URL stays."""
        check_present("link_id", link_id)
        _check_link(name, users)
        await self._transport.post(
            f"{_PREFIX}/update_link", {"link_id": link_id, "link_name": name, "range": {"user_list": list(users)}}
        )

    async def get_link(self, link_id: str) -> AcquisitionLink:
        """Return a link with its members."""
        check_present("link_id", link_id)
        answer = await self._transport.post(f"{_PREFIX}/get", {"link_id": link_id})
        link, reach = answer.nested("link"), answer.nested("range")
        return AcquisitionLink(
            link.text("link_id"), link.text_or_empty("link_name"), link.text("url"), reach.texts("user_list")
        )

    async def list_links(self) -> tuple[str, ...]:
        """Return the ids of the newest hundred links of this app."""
        answer = await self._transport.post(f"{_PREFIX}/list_link", {"limit": 100, "cursor": ""})
        return answer.texts("link_id_list")

    async def delete_link(self, link_id: str) -> None:
        """Delete a link: whoever opens it afterwards is told that it is invalid."""
        check_present("link_id", link_id)
        await self._transport.post(f"{_PREFIX}/delete_link", {"link_id": link_id})

    async def get_acquisition_quota(self) -> AcquisitionQuota:
        """Return what is left of the corporation's quota."""
        answer = await self._transport.get("/cgi-bin/externalcontact/customer_acquisition_quota")
        return AcquisitionQuota(answer.integer("total"), answer.integer("balance"))


def with_channel(url: str, channel: str) -> str:
    """The link that names its channel: what is given here comes back as the State of the add (W-97297)."""
    check_bytes("customer_channel", channel, CHANNEL_BYTES)
    return f"{url}{'&' if '?' in url else '?'}customer_channel={quote(channel, safe='')}"


def opening_wechat(url: str) -> str:
    """The address that opens a link from a browser outside WeChat (W-97297)."""
    return f"weixin://biz/ww/profile/{quote(url, safe='')}"


def _check_link(name: str, users: Sequence[str]) -> None:
    check_present("link_name", name)
    check_characters("link_name", name, 30)
    check_count("range.user_list", users, 1, MOST_MEMBERS)
    for user_id in users:
        check_member_id("range.user_list", user_id)

"""What a scanned code leads to, told from its link."""

from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True, slots=True)
class LiveCodeLink:
    """A code of the service; `path` is asked for at the service's own address, whatever host is printed."""

    path: str


@dataclass(frozen=True, slots=True)
class ContactWayLink:
    config_id: str


@dataclass(frozen=True, slots=True)
class KfLink:
    open_kfid: str
    scene: str
    scene_param: str


@dataclass(frozen=True, slots=True)
class JoinWayLink:
    config_id: str


@dataclass(frozen=True, slots=True)
class ClientGroupLink:
    """The QR that a member shows from the client: over at `expires_at` (ms)."""

    chat_id: str
    expires_at: int


@dataclass(frozen=True, slots=True)
class AcquisitionTarget:
    link_id: str
    channel: str


Link: TypeAlias = LiveCodeLink | ContactWayLink | KfLink | JoinWayLink | ClientGroupLink | AcquisitionTarget


def parse_link(url: str) -> Link | None:
    """None for a link that is neither the service's nor the sandbox's."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return None
    match parts.path.strip("/").split("/"):
        case ["q", slug] if slug:
            return LiveCodeLink(f"/q/{slug}" + (f"?{parts.query}" if parts.query else ""))
        case ["u" | "qr", config_id] if config_id:
            return ContactWayLink(config_id.removesuffix(".png"))
        case ["jw", config_id] if config_id:
            return JoinWayLink(config_id.removesuffix(".png"))
        case ["gc", chat_id, expires_at] if chat_id and expires_at.isascii() and expires_at.isdigit():
            return ClientGroupLink(chat_id, int(expires_at[:16]))
        case ["ca", link_id] if link_id:
            return AcquisitionTarget(link_id, parse_qs(parts.query).get("customer_channel", [""])[0][:64])
        case ["kf", open_kfid] if open_kfid:
            query = parse_qs(parts.query)
            return KfLink(open_kfid, query.get("scene", [""])[0], query.get("scene_param", [""])[0])
        case _:
            return None

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


Link: TypeAlias = LiveCodeLink | ContactWayLink | KfLink


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
        case ["kf", open_kfid] if open_kfid:
            query = parse_qs(parts.query)
            return KfLink(open_kfid, query.get("scene", [""])[0], query.get("scene_param", [""])[0])
        case _:
            return None

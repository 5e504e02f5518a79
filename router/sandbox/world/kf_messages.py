"""The log of a KF account: what `kf/sync_msg` reads, three days long, with a cursor (W-94670)."""

from dataclasses import dataclass
from typing import Any

from router.sandbox.refusal import Errcode, RefusalError
from router.sandbox.world.records import KfItem, SyncToken
from router.sandbox.world.world import World

RETENTION_MS = 3 * 24 * 3_600_000
SYNC_TOKEN_LIFE_MS = 600_000
CURSOR_PREFIX = "kf-"


@dataclass(frozen=True, slots=True)
class Page:
    """`has_more` may be set although nothing is listed."""

    next_cursor: str
    has_more: bool
    items: tuple[dict[str, Any], ...]


def issue_sync_token(world: World, open_kfid: str, now: int) -> str:
    issued = SyncToken(world.ids.code(), open_kfid, now)
    world.sync_tokens[issued.token] = issued
    return issued.token


def check_sync_token(world: World, token: str, open_kfid: str, now: int) -> None:
    issued = world.sync_tokens.get(token)
    if issued is None or issued.open_kfid != open_kfid or now - issued.issued_at > SYNC_TOKEN_LIFE_MS:
        raise RefusalError(Errcode.BAD_SYNC_TOKEN, "invalid msg token, or expired")


def append(world: World, open_kfid: str, item: dict[str, Any], now: int) -> str:
    """Add an item (without its `msgid` and `send_time`, which are given here); returns the msgid."""
    msgid = world.ids.msgid()
    complete = {"msgid": msgid, "send_time": now // 1000, **item}
    world.kf_logs.setdefault(open_kfid, []).append(KfItem(now, complete))
    return msgid


def append_event(world: World, open_kfid: str, event: dict[str, Any], now: int) -> str:
    return append(world, open_kfid, {"origin": 4, "msgtype": "event", "event": {**event, "open_kfid": open_kfid}}, now)


def page(world: World, open_kfid: str, cursor: str, limit: int, now: int) -> Page:
    """The next entries. Those past the retention are skipped, which may leave a page empty with more behind it."""
    log = world.kf_logs.get(open_kfid, [])
    position = _position(cursor, len(log))
    stretch = log[position : position + limit]
    kept = tuple(entry.item for entry in stretch if now - entry.at <= RETENTION_MS)
    after = position + len(stretch)
    return Page(f"{CURSOR_PREFIX}{after}", after < len(log), kept)


def empty_page(cursor: str) -> Page:
    return Page(cursor or f"{CURSOR_PREFIX}0", True, ())


def _position(cursor: str, length: int) -> int:
    if not cursor:
        return 0
    digits = cursor.removeprefix(CURSOR_PREFIX)
    if not cursor.startswith(CURSOR_PREFIX) or not (digits.isascii() and digits.isdigit()) or int(digits) > length:
        raise RefusalError(Errcode.BAD_PARAMETER, "invalid cursor")
    return int(digits)

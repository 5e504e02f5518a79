"""获客链接 (customer acquisition links): a scan is sent on to the platform, which chooses among the link's members."""

from dataclasses import dataclass
from datetime import tzinfo
from typing import Literal, get_args

from sqlalchemy import Connection

from router.db.queries import acquisition_links, alerts, outbox, timers
from router.db.queries.acquisition_links import AcquisitionLink
from router.db.queries.outbox import Order
from router.db.queries.scan import Code
from router.domain.assignment import Ranking
from router.domain.effects import DeleteAcquisitionLink, KeepAcquisitionLink
from router.domain.scan import Forwarded, Full, Preparing, ScanAnswer
from router.handlers.listed import rank_for, rank_in_round
from router.handlers.stock import new_state_token
from router.platforms.wecom.acquisition import MOST_MEMBERS, with_channel

PATROL_EVERY = 60_000  # ms: how long somebody who is full, or went off duty, may stay on a link
QUOTA_EVERY = 10 * 60_000  # ms
ASK_AGAIN = 3_600_000  # ms after a refusal

TIMER = "acquisition_due"
USED_UP = "the link's quota is used up"
REFUSED = "WeCom refuses the link"
NOBODY = "no agent of the pool can take anybody now, and a link needs a member"

LinkTrouble = Literal["link_refused", "link_used_up"]
TROUBLES: tuple[LinkTrouble, ...] = get_args(LinkTrouble)


@dataclass(frozen=True, slots=True)
class Trouble:
    """The kind of alert that speaks of a link, and what its sentence is filled with."""

    kind: LinkTrouble
    text: dict[str, object]


def answer_acquisition(connection: Connection, code: Code, visitor: str, now: int) -> ScanAnswer:
    """What a scan of such a code is answered with."""
    link = acquisition_links.link_of(connection, code.id)
    if link is None or (link.status == "making" and not link.url):
        return Preparing("the link is being made")
    if link.is_used_up:
        return Full(USED_UP)
    if not link.url:
        return Full(REFUSED)
    return Forwarded(with_channel(link.url, link.state), "the platform chooses who answers")


def open_link(connection: Connection, code_id: int, now: int) -> None:
    """A new code of this kind: its link is ordered."""
    acquisition_links.insert_link(connection, code_id, new_state_token(), now)
    keep(connection, code_id, now)


def keep(connection: Connection, code_id: int, now: int) -> None:
    """Have the link brought in line with its pool, and looked after from now on."""
    outbox.add_all(connection, [Order(KeepAcquisitionLink(code_id))], now)
    timers.arm(connection, TIMER, f"{TIMER}:{code_id}", now + PATROL_EVERY, {"code_id": code_id})


def give_up(connection: Connection, code_id: int, now: int) -> None:
    """The code is archived: its link leaves the platform, because whoever kept it would cost quota."""
    link = acquisition_links.link_of(connection, code_id)
    timers.disarm(connection, f"{TIMER}:{code_id}")
    if link is not None and link.link_id is not None:
        outbox.add_all(connection, [Order(DeleteAcquisitionLink(link.link_id))], now)
        acquisition_links.gone(connection, code_id, "making", "", now)
    report(connection, code_id, now)


def due(connection: Connection, code_id: int, now: int, zone: tzinfo) -> None:
    """The timer of a link fired: order what differs from its pool, and what has not been looked at for long."""
    link = acquisition_links.link_of(connection, code_id)
    if link is None:
        return
    if _is_outdated(link, _members(rank_in_round(connection, link, link.pool_id, now, zone)), now):
        outbox.add_all(connection, [Order(KeepAcquisitionLink(code_id))], now)
    timers.arm(connection, TIMER, f"{TIMER}:{code_id}", now + PATROL_EVERY, {"code_id": code_id})


def wanted_members(connection: Connection, link: AcquisitionLink, now: int, zone: tzinfo) -> tuple[str, ...]:
    """The userids of the pool's agents whom a scan would be given now; empty when there is nobody.

    Backups and what the code asks of an agent count as they do for a code with our own page.
    """
    return _members(rank_for(connection, link, link.pool_id, now, zone))


def _members(ranking: Ranking) -> tuple[str, ...]:
    """In the order of the pool, members first: whom the platform lists changes with who is free, not with each add."""
    ordered = sorted(ranking.order, key=lambda each: (each.role == "backup", each.position, each.agent_id))
    return tuple(each.userid for each in ordered)[:MOST_MEMBERS]


def report(connection: Connection, code_id: int, now: int) -> None:
    """Say at once whether the code leads to its link; the lookout says it of all of them in a while."""
    link = acquisition_links.link_of(connection, code_id)
    wrong = None if link is None else trouble(link)
    for kind in TROUBLES:
        if wrong is not None and wrong.kind == kind:
            alerts.raise_(connection, kind, f"code:{code_id}", now, **wrong.text)
        else:
            alerts.end_(connection, kind, f"code:{code_id}", now)


def trouble(link: AcquisitionLink) -> Trouble | None:
    """Why an open code does not lead to its link; None when it does, or the link is being made."""
    if not link.is_open:
        return None
    if link.is_used_up:
        return Trouble("link_used_up", {"name": link.code_name})
    if link.status == "failed" and not link.url:
        return Trouble("link_refused", {"name": link.code_name, "reason": link.error})
    return None


def _is_outdated(link: AcquisitionLink, wanted: tuple[str, ...], now: int) -> bool:
    if link.status == "failed":
        was_empty = link.error == NOBODY and bool(wanted)
        return was_empty or now - link.changed_at >= ASK_AGAIN
    if link.quota is None or now - link.quota.at >= QUOTA_EVERY:
        return True
    return bool(wanted) and set(wanted) != set(link.members)

"""A visitor scans a live code: one place of one agent is held, or the answer says why not.

The story: who is this? Somebody with a live reservation sees it again. Otherwise the pool is ranked, and the ranking
is walked until one agent's place can be taken under every cap and one of that agent's contact ways leased. Nobody:
everyone is full, or a contact way is still being made. Whatever the answer, what it was decided from is stored with it.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo

from sqlalchemy import Connection

from router.db import json
from router.db.queries import capacity, pools, scan, stock, timers
from router.db.queries.pools import ClosedPage, FallbackPool
from router.db.queries.scan import Code, Known, NewReservation
from router.domain.assignment import Candidate, Ranking, rank
from router.domain.scan import AgentFace, AlreadyAdded, Closed, Full, Preparing, Reserved, ScanAnswer
from router.handlers import lease
from router.handlers.standing import Standing
from router.handlers.stock import refill

MINUTE = 60_000  # ms


@dataclass(frozen=True, slots=True)
class ScanRequest:
    """``visitor`` is a hash that names the visitor; the same visitor gets the same reservation."""

    slug: str
    visitor: str


@dataclass(frozen=True, slots=True)
class ScanRules:
    """What the settings say about scans."""

    zone: tzinfo
    stock_low: int
    stock_target: int


def scan_each(
    connection: Connection, requests: Sequence[ScanRequest], now: int, rules: ScanRules
) -> list[ScanAnswer | None]:
    """Answer scans in order, in one transaction; None for a slug that is no live code."""
    codes = scan.codes(connection, [request.slug for request in requests])
    scan.lock_pools(connection, {code.pool_id for code in codes.values()})
    standing = Standing(connection, now, rules.zone)
    return [
        _scan(connection, codes[request.slug], request.visitor, standing, now, rules) if request.slug in codes else None
        for request in requests
    ]


def _scan(
    connection: Connection, code: Code, visitor: str, standing: Standing, now: int, rules: ScanRules
) -> ScanAnswer:
    answer, decision = _decide(connection, code, visitor, standing, now, rules)
    scan.visited(connection, code.id, visitor, outcome_name(answer), decision, now)
    return answer


def _decide(
    connection: Connection, code: Code, visitor: str, standing: Standing, now: int, rules: ScanRules
) -> tuple[ScanAnswer, str]:
    if not code.active:
        return Closed("this code is closed"), ""
    known = _known(connection, code, visitor, now)
    if known is not None and (answer := _answer_again(known, now)) is not None:
        return answer, ""
    sticky_agent_id = known.agent.id if known is not None else None
    return _assign(connection, code, visitor, sticky_agent_id, standing, now, rules)


def _assign(
    connection: Connection,
    code: Code,
    visitor: str,
    sticky_agent_id: int | None,
    standing: Standing,
    now: int,
    rules: ScanRules,
) -> tuple[ScanAnswer, str]:
    """Ask the code's pool; when it is full its spill policy says who is asked next, each pool once."""
    asked: dict[int, Ranking] = {}
    while True:
        asked[code.pool_id] = rank(standing.of(code), sticky_agent_id)
        answer, decision = _walk(connection, code, visitor, asked, standing, now, rules)
        if not isinstance(answer, Full):
            return answer, decision
        match pools.spill_policy_of(connection, code.pool_id):
            case FallbackPool(pool_id=pool_id) if pool_id not in asked:
                code = replace(code, pool_id=pool_id)
            case ClosedPage(text=text):
                return Full(text, asks_again=False), decision
            case _:
                return answer, decision


def _known(connection: Connection, code: Code, visitor: str, now: int) -> Known | None:
    """The visitor's latest reservation; a hold that is over ends here, unless another process confirms it first."""
    known = scan.latest(connection, code.id, visitor)
    if known is None or known.status != "held" or known.expires_at > now:
        return known
    lease.expire(connection, known.reservation_id, now)
    return scan.latest(connection, code.id, visitor)


def _answer_again(known: Known, now: int) -> ScanAnswer | None:
    """The same visitor, the same reservation."""
    if known.status == "held" and known.expires_at > now:
        return Reserved(known.agent, known.key, known.expires_at, known.link, "your reservation")
    if known.status == "confirmed" and known.follow_stands:
        return AlreadyAdded(known.agent, known.key, "you have added this consultant")
    return None


def _walk(
    connection: Connection,
    code: Code,
    visitor: str,
    asked: dict[int, Ranking],
    standing: Standing,
    now: int,
    rules: ScanRules,
) -> tuple[ScanAnswer, str]:
    """Walk the ranking of the pool asked last."""
    ranking = asked[code.pool_id]
    for candidate in ranking.order:
        if not capacity.try_take(connection, candidate.agent_id, candidate.limits, now, rules.zone):
            continue
        way = stock.try_lease(connection, candidate.agent_id)
        if way is None:
            capacity.give_back(connection, candidate.agent_id, candidate.limits, now, rules.zone)
            continue
        standing.took(candidate)
        decision = describe(asked, candidate)
        reserved = _reserve(connection, code, visitor, candidate, way, decision, now)
        refill(connection, candidate.agent_id, candidate.userid, now, rules.stock_low, rules.stock_target)
        return reserved, decision
    decision = describe(asked, None)
    if ranking.waits_for_ways:
        _refill_empty(connection, ranking, now, rules)
        return Preparing("a consultant is free; the code is being prepared"), decision
    return Full("every consultant is busy right now"), decision


def _reserve(
    connection: Connection,
    code: Code,
    visitor: str,
    candidate: Candidate,
    way: stock.LeasedWay,
    decision: str,
    now: int,
) -> Reserved:
    key = secrets.token_urlsafe(16)
    expires_at = now + code.hold_minutes * MINUTE
    new = NewReservation(key, code.id, code.pool_id, candidate.agent_id, way.id, visitor, expires_at, decision)
    reservation_id = scan.reserve(connection, new, now)
    timers.arm(
        connection,
        "lease_ends",
        f"lease:{reservation_id}",
        expires_at,
        {"reservation_id": reservation_id},
    )
    return Reserved(AgentFace(candidate.agent_id, candidate.name), key, expires_at, way.link, "reserved for you")


def _refill_empty(connection: Connection, ranking: Ranking, now: int, rules: ScanRules) -> None:
    empty = {each.agent_id for each in ranking.left_out if each.reason == "no_contact_way"}
    for candidate in ranking.candidates:
        if candidate.agent_id in empty:
            refill(connection, candidate.agent_id, candidate.userid, now, rules.stock_low, rules.stock_target)


def describe(asked: dict[int, Ranking], chosen: Candidate | None) -> str:
    """The decision as it is stored: enough to show why, and to decide it again.

    It speaks of the pool asked last; ``spilled_from`` holds the pools that were full before it, in order.
    """
    *before, last = [_described(pool_id, ranking) for pool_id, ranking in asked.items()]
    chosen_id = chosen.agent_id if chosen is not None else None
    return json.dump({"policy": "idle_first", "chosen": chosen_id, **last, "spilled_from": before})


def _described(pool_id: int, ranking: Ranking) -> dict[str, object]:
    return {
        "pool_id": pool_id,
        "sticky": ranking.sticky_agent_id,
        "order": [each.agent_id for each in ranking.order],
        "left_out": ranking.left_out,
        "candidates": ranking.candidates,
    }


def outcome_name(answer: ScanAnswer) -> str:
    """The outcome as the contract spells it."""
    match answer:
        case Reserved() | AlreadyAdded():
            return "reserved"
        case Full():
            return "full"
        case Preparing():
            return "preparing"
        case Closed():
            return "closed"

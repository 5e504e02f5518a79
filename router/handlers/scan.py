"""A visitor scans a live code: one place of one agent is held, or the answer says why not.

The story: who is this? Somebody with a live reservation sees it again. Otherwise the pool is ranked, and the first
agent of whom a contact way is to be had gives a place; the places of one burst are taken together, under every cap.
Nobody: the pool's spill policy says what becomes of the visitor, or a contact way is still being made. Whatever the
answer, what it was decided from is stored with it.
"""

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo

from sqlalchemy import Connection

from router.db.queries import capacity, pools, scan, stock, tally, waiting
from router.db.queries.scan import Code, Had, Known, Visit
from router.domain.assignment import Ask, Candidate, rank
from router.domain.capacity import Place
from router.domain.place import Where
from router.domain.scan import (
    AgentFace,
    AlreadyAdded,
    Closed,
    Forwarded,
    Preparing,
    Reserved,
    ScanAnswer,
    Spilled,
    Waiting,
    is_told_again,
    outcome_name,
)
from router.domain.spill import FallbackPool, SpillPolicy
from router.handlers import acquisition, admission, full, group_codes, lease, line, native, place
from router.handlers.listed import rank_listed
from router.handlers.scanned import Scanned
from router.handlers.standing import Standing, standing_of
from router.handlers.stock import refill
from router.handlers.why import Asked, describe, not_asked

MINUTE = 60_000  # ms
CHANCE = random.Random()  # decides between agents, who are no secret: the system's own is asked at length


@dataclass(frozen=True, slots=True)
class ScanRequest:
    """``visitor`` is a hash that names the visitor; the same visitor gets the same reservation.

    ``test`` marks somebody of the corporation who tries the code: counted apart. ``where`` is what is known of the
    visitor's place, and kept nowhere.
    """

    slug: str
    visitor: str
    test: bool = False
    where: Where | None = None


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
    # With rows of other units locked, to wait for a pool could close a circle; alone, a scan waits.
    scan.lock_pools(connection, _assigning(codes), may_wait=not scan.has_written(connection))
    scanned = Scanned(connection, len(requests))
    visits = _visits(connection, codes, requests)
    scans = Scans(
        connection,
        standing_of(
            connection,
            now,
            rules.zone,
            at_once=len(requests) == 1,
            write_first=scanned.write_holds,
            asking={(each.pool_id, each.id) for each in _asking(codes, requests, visits)},
        ),
        now,
        rules,
        scanned,
        visits,
        scan.who_had(connection, {request.visitor for request in requests}),
        waiting.anybody(connection),
    )
    answers = [scans.answer(codes[each.slug], each) if each.slug in codes else None for each in requests]
    scans.standing.settle()
    scans.scanned.write()
    tally.count_all(connection, now, rules.zone, scans.counts)
    full.alert(connection, scans.full_pools, scans.full_codes, now)
    scans.standing.leave()
    return answers


def _assigning(codes: Mapping[str, Code]) -> set[int]:
    """The pools that a scan of one of these codes may take a place from, or write about."""
    return {code.pool_id for code in codes.values() if code.kind != "native"}


def _asking(
    codes: Mapping[str, Code], requests: Sequence[ScanRequest], visits: Mapping[tuple[int, str], Visit]
) -> Iterator[Code]:
    """The codes of which the pool is likely to be asked: who had a place of it last time mostly has it still."""
    for request in requests:
        code = codes.get(request.slug)
        if code is None or not code.active or code.kind in ("group", "native"):
            continue
        visit = visits.get((code.id, request.visitor))
        if code.kind == "acquisition" or visit is None or visit.outcome != "reserved":
            yield code


def _visits(
    connection: Connection, codes: Mapping[str, Code], requests: Sequence[ScanRequest]
) -> dict[tuple[int, str], Visit]:
    by_code: dict[int, set[str]] = {}
    for request in requests:
        if request.slug in codes:
            by_code.setdefault(codes[request.slug].id, set()).add(request.visitor)
    return {
        (code_id, visitor): visit
        for code_id, visitors in by_code.items()
        for visitor, visit in scan.visits(connection, code_id, visitors).items()
    }


@dataclass(slots=True, eq=False)
class Scans:
    """The scans of one transaction.

    ``visits`` is by code and visitor, ``had`` by visitor; ``full_pools`` and ``full_codes`` say how many were turned
    away.
    """

    connection: Connection
    standing: Standing
    now: int
    rules: ScanRules
    scanned: Scanned
    visits: dict[tuple[int, str], Visit]
    had: Mapping[str, Had]
    anybody_waits: bool
    counts: list[tally.Count] = field(default_factory=list)
    full_pools: Counter[int] = field(default_factory=Counter)
    full_codes: Counter[Code] = field(default_factory=Counter)

    def answer(self, code: Code, request: ScanRequest) -> ScanAnswer:
        """Answer one scan, and remember what the visitor was told."""
        self.scanned.write_of(code.id, request.visitor)
        visit = self.visits.get((code.id, request.visitor))
        answer, decision_id = self._decide(code, request, visit)
        outcome = outcome_name(answer)
        last_at = visit.last_at if visit is not None else None
        self.counts.extend(tally.of_scan(code.id, last_at, self.now, self.rules.zone, test=request.test))
        self.anybody_waits = self.anybody_waits or isinstance(answer, Waiting)
        self.visits[code.id, request.visitor] = Visit(self.now, outcome)
        self.scanned.visited(
            {
                "code_id": code.id,
                "visitor": request.visitor,
                "now": self.now,
                "outcome": outcome,
                "decision_id": decision_id,
            }
        )
        return answer

    def _decide(self, code: Code, request: ScanRequest, visit: Visit | None) -> tuple[ScanAnswer, int | None]:
        if not code.active:
            return Closed("this code is closed"), None
        if code.kind in ("native", "group", "acquisition"):
            return self._lead_on(code, request, visit)
        known = self._known(code, request.visitor) if visit is not None else None
        if known is not None and (again := _answer_again(known, self.now)) is not None:
            return again, None
        refused = admission.refuse(self.connection, code, request.visitor, self.now, self.rules.zone)
        if refused is not None:
            return Closed(refused), None
        return self._assign(code, request, known)

    def _lead_on(self, code: Code, request: ScanRequest, visit: Visit | None) -> tuple[ScanAnswer, int | None]:
        """A code that holds no place of ours: it shows a group, or what the platform assigns through."""
        if code.kind == "native":  # whoever scans the print passes us by, so no limit of ours is asked here either
            return native.answer_native(self.connection, code), None
        refused = admission.refuse(self.connection, code, request.visitor, self.now, self.rules.zone)
        if refused is not None:
            return Closed(refused), None
        if code.kind == "group":
            return group_codes.answer_group(self.connection, code, request.visitor, self.now), None
        pool = self.standing.of(code.pool_id, code.id)
        ranking = rank_listed(pool, code)
        asked = [Asked(pool.id, pool.round, ranking)]
        if not ranking.order and not ranking.round_is_over:
            place = self._place(code, request)
            spilled = self._turn_away(code, request, pool.spill_policy, pool.id, place, asked)
            return spilled, None if is_told_again(spilled) else self._keep(code, request, spilled, asked, None)
        answer = acquisition.answer_acquisition(self.connection, code, request.visitor, self.now)
        if not isinstance(answer, Forwarded):
            return answer, None  # the link itself is in the way: its alert says why
        if self.anybody_waits:
            waiting.served(self.connection, code.id, request.visitor, self.now)
        if visit is not None and visit.outcome == outcome_name(answer) and self.now - visit.last_at <= scan.SAME_SCAN:
            return answer, None  # the page was only reloaded
        return answer, self._keep(code, request, answer, asked, None)

    def _known(self, code: Code, visitor: str) -> Known | None:
        """The visitor's latest reservation; a hold ends here that is over, or of an agent who is out of reach now.

        Another process may confirm it first.
        """
        known = scan.latest(self.connection, code.id, visitor)
        if known is None or known.status != "held" or (known.expires_at > self.now and known.agent_in_reach):
            return known
        end = lease.release if known.expires_at > self.now else lease.expire
        end(self.connection, known.reservation_id, self.now)
        return scan.latest(self.connection, code.id, visitor)

    def _assign(self, code: Code, request: ScanRequest, known: Known | None) -> tuple[ScanAnswer, int | None]:
        """Ask the first pool; when it is full its spill policy says who is asked next, each pool once."""
        asked: list[Asked] = []
        had = self._had(request, known)
        own_agent_id = None if had is None else had.agent_id
        pool_id = first_pool_id = self._first_pool(code, request, had)
        if pool_id != code.pool_id:
            scan.lock_pools(self.connection, {pool_id})
        place = self._place(code, request)
        passed: set[int] = set()
        while True:
            passed.add(pool_id)
            promised: tuple[int, ...] | None = ()
            if self.anybody_waits:
                promised = line.promised(self.connection, self.standing, pool_id, code, place, own_agent_id, self.now)
            if promised is None:
                self._refill_empty(self.standing.of(pool_id, code.id).candidates)
            else:
                asked.append(self._rank(pool_id, code, own_agent_id, promised))
                if (answered := self._try(code, request, asked)) is not None:
                    return answered
            match self.standing.of(pool_id, code.id).spill_policy:
                case FallbackPool(pool_id=fallback) if fallback not in passed:
                    pool_id = fallback
                case policy:
                    spilled = self._turn_away(code, request, policy, first_pool_id, place, asked)
                    if is_told_again(spilled):
                        return spilled, None
                    return spilled, self._keep(code, request, spilled, asked or [not_asked(first_pool_id)], None)

    def _place(self, code: Code, request: ScanRequest) -> int | None:
        """Where the visitor stands in line, if anywhere."""
        return waiting.place_of(self.connection, code.id, request.visitor, self.now) if self.anybody_waits else None

    def _turn_away(
        self, code: Code, request: ScanRequest, policy: SpillPolicy, pool_id: int, place: int | None, asked: list[Asked]
    ) -> Spilled:
        spilled = full.answer_full(
            self.connection, code, request.visitor, policy, self.now, pool_id=pool_id, place=place
        )
        if not is_told_again(spilled):
            match next((each.ranking.full_for for each in asked if each.pool_id == pool_id), "pool"):
                case "pool":
                    self.full_pools[pool_id] += 1
                case "code":
                    self.full_codes[code] += 1
        return spilled

    def _try(self, code: Code, request: ScanRequest, asked: list[Asked]) -> tuple[ScanAnswer, int | None] | None:
        """A place of the pool asked last, or the news that one is being prepared; None when it is full."""
        if (reserved := self._walk(code, request, asked)) is not None:
            return reserved
        ranking = asked[-1].ranking
        if not ranking.waits_for_ways:
            return None
        self._refill_empty(ranking.candidates)
        preparing = Preparing("a consultant is free; the code is being prepared")
        visit = self.visits.get((code.id, request.visitor))
        if visit is not None and visit.outcome == "preparing":
            return preparing, None  # the page asks again every few seconds
        return preparing, self._keep(code, request, preparing, asked, None)

    def _had(self, request: ScanRequest, known: Known | None) -> Had | None:
        """Who had the visitor last: through this code, be it only for a while, or else through any other."""
        earlier = self.had.get(request.visitor)
        if known is None:
            return earlier
        customer_id = known.customer_id or (None if earlier is None else earlier.customer_id)
        return Had(known.agent.id, customer_id)

    def _first_pool(self, code: Code, request: ScanRequest, had: Had | None) -> int:
        """VIPs have a pool of their own, whose spill policy alone says who is asked when it is full; then the place."""
        if had is not None and had.customer_id is not None:
            vip = pools.vip_pool_of(self.connection, had.customer_id)
            if vip is not None:
                return vip
        near = place.choose_pool(self.connection, code, request.where) if request.where is not None else None
        return near if near is not None else code.pool_id

    def _rank(self, pool_id: int, code: Code, own_agent_id: int | None, promised: tuple[int, ...]) -> Asked:
        pool = self.standing.of(pool_id, code.id)
        ask = Ask(
            policy=pool.policy,
            sticky_agent_id=own_agent_id,
            skill=code.skill,
            department=code.department,
            backup_percent=pool.backup_percent,
            seed=CHANCE.getrandbits(53),
            promised=promised,
        )
        ranking = rank(pool.candidates, ask)
        if ranking.round_is_over:
            capacity.next_round(self.connection, pool_id, pool.round)
            self.standing.outdate(pool_id)
            pool = self.standing.of(pool_id, code.id)
            ranking = rank(pool.candidates, ask)
        return Asked(pool_id, pool.round, ranking)

    def _walk(self, code: Code, request: ScanRequest, asked: list[Asked]) -> tuple[Reserved, int] | None:
        """Take the first place that can be had of the pool asked last, and a contact way with it."""
        last = asked[-1]
        for candidate in last.ranking.order:
            way = self.standing.take(candidate, Place(candidate.agent_id, last.pool_id, code.id, last.round))
            if way is not None:
                return self._reserve(code, request, asked, candidate, way)
        return None

    def _reserve(
        self, code: Code, request: ScanRequest, asked: list[Asked], chosen: Candidate, way: stock.LeasableWay
    ) -> tuple[Reserved, int]:
        expires_at = self.now + code.hold_minutes * MINUTE
        face = AgentFace(chosen.agent_id, chosen.name, way.agent_has_photo)
        reserved = Reserved(face, self.scanned.new_key(), expires_at, way.link, "reserved for you")
        decision_id = self._keep(code, request, reserved, asked, chosen)
        self.scanned.reserved(
            {
                "id": self.scanned.new_id("reservation"),
                "key": reserved.key,
                "code_id": code.id,
                "pool_id": asked[-1].pool_id,
                "agent_id": chosen.agent_id,
                "way_id": way.id,
                "visitor": request.visitor,
                "now": self.now,
                "expires_at": expires_at,
                "decision_id": decision_id,
                "test": request.test,
                "round": asked[-1].round,
            }
        )
        if self.anybody_waits:
            waiting.served(self.connection, code.id, request.visitor, self.now)
        if chosen.ready_ways - 1 < self.rules.stock_low:
            self._refill(chosen)
        return reserved, decision_id

    def _keep(
        self, code: Code, request: ScanRequest, answer: ScanAnswer, asked: list[Asked], chosen: Candidate | None
    ) -> int:
        decision_id = self.scanned.new_id("decision")
        self.scanned.decided(
            {
                "id": decision_id,
                "code_id": code.id,
                "visitor": request.visitor,
                "now": self.now,
                "outcome": outcome_name(answer),
                "agent_id": chosen.agent_id if chosen is not None else None,
                "content": describe(asked, chosen),
                "test": request.test,
            }
        )
        return decision_id

    def _refill_empty(self, candidates: Sequence[Candidate]) -> None:
        for each in candidates:
            if each.ready_ways == 0 and each.available and each.duty == "on":
                self._refill(each)

    def _refill(self, agent: Candidate) -> None:
        self.standing.settle()  # the stock is counted next
        low, target = self.rules.stock_low, self.rules.stock_target
        refill(self.connection, agent.agent_id, agent.userid, self.now, low, target)


def _answer_again(known: Known, now: int) -> ScanAnswer | None:
    """The same visitor, the same reservation."""
    if known.status == "held" and known.expires_at > now:
        return Reserved(known.agent, known.key, known.expires_at, known.link, "your reservation")
    if known.status == "confirmed" and known.follow_stands and known.agent_in_reach:
        return AlreadyAdded(known.agent, known.key, "you have added this consultant")
    return None

"""Keep a native code's contact way in step with whom its pool can receive.

Whatever changes who may receive (an add, a loss, a cap, a shift) wakes the code's timer; what follows is read from the
ledger when the timer fires, so any number of changes is one look, and one edit at the platform at most is under way.
"""

import base64
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import tzinfo

from sqlalchemy import Connection

from router.db.queries import agents, native_ways, outbox, pools
from router.db.queries.native_ways import NativeWay, Refusals
from router.db.queries.outbox import Order
from router.db.queries.scan import Code
from router.domain.assignment import Ranking
from router.domain.effects import UpdateNativeWay
from router.domain.native import MINUTE, InFlight, Roster, roster
from router.domain.native_reasons import Reason, Reasons, kept_off, reasons_of
from router.domain.scan import Full, NativeShown, Preparing, ScanAnswer
from router.domain.spill import in_turn
from router.handlers.listed import rank_for, rank_in_round

HOUR = 60 * MINUTE
LOOK_AGAIN = MINUTE  # ms between two looks that nothing asked for: shifts begin and hours end without a word
NOT_MADE = "WeCom does not make the code"
REFUSED_FOR = HOUR  # ms until a member whom the platform refused is offered to it again


@dataclass(frozen=True, slots=True)
class NativeRules:
    """``window`` is for how long (ms) a customer may be under way: to edit the list, and to look at a card."""

    zone: tzinfo
    window: int


def answer_native(connection: Connection, code: Code) -> ScanAnswer:
    """What is shown to whoever opens the address of a native code by hand: what its print shows, and no place held."""
    printed = native_ways.printed(connection, code.id)
    if printed is not None and printed.has_picture:
        return NativeShown(code.slug, printed.link, "the platform chooses who answers")
    if printed is not None and printed.status == "failed":
        return Full(NOT_MADE)
    return Preparing("the platform's picture is being made")


def begin(connection: Connection, code_id: int, now: int) -> None:
    """Have a contact way made for a new native code, to whoever can receive."""
    native_ways.insert(connection, code_id, new_state_token(), now)
    native_ways.look_at(connection, code_id, now)


def look(connection: Connection, code_id: int, rules: NativeRules, now: int) -> None:
    """Want the list that is right now, and order the edit; then look again in a while. An archived code is left."""
    way = native_ways.get(connection, code_id)
    if way is None or way.archived_at is not None:
        return
    found, off = _found(connection, way, rules, now)
    if found.kept != "nobody":
        _bring_in_step(connection, way, found, off, now)
    native_ways.look_at(connection, code_id, now + LOOK_AGAIN)


def _bring_in_step(connection: Connection, way: NativeWay, found: Roster, off: Reasons, now: int) -> None:
    reasons = _reasons(connection, way, found, off)
    if found.wanted != way.wanted:
        native_ways.want(connection, way.code_id, found.wanted, reasons, now)
        order(connection, way.code_id, now)
        return
    if _whys(reasons) != _whys(way.reasons):
        native_ways.explain(connection, way.code_id, reasons)
    if not way.in_step and way.status != "failed" and not outbox.is_open(connection, _key(way.code_id)):
        order(connection, way.code_id, now)


def _reasons(connection: Connection, way: NativeWay, found: Roster, off: Reasons) -> Reasons:
    """Why each agent is wanted now, or is not; the contact book tells why the platform cannot reach somebody."""
    under_way = way.reasons if way.applied_version < way.wanted_version else ()  # some may be read back yet
    reasons = reasons_of(found, way.pool_id, off, way.reasons, {*way.applied, *way.wanted, *under_way})
    unavailable = [userid for userid, reason in reasons.items() if reason.why == "unavailable"]
    said = agents.unavailable_reasons(connection, unavailable) if unavailable else {}
    return reasons | {userid: replace(reasons[userid], said=said.get(userid, "")) for userid in unavailable}


def _whys(reasons: Reasons) -> dict[str, str]:
    return {userid: each.why for userid, each in reasons.items()}


def order(connection: Connection, code_id: int, now: int) -> None:
    """Send the list; once more afterwards when it is being sent just now."""
    outbox.add_all(connection, [Order(UpdateNativeWay(code_id))], now)


def roster_of(connection: Connection, way: NativeWay, rules: NativeRules, now: int) -> Roster:
    """Whom the code should list at ``now`` (ms), the bound, and who leaves early.

    While everybody in its pool is out, those of the pool that takes over.
    """
    return _found(connection, way, rules, now)[0]


def _found(connection: Connection, way: NativeWay, rules: NativeRules, now: int) -> tuple[Roster, Reasons]:
    return _first(connection, way, lambda pool_id: rank_in_round(connection, way, pool_id, now, rules.zone), rules, now)


def _roster(
    connection: Connection, way: NativeWay, ranking: Ranking, rules: NativeRules, now: int
) -> tuple[Roster, Reasons]:
    refused = recently_refused(way.refused, now)
    per_minute = native_ways.adds_in_busiest_minute(connection, way.code_id, now, HOUR)
    found = roster(
        ranking.candidates,
        ranking.order,
        InFlight(per_minute, rules.window),
        backup=way.backup,
        refused=refused,
    )
    return found, kept_off(ranking, found, refused)


def preview(connection: Connection, way: NativeWay, rules: NativeRules, now: int) -> Roster:
    """`roster_of` for whoever only looks: writes nothing, so a round that is over is not begun anew."""
    return _first(connection, way, lambda pool_id: rank_for(connection, way, pool_id, now, rules.zone), rules, now)[0]


def _first(
    connection: Connection, way: NativeWay, ranked: Callable[[int], Ranking], rules: NativeRules, now: int
) -> tuple[Roster, Reasons]:
    """The roster of the first pool that has somebody to list; when none has, of the code's own.

    And why the agents of all pools that were asked are off it; of somebody in several, the first one tells.
    """
    rosters, off = list[Roster](), dict[str, Reason]()
    for pool_id in in_turn(way.pool_id, pools.fallbacks(connection)):
        found, kept_off_here = _roster(connection, way, ranked(pool_id), rules, now)
        rosters.append(replace(found, pool_id=pool_id))
        off = {**kept_off_here, **off}
        if found.kept is None:
            return rosters[-1], off
    return rosters[0], off


def recently_refused(refused: Refusals, now: int) -> Refusals:
    """Those whom it is too early to offer to the platform again."""
    return {userid: refusal for userid, refusal in refused.items() if now - refusal["at"] < REFUSED_FOR}


def new_state_token() -> str:
    """渠道参数 of a native code: told apart from those of the stock, because what is printed is never cleaned up."""
    return "ln-" + base64.b32encode(secrets.token_bytes(15)).decode().lower()


def _key(code_id: int) -> str:
    return UpdateNativeWay(code_id).key

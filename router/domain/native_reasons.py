"""Why an agent is on the list (名单) of a native code, or is not: what its timeline tells of each change."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypedDict

from router.domain.assignment import Exclusion, Ranking
from router.domain.capacity import Limit
from router.domain.native import Roster

Off = (
    Exclusion
    | Literal["leaving", "too_many", "refused", "asked_later", "not_of_pool", "stood_down", "replaced", "unknown"]
)
"""``leaving``: taken off early; ``too_many``: more are free than a list holds; ``asked_later``: WeCom was not
asked yet; ``stood_down``: stood in while nobody of the pool could; ``replaced``: stood in, and now somebody
else does."""

On = Literal["joined", "imported", "back", "accepted", "stands_by", "least_harm", "takes_over"]
"""``joined``: nothing kept this agent off before; ``back``: what did is over; ``accepted``: WeCom refused them before;
``imported``: was on the list when it became ours. The others stand in while nobody of the pool can."""

_TEMPORARY = ("stands_by", "least_harm", "takes_over")
_LEFT = ("not_of_pool", "stood_down", "replaced", "unknown")  # which being able to take customers does not undo


class Refusal(TypedDict):
    """Since when (ms) the platform will not have a member, and why."""

    at: int
    reason: str


@dataclass(frozen=True, slots=True)
class Reason:
    """``limit`` is the cap that is why, ``margin`` its places in reserve; ``said`` is the platform's own reason.

    ``was`` is what kept somebody off who is ``back``.
    """

    why: Off | On
    limit: Limit | None = None
    margin: int = 0
    said: str = ""
    was: str = ""


Reasons = Mapping[str, Reason]
"""By userid."""


@dataclass(frozen=True, slots=True)
class Change:
    """Who came onto a list and who went off it, with the reasons."""

    came: Reasons
    went: Reasons


def kept_off(ranking: Ranking, roster: Roster, refused: Mapping[str, Refusal]) -> dict[str, Reason]:
    """Why each candidate of a pool is not on the roster made of it, if not for want of others."""
    userids = {each.agent_id: each.userid for each in ranking.candidates}
    off = {each.userid: Reason("too_many") for each in ranking.order}
    off |= {
        userid: Reason("refused", said=refused[userid]["reason"]) for userid in userids.values() if userid in refused
    }
    off |= {userids[each.agent_id]: Reason("leaving", each.limit, each.margin) for each in roster.leaving}
    return off | {userids[each.agent_id]: Reason(each.reason, each.limit) for each in ranking.left_out}


def reasons_of(
    roster: Roster, own_pool_id: int, off: Reasons, before: Reasons, known: Collection[str]
) -> dict[str, Reason]:
    """Why everybody stands as the roster wants it.

    ``off`` are the candidates that were asked and are not wanted, ``before`` the reasons for the list wanted until now,
    ``known`` the userids that may still be on the list at the platform.
    """
    stands_in = _standing_in(roster, own_pool_id)
    reasons = {userid: each for userid, each in off.items() if userid not in roster.wanted}
    for userid in known:
        if userid not in roster.wanted:
            reasons[userid] = _off(off.get(userid), before.get(userid), stands_in)
    for userid in roster.wanted:
        reasons[userid] = Reason(stands_in) if stands_in else _on(before.get(userid))
    return reasons


def after_sending(
    reasons: Reasons, wanted: Sequence[str], taken: Sequence[str], refused: Mapping[str, Refusal]
) -> Reasons:
    """The reasons of a list that was sent, of which the platform has ``taken`` only some."""
    missing = {
        userid: Reason("refused", said=refused[userid]["reason"]) if userid in refused else Reason("asked_later")
        for userid in set(wanted) - set(taken)
    }
    return {**reasons, **missing}


def change_between(before: Collection[str], after: Collection[str], reasons: Reasons) -> Change | None:
    """What changed from one list to the next; None: nothing."""
    came = {userid: reasons.get(userid, Reason("joined")) for userid in sorted(set(after) - set(before))}
    went = {userid: reasons.get(userid, Reason("unknown")) for userid in sorted(set(before) - set(after))}
    return Change(came, went) if came or went else None


def _standing_in(roster: Roster, own_pool_id: int) -> On | None:
    if roster.kept == "backup":
        return "stands_by"
    if roster.kept == "least_harm":
        return "least_harm"
    return "takes_over" if roster.pool_id != own_pool_id else None


def _off(reason: Reason | None, before: Reason | None, stands_in: On | None) -> Reason:
    """Somebody who stood in goes because that is over, or because somebody else does: what keeps off whoever stood by
    or was kept for want of others did so before. An agent of a pool that takes over has a reason of their own, and so
    has whom the platform refuses.
    """
    if before is not None and before.why in _TEMPORARY:
        if stands_in is None:
            return Reason("stood_down")
        if reason is not None and (before.why == "takes_over" or reason.why == "refused"):
            return reason
        return Reason("replaced")
    if reason is not None:
        return reason
    return before if before is not None and before.why in _LEFT else Reason("not_of_pool")


def _on(before: Reason | None) -> Reason:
    if before is None or before.why in (*_TEMPORARY, *_LEFT):
        return Reason("joined")
    if before.why in ("joined", "back", "accepted"):
        return before
    return Reason("accepted") if before.why == "refused" else Reason("back", was=before.why)

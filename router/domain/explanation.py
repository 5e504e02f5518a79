"""解释 (explanation): a stored decision of assignment read back as why this agent, and why none of the others."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

from router.domain.assignment import Exclusion
from router.domain.capacity import Limit
from router.domain.policies import Policy

Why = Literal["chosen", "sticky", "passed", "busier", "tied", "idler", "behind"] | Exclusion
"""``chosen`` and ``sticky`` (the visitor had this agent before) got the customer. ``passed`` stood before whoever did,
and lost the place or the contact way at the last moment. The others stood behind: ``busier`` by load per weight,
``tied`` but later in the order, ``idler`` only when the visitor went back to the agent they had before; ``behind``
where the pool's policy does not go by load."""

_BY_LOAD = ("idle_first", "exclusive")


@dataclass(frozen=True, slots=True)
class Standing:
    """How one agent stood in a decision; ``limit`` is the cap that was reached, when that is why.

    ``policy`` is the one that ordered the agent's pool.
    """

    agent_id: int
    name: str
    load: int
    weight: int
    why: Why
    limit: Limit | None = None
    policy: Policy = "idle_first"

    @property
    def is_chosen(self) -> bool:
        """Whether this agent got the customer."""
        return self.why in ("chosen", "sticky")


def explain(decision: Mapping[str, Any]) -> tuple[Standing, ...]:
    """Every agent that was asked, the chosen one first, then in the order of the pools: the one that answered, then
    those that were full before it. ``decision`` is stored JSON; an empty one explains nothing."""
    pools = (decision, *decision.get("spilled_from", ()))
    standings = [standing for pool in pools for standing in _standings(pool)]
    return tuple(sorted(standings, key=lambda each: not each.is_chosen))


def _standings(pool: Mapping[str, Any]) -> Iterator[Standing]:
    candidates = pool.get("candidates", ())
    left_out = {each["agent_id"]: each for each in pool.get("left_out", ())}
    winner = next((each for each in candidates if each["agent_id"] == pool.get("chosen")), None)
    for each in candidates:
        refusal = left_out.get(each["agent_id"])
        why = refusal["reason"] if refusal else _place(each, winner, pool)
        limit = refusal.get("limit") if refusal else None
        yield Standing(
            agent_id=each["agent_id"],
            name=each["name"],
            load=each["load"],
            weight=each["weight"],
            why=why,
            limit=Limit(**limit) if limit else None,
            policy=pool["ask"]["policy"],
        )


def _place(candidate: Mapping[str, Any], winner: Mapping[str, Any] | None, pool: Mapping[str, Any]) -> Why:
    """Where somebody stood who might have been assigned; without a winner, all of them were tried in vain."""
    if winner is None:
        return "passed"
    if candidate is winner:
        return "sticky" if pool["ask"]["sticky_agent_id"] == winner["agent_id"] else "chosen"
    if _stood_before(candidate["agent_id"], winner["agent_id"], pool.get("order", ())):
        return "passed"
    if pool["ask"]["policy"] not in _BY_LOAD:
        return "behind"
    loads = _idleness(candidate), _idleness(winner)
    return "tied" if loads[0] == loads[1] else "busier" if loads[0] > loads[1] else "idler"


def _stood_before(agent_id: int, chosen: int, order: Sequence[int]) -> bool:
    return agent_id in order and chosen in order and order.index(agent_id) < order.index(chosen)


def _idleness(candidate: Mapping[str, Any]) -> Fraction:
    return Fraction(candidate["load"], max(1, candidate["weight"]))

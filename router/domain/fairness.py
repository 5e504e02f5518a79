"""公平 (fairness): how near the customers that agents took come to what their weights would give."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import lcm


@dataclass(frozen=True, slots=True)
class Taken:
    """What one agent took, in customers or places, and the weight (at least 1) that shares them out."""

    taken: int
    weight: int


@dataclass(frozen=True, slots=True)
class Share:
    """What the weight would have given of all that was taken, and by how much more (or less) it was."""

    expected: float
    difference: float


@dataclass(frozen=True, slots=True)
class Fairness:
    """Each agent's share, who is furthest from it, and Jain's index of what was taken per weight.

    ``deviation`` is that agent's distance, ``deviation_share`` the same as a part (0 to 1) of all that was taken;
    ``jain`` is 1 when all took alike for their weight, and 1 / agents when one took everything.
    """

    shares: Mapping[int, Share]
    furthest: int
    deviation: float
    deviation_share: float
    jain: float


def fairness(agents: Mapping[int, Taken]) -> Fairness | None:
    """The report on agents by id; None where there is nothing to compare: one agent, or nothing taken."""
    total = sum(each.taken for each in agents.values())
    if len(agents) < 2 or not total:
        return None
    weights = sum(each.weight for each in agents.values())
    exact = {id: Fraction(total * each.weight, weights) for id, each in agents.items()}
    away = {id: each.taken - exact[id] for id, each in agents.items()}
    furthest = max(away, key=lambda id: (abs(away[id]), -id))
    return Fairness(
        shares={id: Share(float(exact[id]), float(away[id])) for id in agents},
        furthest=furthest,
        deviation=float(abs(away[furthest])),
        deviation_share=float(abs(away[furthest]) / total),
        jain=_jain(agents),
    )


def _jain(agents: Mapping[int, Taken]) -> float:
    """(Σx)² / (n·Σx²), x = taken / weight: R. Jain, D. Chiu, W. Hawe (1984), DEC-TR-301.

    In whole numbers, times a common multiple of all weights: rounding must not lift the index above 1.
    """
    scale = lcm(*(each.weight for each in agents.values()))
    per_weight = [each.taken * (scale // each.weight) for each in agents.values()]
    return float(Fraction(sum(per_weight) ** 2, len(per_weight) * sum(x * x for x in per_weight)))

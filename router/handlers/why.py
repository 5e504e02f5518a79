"""A decision of assignment as it is stored: enough to show why, and to decide it again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from router.db import json
from router.domain.assignment import Ask, Candidate, Ranking, rank
from router.domain.capacity import Limit
from router.domain.record import packed, unpacked


@dataclass(frozen=True, slots=True)
class Asked:
    """A pool that was asked, in which of its rounds, and how it ranked its agents."""

    pool_id: int
    round: int
    ranking: Ranking


def not_asked(pool_id: int) -> Asked:
    """The pool of somebody behind whom others wait: nobody was ranked."""
    return Asked(pool_id, 0, rank((), Ask()))


def describe(asked: Sequence[Asked], chosen: Candidate | None) -> str:
    """The decision as JSON. It speaks of the pool asked last; ``spilled_from`` holds those that were full before it."""
    *before, last = [_described(each) for each in asked]
    return json.dump({"chosen": chosen.agent_id if chosen is not None else None, **last, "spilled_from": before})


def replay(decision: Mapping[str, Any]) -> bool:
    """Whether ranking the stored candidates again gives the stored order and reasons, for every pool asked."""
    read = unpacked(decision)
    return all(_is_equal(each) for each in (read, *read["spilled_from"]))


def _is_equal(stored: Mapping[str, Any]) -> bool:
    ranking = rank([_candidate(each) for each in stored["candidates"]], Ask(**stored["ask"]))
    again = _described(Asked(stored["pool_id"], stored["round"], ranking))
    return _conclusions(again) == _conclusions(stored)


def _conclusions(described: Mapping[str, Any]) -> str:
    return json.dump([described["order"], described["left_out"]])


def _candidate(stored: Mapping[str, Any]) -> Candidate:
    limits = tuple(Limit(**limit) for limit in stored["limits"])
    return Candidate(**{**stored, "limits": limits, "skills": tuple(stored["skills"])})


def _described(asked: Asked) -> dict[str, object]:
    return {
        "pool_id": asked.pool_id,
        "round": asked.round,
        "ask": asked.ranking.ask,
        "order": [each.agent_id for each in asked.ranking.order],
        "left_out": asked.ranking.left_out,
        **packed(asked.ranking.candidates),
    }

"""The record of a decision: its candidates as columns, those with one value for all of them as that value.

Every scan writes one, so its size is most of what a scan writes.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from itertools import chain, islice
from operator import attrgetter
from typing import Any

from router.domain.assignment import Candidate, Recorded
from router.domain.capacity import Limit

_FIELDS = tuple(field.name for field in fields(Candidate) if field.init and field.name != "limits")
_LIMIT_FIELDS = tuple(field.name for field in fields(Limit))
_values = attrgetter(*_FIELDS)
_limit_values = attrgetter(*_LIMIT_FIELDS)

Values = tuple[Any, ...]


def packed(candidates: Sequence[Candidate]) -> dict[str, object]:
    """The candidates as a table, with the number of their limits, and these limits one after the other as another."""
    rows = [each.recorded or _recorded(each) for each in candidates]
    return {
        "candidates": _table((*_FIELDS, "limits"), [values for values, _ in rows]),
        "limits": _table(_LIMIT_FIELDS, list(chain.from_iterable(limits for _, limits in rows))),
    }


def unpacked(decision: Mapping[str, Any]) -> dict[str, Any]:
    """A stored decision with its candidates by name; an empty one stays empty."""
    if not decision:
        return {}
    before = [_unpacked(each) for each in decision["spilled_from"]]
    return {**_unpacked(decision), "spilled_from": before}


def _recorded(candidate: Candidate) -> Recorded:
    limits = [_limit_values(limit) for limit in candidate.limits]
    recorded = (*_values(candidate), len(limits)), limits
    object.__setattr__(candidate, "recorded", recorded)
    return recorded


def _table(names: Sequence[str], rows: Sequence[Values]) -> dict[str, object]:
    same, each = dict[str, Any](), dict[str, Values]()
    for name, column in zip(names, zip(*rows, strict=True), strict=False):
        if column.count(column[0]) == len(rows):
            same[name] = column[0]
        else:
            each[name] = column
    return {"many": len(rows), "same": same, "each": each}


def _unpacked(pool: Mapping[str, Any]) -> dict[str, Any]:
    limits = _rows(pool["limits"])
    candidates = [{**row, "limits": list(islice(limits, row["limits"]))} for row in _rows(pool["candidates"])]
    return {**{name: value for name, value in pool.items() if name != "limits"}, "candidates": candidates}


def _rows(table: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    same, each = table["same"], table["each"]
    for position in range(table["many"]):
        yield {**same, **{name: column[position] for name, column in each.items()}}

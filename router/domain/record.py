"""The record of a decision: its candidates as rows of values, a third of the size of fields named anew for each.

Every scan writes one, so its size is most of what a scan writes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from operator import attrgetter
from typing import Any

from router.domain.assignment import Candidate
from router.domain.capacity import Limit

_FIELDS = tuple(field.name for field in fields(Candidate) if field.init and field.name != "limits")
_LIMIT_FIELDS = tuple(field.name for field in fields(Limit))
_values = attrgetter(*_FIELDS)
_limit_values = attrgetter(*_LIMIT_FIELDS)


def packed(candidates: Sequence[Candidate]) -> dict[str, object]:
    """The candidates as a table, the limits of each as its last value."""
    return {
        "fields": _FIELDS,
        "limit_fields": _LIMIT_FIELDS,
        "rows": [each.recorded or _row(each) for each in candidates],
    }


def _row(candidate: Candidate) -> tuple[object, ...]:
    row = (*_values(candidate), [_limit_values(limit) for limit in candidate.limits])
    object.__setattr__(candidate, "recorded", row)
    return row


def unpacked(decision: Mapping[str, Any]) -> dict[str, Any]:
    """A stored decision with its candidates by name; an empty one stays empty."""
    if not decision:
        return {}
    before = [_unpacked(each) for each in decision.get("spilled_from", ())]
    return {**_unpacked(decision), "spilled_from": before}


def _unpacked(pool: Mapping[str, Any]) -> dict[str, Any]:
    table = pool.get("candidates")
    if not isinstance(table, Mapping):
        return dict(pool)  # of the first release, with names
    limit_fields = table["limit_fields"]
    candidates = [
        {
            **dict(zip(table["fields"], values, strict=True)),
            "limits": [dict(zip(limit_fields, limit, strict=True)) for limit in limits],
        }
        for *values, limits in table["rows"]
    ]
    return {**pool, "candidates": candidates}

"""The place of a rule among the others of its set: moved up or down by one, with as few new priorities as can be."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

Json = Mapping[str, Any]
Direction = Literal["up", "down"]


def in_order(rules: Sequence[Json]) -> list[Json]:
    """The rules in the order in which they are asked: priority falling, then id."""
    return sorted(rules, key=_order)


def moved(rules: Sequence[Json], rule_id: str, direction: Direction) -> list[Json]:
    """The rules, in their order in the draft, after one of them changed places with its neighbour.

    Neighbours change priorities; where both have the same one, the earlier rises, and those before it as far as they
    must. At the end of the line, or without such a rule, nothing moves.
    """
    line = in_order(rules)
    at = next((place for place, rule in enumerate(line) if rule["id"] == rule_id), None)
    other = None if at is None else at + (1 if direction == "down" else -1)
    if at is None or other is None or not 0 <= other < len(line):
        return list(rules)
    first, second = line[min(at, other)], line[max(at, other)]
    line[min(at, other) : max(at, other) + 1] = [
        {**second, "priority": first["priority"]},
        {**first, "priority": second["priority"]},
    ]
    after = {rule["id"]: rule for rule in _risen(line)}
    return [after[rule["id"]] for rule in rules]


def _risen(line: Sequence[Json]) -> list[Json]:
    """The line with each rule raised as far as it must to stand before the next."""
    risen: list[Json] = []
    for rule in reversed(line):
        follower = risen[-1] if risen else None
        if follower is not None and _order(rule) > _order(follower):
            same = {**rule, "priority": follower["priority"]}
            rule = same if _order(same) < _order(follower) else {**rule, "priority": follower["priority"] + 1}
        risen.append(rule)
    return risen[::-1]


def _order(rule: Json) -> tuple[int, str]:
    return -rule["priority"], rule["id"]

"""How the rules of one version differ from those of another: added, removed, or changed in which fields."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Json = Mapping[str, Any]
Kind = Literal["added", "removed", "changed"]

OPTIONAL: Json = {
    "stop": False,
    "cooldown_seconds": 0,
    "group": "",
    "fallback": False,
    "scope": {},
    "enabled": True,
    "samples": {},
}
"""Fields that a rule may leave out, and what that says."""


@dataclass(frozen=True, slots=True)
class RuleChange:
    """One rule that differs; ``fields`` names what was changed, empty for a rule added or removed."""

    kind: Kind
    rule_id: str
    name: str
    fields: tuple[str, ...] = ()
    before: Json | None = None
    after: Json | None = None


def rule_changes(before: Sequence[Json], after: Sequence[Json]) -> tuple[RuleChange, ...]:
    """Rules as JSON, matched by id; removed ones first, the others in the order of ``after``."""
    was, becomes = ({str(rule["id"]): rule for rule in rules} for rules in (before, after))
    removed = (RuleChange("removed", id, _name(rule), (), rule) for id, rule in was.items() if id not in becomes)
    kept = (_change(was.get(id), rule) for id, rule in becomes.items())
    return (*removed, *(each for each in kept if each is not None))


def _change(before: Json | None, after: Json) -> RuleChange | None:
    if before is None:
        return RuleChange("added", str(after["id"]), _name(after), (), None, after)
    fields = tuple(sorted(key for key in {*before, *after} if _value(before, key) != _value(after, key)))
    return RuleChange("changed", str(after["id"]), _name(after), fields, before, after) if fields else None


def _value(rule: Json, key: str) -> object:
    value = rule.get(key, OPTIONAL.get(key))
    if key in ("scope", "samples") and isinstance(value, Mapping):
        return {name: texts for name, texts in value.items() if texts}
    return value


def _name(rule: Json) -> str:
    return str(rule.get("name") or rule["id"])

"""How often each rule of a rule set fired lately, and how many of the tags it gave stand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from router.db.queries import rule_memory, withdrawals
from router.db.queries.rule_memory import Count
from router.db.queries.rule_sets import EditedRuleSet, list_versions
from router.handlers.admin.act import Act
from router.handlers.admin.withdrawals import rules_in_force
from router.handlers.known import day_of

DAYS = 30
VERSIONS_READ = 20  # in which a rule that left the draft is looked for
_DAY = 86_400_000  # ms
_NEVER = Count(0, 0)


@dataclass(frozen=True, slots=True)
class RuleHits:
    """``times`` in the days that were asked about; ``last_day`` as 2026-11-22, None when it did not fire in them."""

    rule_id: str
    name: str
    times: int
    last_day: str | None
    standing_tags: int
    in_force: bool

    @property
    def is_withdrawable(self) -> bool:
        """Whether tags stand that no rule in force would give again."""
        return self.standing_tags > 0 and not self.in_force


def hits_of_rules(connection: Connection, act: Act, rule_set: EditedRuleSet, days: int = DAYS) -> tuple[RuleHits, ...]:
    """Of every rule that is in the draft or in force, that fired lately, or whose tags stand; by rule id.

    ``days``: how many days lately is, today included.
    """
    fired = rule_memory.fired_since(connection, rule_set.id, day_of(act.now - (days - 1) * _DAY, act.zone))
    standing = withdrawals.standing_by_rule(connection, rule_set.id)
    in_force = rules_in_force(rule_set)
    drafted = {rule["id"] for rule in rule_set.draft.get("rules", [])}
    rule_ids = sorted({*fired, *standing, *in_force, *drafted})
    names = rule_names(connection, rule_set, rule_ids)
    return tuple(
        _hits(each, names.get(each, each), fired.get(each, _NEVER), standing.get(each, 0), each in in_force)
        for each in rule_ids
    )


def rule_names(connection: Connection, rule_set: EditedRuleSet, rule_ids: Sequence[str]) -> dict[str, str]:
    """By rule id what rules are called in the draft; those that are gone from it, what they were called last.

    At least the rules of ``rule_ids`` that are known by any name.
    """
    names = names_in(rule_set.draft)
    missing = set(rule_ids) - names.keys()
    if missing:
        for version in list_versions(connection, rule_set.id, limit=VERSIONS_READ).items:
            names = {**names_in(version.content), **names}
            if missing <= names.keys():
                break
    return names


def names_in(content: Mapping[str, Any]) -> dict[str, str]:
    """By rule id what rules are called in one draft or version."""
    return {rule["id"]: rule.get("name") or rule["id"] for rule in content.get("rules", [])}


def _hits(rule_id: str, name: str, count: Count, standing: int, in_force: bool) -> RuleHits:
    day = str(count.last_day)
    last_day = f"{day[:4]}-{day[4:6]}-{day[6:]}" if count.last_day else None
    return RuleHits(rule_id, name, count.times, last_day, standing, in_force)

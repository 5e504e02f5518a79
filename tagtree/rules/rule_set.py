"""规则: what to do when a condition is met, and the sets in which rules are published.

Rules stand in one total order, higher priority first and then by id, so that the order in which somebody
entered them never matters. Each rule that is met fires, until one that says stop. Where two rules disagree,
the earlier one is right and the later one is recorded as blocked, with the reason.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from tagtree.rules.actions import Action
from tagtree.rules.condition_checks import (
    ONLY_EXCLUDES,
    cautions_of,
    cautions_of_references,
    check_condition,
    check_references,
    only_excludes,
)
from tagtree.rules.conditions import Condition, asks_for, counted_rules
from tagtree.rules.facts import Fact
from tagtree.rules.naming import NamedRule
from tagtree.wording import Problem, Wording, step

MS_A_DAY: Final = 24 * 60 * 60 * 1000
MAX_COOLDOWN: Final = 366 * MS_A_DAY

Order: TypeAlias = tuple[int, str]
"""Where a rule stands: lower comes first."""


@dataclass(frozen=True, slots=True)
class Scope:
    """适用范围: where a rule holds; an empty tuple leaves that side open."""

    channels: tuple[str, ...] = ()
    live_codes: tuple[str, ...] = ()


EVERYWHERE: Final = Scope()


@dataclass(frozen=True, slots=True)
class Samples:
    """样例: texts kept with a rule, which its condition must meet, and which it must not."""

    must_match: tuple[str, ...] = ()
    must_not_match: tuple[str, ...] = ()


NO_SAMPLES: Final = Samples()


@dataclass(frozen=True, slots=True)
class Rule:
    """When `condition` is met, do `actions`; with `stop`, no later rule fires. Higher `priority` comes first.

    `cooldown`: ms for which the rule rests for a customer after it fired, 0 for none. `group`: of the rules of one
    group the first that is met fires; empty for none. `fallback`: fires only when no other rule did. A rule that is
    not `enabled` is never asked.
    """

    id: str
    name: str
    priority: int
    condition: Condition
    actions: tuple[Action, ...]
    stop: bool = False
    cooldown: int = 0
    group: str = ""
    fallback: bool = False
    scope: Scope = EVERYWHERE
    enabled: bool = True
    samples: Samples = NO_SAMPLES

    @property
    def order(self) -> Order:
        """Priority falling, then id."""
        return -self.priority, self.id

    @property
    def named(self) -> NamedRule:
        """As messages about other rules speak of it."""
        return NamedRule(self.id, self.name)

    @property
    def asks_for(self) -> frozenset[Fact]:
        """The facts without which the rule cannot be decided."""
        asked = asks_for(self.condition)
        if self.cooldown:
            asked |= {Fact.AT, Fact.LAST_FIRED}
        if self.scope.channels:
            asked |= {Fact.CHANNEL}
        if self.scope.live_codes:
            asked |= {Fact.LIVE_CODE}
        return asked


@dataclass(frozen=True, slots=True)
class RuleSet:
    """规则集: the rules published together as one version."""

    id: int
    version: int
    rules: tuple[Rule, ...]

    def in_order(self) -> tuple[Rule, ...]:
        """Priority falling, then id: the order in which the rules are asked."""
        return tuple(sorted(self.rules, key=lambda rule: rule.order))

    @property
    def asks_for(self) -> frozenset[Fact]:
        """The facts that its enabled rules ask for; others need not be loaded.

        Every set that puts tags on besides needs the tags of the customer, for branches that exclude one another.
        """
        return frozenset[Fact]().union(*(rule.asks_for for rule in self.rules if rule.enabled))

    @property
    def remembers(self) -> Mapping[str, int]:
        """The rules whose firing must be kept for each customer, for counters and cooldowns, and for how many ms."""
        kept: dict[str, int] = {}
        for rule in self.rules:
            counted = {rule_id: days * MS_A_DAY for rule_id, days in counted_rules(rule.condition).items()}
            if rule.cooldown:
                counted[rule.id] = max(rule.cooldown, counted.get(rule.id, 0))
            for rule_id, span in counted.items():
                kept[rule_id] = max(span, kept.get(rule_id, 0))
        return kept


def check_rule(rule: Rule, path: str) -> Iterator[Problem]:
    """Every reason why the rule cannot be used, other rules left aside."""
    yield from check_condition(rule.condition, step(path, "when"))
    if not rule.actions:
        yield Problem(step(path, "then"), *_NO_ACTIONS)


def check_rule_set(rule_set: RuleSet) -> tuple[Problem, ...]:
    """Every reason why the rule set cannot be compiled; paths as in its JSON form."""
    return tuple(_problems(rule_set))


def cautions(rule_set: RuleSet) -> tuple[Problem, ...]:
    """What a person should confirm before the rule set is published."""
    switched_off = {rule.id: rule.name for rule in rule_set.rules if not rule.enabled}
    return tuple(
        caution
        for number, rule in enumerate(rule_set.rules)
        if rule.enabled
        for caution in _cautions(rule, step(step("rules", number), "when"), switched_off)
    )


def _cautions(rule: Rule, path: str, switched_off: Mapping[str, str]) -> Iterator[Problem]:
    if not rule.fallback:  # which is meant for everything that is left
        if only_excludes(rule.condition):
            yield Problem(path, *ONLY_EXCLUDES)
        yield from cautions_of(rule.condition, path)
    yield from cautions_of_references(rule.condition, path, switched_off)


def _problems(rule_set: RuleSet) -> Iterator[Problem]:
    seen: set[str] = set()
    rule_ids = frozenset(rule.id for rule in rule_set.rules)
    for number, rule in enumerate(rule_set.rules):
        path = step("rules", number)
        if rule.id in seen:
            yield Problem(step(path, "id"), *_id_taken(rule.id))
        seen.add(rule.id)
        yield from check_rule(rule, path)
        yield from check_references(rule.condition, step(path, "when"), rule_ids)


def _id_taken(rule_id: str) -> tuple[Wording, Wording]:
    return (
        Wording(f"Another rule has the id {rule_id}.", f"规则编号 {rule_id} 重复。"),
        Wording("Give each rule its own id.", "请为每条规则设置唯一编号。"),
    )


_NO_ACTIONS: Final = (
    Wording("The rule does nothing.", "规则没有动作。"),
    Wording("Add at least one action.", "请至少添加一个动作。"),
)

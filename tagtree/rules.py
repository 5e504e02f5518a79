"""规则: rules, the facts they look at, and the decision that follows.

Rules stand in one total order, higher priority first and then by id, so that the order in which somebody
entered them never matters. Each rule that is met fires, until one that says stop. Where two rules disagree,
the earlier one is right and the later one is recorded as blocked, with the reason.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

from tagtree.conditions import Condition, cautions_of, check_condition
from tagtree.wording import Problem, Wording, step

TEXT_KIND: Final = "text"
"""The only message kind whose text the rules read."""


@dataclass(frozen=True, slots=True)
class AddTag:
    tag_id: int


@dataclass(frozen=True, slots=True)
class RemoveTag:
    tag_id: int


@dataclass(frozen=True, slots=True)
class Reply:
    text: str


@dataclass(frozen=True, slots=True)
class MoveToPool:
    pool_id: int


@dataclass(frozen=True, slots=True)
class HandToHuman:
    pass


Action: TypeAlias = AddTag | RemoveTag | Reply | MoveToPool | HandToHuman


@dataclass(frozen=True, slots=True)
class Rule:
    """When `condition` is met, do `actions`; with `stop`, no later rule fires. Higher `priority` comes first."""

    id: str
    name: str
    priority: int
    condition: Condition
    actions: tuple[Action, ...]
    stop: bool = False


@dataclass(frozen=True, slots=True)
class RuleSet:
    """规则集: the rules published together as one version."""

    id: int
    version: int
    rules: tuple[Rule, ...]

    def in_order(self) -> tuple[Rule, ...]:
        """Priority falling, then id: the order in which the rules are asked."""
        return tuple(sorted(self.rules, key=lambda rule: (-rule.priority, rule.id)))


@dataclass(frozen=True, slots=True)
class Facts:
    """事实: what is known when a message arrives.

    `kind` is the platform's message kind; `live_code` the code the customer came by; `tags` the ids on the customer.
    """

    text: str
    channel: str
    kind: str = TEXT_KIND
    live_code: str | None = None
    tags: frozenset[int] = frozenset()

    @property
    def has_text(self) -> bool:
        return self.kind == TEXT_KIND


def check_rule_set(rule_set: RuleSet) -> tuple[Problem, ...]:
    """Every reason why the rule set cannot be compiled; paths as in its JSON form."""
    return tuple(_problems(rule_set))


def cautions(rule_set: RuleSet) -> tuple[Problem, ...]:
    """What a person should confirm before the rule set is published."""
    return tuple(
        caution
        for number, rule in enumerate(rule_set.rules)
        for caution in cautions_of(rule.condition, step(step("rules", number), "when"))
    )


def _problems(rule_set: RuleSet) -> Iterator[Problem]:
    seen: set[str] = set()
    for number, rule in enumerate(rule_set.rules):
        path = step("rules", number)
        if rule.id in seen:
            yield Problem(step(path, "id"), *_id_taken(rule.id))
        seen.add(rule.id)
        yield from check_condition(rule.condition, step(path, "when"))
        if not rule.actions:
            yield Problem(step(path, "then"), *_NO_ACTIONS)


def _id_taken(rule_id: str) -> tuple[Wording, Wording]:
    return (
        Wording(f"Another rule has the id {rule_id}.", f"规则编号 {rule_id} 重复。"),
        Wording("Give each rule its own id.", "请为每条规则设置唯一编号。"),
    )


_NO_ACTIONS: Final = (
    Wording("The rule does nothing.", "规则没有动作。"),
    Wording("Add at least one action.", "请至少添加一个动作。"),
)

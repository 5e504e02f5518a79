"""What a draft's page says before anybody publishes: rules in each other's way, and samples that are not met."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from router.db.queries.rule_sets import EditedRuleSet
from router.db.queries.tags import load_tree
from router.handlers.admin.rule_sets import read_rules
from tagtree.rules.collisions import collisions
from tagtree.rules.findings import Severity
from tagtree.rules.rule_set import Rule, RuleSet
from tagtree.rules.samples import check_samples
from tagtree.wording import Problem, Wording

CHECKED_AT_ONCE = 500  # rules: a larger draft is checked when somebody asks
MOST_FINDINGS = 20


@dataclass(frozen=True, slots=True)
class Collision:
    """A finding with the rules it speaks of: id and name."""

    wording: Wording
    is_caution: bool
    rules: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class SampleCount:
    """How many samples a rule has, and how many of them it fails."""

    total: int
    failing: int


@dataclass(frozen=True, slots=True)
class DraftChecks:
    """``problems``: why the draft cannot be checked, such as a pattern that cannot be read."""

    collisions: tuple[Collision, ...] = ()
    more: int = 0
    samples: Mapping[str, SampleCount] = field(default_factory=dict)
    failures: tuple[Problem, ...] = ()
    problems: tuple[Problem, ...] = ()


def is_checked_at_once(draft: Mapping[str, Any]) -> bool:
    """Whether the draft is small enough to be checked whenever it is looked at."""
    return len(draft.get("rules", ())) <= CHECKED_AT_ONCE


def checks_of(connection: Connection, rule_set: EditedRuleSet) -> DraftChecks:
    """Collisions, gravest first, and the state of the samples."""
    read = read_rules(rule_set.id, rule_set.draft.get("rules"))
    if not isinstance(read, RuleSet):
        return DraftChecks(problems=tuple(read))
    found = collisions(read, load_tree(connection))
    told = tuple(
        Collision(
            each.wording,
            each.severity is Severity.CAUTION,
            tuple((rule.id, rule.name) for rule in dict.fromkeys(each.rules)),
        )
        for each in found[:MOST_FINDINGS]
    )
    failures = check_samples(read)
    failing = Counter(each.rule_id for each in failures)
    samples = {rule.id: SampleCount(total, failing[rule.id]) for rule in read.rules if (total := _samples_of(rule))}
    return DraftChecks(told, len(found) - len(told), samples, tuple(each.problem for each in failures))


def _samples_of(rule: Rule) -> int:
    return len(rule.samples.must_match) + len(rule.samples.must_not_match)

"""Try a text against rules (规则测试): what would fire, what would be blocked, and why; nothing is written."""

from dataclasses import dataclass

from sqlalchemy import Connection

from router.db.queries import rule_sets
from router.db.queries.customers import TagName, tag_names
from router.db.queries.page import EVERY
from router.db.queries.rule_sets import EditedRuleSet
from router.db.queries.tags import load_tree
from router.handlers.admin.refusal import RULE_SET, Invalid, Missing, Refusal
from router.handlers.admin.rule_sets import read_rules
from tagtree.decision import Decision, evaluate
from tagtree.matcher import compile_rule_set
from tagtree.rules import Facts, RuleSet
from tagtree.tree import TagTree

DEFAULT_CHANNEL = "kf"
MAX_TEXT_CHARACTERS = 10_000


@dataclass(frozen=True, slots=True)
class RuleSetResult:
    """What one rule set says. ``version`` is None for a draft; ``tags`` are those it would put on, by name."""

    rule_set_id: int | None
    name: str
    version: int | None
    decision: Decision
    tags: tuple[TagName, ...]


def try_published(connection: Connection, facts: Facts) -> tuple[RuleSetResult, ...]:
    """Every rule set in force."""
    tree = load_tree(connection)
    return tuple(
        _result(facts, tree, read, each.id, each.name, each.published.number)
        for each in rule_sets.list_rule_sets(connection, limit=EVERY).items
        if each.published is not None
        and isinstance(read := read_rules(each.id, each.published.content.get("rules")), RuleSet)
    )


def try_draft(connection: Connection, rule_set_id: int, facts: Facts) -> tuple[RuleSetResult, ...] | Refusal:
    """The draft of one rule set."""
    found: EditedRuleSet | None = rule_sets.get_rule_set(connection, rule_set_id)
    if found is None:
        return Missing(RULE_SET)
    read = read_rules(rule_set_id, found.draft.get("rules"))
    if not isinstance(read, RuleSet):
        return Invalid(tuple(read))
    return (_result(facts, load_tree(connection), read, rule_set_id, found.name, None),)


def try_rules(connection: Connection, rules: object, facts: Facts) -> tuple[RuleSetResult, ...] | Refusal:
    """Rules that are stored nowhere (decoded JSON, shape in `tagtree.codec`)."""
    read = read_rules(0, rules)
    if not isinstance(read, RuleSet):
        return Invalid(tuple(read))
    return (_result(facts, load_tree(connection), read, None, "", None),)


def _result(
    facts: Facts, tree: TagTree, rule_set: RuleSet, rule_set_id: int | None, name: str, version: int | None
) -> RuleSetResult:
    decision = evaluate(compile_rule_set(rule_set), facts, tree)
    put_on = tag_names(tree, (change.tag_id for change in decision.tags if change.add))
    return RuleSetResult(rule_set_id, name, version, decision, put_on)

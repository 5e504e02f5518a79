"""Try a text against rules (规则测试): what would fire, what would be blocked, and why; nothing is written."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from router.db.queries import rule_sets
from router.db.queries.page import EVERY
from router.db.queries.rule_sets import EditedRuleSet
from router.db.queries.tag_names import TagName, tag_names
from router.db.queries.tags import load_tree
from router.handlers.admin.refusal import RULE_SET, RULE_SET_VERSION, Invalid, Missing, Refusal
from router.handlers.admin.rule_sets import read_rules
from tagtree.rules.decision import Decision
from tagtree.rules.evaluation import evaluate
from tagtree.rules.facts import Fact, Facts
from tagtree.rules.matcher import compile_rule_set
from tagtree.rules.rule_set import RuleSet
from tagtree.tree import TagTree

DEFAULT_CHANNEL = "kf"
MAX_TEXT_CHARACTERS = 10_000


@dataclass(frozen=True, slots=True)
class Tried:
    """A rule set on trial; ``rule_set_id`` is None when it is stored nowhere, ``version`` for a draft."""

    rule_set_id: int | None
    name: str
    version: int | None
    rules: RuleSet


@dataclass(frozen=True, slots=True)
class RuleSetResult:
    """What one rule set says. ``version`` is None for a draft; ``tags`` are those it would put on, by name.

    ``rule_names``: what each rule of the set is called, by id.
    """

    rule_set_id: int | None
    name: str
    version: int | None
    decision: Decision
    tags: tuple[TagName, ...]
    rule_names: Mapping[str, str]


class Trial:
    """Rules ready to be asked: loaded and compiled once, for any number of texts."""

    def __init__(self, tree: TagTree, tried: Iterable[Tried]) -> None:
        self._tree = tree
        self._tried = [(each, compile_rule_set(each.rules), _names(each.rules)) for each in tried]

    @property
    def asks_for(self) -> frozenset[Fact]:
        """The facts that the rules ask for; one that is unknown of a text meets no condition."""
        return frozenset[Fact]().union(*(compiled.asks_for for _, compiled, _ in self._tried))

    def ask(self, facts: Facts) -> tuple[RuleSetResult, ...]:
        """What each rule set says about one text."""
        return tuple(
            self._result(tried, evaluate(compiled, facts, self._tree), names) for tried, compiled, names in self._tried
        )

    def _result(self, tried: Tried, decision: Decision, names: Mapping[str, str]) -> RuleSetResult:
        put_on = tag_names(self._tree, (change.tag_id for change in decision.tags if change.add))
        return RuleSetResult(tried.rule_set_id, tried.name, tried.version, decision, put_on, names)


def _names(rule_set: RuleSet) -> Mapping[str, str]:
    return {rule.id: rule.name for rule in rule_set.rules}


def published_trial(connection: Connection) -> Trial:
    """Every rule set in force."""
    tried = (
        Tried(each.id, each.name, each.published.number, read)
        for each in rule_sets.list_rule_sets(connection, limit=EVERY).items
        if each.published is not None
        and isinstance(read := read_rules(each.id, each.published.content.get("rules")), RuleSet)
    )
    return Trial(load_tree(connection), tried)


def draft_trial(connection: Connection, rule_set_id: int) -> Trial | Refusal:
    """The draft of one rule set."""
    found: EditedRuleSet | None = rule_sets.get_rule_set(connection, rule_set_id)
    if found is None:
        return Missing(RULE_SET)
    read = read_rules(rule_set_id, found.draft.get("rules"))
    if not isinstance(read, RuleSet):
        return Invalid(tuple(read))
    return Trial(load_tree(connection), [Tried(rule_set_id, found.name, None, read)])


def version_trial(connection: Connection, rule_set_id: int, number: int) -> Trial | Refusal:
    """A published version, in force or not."""
    found = rule_sets.get_rule_set(connection, rule_set_id)
    if found is None:
        return Missing(RULE_SET)
    version = rule_sets.get_version(connection, rule_set_id, number)
    if version is None:
        return Missing(RULE_SET_VERSION)
    read = read_rules(rule_set_id, version.content.get("rules"))
    if not isinstance(read, RuleSet):
        return Invalid(tuple(read))
    return Trial(load_tree(connection), [Tried(rule_set_id, found.name, number, read)])


def rules_trial(connection: Connection, rules: object) -> Trial | Refusal:
    """Rules that are stored nowhere (decoded JSON, shape in `tagtree.rules.codec`)."""
    read = read_rules(0, rules)
    if not isinstance(read, RuleSet):
        return Invalid(tuple(read))
    return Trial(load_tree(connection), [Tried(None, "", None, read)])

"""冲突检查: rules of one set that get in each other's way, found without asking a single message.

Only what is certain is told: rules are compared by what alone is enough to meet them. The cost grows with the number
of words, not with that of pairs of rules; of each sort at most MAX_FINDINGS are told.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain, combinations, islice
from typing import Final, assert_never

from tagtree.rules.actions import AddTag, DecidingAction, MoveToPool, RemoveTag, SetClass
from tagtree.rules.atom_index import AtomIndex
from tagtree.rules.conditions import Pattern, walk
from tagtree.rules.findings import (
    Contradiction,
    DuplicateRule,
    ExclusiveTags,
    Finding,
    NeverFires,
    SamePattern,
    WordWithin,
)
from tagtree.rules.naming import NamedTag, named_tag
from tagtree.rules.pattern_syntax import folded_pattern
from tagtree.rules.rule_set import Rule, RuleSet
from tagtree.rules.stops import Stops
from tagtree.rules.sufficient import Atom, Carried, FiredBefore, Word
from tagtree.tree import TagTree
from tagtree.wording import Wording

MAX_FINDINGS: Final = 100
"""Of each sort."""
MOST_ADDED: Final = 100
"""Tags put on by the rules of one atom that are compared with one another."""


def collisions(rule_set: RuleSet, tree: TagTree | None = None) -> tuple[Finding, ...]:
    """What a person should look at, the gravest first; tags that exclude one another only with a `tree`.

    The rule set is one in which `check_rule_set` found no problem. Rules that are switched off are left out.
    """
    rules = tuple(rule for rule in rule_set.in_order() if rule.enabled)
    index = AtomIndex.of(rules)
    names = _Names.of(rule_set, tree)
    checks: tuple[Callable[[AtomIndex], Iterator[Finding]], ...] = (
        lambda each: _contradictions(each, names),
        _never_firing,
        _duplicates,
        lambda each: _exclusive_tags(each, tree, names),
        _same_patterns,
        _words_within,
    )
    return tuple(finding for check in checks for finding in islice(check(index), MAX_FINDINGS))


@dataclass(frozen=True, slots=True)
class _Names:
    """What is known by its id only in the conditions and actions of a set, as people call it."""

    rules: Mapping[str, str]
    tags: Mapping[int, str]
    tree: TagTree | None

    @classmethod
    def of(cls, rule_set: RuleSet, tree: TagTree | None) -> "_Names":
        tags = {
            action.tag_id: action.tag_name
            for rule in rule_set.rules
            for action in rule.actions
            if isinstance(action, AddTag | RemoveTag) and action.tag_name
        }
        return cls({rule.id: rule.name for rule in rule_set.rules}, tags, tree)

    def tag(self, tag_id: int) -> NamedTag:
        return named_tag(tag_id, self.tree, self.tags.get(tag_id, ""))

    def action(self, action: DecidingAction) -> DecidingAction:
        if isinstance(action, AddTag | RemoveTag):
            return replace(action, tag_name=self.tag(action.tag_id).name)
        return action

    def example(self, atom: Atom) -> Wording:
        match atom:
            case Carried(tag_id):
                return self.tag(tag_id).wording
            case FiredBefore(rule_id):
                name = self.rules.get(rule_id, rule_id)
                return Wording(f"a message before that fired rule “{name}”", f"上一条消息触发规则“{name}”")
            case _:
                return atom.wording


def _contradictions(index: AtomIndex, names: _Names) -> Iterator[Finding]:
    told: set[Hashable] = set()
    for atom, rules in index.shared():
        for earlier, later, action in _disagreements(_until_stop(rules)):
            key = (earlier.id, later.id, _decision(action)[0])
            if key not in told:
                told.add(key)
                yield Contradiction((earlier.named, later.named), names.action(action), names.example(atom))


def _until_stop(rules: Iterable[Rule]) -> Iterator[Rule]:
    """The rules that fire on one message together: none behind one that stops, and none that is a fallback."""
    for rule in rules:
        if rule.fallback:
            continue
        yield rule
        if rule.stop:
            return


def _may_meet(rule: Rule, other: Rule) -> bool:
    """Whether both rules may fire on one message that meets both."""
    if rule is other or (rule.group and rule.group == other.group):
        return False
    return _overlap(rule.scope.channels, other.scope.channels) and _overlap(
        rule.scope.live_codes, other.scope.live_codes
    )


def _overlap(some: tuple[str, ...], others: tuple[str, ...]) -> bool:
    return not some or not others or not set(some).isdisjoint(others)


def _disagreements(rules: Iterable[Rule]) -> Iterator[tuple[Rule, Rule, DecidingAction]]:
    """The earlier rule, the later one, and what the later one would do."""
    decided: dict[Hashable, tuple[object, Rule]] = {}
    for rule in rules:
        for action in rule.actions:
            if not isinstance(action, DecidingAction):
                continue
            subject, decision = _decision(action)
            earlier_decision, earlier = decided.setdefault(subject, (decision, rule))
            if earlier_decision != decision and _may_meet(earlier, rule):
                yield earlier, rule, action


def _decision(action: DecidingAction) -> tuple[Hashable, object]:
    """About what the action decides, and what."""
    match action:
        case AddTag(tag_id) | RemoveTag(tag_id):
            return tag_id, type(action)
        case MoveToPool(pool_id):
            return MoveToPool, pool_id
        case SetClass(name):
            return SetClass, name
        case _:
            assert_never(action)


def _exclusive_tags(index: AtomIndex, tree: TagTree | None, names: _Names) -> Iterator[Finding]:
    if tree is None:
        return
    told: set[Hashable] = set()
    excludes = _Exclusion(tree)
    alone = ((_ITSELF, (rule,)) for rule in index.rules)
    shared = ((names.example(atom), rules) for atom, rules in index.shared())
    for example, rules in chain(alone, shared):
        for (tag_id, rule), (other_id, other) in combinations(islice(_added(_until_stop(rules)), MOST_ADDED), 2):
            key = (rule.id, other.id, tag_id, other_id)
            if key not in told and excludes(tag_id, other_id) and (rule is other or _may_meet(rule, other)):
                told.add(key)
                yield ExclusiveTags((rule.named, other.named), (names.tag(tag_id), names.tag(other_id)), example)


def _added(rules: Iterable[Rule]) -> Iterator[tuple[int, Rule]]:
    seen: set[int] = set()
    for rule in rules:
        for action in rule.actions:
            if isinstance(action, AddTag) and action.tag_id not in seen:
                seen.add(action.tag_id)
                yield action.tag_id, rule


@dataclass(frozen=True, slots=True)
class _Exclusion:
    tree: TagTree
    known: dict[int, frozenset[int]] = field(default_factory=dict)

    def __call__(self, tag_id: int, other_id: int) -> bool:
        if tag_id not in self.tree:
            return False
        if tag_id not in self.known:
            self.known[tag_id] = self.tree.excluded_by(tag_id)
        return other_id in self.known[tag_id]


def _never_firing(index: AtomIndex) -> Iterator[Finding]:
    stops = Stops.of(index)
    if not stops.places:
        return
    for place, rule in enumerate(index.rules):
        if rule.fallback:
            continue
        stopped_at = stops.before(rule.condition)
        if stopped_at is not None and stopped_at < place:
            yield NeverFires((rule.named, index.rules[stopped_at].named))


def _duplicates(index: AtomIndex) -> Iterator[Finding]:
    first: dict[Hashable, Rule] = {}
    for rule in index.rules:
        options = (rule.stop, rule.cooldown, rule.group, rule.fallback, rule.scope)
        earlier = first.setdefault((index.atoms.canonical(rule.condition), frozenset(rule.actions), options), rule)
        if earlier is not rule:
            yield DuplicateRule((earlier.named, rule.named))


def _same_patterns(index: AtomIndex) -> Iterator[Finding]:
    first: dict[str, Rule] = {}
    for rule in index.rules:
        for condition in walk(rule.condition):
            if isinstance(condition, Pattern):
                earlier = first.setdefault(folded_pattern(condition.pattern), rule)
                if earlier is not rule:
                    yield SamePattern((earlier.named, rule.named), condition.pattern)


def _words_within(index: AtomIndex) -> Iterator[Finding]:
    told: set[tuple[str, str]] = set()
    for atom, at in index.places.items():
        if not isinstance(atom, Word):
            continue
        for word in index.words_in(atom.text):
            shorter, longer = index.rules[index.places[word][0]], index.rules[at[0]]
            if word.text != atom.text and shorter is not longer and (shorter.id, longer.id) not in told:
                told.add((shorter.id, longer.id))
                yield WordWithin((shorter.named, longer.named), (word.text, atom.text))


_ITSELF: Final = Wording("whatever it meets", "其自身条件")

"""冲突检查: rules of one set that get in each other's way, found without asking a single message.

Only what is certain is told: rules are compared by what alone is enough to meet them. The cost grows with the number
of words, not with that of pairs of rules; of each sort at most MAX_FINDINGS are told.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, combinations, islice
from typing import Final

from tagtree.rules.actions import AddTag, MoveToPool, RemoveTag, SetClass
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
from tagtree.rules.pattern_syntax import folded_pattern
from tagtree.rules.rule_set import Rule, RuleSet
from tagtree.rules.stops import Stops
from tagtree.rules.sufficient import Word
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
    checks: tuple[Callable[[AtomIndex], Iterator[Finding]], ...] = (
        _contradictions,
        _never_firing,
        _duplicates,
        lambda each: _exclusive_tags(each, tree),
        _same_patterns,
        _words_within,
    )
    return tuple(finding for check in checks for finding in islice(check(index), MAX_FINDINGS))


def _contradictions(index: AtomIndex) -> Iterator[Finding]:
    told: set[Hashable] = set()
    for atom, rules in index.shared():
        for earlier, later, subject in _disagreements(_until_stop(rules)):
            if (earlier.id, later.id, subject) not in told:
                told.add((earlier.id, later.id, subject))
                yield Contradiction((earlier.id, later.id), subject, atom.wording)


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


def _disagreements(rules: Iterable[Rule]) -> Iterator[tuple[Rule, Rule, Wording]]:
    decided: dict[Wording, tuple[object, Rule]] = {}
    for rule in rules:
        for subject, decision in _decisions(rule):
            earlier_decision, earlier = decided.setdefault(subject, (decision, rule))
            if earlier_decision != decision and _may_meet(earlier, rule):
                yield earlier, rule, subject


def _decisions(rule: Rule) -> Iterator[tuple[Wording, object]]:
    for action in rule.actions:
        match action:
            case AddTag(tag_id) | RemoveTag(tag_id):
                yield Wording(f"tag {tag_id}", f"标签 {tag_id} "), type(action)
            case MoveToPool(pool_id):
                yield Wording("the pool", "接待池"), pool_id
            case SetClass(name):
                yield Wording("the class", "分类"), name
            case _:
                pass


def _exclusive_tags(index: AtomIndex, tree: TagTree | None) -> Iterator[Finding]:
    if tree is None:
        return
    told: set[Hashable] = set()
    excludes = _Exclusion(tree)
    alone = ((_ITSELF, (rule,)) for rule in index.rules)
    shared = ((atom.wording, rules) for atom, rules in index.shared())
    for example, rules in chain(alone, shared):
        for (tag_id, rule), (other_id, other) in combinations(islice(_added(_until_stop(rules)), MOST_ADDED), 2):
            key = (rule.id, other.id, tag_id, other_id)
            if key not in told and excludes(tag_id, other_id) and (rule is other or _may_meet(rule, other)):
                told.add(key)
                yield ExclusiveTags((rule.id, other.id), (tag_id, other_id), example)


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
            yield NeverFires((rule.id, index.rules[stopped_at].id))


def _duplicates(index: AtomIndex) -> Iterator[Finding]:
    first: dict[Hashable, Rule] = {}
    for rule in index.rules:
        options = (rule.stop, rule.cooldown, rule.group, rule.fallback, rule.scope)
        earlier = first.setdefault((index.atoms.canonical(rule.condition), frozenset(rule.actions), options), rule)
        if earlier is not rule:
            yield DuplicateRule((earlier.id, rule.id))


def _same_patterns(index: AtomIndex) -> Iterator[Finding]:
    first: dict[str, Rule] = {}
    for rule in index.rules:
        for condition in walk(rule.condition):
            if isinstance(condition, Pattern):
                earlier = first.setdefault(folded_pattern(condition.pattern), rule)
                if earlier is not rule:
                    yield SamePattern((earlier.id, rule.id), condition.pattern)


def _words_within(index: AtomIndex) -> Iterator[Finding]:
    told: set[tuple[str, str]] = set()
    for atom, at in index.places.items():
        if not isinstance(atom, Word):
            continue
        for word in index.words_in(atom.text):
            shorter, longer = index.rules[index.places[word][0]].id, index.rules[at[0]].id
            if word.text != atom.text and shorter != longer and (shorter, longer) not in told:
                told.add((shorter, longer))
                yield WordWithin((shorter, longer), (word.text, atom.text))


_ITSELF: Final = Wording("whatever it meets", "其自身条件")

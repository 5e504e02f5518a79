"""冲突检查: rules of one set that get in each other's way, found without asking a single message.

Only what is certain is told: rules are compared by what alone is enough to meet them. The cost grows with the number
of words, not with that of pairs of rules; of each sort at most MAX_FINDINGS are told.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, combinations, islice
from typing import Final, TypeAlias

from tagtree.actions import AddTag, MoveToPool, RemoveTag, SetClass
from tagtree.conditions import AllOf, AnyOf, Condition, NoneOf, Pattern, walk
from tagtree.findings import (
    Contradiction,
    DuplicateRule,
    ExclusiveTags,
    Finding,
    NeverFires,
    SamePattern,
    WordWithin,
)
from tagtree.pattern_syntax import folded_pattern
from tagtree.patterns import CompiledPattern, compile_pattern
from tagtree.rules import EVERYWHERE, Rule, RuleSet
from tagtree.sufficient import Atom, Atoms, Expression, Place, Word
from tagtree.tree import TagTree
from tagtree.word_index import WordIndex
from tagtree.wording import Wording

MAX_FINDINGS: Final = 100
"""Of each sort."""
MOST_ADDED: Final = 100
"""Tags put on by the rules of one atom that are compared with one another."""

_Places: TypeAlias = tuple[int, ...]


def collisions(rule_set: RuleSet, tree: TagTree | None = None) -> tuple[Finding, ...]:
    """What a person should look at, the gravest first; tags that exclude one another only with a `tree`.

    The rule set is one in which `check_rule_set` found no problem. Rules that are switched off are left out.
    """
    rules = tuple(rule for rule in rule_set.in_order() if rule.enabled)
    index = _Index.of(rules)
    checks: tuple[Callable[[_Index], Iterator[Finding]], ...] = (
        _contradictions,
        _never_firing,
        _duplicates,
        lambda each: _exclusive_tags(each, tree),
        _same_patterns,
        _words_within,
    )
    return tuple(finding for check in checks for finding in islice(check(index), MAX_FINDINGS))


@dataclass(frozen=True, slots=True)
class _Index:
    """The rules in order, and the places of those that each atom alone meets."""

    rules: tuple[Rule, ...]
    atoms: Atoms
    places: Mapping[Atom, _Places]
    words: WordIndex
    contained: dict[str, tuple[Word, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, rules: tuple[Rule, ...]) -> "_Index":
        known = Atoms()
        places: dict[Atom, list[int]] = {}
        for place, rule in enumerate(rules):
            for atom in dict.fromkeys(known.sufficient(rule.condition)):
                places.setdefault(atom, []).append(place)
        by_text: dict[str, list[int]] = {}
        for atom, at in places.items():
            if isinstance(atom, Word) and atom.place is Place.ANYWHERE:
                by_text[atom.text] = at
        return cls(rules, known, {atom: tuple(at) for atom, at in places.items()}, WordIndex.of(by_text))

    def words_in(self, text: str) -> tuple[Word, ...]:
        """The words of the rules that stand anywhere in this normalised text; looked up once."""
        found = self.contained.get(text)
        if found is None:
            found = self.contained[text] = tuple(Word(word) for _, word, _ in self.words.occurrences(text))
        return found

    def shared(self) -> Iterator[tuple[Atom, tuple[Rule, ...]]]:
        """Rules met by one and the same atom, each company once."""
        companies: dict[_Places, Atom] = {}
        for atom, at in self.places.items():
            if len(at) > 1:
                companies.setdefault(at, atom)
        for at in sorted(companies):
            yield companies[at], tuple(self.rules[place] for place in at)


def _contradictions(index: _Index) -> Iterator[Finding]:
    told: set[Hashable] = set()
    for atom, rules in index.shared():
        for earlier, later, subject in _disagreements(_until_stop(rules)):
            if (earlier.id, later.id, subject) not in told:
                told.add((earlier.id, later.id, subject))
                yield Contradiction((earlier.id, later.id), subject, atom.wording)


def _until_stop(rules: Iterable[Rule]) -> Iterator[Rule]:
    """The rules that fire on one message together: none behind one that stops, and none that is a fallback."""
    for rule in rules:
        if not rule.fallback:
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


def _exclusive_tags(index: _Index, tree: TagTree | None) -> Iterator[Finding]:
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


def _never_firing(index: _Index) -> Iterator[Finding]:
    stops = _Stops.of(index)
    if not stops.places:
        return
    for place, rule in enumerate(index.rules):
        if rule.fallback:
            continue
        stopped_at = stops.before(rule.condition)
        if stopped_at is not None and stopped_at < place:
            yield NeverFires((rule.id, index.rules[stopped_at].id))


@dataclass(frozen=True, slots=True)
class _Stops:
    """The places of the first rules that stop whenever an atom is so."""

    index: _Index
    places: Mapping[Atom, int]
    on_any_text: int | None

    @classmethod
    def of(cls, index: _Index) -> "_Stops":
        stopping = [_stops_always(rule) for rule in index.rules]
        places: dict[Atom, int] = {}
        for atom, at in index.places.items():
            first = next((place for place in at if stopping[place]), None)
            if first is not None:
                places[atom] = first
        everything = (
            place for atom, place in places.items() if isinstance(atom, Expression) and _meets_everything(atom.pattern)
        )
        return cls(index, places, min(everything, default=None))

    def before(self, condition: Condition) -> int | None:
        """The place at or before which a rule has stopped whenever the condition is met; None when none need have."""
        match condition:
            case AllOf(conditions):
                places = [place for part in conditions if (place := self.before(part)) is not None]
                return min(places, default=None)
            case AnyOf(conditions):
                return _latest([self.before(part) for part in conditions])
            case NoneOf():
                return None
            case _:
                return _latest([self._at(atom) for atom in self.index.atoms.of(condition)])

    def _at(self, atom: Atom) -> int | None:
        places = [place for other in self._brought_by(atom) if (place := self.places.get(other)) is not None]
        if self.on_any_text is not None and isinstance(atom, Word | Expression):
            places.append(self.on_any_text)
        return min(places, default=None)

    def _brought_by(self, atom: Atom) -> Iterable[Atom]:
        """What is so whenever the atom is, itself included."""
        if not isinstance(atom, Word):
            return (atom,)
        within = self.index.words_in(atom.text)
        return within if atom.place is Place.ANYWHERE else (*_edges(atom), *within)


def _stops_always(rule: Rule) -> bool:
    """Whether it stops each time its condition is met."""
    return rule.stop and not rule.cooldown and not rule.group and not rule.fallback and rule.scope == EVERYWHERE


def _edges(word: Word) -> Iterator[Word]:
    """What stands at the beginning and at the end of the message when this word does; the word itself among them."""
    if word.place is Place.WHOLE:
        yield word
    if word.place in (Place.FIRST, Place.WHOLE):
        yield from (Word(word.text[:end], Place.FIRST) for end in range(1, len(word.text) + 1))
    if word.place in (Place.LAST, Place.WHOLE):
        yield from (Word(word.text[start:], Place.LAST) for start in range(len(word.text)))


def _meets_everything(pattern: str) -> bool:
    compiled = compile_pattern(pattern)
    return isinstance(compiled, CompiledPattern) and compiled.meets_everything()


def _latest(places: list[int | None]) -> int | None:
    known = [place for place in places if place is not None]
    return max(known) if known and len(known) == len(places) else None


def _duplicates(index: _Index) -> Iterator[Finding]:
    first: dict[Hashable, Rule] = {}
    for rule in index.rules:
        options = (rule.stop, rule.cooldown, rule.group, rule.fallback, rule.scope)
        earlier = first.setdefault((index.atoms.canonical(rule.condition), frozenset(rule.actions), options), rule)
        if earlier is not rule:
            yield DuplicateRule((earlier.id, rule.id))


def _same_patterns(index: _Index) -> Iterator[Finding]:
    first: dict[str, Rule] = {}
    for rule in index.rules:
        for condition in walk(rule.condition):
            if isinstance(condition, Pattern):
                earlier = first.setdefault(folded_pattern(condition.pattern), rule)
                if earlier is not rule:
                    yield SamePattern((earlier.id, rule.id), condition.pattern)


def _words_within(index: _Index) -> Iterator[Finding]:
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

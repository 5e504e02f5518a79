"""Asks a compiled rule set about one message, pass after pass, and draws up the decision.

In each pass all rules see the same facts. What the fired rules did to tags, class and counts is seen by the next
pass, in which each rule that has not fired may. A chain ends when nothing changes that the rules ask about, or at its
limit, which the decision says.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol, TypeAlias

from tagtree.rules.blocking import (
    AnsweredBy,
    BlockReason,
    ChainTooLong,
    CoolingDown,
    FactUnknown,
    GroupTaken,
    NotMet,
    OutOfScope,
    StoppedBy,
)
from tagtree.rules.conditions import counted_rules
from tagtree.rules.decision import NO_DECISION, Decision, Fired
from tagtree.rules.draft import Draft
from tagtree.rules.facts import Fact, Facts
from tagtree.rules.naming import NamedRule
from tagtree.rules.rule_set import Order, Rule
from tagtree.text import Span
from tagtree.tree import TagTree

MAX_CHAIN: Final = 5
"""Passes over the rules for one message."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A rule that came into question.

    `spans` of the original message that met it, None when it was not met; `unknown`: the facts it then hangs on.
    """

    rule: Rule
    spans: tuple[Span, ...] | None
    unknown: frozenset[Fact] = frozenset()


class RulesInQuestion(Protocol):
    """A compiled rule set: tells which rules a message brings into question, in order."""

    @property
    def asks_for(self) -> frozenset[Fact]: ...

    def candidates(self, facts: Facts) -> list[Candidate]: ...


def evaluate(
    compiled: RulesInQuestion, facts: Facts, tree: TagTree | None = None, max_chain: int = MAX_CHAIN
) -> Decision:
    """Decide about one message.

    With a `tree`, conditions on a tag hold for everything under it, and exclusive branches are kept: a tag put on
    takes off the customer's tags it excludes, and blocks later rules from putting them on. Without one, tags are
    taken as they come.
    """
    candidates = compiled.candidates(_seen(facts, compiled.asks_for, tree))
    if not candidates:
        return NO_DECISION
    passes = _Passes(compiled, facts, tree, max_chain, Draft(facts.tags or frozenset(), tree))
    passes.go(candidates)
    return passes.draft.decision(list(passes.blocked.values()), passes.chain_cut)


def _later(at: datetime, passed: int) -> datetime:
    """What the same clocks show `passed` ms later; they may be put forward or back meanwhile."""
    return (at.astimezone(UTC) + timedelta(milliseconds=passed)).astimezone(at.tzinfo)


def _seen(facts: Facts, asked: frozenset[Fact], tree: TagTree | None) -> Facts:
    """The facts as conditions see them: with what stands above the customer's tags."""
    if tree is None or Fact.TAGS not in asked or not facts.tags:
        return facts
    branches = {tag.id for tag_id in facts.tags if tag_id in tree for tag in tree.path(tag_id)}
    return replace(facts, tags=facts.tags | branches)


_Causes: TypeAlias = Mapping[Fact, list[str]]
"""The rules that changed a fact in the pass before."""


@dataclass(slots=True)
class _Passes:
    """The passes over the rules for one message; `facts` are those of the present pass."""

    compiled: RulesInQuestion
    facts: Facts
    tree: TagTree | None
    most: int
    draft: Draft
    number: int = 1
    causes: _Causes = field(default_factory=dict)
    stop: tuple[Order, NamedRule] | None = None
    groups: dict[str, NamedRule] = field(default_factory=dict)
    fallbacks: dict[str, Candidate] = field(default_factory=dict)
    blocked: dict[str, tuple[Rule, BlockReason]] = field(default_factory=dict)
    chain_cut: bool = False

    def go(self, candidates: list[Candidate]) -> None:
        while True:
            self._take(candidates)
            if not self._changed():
                break
            candidates = self.compiled.candidates(_seen(self.facts, self.compiled.asks_for, self.tree))
            if self.number == self.most:
                self._cut(candidates)
                break
            self.number += 1
        self._fall_back()

    def _take(self, candidates: Iterable[Candidate]) -> None:
        for candidate in candidates:
            rule = candidate.rule
            if rule.id in self.draft.named:
                continue
            reason = self._hindrance(candidate)
            if reason is not None:
                self.blocked[rule.id] = (rule, reason)
            elif rule.fallback:
                self.fallbacks[rule.id] = candidate
            else:
                self._fire(candidate)

    def _fall_back(self) -> None:
        """Of the fallback rules those that are met fire, if no other did; what they do sets off nothing more."""
        answered_by = next(iter(self.draft.named.values()), None)
        for candidate in sorted(self.fallbacks.values(), key=lambda each: each.rule.order):
            reason = AnsweredBy(answered_by) if answered_by is not None else self._hindrance(candidate)
            if reason is not None:
                self.blocked[candidate.rule.id] = (candidate.rule, reason)
            else:
                self._fire(candidate)

    def _fire(self, candidate: Candidate) -> None:
        rule, spans = candidate.rule, candidate.spans or ()
        texts = tuple(self.facts.text[start:end] for start, end in spans)
        self.draft.fire(rule, Fired(rule.id, rule.name, spans, texts, self.number, self._causes_of(rule)))
        self.blocked.pop(rule.id, None)
        if rule.group:
            self.groups[rule.group] = rule.named
        if rule.stop and (self.stop is None or rule.order < self.stop[0]):
            self.stop = (rule.order, rule.named)

    def _hindrance(self, candidate: Candidate) -> BlockReason | None:
        """Why the rule does not fire, the first reason that holds."""
        rule = candidate.rule
        if candidate.spans is None:
            return FactUnknown(tuple(sorted(candidate.unknown))) if candidate.unknown else NotMet()
        if self.stop is not None and rule.order > self.stop[0]:
            return StoppedBy(self.stop[1])
        if rule.group in self.groups:
            return GroupTaken(rule.group, self.groups[rule.group])
        return self._out_of_scope(rule) or self._rest(rule)

    def _out_of_scope(self, rule: Rule) -> BlockReason | None:
        sides = (
            (Fact.CHANNEL, self.facts.channel, rule.scope.channels),
            (Fact.LIVE_CODE, self.facts.live_code, rule.scope.live_codes),
        )
        for fact, value, admitted in sides:
            if admitted and value not in admitted:
                return FactUnknown((fact,)) if value is None else OutOfScope()
        return None

    def _rest(self, rule: Rule) -> BlockReason | None:
        """A cooldown that has not ended."""
        if not rule.cooldown:
            return None
        at, now, last_fired = self.facts.at, self.facts.instant, self.facts.last_fired
        if at is None or now is None or last_fired is None:
            return FactUnknown((Fact.AT,) if at is None else (Fact.LAST_FIRED,))
        left = last_fired.get(rule.id, now - rule.cooldown) + rule.cooldown - now
        return CoolingDown(_later(at, left)) if left > 0 else None

    def _changed(self) -> bool:
        """Renew the facts by what this pass did; whether anything changed that the rules ask about."""
        before, asked = self.facts, self.compiled.asks_for
        causes: dict[Fact, list[str]] = {}
        if Fact.TAGS in asked and before.tags is not None:
            causes[Fact.TAGS] = self._renew_tags(before.tags)
        if Fact.CLASSES in asked and self.draft.message_class is not None:
            name, rule_id = self.draft.message_class
            causes[Fact.CLASSES] = [] if before.classes == frozenset({name}) else [rule_id]
            self.facts = replace(self.facts, classes=frozenset({name}))
        if Fact.HITS in asked:
            causes[Fact.HITS] = self._renew_hits()
        self.causes = causes
        return any(causes.values())

    def _renew_tags(self, carried: frozenset[int]) -> list[str]:
        changes = [each for each in self.draft.tags.values() if each.add is not (each.tag_id in carried)]
        added = frozenset(each.tag_id for each in changes if each.add)
        removed = frozenset(each.tag_id for each in changes if not each.add)
        self.facts = replace(self.facts, tags=(carried | added) - removed)
        return [each.rule_id for each in changes]

    def _renew_hits(self) -> list[str]:
        hits, now = self.facts.hits, self.facts.instant
        if hits is None or now is None:
            return []
        fired = [each.rule_id for each in self.draft.fired if each.round == self.number]
        counted = {rule_id: (*hits.get(rule_id, ()), now) for rule_id in fired}
        self.facts = replace(self.facts, hits={**hits, **counted})
        return fired

    def _causes_of(self, rule: Rule) -> tuple[str, ...]:
        if not any(self.causes.values()):
            return ()
        asked, counted = rule.asks_for, counted_rules(rule.condition)
        causes = {
            rule_id: None
            for fact, rule_ids in self.causes.items()
            for rule_id in rule_ids
            if fact in asked and (fact is not Fact.HITS or rule_id in counted)
        }
        return tuple(causes)

    def _cut(self, candidates: Iterable[Candidate]) -> None:
        for candidate in candidates:
            rule = candidate.rule
            if rule.id not in self.draft.named and not rule.fallback and self._hindrance(candidate) is None:
                self.blocked[rule.id] = (rule, ChainTooLong(self.most))
                self.chain_cut = True

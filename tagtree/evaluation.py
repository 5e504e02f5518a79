"""Asks a compiled rule set about one message and draws up the decision."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol, assert_never

from tagtree.actions import (
    Action,
    AddTag,
    CallWebhook,
    HandToHuman,
    MoveToPool,
    OpenTask,
    RemoveTag,
    Reply,
    SetClass,
    StartLadder,
)
from tagtree.blocking import Blocked, BlockReason, ExcludedBy, MissingTag, NotMet, OverruledBy, StoppedBy
from tagtree.decision import NO_DECISION, Decision, Fired, RuleReply, TagChange
from tagtree.facts import Facts
from tagtree.rules import Rule
from tagtree.text import Span
from tagtree.tree import TagTree


@dataclass(frozen=True, slots=True)
class Candidate:
    """A rule that came into question; `spans` of the original message that met it, None when it was not met."""

    rule: Rule
    spans: tuple[Span, ...] | None


class RulesInQuestion(Protocol):
    """A compiled rule set: tells which rules a message brings into question, in order."""

    def candidates(self, facts: Facts) -> Iterable[Candidate]: ...


def evaluate(compiled: RulesInQuestion, facts: Facts, tree: TagTree | None = None) -> Decision:
    """Decide about one message.

    With a `tree`, exclusive branches are kept: a tag put on takes off the customer's tags it excludes, and blocks
    later rules from putting them on. Without one, tags are taken as they come.
    """
    candidates = compiled.candidates(facts)
    if not candidates:
        return NO_DECISION
    draft = _Draft(facts, tree)
    for candidate in candidates:
        draft.take(candidate)
    return draft.decision()


@dataclass(slots=True)
class _Draft:
    """A decision under way; one rule after the other is taken in."""

    facts: Facts
    tree: TagTree | None
    stopped_by: str | None = None
    tags: dict[int, TagChange] = field(default_factory=dict)
    replies: list[RuleReply] = field(default_factory=list)
    pool: tuple[int, str] | None = None
    human_rule_id: str | None = None
    fired: list[Fired] = field(default_factory=list)
    blocked: list[Blocked] = field(default_factory=list)
    excluded: dict[int, str] = field(default_factory=dict)

    def take(self, candidate: Candidate) -> None:
        rule, spans = candidate.rule, candidate.spans
        if spans is None:
            self._block(rule, NotMet())
        elif self.stopped_by is not None:
            self._block(rule, StoppedBy(self.stopped_by))
        else:
            self._fire(rule, spans)

    def decision(self) -> Decision:
        pool_id, pool_rule_id = self.pool or (None, None)
        return Decision(
            tags=tuple(self.tags.values()),
            replies=tuple(self.replies),
            pool_id=pool_id,
            pool_rule_id=pool_rule_id,
            to_human=self.human_rule_id is not None,
            human_rule_id=self.human_rule_id,
            fired=tuple(self.fired),
            blocked=tuple(self.blocked),
        )

    def _fire(self, rule: Rule, spans: tuple[Span, ...]) -> None:
        fired = Fired(rule.id, rule.name, spans, tuple(self.facts.text[start:end] for start, end in spans))
        self.fired.append(fired)
        for action in rule.actions:
            self._do(action, rule, fired)
        if rule.stop:
            self.stopped_by = rule.id

    def _do(self, action: Action, rule: Rule, fired: Fired) -> None:
        match action:
            case AddTag(tag_id):
                self._add_tag(tag_id, rule, fired)
            case RemoveTag(tag_id):
                self._change_tag(tag_id, False, rule, fired)
            case Reply(text):
                self.replies.append(RuleReply(rule.id, text))
            case MoveToPool(pool_id):
                self._move_to_pool(pool_id, rule)
            case HandToHuman():
                self.human_rule_id = self.human_rule_id or rule.id
            case SetClass() | StartLadder() | CallWebhook() | OpenTask():
                pass
            case _:
                assert_never(action)

    def _add_tag(self, tag_id: int, rule: Rule, fired: Fired) -> None:
        if self.tree is not None and tag_id not in self.tree:
            self._block(rule, MissingTag(tag_id))
            return
        if tag_id in self.excluded:
            self._block(rule, ExcludedBy(self.excluded[tag_id], tag_id))
            return
        if not self._change_tag(tag_id, True, rule, fired) or self.tree is None:
            return
        excluded = self.tree.excluded_by(tag_id)
        for other_id in sorted(excluded & (self.facts.tags or frozenset())):
            self._change_tag(other_id, False, rule, fired)
        self.excluded.update(dict.fromkeys(excluded, rule.id))

    def _change_tag(self, tag_id: int, add: bool, rule: Rule, fired: Fired) -> bool:
        """Whether the tag is now changed as wished; the first rule to speak of a tag decides it."""
        earlier = self.tags.get(tag_id)
        if earlier is None:
            span = fired.spans[0] if fired.spans else None
            self.tags[tag_id] = TagChange(tag_id, add, rule.id, span, fired.texts[0] if fired.texts else "")
            return True
        if earlier.add is not add:
            self._block(rule, OverruledBy(earlier.rule_id, AddTag(tag_id) if add else RemoveTag(tag_id)))
        return earlier.add is add

    def _move_to_pool(self, pool_id: int, rule: Rule) -> None:
        if self.pool is None:
            self.pool = (pool_id, rule.id)
        elif self.pool[0] != pool_id:
            self._block(rule, OverruledBy(self.pool[1], MoveToPool(pool_id)))

    def _block(self, rule: Rule, reason: BlockReason) -> None:
        self.blocked.append(Blocked(rule.id, reason))

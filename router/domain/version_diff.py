"""版本比较 (version diff): what two versions of a rule set say about the same messages, and where they part."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from tagtree.rules.decision import NO_DECISION, Decision
from tagtree.rules.evaluation import evaluate
from tagtree.rules.facts import Fact, Facts
from tagtree.rules.matcher import CompiledRuleSet
from tagtree.tree import TagTree

MOST_EXAMPLES: Final = 20  # of the whole comparison
MOST_EXAMPLES_OF_RULE: Final = 3  # of each rule and direction
MOST_TEXT: Final = 300  # characters of a message that an example tells

STORED: Final = frozenset({Fact.TEXT, Fact.CHANNEL, Fact.KIND, Fact.SENDER, Fact.AT})
"""What a stored message tells of itself; every other fact of its time is unknown to a comparison."""


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A message as it came, with the facts that were stored with it."""

    event_id: int
    facts: Facts


@dataclass(frozen=True, slots=True)
class Said:
    """What one version says about a message, as far as two versions are compared by it."""

    rules: tuple[str, ...] = ()
    tags_on: tuple[int, ...] = ()
    tags_off: tuple[int, ...] = ()
    replies: tuple[str, ...] = ()
    pool_id: int | None = None
    to_human: bool = False
    class_name: str | None = None
    others: tuple[str, ...] = ()  # tasks, ladders, webhooks


@dataclass(frozen=True, slots=True)
class Example:
    """A message about which the versions differ."""

    event_id: int
    text: str
    before: Said
    after: Said


@dataclass(frozen=True, slots=True)
class OfRule:
    """How often a rule fired under each version; ``gained`` and ``lost`` count messages, with the events of some."""

    before: int = 0
    after: int = 0
    gained: int = 0
    lost: int = 0
    gained_events: tuple[int, ...] = ()
    lost_events: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class OfTag:
    """Messages by which a tag is put on under one version only."""

    gained: int = 0
    lost: int = 0


@dataclass(frozen=True, slots=True)
class Differences:
    """What comparing some messages gave; those of several runs are added up by `plus`."""

    compared: int = 0
    differing: int = 0
    rules: Mapping[str, OfRule] = field(default_factory=dict)
    tags: Mapping[int, OfTag] = field(default_factory=dict)
    examples: tuple[Example, ...] = ()

    def plus(self, other: "Differences") -> "Differences":
        """Both together; the examples of this one come first."""
        rules = {id: _rules_together(self.rules.get(id), other.rules.get(id)) for id in {*self.rules, *other.rules}}
        tags = {id: _tags_together(self.tags.get(id), other.tags.get(id)) for id in {*self.tags, *other.tags}}
        return Differences(
            self.compared + other.compared,
            self.differing + other.differing,
            rules,
            tags,
            (self.examples + other.examples)[:MOST_EXAMPLES],
        )


def compare(
    before: CompiledRuleSet | None, after: CompiledRuleSet | None, tree: TagTree, messages: Iterable[StoredMessage]
) -> Differences:
    """Ask both versions about each message; None is a version without rules. Nothing is written or sent."""
    found = _Found()
    for each in messages:
        found.take(each, _said(before, each.facts, tree), _said(after, each.facts, tree))
    return found.differences()


def unknown_facts(*versions: CompiledRuleSet | None) -> tuple[str, ...]:
    """The facts that a version asks for and no stored message tells: conditions on them are met by none."""
    asked = frozenset[Fact]().union(*(each.asks_for for each in versions if each is not None))
    return tuple(sorted(fact.value for fact in asked - STORED))


def said(decision: Decision) -> Said:
    """A decision reduced to what it does."""
    return Said(
        rules=tuple(fired.rule_id for fired in decision.fired),
        tags_on=tuple(sorted(change.tag_id for change in decision.tags if change.add)),
        tags_off=tuple(sorted(change.tag_id for change in decision.tags if not change.add)),
        replies=tuple(reply.text for reply in decision.replies),
        pool_id=decision.pool_id,
        to_human=decision.to_human,
        class_name=decision.class_name,
        others=tuple(_others(decision)),
    )


def _said(version: CompiledRuleSet | None, facts: Facts, tree: TagTree) -> Said:
    decision = NO_DECISION if version is None else evaluate(version, facts, tree)
    return _NOTHING if not decision.fired else said(decision)


_NOTHING: Final = Said()


def _others(decision: Decision) -> Iterator[str]:
    yield from (f"task:{each.title}" for each in decision.tasks)
    yield from (f"ladder:{each.ladder}" for each in decision.ladders)
    yield from (f"webhook:{each.name}" for each in decision.webhooks)


@dataclass(slots=True)
class _Found:
    """Differences under way."""

    compared: int = 0
    differing: int = 0
    rules: dict[str, OfRule] = field(default_factory=dict)
    tags: dict[int, OfTag] = field(default_factory=dict)
    examples: list[Example] = field(default_factory=list)

    def take(self, message: StoredMessage, before: Said, after: Said) -> None:
        self.compared += 1
        for rule_id in {*before.rules, *after.rules}:
            one = _rule_of_message(message.event_id, rule_id in before.rules, rule_id in after.rules)
            self.rules[rule_id] = _rules_together(self.rules.get(rule_id), one)
        if before == after:
            return
        self.differing += 1
        for tag_id in {*before.tags_on} ^ {*after.tags_on}:
            one_tag = OfTag(gained=1) if tag_id in after.tags_on else OfTag(lost=1)
            self.tags[tag_id] = _tags_together(self.tags.get(tag_id), one_tag)
        if len(self.examples) < MOST_EXAMPLES:
            self.examples.append(Example(message.event_id, message.facts.text[:MOST_TEXT], before, after))

    def differences(self) -> Differences:
        return Differences(self.compared, self.differing, self.rules, self.tags, tuple(self.examples))


def _rule_of_message(event_id: int, was: bool, is_now: bool) -> OfRule:
    both = OfRule(before=int(was), after=int(is_now))
    if was == is_now:
        return both
    if is_now:
        return replace(both, gained=1, gained_events=(event_id,))
    return replace(both, lost=1, lost_events=(event_id,))


def _rules_together(one: OfRule | None, other: OfRule | None) -> OfRule:
    if one is None or other is None:
        return one or other or OfRule()
    return OfRule(
        one.before + other.before,
        one.after + other.after,
        one.gained + other.gained,
        one.lost + other.lost,
        (one.gained_events + other.gained_events)[:MOST_EXAMPLES_OF_RULE],
        (one.lost_events + other.lost_events)[:MOST_EXAMPLES_OF_RULE],
    )


def _tags_together(one: OfTag | None, other: OfTag | None) -> OfTag:
    one, other = one or OfTag(), other or OfTag()
    return OfTag(one.gained + other.gained, one.lost + other.lost)

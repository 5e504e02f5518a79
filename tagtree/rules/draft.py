"""A decision under way: carries out the actions of one rule after the other. Where two disagree, the first counts."""

from dataclasses import dataclass, field, replace
from typing import assert_never

from tagtree.rules.actions import (
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
from tagtree.rules.blocking import Blocked, BlockReason, ExcludedBy, MissingTag, OverruledBy
from tagtree.rules.decision import Decision, Fired, RuleLadder, RuleReply, RuleTask, RuleWebhook, TagChange
from tagtree.rules.naming import NamedRule, NamedTag, named_tag
from tagtree.rules.rule_set import Rule
from tagtree.tree import TagTree


@dataclass(slots=True)
class Draft:
    """`carried`: the customer's tags before the message. With a `tree`, branches that exclude one another are kept.

    `named`: the rules that fired, by id.
    """

    carried: frozenset[int]
    tree: TagTree | None
    tags: dict[int, TagChange] = field(default_factory=dict)
    replies: list[RuleReply] = field(default_factory=list)
    pool: tuple[int, str] | None = None
    human_rule_id: str | None = None
    message_class: tuple[str, str] | None = None
    ladders: dict[str, RuleLadder] = field(default_factory=dict)
    webhooks: dict[str, RuleWebhook] = field(default_factory=dict)
    tasks: list[RuleTask] = field(default_factory=list)
    fired: list[Fired] = field(default_factory=list)
    named: dict[str, NamedRule] = field(default_factory=dict)
    blocked: list[tuple[Rule, BlockReason]] = field(default_factory=list)
    excluded: dict[int, str] = field(default_factory=dict)

    def fire(self, rule: Rule, fired: Fired) -> None:
        """Let the rule take effect."""
        self.fired.append(fired)
        self.named[rule.id] = rule.named
        for action in rule.actions:
            self._do(action, rule, fired)

    def decision(self, blocked: list[tuple[Rule, BlockReason]], chain_cut: bool) -> Decision:
        """The decision, with the rules that were blocked as a whole."""
        pool_id, pool_rule_id = self.pool or (None, None)
        class_name, class_rule_id = self.message_class or (None, None)
        in_order = sorted([*self.blocked, *blocked], key=lambda each: each[0].order)
        return Decision(
            tags=tuple(self.tags.values()),
            replies=tuple(self.replies),
            pool_id=pool_id,
            pool_rule_id=pool_rule_id,
            to_human=self.human_rule_id is not None,
            human_rule_id=self.human_rule_id,
            class_name=class_name,
            class_rule_id=class_rule_id,
            ladders=tuple(self.ladders.values()),
            webhooks=tuple(self.webhooks.values()),
            tasks=tuple(self.tasks),
            fired=tuple(self.fired),
            blocked=tuple(Blocked(rule.id, rule.name, reason) for rule, reason in in_order),
            chain_cut=chain_cut,
        )

    def _do(self, action: Action, rule: Rule, fired: Fired) -> None:
        match action:
            case AddTag():
                self._add_tag(action, rule, fired)
            case RemoveTag():
                self._change_tag(action, rule, fired)
            case SetClass(name):
                self._set_class(name, rule)
            case Reply(text):
                self.replies.append(RuleReply(rule.id, text))
            case MoveToPool(pool_id):
                self._move_to_pool(pool_id, rule)
            case HandToHuman():
                self.human_rule_id = self.human_rule_id or rule.id
            case StartLadder(ladder):
                self.ladders.setdefault(ladder, RuleLadder(rule.id, ladder))
            case CallWebhook(name):
                self.webhooks.setdefault(name, RuleWebhook(rule.id, name))
            case OpenTask(title, kind):
                self.tasks.append(RuleTask(rule.id, title, kind))
            case _:
                assert_never(action)

    def _add_tag(self, action: AddTag, rule: Rule, fired: Fired) -> None:
        tag_id = action.tag_id
        if self.tree is not None and tag_id not in self.tree:
            self.blocked.append((rule, MissingTag(self._tag(action))))
            return
        if tag_id in self.excluded:
            self.blocked.append((rule, ExcludedBy(self.named[self.excluded[tag_id]], self._tag(action))))
            return
        if not self._change_tag(action, rule, fired) or self.tree is None:
            return
        excluded = self.tree.excluded_by(tag_id)
        for other_id in sorted(excluded & self.carried):
            self._change_tag(RemoveTag(other_id), rule, fired, excluded_by=tag_id)
        self.excluded.update(dict.fromkeys(excluded, rule.id))

    def _change_tag(self, action: AddTag | RemoveTag, rule: Rule, fired: Fired, excluded_by: int | None = None) -> bool:
        """Whether the tag is now changed as wished; the first rule to speak of a tag decides it."""
        tag_id, add = action.tag_id, isinstance(action, AddTag)
        earlier = self.tags.get(tag_id)
        if earlier is None:
            span = fired.spans[0] if fired.spans else None
            evidence = fired.texts[0] if fired.texts else ""
            self.tags[tag_id] = TagChange(tag_id, add, rule.id, span, evidence, excluded_by)
            return True
        if earlier.add is not add:
            named = replace(action, tag_name=self._tag(action).name)
            self.blocked.append((rule, OverruledBy(self.named[earlier.rule_id], named)))
        return earlier.add is add

    def _set_class(self, name: str, rule: Rule) -> None:
        if self.message_class is None:
            self.message_class = (name, rule.id)
        elif self.message_class[0] != name:
            self.blocked.append((rule, OverruledBy(self.named[self.message_class[1]], SetClass(name))))

    def _move_to_pool(self, pool_id: int, rule: Rule) -> None:
        if self.pool is None:
            self.pool = (pool_id, rule.id)
        elif self.pool[0] != pool_id:
            self.blocked.append((rule, OverruledBy(self.named[self.pool[1]], MoveToPool(pool_id))))

    def _tag(self, action: AddTag | RemoveTag) -> NamedTag:
        return named_tag(action.tag_id, self.tree, action.tag_name)

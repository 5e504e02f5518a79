"""Tags that the rules of a set name and the tree does not have: where, and what to create."""

from collections.abc import Iterator
from dataclasses import dataclass

from tagtree.rules.actions import AddTag, RemoveTag
from tagtree.rules.conditions import Condition, Tagged, parts
from tagtree.rules.rule_set import RuleSet
from tagtree.tree import TagTree
from tagtree.wording import Problem, Wording, step


@dataclass(frozen=True, slots=True)
class AbsentTag:
    """`path` leads to the id in the JSON form of the rule set; `tag_name` is the path of the tag when the rule was
    written, such as "产品 / 衬衫", empty when the rule does not say.
    """

    path: str
    tag_id: int
    tag_name: str = ""

    @property
    def problem(self) -> Problem:
        if not self.tag_name:
            reason = Wording(f"There is no tag {self.tag_id}.", f"没有编号为 {self.tag_id} 的标签。")
            return Problem(self.path, reason, _CHOOSE)
        reason = Wording(
            f"There is no tag {self.tag_id}, which was “{self.tag_name}”.",
            f"没有编号为 {self.tag_id} 的标签（原为“{self.tag_name}”）。",
        )
        return Problem(self.path, reason, _CREATE)


def absent_tags(rule_set: RuleSet, tree: TagTree) -> tuple[AbsentTag, ...]:
    """Every place of the rule set that names a tag which is not in the tree, in the order of its JSON form."""
    return tuple(
        each
        for number, rule in enumerate(rule_set.rules)
        for each in (
            *_asked_for(rule.condition, step(step("rules", number), "when")),
            *_acted_on(rule.actions, step(step("rules", number), "then")),
        )
        if each.tag_id not in tree
    )


def _asked_for(condition: Condition, path: str) -> Iterator[AbsentTag]:
    if isinstance(condition, Tagged):
        for number, tag_id in enumerate(condition.tag_ids):
            yield AbsentTag(step(step(path, "tag_ids"), number), tag_id)
    for number, part in enumerate(parts(condition)):
        yield from _asked_for(part, step(step(path, "conditions"), number))


def _acted_on(actions: tuple[object, ...], path: str) -> Iterator[AbsentTag]:
    for number, action in enumerate(actions):
        if isinstance(action, AddTag | RemoveTag):
            yield AbsentTag(step(step(path, number), "tag_id"), action.tag_id, action.tag_name)


_CHOOSE = Wording("Create the tag or choose another.", "请创建该标签，或选择其他标签。")
_CREATE = Wording("Create it again, or choose another tag.", "请重新创建，或选择其他标签。")

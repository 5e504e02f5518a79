"""What messages call rules and tags: people know the names, programs the ids."""

from dataclasses import dataclass
from typing import assert_never

from tagtree.rules.actions import AddTag, DecidingAction, MoveToPool, RemoveTag, SetClass
from tagtree.tree import TagTree
from tagtree.wording import Wording


@dataclass(frozen=True, slots=True)
class NamedRule:
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class NamedTag:
    """`name` is the path, such as "产品 / 衬衫"; empty when nobody knows it."""

    id: int
    name: str

    @property
    def wording(self) -> Wording:
        """By its id only where there is no name."""
        if not self.name:
            return Wording(f"tag {self.id}", f"标签 {self.id} ")
        return Wording(f"tag “{self.name}”", f"标签“{self.name}”")


def named_tag(tag_id: int, tree: TagTree | None, name_in_rule: str = "") -> NamedTag:
    """By its path in the tree; a tag that is not there is called what the rule called it."""
    return NamedTag(tag_id, tree.path_name(tag_id) if tree is not None and tag_id in tree else name_in_rule)


def thing_decided(action: DecidingAction) -> Wording:
    """What of the customer or the message the action decides."""
    match action:
        case AddTag(tag_id, tag_name) | RemoveTag(tag_id, tag_name):
            return NamedTag(tag_id, tag_name).wording
        case SetClass():
            return Wording("the class", "分类")
        case MoveToPool():
            return Wording("the pool", "接待池")
        case _:
            assert_never(action)

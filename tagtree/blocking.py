"""Why a rule in question, or one of its actions, did not take effect."""

from dataclasses import dataclass
from typing import TypeAlias, assert_never

from tagtree.actions import AddTag, MoveToPool, RemoveTag
from tagtree.wording import Wording


@dataclass(frozen=True, slots=True)
class NotMet:
    """A word or the channel brought the rule into question, but its condition as a whole was not met."""

    @property
    def wording(self) -> Wording:
        return Wording(
            "The rule came into question, but its whole condition is not met.", "规则的部分条件出现，但未全部满足。"
        )


@dataclass(frozen=True, slots=True)
class StoppedBy:
    rule_id: str

    @property
    def wording(self) -> Wording:
        return Wording(
            f"Rule {self.rule_id} came first and stops the rest.", f"规则 {self.rule_id} 在前并终止了后续规则。"
        )


@dataclass(frozen=True, slots=True)
class OverruledBy:
    """An earlier rule had already decided this tag or the pool otherwise."""

    rule_id: str
    action: AddTag | RemoveTag | MoveToPool

    @property
    def wording(self) -> Wording:
        thing = _thing(self.action)
        return Wording(
            f"Rule {self.rule_id} came first and decides {thing.en} otherwise.",
            f"规则 {self.rule_id} 在前，已对{thing.zh}作出不同决定。",
        )


@dataclass(frozen=True, slots=True)
class ExcludedBy:
    """An earlier rule put on a tag that excludes this one."""

    rule_id: str
    tag_id: int

    @property
    def wording(self) -> Wording:
        return Wording(
            f"Rule {self.rule_id} put on a tag that excludes tag {self.tag_id}.",
            f"规则 {self.rule_id} 打上的标签与标签 {self.tag_id} 互斥。",
        )


@dataclass(frozen=True, slots=True)
class MissingTag:
    """The tag is not in the tree any more."""

    tag_id: int

    @property
    def wording(self) -> Wording:
        return Wording(
            f"Tag {self.tag_id} is not in the tree. Create it or change the rule.",
            f"标签树里没有标签 {self.tag_id}，请创建该标签或修改规则。",
        )


BlockReason: TypeAlias = NotMet | StoppedBy | OverruledBy | ExcludedBy | MissingTag


@dataclass(frozen=True, slots=True)
class Blocked:
    """A rule, or one action of it, that did not take effect; `reason.wording` says why to people."""

    rule_id: str
    reason: BlockReason


def _thing(action: AddTag | RemoveTag | MoveToPool) -> Wording:
    match action:
        case AddTag(tag_id) | RemoveTag(tag_id):
            return Wording(f"tag {tag_id}", f"标签 {tag_id} ")
        case MoveToPool():
            return Wording("the pool", "接待池")
        case _:
            assert_never(action)

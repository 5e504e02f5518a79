"""Why a rule in question, or one of its actions, did not take effect."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias

from tagtree.rules.actions import DecidingAction
from tagtree.rules.facts import Fact
from tagtree.rules.naming import NamedRule, NamedTag, thing_decided
from tagtree.wording import Wording


@dataclass(frozen=True, slots=True)
class NotMet:
    """Something brought the rule into question, but its condition as a whole was not met."""

    @property
    def wording(self) -> Wording:
        return Wording(
            "The rule came into question, but its whole condition is not met.", "规则的部分条件出现，但未全部满足。"
        )


@dataclass(frozen=True, slots=True)
class FactUnknown:
    """Whether the rule is met hangs on facts that nobody knows."""

    facts: tuple[Fact, ...]

    @property
    def wording(self) -> Wording:
        names = [NAME_OF_FACT[fact] for fact in self.facts]
        return Wording(
            f"Not known, so the rule is left alone: {', '.join(name.en for name in names)}.",
            f"以下情况未知，规则不生效：{'、'.join(name.zh for name in names)}。",
        )


@dataclass(frozen=True, slots=True)
class StoppedBy:
    rule: NamedRule

    @property
    def wording(self) -> Wording:
        return Wording(
            f"Rule “{self.rule.name}” came first and stops the rest.", f"规则“{self.rule.name}”在前并终止了后续规则。"
        )


@dataclass(frozen=True, slots=True)
class OutOfScope:
    """The rule holds for other channels or live codes."""

    @property
    def wording(self) -> Wording:
        return Wording("The rule holds for other channels or live codes.", "该消息的渠道或活码不在规则的适用范围内。")


@dataclass(frozen=True, slots=True)
class CoolingDown:
    """The rule fired for this customer not long ago and rests; `until` is local time."""

    until: datetime

    @property
    def wording(self) -> Wording:
        until = f"{self.until:%Y-%m-%d %H:%M:%S}"
        return Wording(
            f"The rule fired for this customer before and rests until {until}.",
            f"规则对该客户刚触发过，冷却至 {until}。",
        )


@dataclass(frozen=True, slots=True)
class GroupTaken:
    """Of a group only one rule fires, and another came first."""

    group: str
    rule: NamedRule

    @property
    def wording(self) -> Wording:
        return Wording(
            f"Rule “{self.rule.name}” of the group {self.group} came first.",
            f"互斥组“{self.group}”中规则“{self.rule.name}”已先触发。",
        )


@dataclass(frozen=True, slots=True)
class AnsweredBy:
    """A fallback rule was not needed."""

    rule: NamedRule

    @property
    def wording(self) -> Wording:
        return Wording(
            f"Rule “{self.rule.name}” fired, so this fallback is not needed.",
            f"规则“{self.rule.name}”已触发，兜底规则不再需要。",
        )


@dataclass(frozen=True, slots=True)
class ChainTooLong:
    """The rule would fire on what others just did, but the chain has reached its limit of passes."""

    most: int

    @property
    def wording(self) -> Wording:
        return Wording(
            f"Rules set off one another in more than {self.most} passes; the chain ends here.",
            f"规则连锁触发超过 {self.most} 轮，到此为止。",
        )


@dataclass(frozen=True, slots=True)
class OverruledBy:
    """An earlier rule had already decided this tag, the class or the pool otherwise."""

    rule: NamedRule
    action: DecidingAction

    @property
    def wording(self) -> Wording:
        thing = thing_decided(self.action)
        return Wording(
            f"Rule “{self.rule.name}” came first and decides {thing.en} otherwise.",
            f"规则“{self.rule.name}”在前，已对{thing.zh}作出不同决定。",
        )


@dataclass(frozen=True, slots=True)
class ExcludedBy:
    """An earlier rule put on a tag that excludes this one."""

    rule: NamedRule
    tag: NamedTag

    @property
    def wording(self) -> Wording:
        tag = self.tag.wording
        return Wording(
            f"Rule “{self.rule.name}” put on a tag that excludes {tag.en}.",
            f"规则“{self.rule.name}”打上的标签与{tag.zh}互斥。",
        )


@dataclass(frozen=True, slots=True)
class MissingTag:
    """The tag is not in the tree any more."""

    tag: NamedTag

    @property
    def wording(self) -> Wording:
        tag = self.tag.wording
        return Wording(
            f"The tree has no {tag.en}. Create it or change the rule.",
            f"标签树里没有{tag.zh.strip()}，请创建该标签或修改规则。",
        )


BlockReason: TypeAlias = (
    NotMet
    | FactUnknown
    | StoppedBy
    | OutOfScope
    | CoolingDown
    | GroupTaken
    | AnsweredBy
    | ChainTooLong
    | OverruledBy
    | ExcludedBy
    | MissingTag
)


@dataclass(frozen=True, slots=True)
class Blocked:
    """A rule, or one action of it, that did not take effect; `reason.wording` says why to people."""

    rule_id: str
    name: str
    reason: BlockReason


NAME_OF_FACT: Final[Mapping[Fact, Wording]] = {
    Fact.TEXT: Wording("the text", "消息文字"),
    Fact.CHANNEL: Wording("the channel", "渠道"),
    Fact.KIND: Wording("the kind of message", "消息类型"),
    Fact.LIVE_CODE: Wording("the live code", "活码"),
    Fact.TAGS: Wording("the customer's tags", "客户标签"),
    Fact.CLASSES: Wording("the class of the message", "消息分类"),
    Fact.IS_NEW: Wording("whether the customer is new", "是否新客户"),
    Fact.SENDER: Wording("who wrote", "发送者"),
    Fact.REGION: Wording("the region", "地区"),
    Fact.AT: Wording("the time", "时间"),
    Fact.HITS: Wording("how often rules fired before", "规则此前触发次数"),
    Fact.LAST_FIRED: Wording("when the rule fired last", "规则上次触发时间"),
    Fact.PREVIOUS: Wording("the message before", "上一条消息"),
}

"""What the collision check finds in a rule set, in words for people."""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, TypeAlias

from tagtree.wording import Wording


class Severity(StrEnum):
    """A caution wants to be confirmed before the rule set is published; information may be passed over."""

    CAUTION = "caution"
    INFORMATION = "information"


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two rules that one message meets decide `subject` (a tag, the pool or the class) differently."""

    rule_ids: tuple[str, str]
    subject: Wording
    example: Wording

    severity: ClassVar[Severity] = Severity.CAUTION

    @property
    def wording(self) -> Wording:
        first, second = self.rule_ids
        return Wording(
            f"Rules {first} and {second} decide {self.subject.en} differently on {self.example.en}; {first} wins.",
            f"规则 {first} 与 {second} 都因{self.example.zh}触发，对{self.subject.zh}的决定却不同；以 {first} 为准。",
        )


@dataclass(frozen=True, slots=True)
class ExclusiveTags:
    """One message would put on two tags that exclude one another; the ids are equal when one rule does both."""

    rule_ids: tuple[str, str]
    tag_ids: tuple[int, int]
    example: Wording

    severity: ClassVar[Severity] = Severity.CAUTION

    @property
    def wording(self) -> Wording:
        (first, second), (one, other) = self.rule_ids, self.tag_ids
        return Wording(
            f"On {self.example.en} rules {first} and {second} put on tags {one} and {other},"
            f" which exclude one another; only tag {one} stays.",
            f"规则 {first} 与 {second} 会因{self.example.zh}打上互斥的标签 {one} 和 {other}，只会保留标签 {one}。",
        )


@dataclass(frozen=True, slots=True)
class NeverFires:
    """Whenever the first rule is met, the second, earlier one is met too, and stops."""

    rule_ids: tuple[str, str]

    severity: ClassVar[Severity] = Severity.CAUTION

    @property
    def wording(self) -> Wording:
        late, early = self.rule_ids
        return Wording(
            f"Rule {late} can never fire: rule {early} or one before it is met whenever it is, comes first and stops.",
            f"规则 {late} 永远不会触发：只要它满足，规则 {early} 或更前的规则必先满足并终止后续。",
        )


@dataclass(frozen=True, slots=True)
class DuplicateRule:
    """Both ask for the same and do the same."""

    rule_ids: tuple[str, str]

    severity: ClassVar[Severity] = Severity.CAUTION

    @property
    def wording(self) -> Wording:
        first, second = self.rule_ids
        return Wording(
            f"Rules {first} and {second} ask for the same and do the same.",
            f"规则 {first} 与 {second} 的条件和动作完全相同。",
        )


@dataclass(frozen=True, slots=True)
class SamePattern:
    """Both look for one pattern, as it is once case, width and script are folded."""

    rule_ids: tuple[str, str]
    pattern: str

    severity: ClassVar[Severity] = Severity.INFORMATION

    @property
    def wording(self) -> Wording:
        first, second = self.rule_ids
        return Wording(
            f"Rules {first} and {second} look for the same pattern {self.pattern}.",
            f"规则 {first} 与 {second} 使用同一个表达式 {self.pattern}。",
        )


@dataclass(frozen=True, slots=True)
class WordWithin:
    """A message with the longer word of the second rule also has the shorter one of the first."""

    rule_ids: tuple[str, str]
    words: tuple[str, str]

    severity: ClassVar[Severity] = Severity.INFORMATION

    @property
    def wording(self) -> Wording:
        (first, second), (shorter, longer) = self.rule_ids, self.words
        return Wording(
            f"“{longer}” of rule {second} contains “{shorter}” of rule {first}: such a message meets both.",
            f"规则 {second} 的“{longer}”包含规则 {first} 的“{shorter}”，此类消息会同时满足两条规则。",
        )


Finding: TypeAlias = Contradiction | ExclusiveTags | NeverFires | DuplicateRule | SamePattern | WordWithin

"""What the collision check finds in a rule set, in words for people."""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, TypeAlias

from tagtree.rules.actions import DecidingAction
from tagtree.rules.naming import NamedRule, NamedTag, thing_decided
from tagtree.wording import Wording


class Severity(StrEnum):
    """A caution wants to be confirmed before the rule set is published; information may be passed over."""

    CAUTION = "caution"
    INFORMATION = "information"


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two rules that one message meets decide a tag, the pool or the class differently; `action`: the later one's."""

    rules: tuple[NamedRule, NamedRule]
    action: DecidingAction
    example: Wording

    severity: ClassVar[Severity] = Severity.CAUTION

    @property
    def wording(self) -> Wording:
        (first, second), thing = _names(self.rules), thing_decided(self.action)
        return Wording(
            f"Rules “{first}” and “{second}” decide {thing.en} differently on {self.example.en}; “{first}” wins.",
            f"规则“{first}”与“{second}”都因{self.example.zh}触发，对{thing.zh}的决定却不同；以“{first}”为准。",
        )


@dataclass(frozen=True, slots=True)
class ExclusiveTags:
    """One message would put on two tags that exclude one another; the rules are equal when one does both."""

    rules: tuple[NamedRule, NamedRule]
    tags: tuple[NamedTag, NamedTag]
    example: Wording

    severity: ClassVar[Severity] = Severity.CAUTION

    @property
    def wording(self) -> Wording:
        (first, second), (one, other) = _names(self.rules), (tag.wording for tag in self.tags)
        if self.rules[0] == self.rules[1]:
            return Wording(
                f"Rule “{first}” puts on {one.en} and {other.en}, which exclude one another; only {one.en} stays.",
                f"规则“{first}”会打上互斥的{one.zh}和{other.zh}，只会保留{one.zh.strip()}。",
            )
        return Wording(
            f"On {self.example.en} rules “{first}” and “{second}” put on {one.en} and {other.en},"
            f" which exclude one another; only {one.en} stays.",
            f"规则“{first}”与“{second}”会因{self.example.zh}打上互斥的{one.zh}和{other.zh}，只会保留{one.zh.strip()}。",
        )


@dataclass(frozen=True, slots=True)
class NeverFires:
    """Whenever the first rule is met, the second, earlier one is met too, and stops."""

    rules: tuple[NamedRule, NamedRule]

    severity: ClassVar[Severity] = Severity.CAUTION

    @property
    def wording(self) -> Wording:
        late, early = _names(self.rules)
        return Wording(
            f"Rule “{late}” can never fire: rule “{early}” or one before it is met whenever it is, comes first,"
            " and stops.",
            f"规则“{late}”永远不会触发：只要它满足，规则“{early}”或更前的规则必先满足并终止后续。",
        )


@dataclass(frozen=True, slots=True)
class DuplicateRule:
    """Both ask for the same and do the same."""

    rules: tuple[NamedRule, NamedRule]

    severity: ClassVar[Severity] = Severity.CAUTION

    @property
    def wording(self) -> Wording:
        first, second = _names(self.rules)
        return Wording(
            f"Rules “{first}” and “{second}” ask for the same and do the same.",
            f"规则“{first}”与“{second}”的条件和动作完全相同。",
        )


@dataclass(frozen=True, slots=True)
class SamePattern:
    """Both look for one pattern, as it is once case, width and script are folded."""

    rules: tuple[NamedRule, NamedRule]
    pattern: str

    severity: ClassVar[Severity] = Severity.INFORMATION

    @property
    def wording(self) -> Wording:
        first, second = _names(self.rules)
        return Wording(
            f"Rules “{first}” and “{second}” look for the same pattern {self.pattern}.",
            f"规则“{first}”与“{second}”使用同一个表达式 {self.pattern}。",
        )


@dataclass(frozen=True, slots=True)
class WordWithin:
    """A message with the longer word of the second rule also has the shorter one of the first."""

    rules: tuple[NamedRule, NamedRule]
    words: tuple[str, str]

    severity: ClassVar[Severity] = Severity.INFORMATION

    @property
    def wording(self) -> Wording:
        (first, second), (shorter, longer) = _names(self.rules), self.words
        return Wording(
            f"“{longer}” of rule “{second}” contains “{shorter}” of rule “{first}”: such a message meets both.",
            f"规则“{second}”的“{longer}”包含规则“{first}”的“{shorter}”，此类消息会同时满足两条规则。",
        )


Finding: TypeAlias = Contradiction | ExclusiveTags | NeverFires | DuplicateRule | SamePattern | WordWithin


def _names(rules: tuple[NamedRule, NamedRule]) -> tuple[str, str]:
    return rules[0].name, rules[1].name

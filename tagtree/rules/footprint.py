"""How much memory a rule set takes once it is compiled: an estimate made before anything is built."""

from collections.abc import Iterator
from typing import Final

from tagtree.rules.conditions import Condition, Pattern, parts
from tagtree.rules.rule_set import RuleSet
from tagtree.wording import Problem, Wording

_RULE: Final = 1_000
_WORD: Final = 450
_CHARACTER: Final = 10
_PATTERN: Final = 20_000
"""Bytes, measured on 64-bit CPython 3.11 with RE2 and pyahocorasick; half of a pattern's are states it meets in use."""

_MIB: Final = 1 << 20


def footprint(rule_set: RuleSet) -> int:
    """Bytes that the compiled rule set will take, within a third on the high side."""
    return sum(_RULE + sum(map(_weight, _all(rule.condition))) for rule in rule_set.rules)


def too_large(rule_set: RuleSet, most: int) -> Problem | None:
    """Why the rule set is refused when its footprint is more than `most` bytes."""
    needed = footprint(rule_set)
    if needed <= most:
        return None
    needs, allowed = -(-needed // _MIB), most // _MIB
    return Problem(
        "rules",
        Wording(
            f"The rule set would take about {needs:,} MiB of memory; {allowed:,} MiB are allowed.",
            f"该规则集约需 {needs:,} MiB 内存，上限为 {allowed:,} MiB。",
        ),
        Wording(
            "Remove words or patterns, split it into several rule sets, or raise the limit in the settings.",
            "请减少关键词或表达式，拆成多个规则集，或在设置中提高上限。",
        ),
    )


def _all(condition: Condition) -> Iterator[Condition]:
    yield condition
    for part in parts(condition):
        yield from _all(part)


def _weight(condition: Condition) -> int:
    if isinstance(condition, Pattern):
        return _PATTERN
    words: tuple[str, ...] = getattr(condition, "words", ())  # of whatever kind looks for words
    return sum(_WORD + _CHARACTER * len(word) for word in words)

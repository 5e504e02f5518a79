"""The compiled form against the plain meaning: every condition asked of every message, without any index."""

from typing import assert_never

import re2
from hypothesis import given, settings

from tagtree.conditions import AllOf, AnyOf, Channel, Condition, Contains, Exact, NoneOf, Pattern, asks_about_text
from tagtree.facts import Facts
from tagtree.pattern_syntax import folded_pattern
from tagtree.rules import Rule
from tagtree.text import normalise
from tests.unit.tagtree.rule_factories import decide, facts, rule_lists


def is_met(condition: Condition, facts: Facts) -> bool:
    text = normalise(facts.text).text
    match condition:
        case Exact(words):
            return facts.has_text and any(text == normalise(word).text for word in words)
        case Contains(words):
            return facts.has_text and any(normalise(word).text in text for word in words)
        case Pattern(pattern):
            options = re2.Options()
            options.case_sensitive = False
            return facts.has_text and re2.search(folded_pattern(pattern), text, options) is not None
        case Channel(names):
            return facts.channel in names
        case AllOf(conditions):
            return all(is_met(part, facts) for part in conditions)
        case AnyOf(conditions):
            return any(is_met(part, facts) for part in conditions)
        case NoneOf(conditions):
            known = facts.has_text or not asks_about_text(condition)
            return known and not any(is_met(part, facts) for part in conditions)
        case _:
            assert_never(condition)


def expected(rules: list[Rule], facts: Facts) -> list[str]:
    fired: list[str] = []
    for rule in sorted(rules, key=lambda rule: (-rule.priority, rule.id)):
        if is_met(rule.condition, facts):
            fired.append(rule.id)
            if rule.stop:
                break
    return fired


@settings(max_examples=400)
@given(rule_lists, facts)
def test_the_index_finds_exactly_the_rules_that_are_met(rules: list[Rule], facts: Facts) -> None:
    decision = decide(facts, *rules)

    assert [each.rule_id for each in decision.fired] == expected(rules, facts)

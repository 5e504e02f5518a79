"""The compiled form against the plain meaning: every condition asked of every message, without any index."""

from datetime import timedelta
from typing import assert_never

import re2
from hypothesis import given, settings
from rapidfuzz.distance import Levenshtein

from tagtree.rules.conditions import (
    AllOf,
    AnyOf,
    Channel,
    Condition,
    Contains,
    Counter,
    Exact,
    FactCondition,
    InClass,
    LiveCode,
    MessageKind,
    NearMiss,
    NewCustomer,
    NoneOf,
    Pattern,
    Prefix,
    PreviousContains,
    PreviousFired,
    Region,
    SentBy,
    Suffix,
    Tagged,
    TextCondition,
    TimeWindow,
)
from tagtree.rules.facts import Facts
from tagtree.rules.matcher import compile_rule_set
from tagtree.rules.pattern_syntax import folded_pattern
from tagtree.rules.rule_set import Rule
from tagtree.text import normalise
from tests.unit.tagtree.rules.rule_factories import facts, rule_lists, rule_set


def is_met(condition: Condition, facts: Facts) -> bool | None:
    """None: it hangs on something unknown."""
    match condition:
        case AllOf(conditions):
            return all_of([is_met(part, facts) for part in conditions])
        case AnyOf(conditions):
            return negated(all_of([negated(is_met(part, facts)) for part in conditions]))
        case NoneOf(conditions):
            return all_of([negated(is_met(part, facts)) for part in conditions])
        case Exact() | Contains() | Prefix() | Suffix() | NearMiss() | Pattern():
            return is_said(condition, normalise(facts.text).text) if facts.has_text else None
        case _:
            return is_so(condition, facts)


def all_of(parts: list[bool | None]) -> bool | None:
    if False in parts:
        return False
    return None if None in parts else True


def negated(met: bool | None) -> bool | None:
    return None if met is None else not met


def is_said(condition: TextCondition, text: str) -> bool:
    match condition:
        case Exact(words):
            return any(text == normalise(word).text for word in words)
        case Contains(words):
            return any(normalise(word).text in text for word in words)
        case Prefix(words):
            return any(text.startswith(normalise(word).text) for word in words)
        case Suffix(words):
            return any(text.endswith(normalise(word).text) for word in words)
        case NearMiss(words, errors):
            stretches = [text[start:end] for end in range(len(text) + 1) for start in range(end + 1)]
            plain = [normalise(word).text for word in words]
            return any(Levenshtein.distance(word, each) <= errors for word in plain for each in stretches)
        case Pattern(pattern):
            options = re2.Options()
            options.case_sensitive = False
            return re2.search(folded_pattern(pattern), text, options) is not None
        case _:
            assert_never(condition)


def is_so(condition: FactCondition, facts: Facts) -> bool | None:
    match condition:
        case Channel(names):
            return facts.channel in names
        case MessageKind(kinds):
            return facts.kind in kinds
        case LiveCode(codes):
            return None if facts.live_code is None else facts.live_code in codes
        case InClass(names):
            return None if facts.classes is None else not facts.classes.isdisjoint(names)
        case Tagged(tag_ids):
            return None if facts.tags is None else not facts.tags.isdisjoint(tag_ids)
        case NewCustomer(is_new):
            return None if facts.is_new is None else facts.is_new is is_new
        case SentBy(sender):
            return None if facts.sender is None else facts.sender is sender
        case Region(names):
            plain = [name.replace("市", "").replace("省", "") for name in (facts.region or "", *names)]
            return None if facts.region is None else any(name and plain[0].startswith(name) for name in plain[1:])
        case TimeWindow(hours):
            return None if facts.at is None else facts.at in hours
        case Counter(rule_id, times, days):
            if facts.at is None or facts.instant is None or facts.hits is None:
                return None
            since = facts.instant - timedelta(days=days) // timedelta(milliseconds=1)
            return len([at for at in facts.hits.get(rule_id, ()) if at > since]) >= times
        case PreviousContains(words):
            if facts.previous is None or facts.previous.text is None:
                return None
            return is_said(Contains(words), normalise(facts.previous.text).text)
        case PreviousFired(rule_ids):
            return None if facts.previous is None else not facts.previous.fired.isdisjoint(rule_ids)
        case _:
            assert_never(condition)


@settings(max_examples=500)
@given(rule_lists, facts)
def test_the_index_finds_exactly_the_rules_that_are_met(rules: list[Rule], facts: Facts) -> None:
    candidates = compile_rule_set(rule_set(*rules)).candidates(facts)

    met = [candidate.rule for candidate in candidates if candidate.spans is not None]
    assert met == [rule for rule in rule_set(*rules).in_order() if rule.enabled and is_met(rule.condition, facts)]


@settings(max_examples=300)
@given(rule_lists, facts)
def test_what_is_unknown_is_neither_met_nor_told_as_not_met(rules: list[Rule], facts: Facts) -> None:
    candidates = compile_rule_set(rule_set(*rules)).candidates(facts)

    for candidate in candidates:
        met = is_met(candidate.rule.condition, facts)
        assert bool(candidate.unknown) is (met is None)
        assert candidate.unknown <= candidate.rule.asks_for

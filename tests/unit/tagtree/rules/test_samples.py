"""Samples kept with the rules, and the tags that rules name."""

from dataclasses import replace

import pytest

from tagtree.rules.absent_tags import AbsentTag, absent_tags
from tagtree.rules.actions import AddTag, RemoveTag, Reply
from tagtree.rules.conditions import AllOf, AnyOf, Channel, Contains, NewCustomer, NoneOf, Pattern, Tagged
from tagtree.rules.reading import Outcome, Reading, Words
from tagtree.rules.rule_set import Samples, Scope
from tagtree.rules.samples import TEXT_ALONE, SampleFailure, check_samples
from tagtree.tree import Tag, TagTree
from tests.unit.tagtree.rules.rule_factories import rule, rule_set

PATTERN = Pattern("价.*格")


def test_the_pattern_of_the_trap_meets_its_samples() -> None:
    trap = rule("a", PATTERN, samples=Samples(("价格", "价值观不合格"), ("价钱",)))

    assert check_samples(rule_set(trap)) == ()


def test_each_sample_that_fails_is_told_with_its_place_and_what_met_it() -> None:
    trap = rule("a", PATTERN, samples=Samples(("价格", "价钱"), ("我的價值观不合格",)))

    failures = check_samples(rule_set(rule("first", PATTERN), trap))

    assert failures == (
        SampleFailure("a", "rule a", "价钱", True, "rules[1].samples.must_match[1]"),
        SampleFailure(
            "a", "rule a", "我的價值观不合格", False, "rules[1].samples.must_not_match[0]", ((2, 8),), ("價值观不合格",)
        ),
    )
    assert [failure.problem.reason.en for failure in failures] == [
        "Rule “rule a” does not meet its sample “价钱”.",
        "Rule “rule a” meets “我的價值观不合格”, which it must not, by “價值观不合格”.",
    ]


def test_what_else_a_rule_asks_for_fails_no_sample() -> None:
    condition = AllOf((Contains(("价格",)), NewCustomer(), Channel(("kf",))))
    new = rule("a", condition, samples=Samples(("价格",), ("价格",)), scope=Scope(("app",)), stop=True)

    assert check_samples(rule_set(new)) == ()
    failures = check_samples(rule_set(new), replace(TEXT_ALONE, channel="kf", is_new=True))
    assert [failure.must_match for failure in failures] == [False]


def test_samples_of_a_rule_without_words_or_switched_off_are_run_too() -> None:
    without = rule("a", NoneOf((Contains(("价格",)),)), samples=Samples(("你好",), ("您好",)))
    asleep = replace(rule("b", Contains(("价格",)), samples=Samples(("你好",))), enabled=False)

    assert [failure.path for failure in check_samples(rule_set(without, asleep))] == [
        "rules[0].samples.must_not_match[0]",
        "rules[1].samples.must_match[0]",
    ]


def test_a_sample_asks_its_own_rule_only(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def contains(words: Words, reading: Reading) -> Outcome:
        asked.append(reading.text)
        return [(0, 2)]

    monkeypatch.setattr("tagtree.rules.matcher._contains", contains)
    alike = [rule(f"r{number}", Contains(("价格",)), samples=Samples(("价格",))) for number in range(30)]

    assert check_samples(rule_set(*alike)) == ()
    assert asked == ["价格"] * 30


def test_every_place_that_names_a_missing_tag_is_told_with_what_it_was_called() -> None:
    tree = TagTree.of([Tag(1, None, "产品")])
    named = rule("a", AnyOf((PATTERN, Tagged((1, 8)))), Reply("好"), AddTag(9, "产品 / 衬衫"), RemoveTag(7), AddTag(1))

    absent = absent_tags(rule_set(named), tree)

    assert absent == (
        AbsentTag("rules[0].when.conditions[1].tag_ids[1]", 8),
        AbsentTag("rules[0].then[1].tag_id", 9, "产品 / 衬衫"),
        AbsentTag("rules[0].then[2].tag_id", 7),
    )
    assert absent[1].problem.reason.zh == "没有编号为 9 的标签（原为“产品 / 衬衫”）。"

"""Rules that get in each other's way."""

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tagtree.rules.actions import AddTag, MoveToPool, RemoveTag, Reply, SetClass
from tagtree.rules.collisions import MAX_FINDINGS, collisions
from tagtree.rules.conditions import (
    AllOf,
    AnyOf,
    Channel,
    Condition,
    Contains,
    Exact,
    NearMiss,
    NewCustomer,
    NoneOf,
    Pattern,
    Prefix,
    PreviousFired,
    Suffix,
    Tagged,
)
from tagtree.rules.facts import Facts
from tagtree.rules.findings import (
    Contradiction,
    DuplicateRule,
    ExclusiveTags,
    Finding,
    NeverFires,
    SamePattern,
    Severity,
    WordWithin,
)
from tagtree.rules.naming import NamedTag
from tagtree.rules.rule_set import Rule, RuleSet, Scope
from tagtree.tree import Tag, TagTree
from tagtree.wording import Wording
from tests.unit.tagtree.rules.rule_factories import decide, facts, named, rule, rule_lists, rule_set

PRICE = Contains(("价格", "报价"))
STAGES = TagTree.of([Tag(1, None, "阶段", exclusive=True), Tag(2, 1, "意向"), Tag(3, 1, "已购")])


def found(kind: type[Finding], *rules: Rule, tree: TagTree | None = None) -> list[Finding]:
    return [each for each in collisions(rule_set(*rules), tree) if isinstance(each, kind)]


def test_rules_of_one_word_that_disagree_are_told_with_the_word() -> None:
    add = rule("add", PRICE, AddTag(3), priority=1)
    take = rule("take", AnyOf((Contains(("報價",)), Tagged((9,)))), RemoveTag(3))

    (finding,) = found(Contradiction, take, add)

    assert finding == Contradiction((named("add"), named("take")), RemoveTag(3), Wording("“报价”", "“报价”"))
    assert finding.severity is Severity.CAUTION


def test_rules_and_tags_are_told_by_their_names() -> None:
    add, take = rule("add", PRICE, AddTag(3), priority=1), rule("take", PRICE, RemoveTag(3, "阶段 / 买了"))

    (finding,) = found(Contradiction, add, take, tree=STAGES)

    assert finding.wording == Wording(
        "Rules “rule add” and “rule take” decide tag “阶段 / 已购” differently on “价格”; “rule add” wins.",
        "规则“rule add”与“rule take”都因“价格”触发，对标签“阶段 / 已购”的决定却不同；以“rule add”为准。",
    )


def test_a_tag_that_is_in_no_tree_is_told_as_the_rules_call_it_or_else_by_its_id() -> None:
    rules = [rule("a", PRICE, AddTag(8, "旧标签"), AddTag(9)), rule("b", PRICE, RemoveTag(8), RemoveTag(9))]

    told = found(Contradiction, *rules, tree=STAGES)

    assert [each.wording.en.split(" differently")[0] for each in told] == [
        "Rules “rule a” and “rule b” decide tag “旧标签”",
        "Rules “rule a” and “rule b” decide tag 9",
    ]


def test_what_sets_off_both_rules_is_told_by_name_too() -> None:
    one, other = rule("a", Tagged((2,)), MoveToPool(1)), rule("b", Tagged((2,)), MoveToPool(2))
    after, besides = (
        rule("c", PreviousFired(("a",)), SetClass("投诉")),
        rule("d", PreviousFired(("a",)), SetClass("咨询")),
    )

    told = found(Contradiction, one, other, after, besides, tree=STAGES)

    assert [each.wording.zh for each in told] == [
        "规则“rule a”与“rule b”都因标签“阶段 / 意向”触发，对接待池的决定却不同；以“rule a”为准。",
        "规则“rule c”与“rule d”都因上一条消息触发规则“rule a”触发，对分类的决定却不同；以“rule c”为准。",
    ]


@pytest.mark.parametrize(
    ("one", "other", "contradict"),
    [
        pytest.param(MoveToPool(1), MoveToPool(2), True, id="pools"),
        pytest.param(MoveToPool(1), MoveToPool(1), False, id="one pool"),
        pytest.param(SetClass("投诉"), SetClass("咨询"), True, id="classes"),
        pytest.param(AddTag(1), AddTag(2), False, id="two tags"),
        pytest.param(Reply("一"), Reply("二"), False, id="two replies"),
    ],
)
def test_which_actions_contradict(one: Reply, other: Reply, contradict: bool) -> None:
    assert bool(found(Contradiction, rule("a", PRICE, one), rule("b", PRICE, other))) is contradict


def test_rules_that_never_fire_together_do_not_contradict() -> None:
    first, second = rule("a", PRICE, MoveToPool(1)), rule("b", PRICE, MoveToPool(2))

    assert found(Contradiction, replace(first, stop=True), second) == []
    assert found(Contradiction, replace(first, group="g"), replace(second, group="g")) == []
    assert found(Contradiction, first, replace(second, fallback=True)) == []
    assert found(Contradiction, first, replace(second, enabled=False)) == []
    assert found(Contradiction, replace(first, scope=Scope(("kf",))), replace(second, scope=Scope(("app",)))) == []
    assert found(Contradiction, first, replace(second, condition=AllOf((PRICE, NewCustomer())))) == []


def test_two_tags_that_exclude_one_another_are_told() -> None:
    wants, bought = rule("a", PRICE, AddTag(2)), rule("b", PRICE, AddTag(3))
    both = rule("c", Exact(("都要",)), AddTag(2), AddTag(3))

    told = found(ExclusiveTags, wants, bought, both, tree=STAGES)

    assert [each.rules for each in told] == [(named("c"), named("c")), (named("a"), named("b"))]
    assert [each.wording.en for each in told] == [
        "Rule “rule c” puts on tag “阶段 / 意向” and tag “阶段 / 已购”, which exclude one another;"
        " only tag “阶段 / 意向” stays.",
        "On “价格” rules “rule a” and “rule b” put on tag “阶段 / 意向” and tag “阶段 / 已购”,"
        " which exclude one another; only tag “阶段 / 意向” stays.",
    ]
    assert found(ExclusiveTags, wants, bought, both) == []


@pytest.mark.parametrize(
    ("early", "late"),
    [
        pytest.param(Contains(("价",)), PRICE, id="a shorter word"),
        pytest.param(Contains(("价格", "报")), PRICE, id="one word for each"),
        pytest.param(PRICE, Exact(("价格多少",)), id="the whole message"),
        pytest.param(PRICE, Prefix(("报价单",)), id="the beginning"),
        pytest.param(Prefix(("报",)), Prefix(("报价",)), id="a shorter beginning"),
        pytest.param(Suffix(("价",)), Exact(("报价",)), id="the end of the whole"),
        pytest.param(Pattern("价.*格"), Pattern("价.*格"), id="the same pattern"),
        pytest.param(Pattern(".*"), PRICE, id="a pattern for everything"),
        pytest.param(PRICE, AllOf((Contains(("报价",)), NewCustomer())), id="all of, more"),
        pytest.param(AnyOf((PRICE, NewCustomer())), AnyOf((NewCustomer(), PRICE)), id="the same choice"),
        pytest.param(Channel(("kf", "app")), Channel(("kf",)), id="fewer channels"),
        pytest.param(NearMiss(("退换货",)), NearMiss(("退换货",)), id="the same near miss"),
    ],
)
def test_a_rule_whose_every_message_is_stopped_before_it_never_fires(early: Condition, late: Condition) -> None:
    stop = rule("early", early, priority=1, stop=True)

    assert found(NeverFires, stop, rule("late", late)) == [NeverFires((named("late"), named("early")))]


@pytest.mark.parametrize(
    ("early", "late"),
    [
        pytest.param(PRICE, Contains(("价",)), id="a longer word"),
        pytest.param(Contains(("价格",)), PRICE, id="one of two words"),
        pytest.param(Prefix(("价",)), PRICE, id="only at the beginning"),
        pytest.param(Exact(("价格",)), PRICE, id="only as a whole"),
        pytest.param(PRICE, NoneOf((PRICE,)), id="the opposite"),
        pytest.param(AllOf((PRICE, NewCustomer())), PRICE, id="only of new customers"),
        pytest.param(Pattern(".*"), Channel(("kf",)), id="a message without text"),
    ],
)
def test_a_rule_with_a_message_of_its_own_may_fire(early: Condition, late: Condition) -> None:
    assert found(NeverFires, rule("early", early, priority=1, stop=True), rule("late", late)) == []


def test_a_rule_that_rests_or_holds_somewhere_only_stops_nobody_for_good() -> None:
    stop, late = rule("early", PRICE, priority=1, stop=True), rule("late", PRICE)

    assert found(NeverFires, stop, late) == [NeverFires((named("late"), named("early")))]
    for sometimes in (
        replace(stop, cooldown=1_000),
        replace(stop, scope=Scope(("kf",))),
        replace(stop, group="g"),
        replace(stop, priority=-1),
        replace(stop, stop=False),
    ):
        assert found(NeverFires, sometimes, late) == []


def test_duplicates_are_told_whatever_the_order_and_script_of_their_words() -> None:
    one = rule("a", Contains(("价格", "报价")), AddTag(1), Reply("好"))
    other = rule("b", Contains(("報價", "价格")), Reply("好"), AddTag(1))

    assert found(DuplicateRule, one, other) == [DuplicateRule((named("a"), named("b")))]
    assert found(DuplicateRule, one, replace(other, stop=True)) == []


def test_a_pattern_used_twice_is_told() -> None:
    one = rule("a", Pattern("價.*格"), Reply("一"))
    other = rule("b", AllOf((NewCustomer(), Pattern("价.*格"))), Reply("二"))

    assert found(SamePattern, one, other) == [SamePattern((named("a"), named("b")), "价.*格")]


def test_a_word_within_that_of_another_rule_is_told() -> None:
    short, long = rule("short", Contains(("价",))), rule("long", Contains(("报价单", "单价")))

    assert found(WordWithin, short, long) == [WordWithin((named("short"), named("long")), ("价", "报价单"))]
    assert found(WordWithin, rule("own", Contains(("价", "报价")))) == []


def test_every_finding_reads_in_both_languages() -> None:
    word, rules = Wording("“价”", "“价”"), (named("a"), named("b"))
    findings: list[Finding] = [
        Contradiction(rules, MoveToPool(1), word),
        ExclusiveTags(rules, (NamedTag(1, "意向"), NamedTag(2, "已购")), word),
        NeverFires(rules),
        DuplicateRule(rules),
        SamePattern(rules, "价.*格"),
        WordWithin(rules, ("价", "报价")),
    ]

    for finding in findings:
        assert finding.wording.en.endswith(".")
        assert finding.wording.zh.endswith("。")
        assert "rule a" in finding.wording.en
        assert "“rule a”" in finding.wording.zh


@settings(max_examples=200)
@given(rule_lists, facts)
def test_a_rule_told_never_to_fire_does_not(rules: list[Rule], facts: Facts) -> None:
    never = {each.rules[0].id for each in found(NeverFires, *rules)}

    assert never.isdisjoint(each.rule_id for each in decide(facts, *rules).fired)


@settings(max_examples=100)
@given(rule_lists, st.randoms(use_true_random=False))
def test_the_order_of_entry_never_changes_the_findings(rules: list[Rule], chance: Random) -> None:
    shuffled = list(rules)
    chance.shuffle(shuffled)

    assert collisions(RuleSet(1, 1, tuple(shuffled))) == collisions(RuleSet(1, 1, tuple(rules)))


def test_what_is_told_of_a_hundred_thousand_words_stays_short() -> None:
    words = [f"词{number:05d}号" for number in range(100_000)]
    rules = [
        rule(f"r{place}", Contains(tuple(words[place : place + 100])), AddTag(1 + place % 7), stop=place % 2_000 == 0)
        for place in range(0, 100_000, 100)
    ]
    twice = rule("twice", Contains(tuple(words[:5_000])), RemoveTag(1), RemoveTag(2))
    everything = rule_set(*rules, twice)

    told = collisions(everything)

    assert 0 < len(told) <= 5 * MAX_FINDINGS

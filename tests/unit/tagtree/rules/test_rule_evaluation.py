from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagtree.errors import RuleSetRefusedError
from tagtree.rules.actions import AddTag, HandToHuman, MoveToPool, RemoveTag, Reply, SetClass
from tagtree.rules.blocking import (
    AnsweredBy,
    Blocked,
    BlockReason,
    ChainTooLong,
    CoolingDown,
    ExcludedBy,
    FactUnknown,
    GroupTaken,
    MissingTag,
    NotMet,
    OutOfScope,
    OverruledBy,
    StoppedBy,
)
from tagtree.rules.conditions import (
    AllOf,
    AnyOf,
    Channel,
    Condition,
    Contains,
    Counter,
    Exact,
    MessageKind,
    NearMiss,
    NoneOf,
    Pattern,
    Prefix,
    PreviousFired,
    Region,
    Suffix,
    Tagged,
    TimeWindow,
)
from tagtree.rules.decision import Decision, Fired, RuleReply, TagChange
from tagtree.rules.facts import Fact, Facts
from tagtree.rules.matcher import MAX_SPANS, compile_rule_set
from tagtree.rules.naming import NamedTag
from tagtree.rules.rule_set import Rule, RuleSet, cautions, check_rule_set
from tagtree.rules.time_window import WeekHours
from tagtree.text import MAX_CHARACTERS
from tagtree.tree import Tag, TagTree
from tests.unit.tagtree.rules.rule_factories import NOON, decide, facts, message, named, rule, rule_lists, rule_set

PRICE = Contains(("价格", "报价"))


def fired(decision: Decision) -> list[str]:
    return [each.rule_id for each in decision.fired]


def test_a_met_rule_decides_tags_replies_pool_and_human_each_with_its_reason() -> None:
    price = rule("price", PRICE, AddTag(3), Reply("稍等"), MoveToPool(2), HandToHuman())

    decision = decide(message("请问價格和报价?"), price)

    assert decision == Decision(
        tags=(TagChange(3, True, "price", (2, 4), "價格"),),
        replies=(RuleReply("price", "稍等"),),
        pool_id=2,
        pool_rule_id="price",
        to_human=True,
        human_rule_id="price",
        fired=(Fired("price", "rule price", ((2, 4), (5, 7)), ("價格", "报价")),),
    )


def test_a_message_that_meets_nothing_decides_nothing() -> None:
    assert decide(message("你好"), rule("price", PRICE)) == Decision()


def test_a_rule_set_without_rules_decides_nothing() -> None:
    assert decide(message("你好")) == Decision()


@pytest.mark.parametrize(
    ("condition", "text", "met"),
    [
        pytest.param(Exact(("你好",)), " 你好\u200b ", True, id="exact after normalising"),
        pytest.param(Exact(("你好",)), "你好吗", False, id="exact is the whole message"),
        pytest.param(Contains(("ＶＩＰ",)), "我是vip", True, id="contains in another width"),
        pytest.param(Contains(("退貨",)), "要退货", True, id="contains in another script"),
        pytest.param(Contains(("价格",)), "价 格", False, id="a space is a character"),
        pytest.param(Prefix(("価格", "价格")), "价格多少", True, id="prefix"),
        pytest.param(Prefix(("价格",)), "报价格", False, id="not at the beginning"),
        pytest.param(Suffix(("吗",)), "在吗 ", True, id="suffix"),
        pytest.param(Suffix(("吗",)), "在吗？", False, id="not at the end"),
        pytest.param(NearMiss(("退换货",)), "我要退换或", True, id="near miss, a wrong character"),
        pytest.param(NearMiss(("退换货",)), "我要退货", True, id="near miss, one missing"),
        pytest.param(NearMiss(("退换货",)), "我要退一换货", True, id="near miss, one too many"),
        pytest.param(NearMiss(("退换货",)), "我要退款", False, id="too far"),
        pytest.param(NearMiss(("ＷＩＦＩ密码",), 2), "wi-fi蜜码", True, id="near miss, two errors after folding"),
        pytest.param(NearMiss(("wifi密码",), 2), "wi fi 蜜码", False, id="three errors"),
        pytest.param(Pattern("价.*格"), "价钱", False, id="价.*格 is not 价钱"),
        pytest.param(Pattern("价.*格"), "价值观不合格", True, id="价.*格 is 价值观不合格"),
        pytest.param(Pattern(r"^\d+$"), "12", True, id="a pattern without literals"),
        pytest.param(Channel(("kf",)), "", True, id="channel"),
        pytest.param(Channel(("KF",)), "", False, id="channel letter for letter"),
        pytest.param(AllOf((PRICE, Contains(("衬衫",)))), "衬衫价格", True, id="all of"),
        pytest.param(AllOf((PRICE, Contains(("衬衫",)))), "衬衫", False, id="not all of"),
        pytest.param(AllOf((PRICE, NoneOf((Contains(("不合格",)),)))), "报价不合格", False, id="none of inside all of"),
        pytest.param(AnyOf((PRICE, Channel(("kf",)))), "你好", True, id="any of, by channel"),
        pytest.param(AnyOf((PRICE, Exact(("贵",)))), "贵", True, id="any of, by exact"),
        pytest.param(NoneOf((PRICE,)), "你好", True, id="none of"),
        pytest.param(NoneOf((PRICE,)), "价格", False, id="not none of"),
        pytest.param(NoneOf((Channel(("oa",)), Pattern("退"))), "你好", True, id="none of several"),
    ],
)
def test_the_meaning_of_each_condition(condition: Condition, text: str, met: bool) -> None:
    assert fired(decide(message(text), rule("a", condition))) == (["a"] if met else [])


@pytest.mark.parametrize(
    "condition",
    [
        PRICE,
        Exact(("价格",)),
        Pattern("^$"),
        Pattern("价"),
        NoneOf((PRICE,)),
        NoneOf((NoneOf((PRICE,)),)),
        AllOf((Channel(("kf",)), NoneOf((Pattern("退"),)))),
    ],
)
def test_a_voice_message_never_meets_a_condition_on_text(condition: AllOf | NoneOf) -> None:
    decision = decide(message("价格", kind="voice"), rule("a", condition))

    assert fired(decision) == []


def test_a_voice_message_meets_a_condition_on_its_channel() -> None:
    voice = rule("voice", AnyOf((PRICE, Channel(("kf",)))))

    assert fired(decide(message("价格", kind="voice"), voice)) == ["voice"]


def test_the_higher_priority_comes_first_and_then_the_id() -> None:
    rules = [rule("b", PRICE, Reply("b")), rule("c", PRICE, Reply("c"), priority=9), rule("a", PRICE, Reply("a"))]

    assert fired(decide(message("价格"), *rules)) == ["c", "a", "b"]


def test_a_rule_that_stops_blocks_the_later_ones_with_the_reason() -> None:
    first = rule("first", PRICE, priority=1, stop=True)
    second = rule("second", PRICE, Reply("no"))

    decision = decide(message("价格"), second, first)

    assert decision.replies == ()
    assert decision.blocked == (Blocked("second", "rule second", StoppedBy(named("first"))),)
    assert decision.blocked[0].reason.wording.zh == "规则“rule first”在前并终止了后续规则。"


def test_a_rule_of_which_only_a_word_occurs_is_told_as_not_met() -> None:
    assert decide(message("价钱"), rule("a", Pattern("格?价.*格|价.+格"))).blocked == ()
    assert decide(message("格价"), rule("a", Pattern("价.*格"))) == Decision(
        blocked=(Blocked("a", "rule a", NotMet()),)
    )


def test_the_first_rule_to_speak_of_a_tag_decides_it() -> None:
    add = rule("add", PRICE, AddTag(1), priority=2)
    take = rule("take", PRICE, RemoveTag(1), RemoveTag(2), priority=1)
    again = rule("again", PRICE, AddTag(1), AddTag(2))

    decision = decide(message("价格"), add, take, again)

    assert decision.tags == (
        TagChange(1, True, "add", (0, 2), "价格"),
        TagChange(2, False, "take", (0, 2), "价格"),
    )
    assert decision.blocked == (
        Blocked("take", "rule take", OverruledBy(named("add"), RemoveTag(1))),
        Blocked("again", "rule again", OverruledBy(named("take"), AddTag(2))),
    )


def test_the_first_pool_and_the_first_human_count() -> None:
    first = rule("first", PRICE, MoveToPool(1), HandToHuman(), priority=1)
    second = rule("second", PRICE, MoveToPool(2), HandToHuman())
    third = rule("third", PRICE, MoveToPool(1))

    decision = decide(message("价格"), first, second, third)

    assert (decision.pool_id, decision.pool_rule_id, decision.human_rule_id) == (1, "first", "first")
    assert decision.blocked == (Blocked("second", "rule second", OverruledBy(named("first"), MoveToPool(2))),)


STAGES = TagTree.of([Tag(1, None, "阶段", exclusive=True), Tag(2, 1, "意向"), Tag(3, 1, "已购"), Tag(4, 3, "复购")])


def test_a_tag_takes_off_those_of_the_customer_that_it_excludes() -> None:
    wants = rule("wants", PRICE, AddTag(2))

    decision = decide(message("价格", tags=frozenset({4, 9})), wants, tree=STAGES)

    assert decision.tags == (
        TagChange(2, True, "wants", (0, 2), "价格"),
        TagChange(4, False, "wants", (0, 2), "价格", excluded_by=2),
    )


def test_a_later_rule_cannot_put_on_what_an_earlier_one_excludes() -> None:
    wants = rule("wants", PRICE, AddTag(2), priority=1)
    bought = rule("bought", PRICE, AddTag(4))

    decision = decide(message("价格"), wants, bought, tree=STAGES)

    assert decision.tags == (TagChange(2, True, "wants", (0, 2), "价格"),)
    excluded = ExcludedBy(named("wants"), NamedTag(4, "阶段 / 已购 / 复购"))
    assert decision.blocked == (Blocked("bought", "rule bought", excluded),)
    assert excluded.wording.en == "Rule “rule wants” put on a tag that excludes tag “阶段 / 已购 / 复购”."
    assert excluded.wording.zh == "规则“rule wants”打上的标签与标签“阶段 / 已购 / 复购”互斥。"


def test_what_is_overruled_is_told_by_the_name_that_its_tag_has_now() -> None:
    put_on = rule("put on", PRICE, AddTag(2), priority=1)
    take_off = rule("take off", PRICE, RemoveTag(2, "阶段 / 想买"), RemoveTag(77, "旧标签"))
    again = rule("z", PRICE, AddTag(77, "旧标签"))

    told = decide(message("价格"), put_on, take_off, again, tree=STAGES).blocked

    assert [each.reason.wording.zh for each in told] == [
        "规则“rule put on”在前，已对标签“阶段 / 意向”作出不同决定。",
        "标签树里没有标签“旧标签”，请创建该标签或修改规则。",
    ]


def test_a_tag_that_left_the_tree_is_not_put_on() -> None:
    decision = decide(message("价格"), rule("old", PRICE, AddTag(77, "旧标签")), tree=STAGES)

    assert (decision.tags, decision.blocked) == ((), (Blocked("old", "rule old", MissingTag(NamedTag(77, "旧标签"))),))


@pytest.mark.parametrize(
    "reason",
    [
        NotMet(),
        FactUnknown((Fact.REGION, Fact.TAGS)),
        OutOfScope(),
        CoolingDown(NOON),
        GroupTaken("once", named("a")),
        AnsweredBy(named("a")),
        ChainTooLong(5),
        StoppedBy(named("a")),
        OverruledBy(named("a"), SetClass("投诉")),
        OverruledBy(named("a"), AddTag(1)),
        OverruledBy(named("a"), MoveToPool(1)),
        ExcludedBy(named("a"), NamedTag(1, "阶段")),
        MissingTag(NamedTag(1, "")),
    ],
)
def test_every_reason_reads_in_both_languages(
    reason: BlockReason,
) -> None:
    assert reason.wording.en.endswith(".")
    assert reason.wording.zh.endswith("。")


def test_a_tag_by_channel_has_no_span() -> None:
    decision = decide(message("你好"), rule("kf", Channel(("kf",)), AddTag(1)))

    assert decision.tags == (TagChange(1, True, "kf", None, ""),)


def test_overlapping_words_are_all_found_in_reading_order() -> None:
    words = rule("a", Contains(("中国", "国人", "中国人")))

    assert decide(message("ａ中国人"), words).fired[0].texts == ("中国", "中国人", "国人")


def test_evidence_after_characters_of_every_width_in_bytes_is_in_its_place() -> None:
    decision = decide(message("aé价😀格 价格"), rule("a", Contains(("格", "价格"))))

    assert decision.fired[0].spans == ((4, 5), (6, 8), (7, 8))


def test_a_near_miss_is_quoted_as_closely_as_it_was_written() -> None:
    near = rule("a", NearMiss(("退换货",)))

    assert decide(message("我要退換 貨，退换"), near).fired[0].texts == ("退換 貨", "退换")


def test_near_misses_everywhere_are_bounded() -> None:
    text = "价格" * (MAX_CHARACTERS // 2)
    near = rule("a", NearMiss(("价格价格价格价格价", "格价格价格价格价格价格"), 3))

    assert len(decide(message(text), near).fired[0].spans) == MAX_SPANS


def test_evidence_is_bounded() -> None:
    decision = decide(message("价" * MAX_CHARACTERS), rule("a", Contains(("价",))))

    assert decision.fired[0].spans == tuple((place, place + 1) for place in range(MAX_SPANS))


def test_a_rule_set_with_problems_is_not_compiled() -> None:
    with pytest.raises(RuleSetRefusedError) as raised:
        compile_rule_set(rule_set(rule("a", Pattern("(")), rule("a", AllOf((Contains(("\u200b",)), AnyOf(()))))))

    assert [problem.path for problem in raised.value.problems] == [
        "rules[0].when.pattern",
        "rules[1].id",
        "rules[1].when.conditions[0].words[0]",
        "rules[1].when.conditions[1].conditions",
    ]


@pytest.mark.parametrize(
    ("condition", "path", "reason"),
    [
        pytest.param(Prefix(()), "when.words", "no words", id="no words"),
        pytest.param(NearMiss(("退货",)), "when.words[0]", "too short for 1", id="a near miss of a short word"),
        pytest.param(NearMiss(("退换货五个字",), 3), "when.words[0]", "too short for 3", id="too many errors"),
        pytest.param(NearMiss(("退换货",), 0), "when.errors", "cannot be allowed", id="no errors"),
        pytest.param(MessageKind(()), "when.kinds", "empty", id="no kinds"),
        pytest.param(Region(("上海", " ")), "when.names[1]", "empty", id="an empty region"),
        pytest.param(Tagged(()), "when.tag_ids", "no tags", id="no tags"),
        pytest.param(Counter("gone", 1, 1), "when.rule_id", "no rule gone", id="a counter of a rule that is gone"),
        pytest.param(
            AnyOf((PreviousFired(("a", "gone")),)),
            "when.conditions[0].rule_ids[1]",
            "no rule gone",
            id="a rule before that is gone",
        ),
    ],
)
def test_a_condition_that_cannot_be_used_is_told_at_its_place(condition: Condition, path: str, reason: str) -> None:
    (problem,) = check_rule_set(rule_set(rule("a", condition)))

    assert problem.path == f"rules[0].{path}"
    assert reason in problem.reason.en


def test_a_pattern_for_every_message_asks_for_confirmation() -> None:
    wide = rule_set(rule("a", PRICE), rule("b", AllOf((PRICE, Pattern(".*")))))

    assert [caution.path for caution in cautions(wide)] == ["rules[1].when.conditions[1].pattern"]


@pytest.mark.parametrize(
    ("condition", "path"),
    [
        pytest.param(NoneOf((PRICE,)), ["rules[0].when"], id="only a negation"),
        pytest.param(AnyOf((PRICE, NoneOf((PRICE,)))), ["rules[0].when"], id="or a negation"),
        pytest.param(AllOf((PRICE, NoneOf((Exact(("价",)),)))), [], id="and a negation"),
        pytest.param(TimeWindow(WeekHours(((),) * 7)), ["rules[0].when"], id="no hours at all"),
    ],
)
def test_a_rule_for_nearly_everything_or_nothing_asks_for_confirmation(condition: Condition, path: list[str]) -> None:
    assert [caution.path for caution in cautions(rule_set(rule("a", condition)))] == path
    assert cautions(rule_set(rule("a", condition, fallback=True))) == ()


@pytest.mark.parametrize(
    ("condition", "place"),
    [
        pytest.param(Counter("off", 3, 7), "rule_id", id="a counter"),
        pytest.param(PreviousFired(("a", "off")), "rule_ids[1]", id="the rule before"),
    ],
)
def test_a_rule_that_waits_for_one_that_is_switched_off_asks_for_confirmation(condition: Condition, place: str) -> None:
    off, waiting = replace(rule("off", PRICE), enabled=False), rule("a", AllOf((PRICE, condition)))

    (caution,) = cautions(rule_set(off, waiting))

    assert caution.path == f"rules[1].when.conditions[1].{place}"
    assert caution.reason.en == "Rule “rule off” is switched off, so it never fires."
    assert cautions(rule_set(replace(off, enabled=True), waiting)) == ()


def test_a_rule_nobody_mentioned_is_not_asked() -> None:
    many = [rule(f"r{number}", Contains((f"词{number}。",))) for number in range(500)]
    compiled = compile_rule_set(RuleSet(1, 1, (*many, rule("price", PRICE))))

    candidates = compiled.candidates(message("价格"))

    assert [candidate.rule.id for candidate in candidates] == ["price"]


@given(rule_lists, facts, st.randoms(use_true_random=False))
def test_the_order_of_entry_never_changes_a_decision(rules: list[Rule], facts: Facts, chance: Random) -> None:
    shuffled = list(rules)
    chance.shuffle(shuffled)

    assert decide(facts, *shuffled) == decide(facts, *rules)


@given(rule_lists, facts)
def test_evidence_is_quoted_from_the_message_as_it_was_typed(rules: list[Rule], facts: Facts) -> None:
    decision = decide(facts, *rules)

    for each in decision.fired:
        assert each.texts == tuple(facts.text[start:end] for start, end in each.spans)
        assert "" not in each.texts
    assert {change.rule_id for change in decision.tags} <= set(fired(decision))

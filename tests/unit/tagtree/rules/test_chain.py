"""Passes over the rules, and what keeps a rule that is met from firing."""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given

from tagtree.rules.actions import AddTag, CallWebhook, OpenTask, RemoveTag, Reply, SetClass, StartLadder
from tagtree.rules.blocking import (
    AnsweredBy,
    Blocked,
    ChainTooLong,
    CoolingDown,
    FactUnknown,
    GroupTaken,
    NotMet,
    OutOfScope,
    OverruledBy,
    StoppedBy,
)
from tagtree.rules.conditions import AllOf, Channel, Contains, Counter, InClass, NoneOf, Pattern, Tagged
from tagtree.rules.decision import Decision, Fired, RuleLadder, RuleTask, RuleWebhook
from tagtree.rules.facts import Fact, Facts
from tagtree.rules.rule_set import Rule, Scope
from tagtree.tree import Tag, TagTree
from tests.unit.tagtree.rules.rule_factories import NOON, decide, facts, message, named, rule, rule_lists

PRICE = Contains(("价格",))
NOW = Facts("", "", at=NOON).instant or 0


def fired(decision: Decision) -> list[str]:
    return [each.rule_id for each in decision.fired]


def chain(length: int) -> list[Rule]:
    """Each rule puts on the tag that the next one asks for; entered last first."""
    links = [rule(f"r{number}", Tagged((number,)), AddTag(number + 1)) for number in range(1, length)]
    return [*reversed(links), rule("r0", PRICE, AddTag(1))]


def test_what_one_rule_does_the_next_pass_sees() -> None:
    decision = decide(message("价格"), *chain(3))

    assert decision.fired == (
        Fired("r0", "rule r0", ((0, 2),), ("价格",), 1),
        Fired("r1", "rule r1", (), (), 2, ("r0",)),
        Fired("r2", "rule r2", (), (), 3, ("r1",)),
    )
    assert [change.tag_id for change in decision.tags] == [1, 2, 3]
    assert not decision.chain_cut


def test_a_chain_ends_at_its_limit_and_the_decision_says_so() -> None:
    decision = decide(message("价格"), *chain(9), max_chain=4)

    assert fired(decision) == ["r0", "r1", "r2", "r3"]
    assert decision.blocked == (Blocked("r4", "rule r4", ChainTooLong(4)),)
    assert decision.chain_cut


def test_a_chain_that_ends_by_itself_at_the_limit_was_not_cut() -> None:
    decision = decide(message("价格"), *chain(4), max_chain=4)

    assert fired(decision) == ["r0", "r1", "r2", "r3"]
    assert (decision.blocked, decision.chain_cut) == ((), False)


def test_rules_that_set_off_one_another_fire_once_each() -> None:
    there = rule("there", Tagged((1,)), AddTag(2))
    back = rule("back", Tagged((2,)), RemoveTag(1))

    decision = decide(message("", tags=frozenset({1})), there, back)

    assert fired(decision) == ["there", "back"]
    assert not decision.chain_cut


def test_a_tag_already_there_sets_off_nothing() -> None:
    again = rule("again", PRICE, AddTag(1))
    tagged = rule("tagged", Tagged((1,)), AddTag(2))

    decision = decide(message("价格", tags=frozenset({1})), again, tagged)

    assert [each.round for each in decision.fired] == [1, 1]


def test_a_rule_that_was_not_met_at_first_is_not_told_as_blocked_once_it_fires() -> None:
    both = rule("both", AllOf((PRICE, Tagged((1,)))), AddTag(2))

    decision = decide(message("价格"), both, rule("price", PRICE, AddTag(1)))

    assert fired(decision) == ["price", "both"]
    assert decision.blocked == ()


def test_a_tag_under_another_sets_off_the_rules_of_its_branch() -> None:
    tree = TagTree.of([Tag(1, None, "产品"), Tag(2, 1, "衬衫")])
    branch = rule("branch", Tagged((1,)), Reply("看看新品"))

    decision = decide(message("价格"), rule("price", PRICE, AddTag(2)), branch, tree=tree)

    assert fired(decision) == ["price", "branch"]


def test_a_class_given_by_a_rule_replaces_the_one_it_seemed_to_be() -> None:
    angry = rule("angry", PRICE, SetClass("投诉"))
    complaint = rule("complaint", InClass(("投诉",)), StartLadder("urgent"))
    question = rule("question", AllOf((PRICE, InClass(("咨询",)), Tagged((1,)))), Reply("您好"))

    decision = decide(replace(message("价格"), classes=frozenset({"咨询"})), angry, complaint, question)

    assert (decision.class_name, decision.class_rule_id) == ("投诉", "angry")
    assert decision.ladders == (RuleLadder("complaint", "urgent"),)
    assert decision.blocked == (Blocked("question", "rule question", NotMet()),)


def test_the_third_time_is_counted_with_the_message_that_makes_it_three() -> None:
    asked = rule("asked", PRICE, Reply("88 元"))
    third = rule("third", Counter("asked", 3, 7), OpenTask("回电", "callback"))
    two_before = replace(message("价格"), at=NOON, hits={"asked": (NOW - 2, NOW - 1)})

    decision = decide(two_before, third, asked)

    assert decision.tasks == (RuleTask("third", "回电", "callback"),)
    assert decision.fired[1].causes == ("asked",)
    assert decide(replace(two_before, hits={"asked": (NOW - 1,)}), third, asked).tasks == ()


def test_what_stops_stops_everything_after_it_in_every_pass() -> None:
    stop = rule("stop", PRICE, AddTag(1), priority=5, stop=True)
    before = rule("before", Tagged((1,)), AddTag(2), priority=9)
    after = rule("after", Tagged((2,)), AddTag(3))

    decision = decide(message("价格"), after, before, stop)

    assert fired(decision) == ["stop", "before"]
    assert decision.blocked == (Blocked("after", "rule after", StoppedBy(named("stop"))),)


def test_a_rule_rests_for_a_customer_for_whom_it_fired() -> None:
    resting = rule("resting", PRICE, cooldown=60_000)
    fired_before = replace(message("价格"), at=NOON, last_fired={"resting": NOW - 20_000})

    decision = decide(fired_before, resting)

    assert decision.blocked == (Blocked("resting", "rule resting", CoolingDown(NOON + timedelta(seconds=40))),)
    assert "2026-10-01 12:00:40" in decision.blocked[0].reason.wording.en
    assert fired(decide(replace(fired_before, last_fired={"resting": NOW - 60_000}), resting)) == ["resting"]
    assert fired(decide(replace(fired_before, last_fired={}), resting)) == ["resting"]


def test_a_rule_rests_through_the_night_in_which_clocks_are_put_back() -> None:
    evening = datetime(2026, 10, 24, 22, 0, tzinfo=ZoneInfo("Europe/Berlin"))
    asked = replace(message("价格"), at=evening)
    fired_now = replace(asked, last_fired={"resting": asked.instant or 0})

    decision = decide(fired_now, rule("resting", PRICE, cooldown=12 * 3_600_000))

    assert "2026-10-25 09:00:00" in decision.blocked[0].reason.wording.en


def test_a_rule_with_a_cooldown_is_left_alone_when_nobody_knows_when_it_fired() -> None:
    decision = decide(replace(message("价格"), at=NOON), rule("resting", PRICE, cooldown=60_000))

    assert decision.blocked == (Blocked("resting", "rule resting", FactUnknown((Fact.LAST_FIRED,))),)


def test_of_a_group_only_the_first_fires() -> None:
    first = rule("first", PRICE, Reply("一"), group="greeting", priority=1)
    second = rule("second", PRICE, Reply("二"), group="greeting")
    other = rule("other", PRICE, Reply("三"), group="farewell")

    decision = decide(message("价格"), second, first, other)

    assert fired(decision) == ["first", "other"]
    assert decision.blocked == (Blocked("second", "rule second", GroupTaken("greeting", named("first"))),)


def test_a_fallback_fires_only_when_nothing_else_did_wherever_it_stands() -> None:
    fallback = rule("fallback", Pattern(""), Reply("请稍等"), priority=99, fallback=True)
    price = rule("price", PRICE, Reply("88 元"))

    assert fired(decide(message("你好"), fallback, price)) == ["fallback"]
    answered = decide(message("价格"), fallback, price)
    assert fired(answered) == ["price"]
    assert answered.blocked == (Blocked("fallback", "rule fallback", AnsweredBy(named("price"))),)


def test_what_a_fallback_does_sets_off_nothing_more() -> None:
    fallback = rule("fallback", Pattern(""), AddTag(1), fallback=True)

    decision = decide(message("你好"), fallback, rule("tagged", Tagged((1,))))

    assert fired(decision) == ["fallback"]


@pytest.mark.parametrize(
    ("scope", "reason"),
    [
        pytest.param(Scope(("kf",)), None, id="channel"),
        pytest.param(Scope(("app",)), OutOfScope(), id="another channel"),
        pytest.param(Scope((), ("spring",)), None, id="code"),
        pytest.param(Scope(("kf",), ("desk",)), OutOfScope(), id="another code"),
    ],
)
def test_a_rule_holds_within_its_scope(scope: Scope, reason: OutOfScope | None) -> None:
    decision = decide(replace(message("价格"), live_code="spring"), rule("a", PRICE, scope=scope))

    assert decision.blocked == (() if reason is None else (Blocked("a", "rule a", reason),))
    assert fired(decision) == (["a"] if reason is None else [])


def test_a_scope_of_codes_does_not_hold_while_the_code_is_unknown() -> None:
    decision = decide(message("价格"), rule("a", PRICE, scope=Scope((), ("spring",))))

    assert decision.blocked == (Blocked("a", "rule a", FactUnknown((Fact.LIVE_CODE,))),)


def test_a_rule_that_is_switched_off_is_never_asked() -> None:
    assert decide(message("价格"), replace(rule("a", PRICE), enabled=False)) == Decision()


def test_ladders_and_webhooks_are_started_once_and_classes_by_the_first_rule() -> None:
    first = rule("first", PRICE, StartLadder("l"), CallWebhook("w"), SetClass("投诉"), priority=1)
    second = rule("second", PRICE, StartLadder("l"), CallWebhook("w"), SetClass("咨询"))

    decision = decide(message("价格"), first, second)

    assert decision.ladders == (RuleLadder("first", "l"),)
    assert decision.webhooks == (RuleWebhook("first", "w"),)
    assert decision.class_name == "投诉"
    assert decision.blocked == (Blocked("second", "rule second", OverruledBy(named("first"), SetClass("咨询"))),)


def test_a_rule_of_another_channel_by_negation_is_not_told_on_every_message() -> None:
    assert decide(message("你好"), rule("a", NoneOf((Channel(("kf",)),)))) == Decision()


@given(rule_lists, facts)
def test_no_rule_fires_twice_and_none_is_both_fired_and_blocked_as_a_whole(rules: list[Rule], facts: Facts) -> None:
    decision = decide(facts, *rules)

    of_actions = (OverruledBy,)
    blocked = {each.rule_id for each in decision.blocked if not isinstance(each.reason, of_actions)}
    assert len(set(fired(decision))) == len(decision.fired)
    assert blocked.isdisjoint(fired(decision))


@given(rule_lists, facts)
def test_a_chain_has_at_most_its_passes_and_every_later_link_names_its_cause(rules: list[Rule], facts: Facts) -> None:
    decision = decide(facts, *rules, max_chain=2)

    for each in decision.fired:
        assert each.round <= 2
        assert each.round == 1 or set(each.causes) <= {link.rule_id for link in decision.fired if link.round == 1}

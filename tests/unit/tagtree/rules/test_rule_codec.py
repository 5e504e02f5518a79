import json
from datetime import date
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tagtree.rules.action_codec import ACTION_KINDS
from tagtree.rules.actions import (
    Action,
    AddTag,
    CallWebhook,
    HandToHuman,
    MoveToPool,
    OpenTask,
    RemoveTag,
    Reply,
    SetClass,
    StartLadder,
)
from tagtree.rules.codec import MAX_ACTIONS, read_rule, read_rule_set, write_rule, write_rule_set
from tagtree.rules.condition_checks import MAX_NESTING
from tagtree.rules.condition_codec import CONDITION_KINDS, MAX_PARTS, MAX_WORDS, write_condition
from tagtree.rules.conditions import (
    AllOf,
    AnyOf,
    Channel,
    Condition,
    Contains,
    Counter,
    Exact,
    FactCondition,
    Group,
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
    walk,
)
from tagtree.rules.facts import Sender
from tagtree.rules.matcher import compile_rule_set
from tagtree.rules.rule_set import Rule, RuleSet, Samples, Scope
from tagtree.rules.time_window import Hours, SpecialDay, WeekHours
from tests.unit.tagtree.rules.rule_factories import conditions, rule_lists

PRICE: dict[str, Any] = {
    "id": "price",
    "name": "问价",
    "priority": 100,
    "when": {"kind": "contains", "words": ["价格", "报价"]},
    "then": [
        {"do": "add_tag", "tag_id": 3},
        {"do": "remove_tag", "tag_id": 4},
        {"do": "reply", "text": "稍等"},
        {"do": "move_to_pool", "pool_id": 2},
        {"do": "hand_to_human"},
    ],
    "stop": True,
}
PRICE_RULE = Rule(
    "price",
    "问价",
    100,
    Contains(("价格", "报价")),
    (AddTag(3), RemoveTag(4), Reply("稍等"), MoveToPool(2), HandToHuman()),
    stop=True,
)
CONDITIONS: dict[str, Any] = {
    "kind": "all_of",
    "conditions": [
        {
            "kind": "any_of",
            "conditions": [{"kind": "exact", "words": ["价"]}, {"kind": "pattern", "pattern": "价.*格"}],
        },
        {"kind": "none_of", "conditions": [{"kind": "channel", "names": ["kf"]}]},
    ],
}


def test_a_rule_reads_as_it_is_written() -> None:
    assert read_rule(PRICE) == PRICE_RULE
    assert write_rule(PRICE_RULE) == PRICE


def test_every_kind_of_condition_reads_as_it_is_written() -> None:
    condition = AllOf((AnyOf((Exact(("价",)), Pattern("价.*格"))), NoneOf((Channel(("kf",)),))))

    read = read_rule({**PRICE, "when": CONDITIONS})

    assert isinstance(read, Rule)
    assert read.condition == condition
    assert write_rule(read)["when"] == CONDITIONS


HOURS: dict[str, Any] = {
    "week": {"monday": ["09:00-12:00", "13:30-24:00"], "saturday": ["20:00-02:00"]},
    "special_days": [{"date": "2026-10-01", "hours": []}],
}


@pytest.mark.parametrize(
    ("condition", "written"),
    [
        (Prefix(("价",)), {"kind": "prefix", "words": ["价"]}),
        (Suffix(("吗",)), {"kind": "suffix", "words": ["吗"]}),
        (NearMiss(("退换货",), 1), {"kind": "near_miss", "words": ["退换货"], "errors": 1}),
        (MessageKind(("image",)), {"kind": "message_kind", "kinds": ["image"]}),
        (LiveCode(("spring",)), {"kind": "live_code", "codes": ["spring"]}),
        (InClass(("投诉",)), {"kind": "class", "names": ["投诉"]}),
        (Tagged((3, 4)), {"kind": "tagged", "tag_ids": [3, 4]}),
        (NewCustomer(False), {"kind": "new_customer", "is_new": False}),
        (SentBy(Sender.EMPLOYEE), {"kind": "sent_by", "sender": "employee"}),
        (Region(("上海",)), {"kind": "region", "names": ["上海"]}),
        (Counter("price", 3, 7), {"kind": "counter", "rule_id": "price", "times": 3, "days": 7}),
        (PreviousContains(("优惠",)), {"kind": "previous_contains", "words": ["优惠"]}),
        (PreviousFired(("price",)), {"kind": "previous_fired", "rule_ids": ["price"]}),
        (
            TimeWindow(
                WeekHours(
                    ((Hours(540, 720), Hours(810, 1440)), (), (), (), (), (Hours(1200, 120),), ()),
                    (SpecialDay(date(2026, 10, 1)),),
                )
            ),
            {"kind": "time_window", **HOURS},
        ),
    ],
    ids=lambda value: value["kind"] if isinstance(value, dict) else "",
)
def test_a_condition_about_more_than_words_reads_as_it_is_written(condition: Condition, written: Any) -> None:
    read = read_rule({**PRICE, "when": written})

    assert isinstance(read, Rule)
    assert read.condition == condition
    assert write_rule(read)["when"] == written


def test_every_action_and_option_reads_as_it_is_written() -> None:
    written = {
        **PRICE,
        "then": [
            {"do": "add_tag", "tag_id": 3, "tag_name": "意向 / 问价"},
            {"do": "set_class", "name": "咨询"},
            {"do": "start_ladder", "ladder": "urgent"},
            {"do": "call_webhook", "name": "crm"},
            {"do": "open_task", "title": "回电", "kind": "callback"},
            {"do": "open_task", "title": "回访"},
        ],
        "cooldown_seconds": 60,
        "group": "greeting",
        "fallback": True,
        "enabled": False,
        "scope": {"channels": ["kf"], "live_codes": ["spring"]},
        "samples": {"must_match": ["价格"], "must_not_match": ["价钱"]},
    }

    read = read_rule(written)

    assert read == Rule(
        "price",
        "问价",
        100,
        Contains(("价格", "报价")),
        (
            AddTag(3, "意向 / 问价"),
            SetClass("咨询"),
            StartLadder("urgent"),
            CallWebhook("crm"),
            OpenTask("回电", "callback"),
            OpenTask("回访"),
        ),
        stop=True,
        cooldown=60_000,
        group="greeting",
        fallback=True,
        scope=Scope(("kf",), ("spring",)),
        enabled=False,
        samples=Samples(("价格",), ("价钱",)),
    )
    assert write_rule(read) == written


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(conditions | rule_lists.filter(bool).map(lambda rules: rules[0].condition))
def test_the_kinds_written_are_those_that_are_named(condition: Condition) -> None:
    assert {write_condition(each)["kind"] for each in walk(condition)} <= set(CONDITION_KINDS)


def test_every_kind_has_a_name() -> None:
    kinds = {*get_args(TextCondition), *get_args(FactCondition), *get_args(Group)}

    assert len(CONDITION_KINDS) == len(kinds)
    assert len(ACTION_KINDS) == len(get_args(Action))


def test_a_rule_that_does_not_say_stop_does_not_stop() -> None:
    read = read_rule({key: value for key, value in PRICE.items() if key != "stop"})

    assert isinstance(read, Rule)
    assert read.stop is False


@given(rule_lists)
def test_a_rule_set_survives_json(rules: list[Rule]) -> None:
    rule_set = RuleSet(7, 3, tuple(rules))

    assert read_rule_set(json.loads(json.dumps(write_rule_set(rule_set)))) == rule_set


def nested(levels: int) -> dict[str, Any]:
    condition: dict[str, Any] = {"kind": "exact", "words": ["价"]}
    for _ in range(levels):
        condition = {"kind": "all_of", "conditions": [condition]}
    return condition


@pytest.mark.parametrize(
    ("change", "path", "reason"),
    [
        pytest.param({"id": "价"}, "id", "The rule id has", id="id characters"),
        pytest.param({"id": ""}, "id", "0 characters", id="id empty"),
        pytest.param({"name": 5}, "name", "Text is expected", id="name a number"),
        pytest.param({"name": "价\ud800"}, "name", "half of a character", id="lone surrogate"),
        pytest.param({"name": "长" * 101}, "name", "101 characters", id="name long"),
        pytest.param({"priority": True}, "priority", "whole number", id="priority a flag"),
        pytest.param({"priority": 10**9}, "priority", "whole number", id="priority out of range"),
        pytest.param({"priority": 1.5}, "priority", "whole number", id="priority a fraction"),
        pytest.param({"stop": "yes"}, "stop", "true or false", id="stop a text"),
        pytest.param({"colour": 1, "stop": True}, "colour", "not known", id="unknown key"),
        pytest.param({"when": None}, "when.kind", "no such kind", id="no condition"),
        pytest.param(
            {"when": {"kind": "near_miss", "words": ["退换货"], "errors": 4}}, "when.errors", "range", id="errors"
        ),
        pytest.param({"when": {"kind": "sent_by", "sender": "robot"}}, "when.sender", "no such sender", id="sender"),
        pytest.param({"when": {"kind": "sent_by", "sender": []}}, "when.sender", "no such sender", id="sender a list"),
        pytest.param({"when": {"kind": "new_customer", "is_new": 1}}, "when.is_new", "true or false", id="is new"),
        pytest.param({"when": {"kind": "tagged", "tag_ids": ["3"]}}, "when.tag_ids[0]", "whole", id="tag id a text"),
        pytest.param(
            {"when": {"kind": "counter", "rule_id": "a", "times": 0, "days": 7}}, "when.times", "range", id="no times"
        ),
        pytest.param(
            {"when": {"kind": "time_window", "week": {"monday": ["9-18"]}}}, "when.week.monday[0]", "hours", id="hours"
        ),
        pytest.param(
            {"when": {"kind": "time_window", "week": {"monday": ["24:00-25:00"]}}},
            "when.week.monday[0]",
            "hours",
            id="hours beyond the day",
        ),
        pytest.param(
            {"when": {"kind": "time_window", "week": {"someday": []}}}, "when.week.someday", "not known", id="weekday"
        ),
        pytest.param(
            {"when": {"kind": "time_window", "week": {}, "special_days": [{"date": "2026-02-30", "hours": []}]}},
            "when.special_days[0].date",
            "no date",
            id="a date that is none",
        ),
        pytest.param({"cooldown_seconds": -1}, "cooldown_seconds", "range", id="cooldown"),
        pytest.param({"group": 1}, "group", "Text is expected", id="group"),
        pytest.param({"scope": {"channel": ["kf"]}}, "scope.channel", "not known", id="scope key"),
        pytest.param({"samples": {"must_match": [1]}}, "samples.must_match[0]", "Text is expected", id="sample"),
        pytest.param({"then": [{"do": "open_task", "title": ""}]}, "then[0].title", "0 characters", id="no title"),
        pytest.param({"when": {"kind": "fuzzy", "words": []}}, "when.kind", "no such kind", id="unknown kind"),
        pytest.param({"when": {"kind": ["exact"]}}, "when.kind", "no such kind", id="kind a list"),
        pytest.param({"when": {"kind": "exact"}}, "when.words", "missing", id="words missing"),
        pytest.param({"when": {"kind": "exact", "words": "价"}}, "when.words", "A list", id="words a text"),
        pytest.param({"when": {"kind": "exact", "words": []}}, "when.words", "no words", id="no words"),
        pytest.param({"when": {"kind": "exact", "words": ["a", ""]}}, "when.words[1]", "0 char", id="empty word"),
        pytest.param({"when": {"kind": "exact", "words": ["\u200b"]}}, "when.words[0]", "visible", id="invisible word"),
        pytest.param(
            {"when": {"kind": "exact", "words": ["a"] * (MAX_WORDS + 1)}}, "when.words", "more", id="many words"
        ),
        pytest.param({"when": {"kind": "exact", "words": ["a" * 101]}}, "when.words[0]", "101", id="long word"),
        pytest.param({"when": {"kind": "exact", "words": ["a"], "word": 1}}, "when.word", "not known", id="extra key"),
        pytest.param({"when": {"kind": "pattern", "pattern": "(?=a)"}}, "when.pattern", "RE2 refuses", id="look-ahead"),
        pytest.param({"when": {"kind": "pattern", "pattern": "a" * 501}}, "when.pattern", "501", id="long pattern"),
        pytest.param({"when": {"kind": "channel", "names": []}}, "when.names", "no channels", id="no channels"),
        pytest.param({"when": {"kind": "channel", "names": [" "]}}, "when.names[0]", "no name", id="empty channel"),
        pytest.param({"when": {"kind": "any_of", "conditions": []}}, "when.conditions", "no cond", id="empty group"),
        pytest.param(
            {"when": {"kind": "any_of", "conditions": [nested(0)] * (MAX_PARTS + 1)}},
            "when.conditions",
            "more",
            id="wide",
        ),
        pytest.param({"when": nested(9)}, "when" + ".conditions[0]" * 8, "nested", id="deep"),
        pytest.param({"when": nested(5_000)}, "when" + ".conditions[0]" * 8, "nested", id="very deep"),
        pytest.param({"then": []}, "then", "does nothing", id="no actions"),
        pytest.param(
            {"then": [{"do": "set_class", "name": "长" * 33}]}, "then[0].name", "33 characters", id="class name long"
        ),
        pytest.param({"then": [{"do": "dance"}]}, "then[0].do", "no such action", id="unknown action"),
        pytest.param({"then": [{"do": "add_tag", "tag_id": 0}]}, "then[0].tag_id", "whole number", id="tag id"),
        pytest.param({"then": [{"do": "add_tag"}]}, "then[0].tag_id", "missing", id="tag id missing"),
        pytest.param({"then": [{"do": "hand_to_human", "to": 1}]}, "then[0].to", "not known", id="action key"),
        pytest.param({"then": [{"do": "reply", "text": ""}]}, "then[0].text", "0 characters", id="empty reply"),
        pytest.param({"then": [{"do": "hand_to_human"}] * (MAX_ACTIONS + 1)}, "then", "more", id="many actions"),
    ],
)
def test_a_rule_that_cannot_be_read_is_refused_at_its_place(change: dict[str, Any], path: str, reason: str) -> None:
    problems = read_rule({**PRICE, **change})

    assert isinstance(problems, list)
    assert [problem.path for problem in problems] == [path]
    assert reason in problems[0].reason.en
    assert problems[0].reason.zh
    assert problems[0].hint.en
    assert problems[0].hint.zh


@pytest.mark.parametrize(
    ("sample", "rules", "told"),
    [
        pytest.param("价", 101, "10100 samples of 10100 characters", id="many"),
        pytest.param("价" * 2_000, 6, "600 samples of 1200000 characters", id="long"),
    ],
)
def test_samples_of_all_rules_together_are_bounded(sample: str, rules: int, told: str) -> None:
    many = [{**PRICE, "id": f"r{number}", "samples": {"must_match": [sample] * 100}} for number in range(rules)]

    problems = read_rule_set({"id": 1, "version": 1, "rules": many})

    assert isinstance(problems, list)
    assert [problem.path for problem in problems] == ["rules"]
    assert told in problems[0].reason.en


def test_every_problem_of_a_rule_set_is_told_at_once() -> None:
    second = {**PRICE, "id": "b", "priority": "high", "when": {"kind": "exact", "words": [1]}}

    problems = read_rule_set({"id": 1, "version": 1, "rules": [{**PRICE, "name": ""}, second, "rule"]})

    assert isinstance(problems, list)
    assert [problem.path for problem in problems] == [
        "rules[0].name",
        "rules[1].priority",
        "rules[1].when.words[0]",
        "rules[2]",
    ]


def test_two_rules_with_one_id_are_refused() -> None:
    problems = read_rule_set({"id": 1, "version": 1, "rules": [PRICE, PRICE]})

    assert isinstance(problems, list)
    assert [problem.path for problem in problems] == ["rules[1].id"]


def test_a_rule_set_that_counts_a_rule_it_does_not_have_is_refused() -> None:
    counting = {**PRICE, "when": {"kind": "counter", "rule_id": "gone", "times": 1, "days": 1}}

    problems = read_rule_set({"id": 1, "version": 1, "rules": [counting]})

    assert isinstance(problems, list)
    assert [problem.path for problem in problems] == ["rules[0].when.rule_id"]


def test_a_flood_of_problems_is_cut() -> None:
    problems = read_rule_set({"id": 1, "version": 1, "rules": [None] * 5_000})

    assert isinstance(problems, list)
    assert len(problems) == 100


def test_a_pattern_for_every_message_is_read_for_it_only_wants_confirmation() -> None:
    assert isinstance(read_rule({**PRICE, "when": {"kind": "pattern", "pattern": ""}}), Rule)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@given(JSON | st.fixed_dictionaries({"id": JSON, "version": JSON, "rules": JSON | st.lists(JSON, max_size=3)}))
def test_whatever_comes_is_read_or_refused(content: object) -> None:
    read = read_rule_set(content)

    assert isinstance(read, RuleSet) or read


@given(st.sampled_from(sorted(PRICE)), JSON)
def test_a_rule_with_any_field_spoilt_is_compiled_or_refused(key: str, value: object) -> None:
    read = read_rule_set({"id": 1, "version": 1, "rules": [{**PRICE, key: value}]})

    if isinstance(read, list):
        assert read
    else:
        assert compile_rule_set(read).rule_set == read


def test_the_deepest_condition_allowed_is_read() -> None:
    assert isinstance(read_rule({**PRICE, "when": nested(MAX_NESTING)}), Rule)

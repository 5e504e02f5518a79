"""Rules and stored decisions are told in sentences."""

from datetime import UTC, datetime
from typing import Any, get_args
from zoneinfo import ZoneInfo

import pytest

from router.domain.assignment import Exclusion
from router.domain.policies import Policy
from router.web.console.board import cap_source
from router.web.console.forms import Form
from router.web.console.pages.rule_tester import Piece, pieces_of
from router.web.console.rule_words import Differences, Names, action_sentence, condition_sentence, differences
from router.web.console.sentences import LEFT_OUT, assignment_reasons, capped_in, event_sentences
from router.web.console.tester_form import facts_of, read_tester_form
from router.web.i18n import CHINESE, ENGLISH, Words
from tagtree.rules.facts import Facts, PreviousTurn, Sender

EN = Words(ENGLISH, lambda: ZoneInfo("UTC"))
ZH = Words(CHINESE, lambda: ZoneInfo("UTC"))
NAMES = Names({3: "意向 / 问价"}, {2: "VIP"}, {"r1": "问价", "r2": "退货"})


@pytest.mark.parametrize(
    ("condition", "english", "chinese"),
    [
        pytest.param(
            {"kind": "contains", "words": ["价格", "报价"]},
            "the message contains “价格” or “报价”",
            "消息包含“价格” 或 “报价”",
            id="words",
        ),
        pytest.param(
            {"kind": "contains", "words": list("一二三四五六七八")},
            "the message contains “一” or “二” or “三” or “四” or “五” or “六” and 2 more",
            "消息包含“一” 或 “二” 或 “三” 或 “四” 或 “五” 或 “六” 等另外 2 个",
            id="many words",
        ),
        pytest.param(
            {
                "kind": "all_of",
                "conditions": [
                    {"kind": "pattern", "pattern": "价.格"},
                    {"kind": "none_of", "conditions": [{"kind": "exact", "words": ["取消"]}]},
                ],
            },
            "the message matches 价.格 and (none of: the message is exactly “取消”)",
            "消息匹配 价.格，且(以下都不满足：消息完全等于“取消”)",
            id="nested",
        ),
        pytest.param(
            {"kind": "message_kind", "kinds": ["image", "note"]},
            "the message is of the kind “picture” or “note”",
            "消息类型为 “图片” 或 “note”",
            id="kinds of messages",
        ),
        pytest.param(
            {"kind": "channel", "names": ["kf"]},
            "it comes through “WeChat customer service”",
            "来自渠道“微信客服”",
            id="channels",
        ),
        pytest.param(
            {"kind": "previous_fired", "rule_ids": ["r1", "gone"]},
            "rule “问价” or “gone” fired on the message before",
            "上一条消息触发了规则 “问价” 或 “gone”",
            id="rules by name, as long as somebody knows it",
        ),
        pytest.param(
            {"kind": "counter", "rule_id": "r2", "times": 3, "days": 7},
            "rule “退货” fired at least 3 times in 7 days",
            "规则“退货”在 7 天内至少触发 3 次",
            id="counter of a rule",
        ),
        pytest.param({"kind": "of another time"}, "", "", id="unknown kind"),
    ],
)
def test_a_condition_reads_as_a_sentence(condition: dict[str, Any], english: str, chinese: str) -> None:
    assert (condition_sentence(condition, EN, NAMES), condition_sentence(condition, ZH, NAMES)) == (english, chinese)


def test_an_action_names_what_it_leads_to() -> None:
    actions: list[dict[str, Any]] = [
        {"do": "add_tag", "tag_id": 3},
        {"do": "remove_tag", "tag_id": 99},
        {"do": "move_to_pool", "pool_id": 2},
        {"do": "reply", "text": "x" * 60},
        {"do": "hand_to_human"},
    ]

    assert [action_sentence(action, NAMES, EN) for action in actions] == [
        "put on 意向 / 问价",
        "take off 99",
        "move to VIP",
        f"answer “{'x' * 39}…”",
        "hand over to a person",
    ]


def test_a_draft_differs_by_the_names_of_its_rules() -> None:
    published = {"rules": [{"id": "a", "name": "A"}, {"id": "b", "name": "B"}]}
    draft = {"rules": [{"id": "a", "name": "A2"}, {"id": "c", "name": "C"}]}

    assert differences(draft, published) == Differences(added=("C",), changed=("A2",), removed=("B",))


def test_an_assignment_says_why_each_agent_was_or_was_not_chosen() -> None:
    def candidate(agent_id: int, name: str, load: int) -> dict[str, Any]:
        return {"agent_id": agent_id, "name": name, "load": load, "weight": 1}

    decision = {
        "chosen": 1,
        "ask": {"policy": "idle_first", "sticky_agent_id": None},
        "order": [1, 2],
        "candidates": [candidate(1, "Ann", 0), candidate(2, "Ben", 4), candidate(3, "Cy", 20), candidate(4, "Di", 0)],
        "left_out": [
            {
                "agent_id": 3,
                "reason": "at_cap",
                "limit": {"subject": "agent:3", "window": "day", "taken": 20, "places": 20},
            },
            {"agent_id": 4, "reason": "off_duty", "limit": None},
        ],
    }

    assert assignment_reasons(decision, {"agent:3": "Cy"}, EN) == [
        "Ann was chosen: the least load for the weight of all who had a place (0 today, weight 1).",
        "Ben stood behind: 4 today, weight 1.",
        "Cy was left out: full, 20 of 20 taken (cap of agent Cy, per day).",
        "Di was left out: off duty.",
    ]


def test_an_agent_who_lost_the_last_place_is_not_said_to_have_stood_behind() -> None:
    decision = {
        "chosen": 2,
        "ask": {"policy": "idle_first", "sticky_agent_id": None},
        "order": [1, 2],
        "candidates": [
            {"agent_id": 1, "name": "Ann", "load": 0, "weight": 1},
            {"agent_id": 2, "name": "Ben", "load": 5, "weight": 1},
        ],
    }

    assert assignment_reasons(decision, {}, EN) == [
        "Ben was chosen: the least load for the weight of all who had a place (5 today, weight 1).",
        "Ann was asked first, but lost the last place or code to somebody else.",
    ]


@pytest.mark.parametrize("words", [EN, ZH], ids=["en", "zh"])
@pytest.mark.parametrize("policy", get_args(Policy))
def test_each_policy_has_its_own_reason_for_the_first_of_its_order(policy: Policy, words: Words) -> None:
    def said(policy: Policy) -> list[str]:
        ann = {"agent_id": 1, "name": "Ann", "load": 0, "weight": 1}
        return assignment_reasons(
            {"chosen": 1, "ask": {"policy": policy, "sticky_agent_id": None}, "order": [1], "candidates": [ann]},
            {},
            words,
        )

    others = [said(each) for each in get_args(Policy) if each != policy]

    assert said(policy) not in others
    assert ("选中" in said(policy)[0]) == (words is ZH)


@pytest.mark.parametrize("reason", sorted(set(get_args(Exclusion)) - {"at_cap"}))
def test_every_reason_for_leaving_somebody_out_is_told_in_both_languages(reason: str) -> None:
    decision = {
        "chosen": None,
        "ask": {"policy": "idle_first", "sticky_agent_id": None},
        "order": [],
        "candidates": [{"agent_id": 1, "name": "Ann", "load": 0, "weight": 1}],
        "left_out": [{"agent_id": 1, "reason": reason, "limit": None}],
    }

    (english,), (chinese,) = assignment_reasons(decision, {}, EN), assignment_reasons(decision, {}, ZH)

    assert english == LEFT_OUT[reason] % {"name": "Ann"}
    assert chinese.startswith("未选Ann：")
    assert chinese != english


def test_a_cap_that_the_pool_sets_for_each_member_is_named_as_the_pools() -> None:
    turns = {"subject": "agent:1@pool:2", "window": "round", "places": 1, "taken": 1, "source": "pool:2"}
    decision = {
        "chosen": None,
        "ask": {"policy": "round_robin", "sticky_agent_id": None},
        "order": [],
        "candidates": [{"agent_id": 1, "name": "Ann", "load": 1, "weight": 1}],
        "left_out": [{"agent_id": 1, "reason": "at_cap", "limit": turns}],
    }

    named = {"agent:1": "Ann", "pool:2": "sales"}
    assert capped_in([decision]) == {"pool:2"}
    assert assignment_reasons(decision, named, EN) == [
        "Ann was left out: full, 1 of 1 taken (cap of pool sales, per round)."
    ]
    assert assignment_reasons(decision, {}, EN) == ["Ann was left out: full, 1 of 1 taken (cap of pool 2, per round)."]


@pytest.mark.parametrize(
    ("subject", "english", "chinese"),
    [
        ("agent:1@pool:2", "Ann in the pool sales", "员工“Ann”在接待池“sales”"),
        ("agent:1@code:7", "Ann at the live code spring", "员工“Ann”在活码“spring”"),
        ("code:7", "live code spring", "活码“spring”"),
    ],
)
def test_a_cap_names_agent_pool_and_code_instead_of_their_numbers(subject: str, english: str, chinese: str) -> None:
    named = {"agent:1": "Ann", "pool:2": "sales", "code:7": "spring"}

    assert cap_source(subject, "day", named, EN) == f"cap of {english}, per day"
    assert cap_source(subject, "day", named, ZH) == f"{chinese}的上限，每天"


def test_without_a_stored_decision_there_are_no_reasons() -> None:
    assert assignment_reasons({}, {}, EN) == []


def test_an_event_tells_what_came_of_it() -> None:
    message = {
        "rule_sets": [
            {
                "id": 1,
                "name": "询价",
                "version": 2,
                "fired": [{"rule_id": "price", "name": "问价", "spans": [[0, 2]], "texts": ["价格"]}],
                "blocked": [{"rule_id": "b", "name": "砍价", "en": "Another came first.", "zh": "其他规则在前。"}],
            }
        ],
        "replies": ["x"],
        "hand_over": "the customer asks for a person",
        "agent_id": 7,
        "session": "waiting",
    }

    assert event_sentences("message_received", message, {7: "张三"}, {}, ZH) == [
        "规则“问价”命中：“价格”。",
        "规则“砍价”未生效：其他规则在前。",
        "已安排 1 条回复。",
        "转人工：客户要求人工。",
        "由张三接待。",
        "会话当前状态：等待人工。",
    ]


def test_an_event_that_was_not_decided_has_no_sentences() -> None:
    kinds = ("customer_added", "customer_lost", "of another time")

    undecided = [event_sentences(name, {}, {}, {}, EN) for name in kinds]

    assert undecided == [[], [], []]


def test_a_text_is_cut_where_the_rules_that_met_it_change() -> None:
    pieces = pieces_of("价值观不合格", [((0, 3), 0), ((2, 6), 1), ((9, 12), 2)])

    assert pieces == (Piece("价值", (0,)), Piece("观", (0, 1)), Piece("不合格", (1,)))
    assert pieces_of("什么价钱", [((2, 4), 0), ((2, 4), 0)]) == (Piece("什么"), Piece("价钱", (0,)))


@pytest.mark.parametrize(
    ("fields", "messages", "is_cut"),
    [
        pytest.param({"texts": " a \r\n\r\nb"}, ["a", "b"], False, id="one a line"),
        pytest.param({"texts": "a\r\nb", "whole": "yes"}, ["a\nb"], False, id="one of two lines"),
        pytest.param({"texts": "b\n" * 50}, ["b"] * 20, True, id="too many"),
        pytest.param({"texts": "长" * 10_001}, ["长" * 10_000], True, id="too long"),
        pytest.param({"texts": ""}, [], False, id="none"),
    ],
)
def test_the_tester_takes_a_bounded_number_of_texts_and_says_when_it_left_some_out(
    fields: dict[str, str], messages: list[str], is_cut: bool
) -> None:
    form = read_tester_form(Form(tuple(fields.items())))

    assert (form.messages, form.is_cut) == (messages, is_cut)


def test_what_is_filled_in_becomes_facts_and_what_is_not_stays_unknown() -> None:
    at = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
    filled = {
        "channel": "app",
        "sender": "unknown",
        "tag_ids": "3",
        "is_new": "no",
        "live_code": "spring",
        "region": "上海",
        "previous": "你好",
        "hit_rule": "r1",
        "hit_times": "2",
    }
    minute_before = int(at.timestamp() * 1000) - 60_000

    known = facts_of(read_tester_form(Form(tuple(filled.items()))), "价格", "咨询", at)
    unknown = facts_of(read_tester_form(Form(())), "价格", "", at)

    assert known == Facts(
        "价格",
        "app",
        live_code="spring",
        tags=frozenset({3}),
        classes=frozenset({"咨询"}),
        is_new=False,
        region="上海",
        at=at,
        hits={"r1": (minute_before - 1, minute_before)},
        last_fired={"r1": minute_before},
        previous=PreviousTurn("你好"),
    )
    assert unknown == Facts(
        "价格",
        "kf",
        tags=frozenset(),
        classes=frozenset(),
        sender=Sender.CUSTOMER,
        at=at,
        hits={},
        last_fired={},
    )

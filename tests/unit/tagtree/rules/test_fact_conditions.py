"""Conditions about anything but the text of this message."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from tagtree.rules.blocking import Blocked, FactUnknown
from tagtree.rules.conditions import (
    AllOf,
    AnyOf,
    Condition,
    Contains,
    Counter,
    InClass,
    LiveCode,
    MessageKind,
    NewCustomer,
    NoneOf,
    PreviousContains,
    PreviousFired,
    Region,
    SentBy,
    Tagged,
    TimeWindow,
)
from tagtree.rules.facts import Fact, Facts, PreviousTurn, Sender
from tagtree.rules.rule_set import RuleSet
from tagtree.rules.time_window import Hours, SpecialDay, WeekHours
from tagtree.tree import Tag, TagTree
from tests.unit.tagtree.rules.rule_factories import NOON, SHANGHAI, decide, rule

DAY = 24 * 60 * 60 * 1000
NOW = Facts("", "", at=NOON).instant or 0
KNOWN = Facts(
    "价格",
    "kf",
    live_code="spring",
    tags=frozenset({4}),
    classes=frozenset({"投诉"}),
    is_new=False,
    sender=Sender.CUSTOMER,
    region="广东深圳",
    at=NOON,
    hits={"asked": (NOW - 8 * DAY, NOW - 2 * DAY, NOW - DAY)},
    last_fired={},
    previous=PreviousTurn("有优惠吗", frozenset({"offer"})),
)
UNKNOWN = Facts("价格", "kf")
PRODUCTS = TagTree.of([Tag(1, None, "产品"), Tag(2, 1, "衬衫"), Tag(4, 2, "黑色"), Tag(9, None, "产品外")])


def is_met(condition: Condition, facts: Facts, tree: TagTree | None = None) -> bool:
    others = [rule(rule_id, Contains(("没人说",))) for rule_id in ("asked", "offer", "never")]
    return "a" in [each.rule_id for each in decide(facts, rule("a", condition), *others, tree=tree).fired]


@pytest.mark.parametrize(
    ("condition", "met"),
    [
        pytest.param(MessageKind(("text", "image")), True, id="kind"),
        pytest.param(MessageKind(("image",)), False, id="another kind"),
        pytest.param(LiveCode(("spring",)), True, id="live code"),
        pytest.param(LiveCode(("desk",)), False, id="another live code"),
        pytest.param(InClass(("投诉", "咨询")), True, id="class"),
        pytest.param(InClass(("咨询",)), False, id="another class"),
        pytest.param(Tagged((9, 4)), True, id="tag"),
        pytest.param(Tagged((9,)), False, id="another tag"),
        pytest.param(NewCustomer(), False, id="not new"),
        pytest.param(NewCustomer(is_new=False), True, id="old"),
        pytest.param(SentBy(Sender.CUSTOMER), True, id="customer"),
        pytest.param(SentBy(Sender.EMPLOYEE), False, id="employee"),
        pytest.param(Region(("广东省",)), True, id="the province of a city"),
        pytest.param(Region(("深圳市",)), False, id="a city without its province"),
        pytest.param(Region(("广东深圳市",)), True, id="the city"),
        pytest.param(Counter("asked", 2, 7), True, id="twice in a week"),
        pytest.param(Counter("asked", 3, 7), False, id="not three times in a week"),
        pytest.param(Counter("asked", 3, 9), True, id="three times in nine days"),
        pytest.param(Counter("never", 1, 9), False, id="a rule that never fired"),
        pytest.param(PreviousContains(("優惠",)), True, id="a word before, in another script"),
        pytest.param(PreviousContains(("价格",)), False, id="a word of this message only"),
        pytest.param(PreviousFired(("offer",)), True, id="a rule before"),
        pytest.param(PreviousFired(("never",)), False, id="another rule before"),
    ],
)
def test_what_is_known_meets_a_condition_or_its_negation(condition: Condition, met: bool) -> None:
    assert is_met(condition, KNOWN) is met
    assert is_met(NoneOf((condition,)), KNOWN) is not met


@pytest.mark.parametrize(
    ("condition", "facts"),
    [
        pytest.param(LiveCode(("spring",)), (Fact.LIVE_CODE,), id="live code"),
        pytest.param(InClass(("投诉",)), (Fact.CLASSES,), id="class"),
        pytest.param(Tagged((4,)), (Fact.TAGS,), id="tags"),
        pytest.param(NewCustomer(), (Fact.IS_NEW,), id="new"),
        pytest.param(SentBy(Sender.CUSTOMER), (Fact.SENDER,), id="sender"),
        pytest.param(Region(("广东",)), (Fact.REGION,), id="region"),
        pytest.param(TimeWindow(WeekHours(((),) * 7)), (Fact.AT,), id="time"),
        pytest.param(Counter("a", 1, 1), (Fact.AT, Fact.HITS), id="counter"),
        pytest.param(PreviousContains(("优惠",)), (Fact.PREVIOUS,), id="previous text"),
        pytest.param(PreviousFired(("a",)), (Fact.PREVIOUS,), id="previous rule"),
    ],
)
def test_what_is_unknown_meets_neither_a_condition_nor_its_negation(
    condition: Condition, facts: tuple[Fact, ...]
) -> None:
    so = decide(UNKNOWN, rule("a", AllOf((Contains(("价格",)), condition))))
    not_so = decide(UNKNOWN, rule("a", NoneOf((condition,))))

    assert so.fired == not_so.fired == ()
    assert so.blocked == not_so.blocked == (Blocked("a", "rule a", FactUnknown(facts)),)
    assert so.blocked[0].reason.wording.en.startswith("Not known, so the rule is left alone")


def test_what_is_unknown_does_not_matter_where_the_rest_decides() -> None:
    price, no_price, region = Contains(("价格",)), Contains(("退货",)), Region(("广东",))

    assert is_met(AnyOf((price, region)), UNKNOWN)
    assert is_met(NoneOf((AllOf((no_price, region)),)), UNKNOWN)


def test_a_customer_who_came_by_no_code_is_known_to_have_come_by_none() -> None:
    assert is_met(NoneOf((LiveCode(("spring",)),)), replace(UNKNOWN, live_code=""))


def test_a_tag_holds_for_everything_above_it() -> None:
    assert is_met(Tagged((1,)), KNOWN, PRODUCTS)
    assert not is_met(Tagged((9,)), KNOWN, PRODUCTS)
    assert not is_met(Tagged((1,)), KNOWN)


def test_the_text_of_the_message_before_is_unknown_when_it_had_none() -> None:
    voice = replace(KNOWN, previous=PreviousTurn(None, frozenset({"offer"})))

    assert not is_met(NoneOf((PreviousContains(("优惠",)),)), voice)
    assert is_met(PreviousFired(("offer",)), voice)


NINE_TO_SIX, NIGHT = Hours(9 * 60, 18 * 60), Hours(22 * 60, 2 * 60)
WEEK = WeekHours(
    ((), (), (), (NINE_TO_SIX, NIGHT), (), (), (Hours(20 * 60, 24 * 60),)),
    (SpecialDay(date(2026, 10, 8), ()), SpecialDay(date(2026, 10, 5), (NINE_TO_SIX,))),
)
"""Thursdays, with a night; Sunday evenings; one Thursday off, one Monday on."""


@pytest.mark.parametrize(
    ("at", "inside"),
    [
        pytest.param("2026-10-01T08:59:59", False, id="before"),
        pytest.param("2026-10-01T09:00:00", True, id="as it begins"),
        pytest.param("2026-10-01T17:59:59", True, id="the last second"),
        pytest.param("2026-10-01T18:00:00", False, id="as it ends"),
        pytest.param("2026-10-01T23:00:00", True, id="before midnight"),
        pytest.param("2026-10-02T01:59:59", True, id="after midnight"),
        pytest.param("2026-10-02T02:00:00", False, id="the night is over"),
        pytest.param("2026-10-01T01:00:00", False, id="no night before"),
        pytest.param("2026-10-04T23:59:59", True, id="until midnight"),
        pytest.param("2026-10-05T00:00:00", False, id="not beyond it"),
        pytest.param("2026-10-08T10:00:00", False, id="a special day without hours"),
        pytest.param("2026-10-09T01:00:00", False, id="nor a night after it"),
        pytest.param("2026-10-05T10:00:00", True, id="a special day with hours"),
    ],
)
def test_a_time_window_is_asked_in_local_time(at: str, inside: bool) -> None:
    facts = replace(KNOWN, at=datetime.fromisoformat(at).replace(tzinfo=SHANGHAI))

    assert is_met(TimeWindow(WEEK), facts) is inside


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(TypeError):
        _ = replace(KNOWN, at=NOON.replace(tzinfo=None)).instant


def test_a_rule_set_asks_only_for_what_its_enabled_rules_need() -> None:
    asleep = replace(rule("asleep", Region(("上海",))), enabled=False)
    resting = rule("resting", AllOf((Contains(("价格",)), NoneOf((Tagged((1,)),)))), cooldown=60_000)
    rules = RuleSet(1, 1, (asleep, resting))

    assert rules.asks_for == {Fact.TEXT, Fact.TAGS, Fact.AT, Fact.LAST_FIRED}


def test_a_rule_set_says_which_rules_to_remember_and_how_long() -> None:
    counting = rule("counting", AnyOf((Counter("asked", 3, 7), Counter("asked", 9, 30), Counter("b", 1, 1))))
    resting = rule("b", Contains(("价格",)), cooldown=2 * DAY)

    assert RuleSet(1, 1, (counting, resting)).remembers == {"asked": 30 * DAY, "b": 2 * DAY}


def test_a_message_counts_at_the_very_end_of_its_days() -> None:
    edge = replace(KNOWN, hits={"asked": (NOW - DAY,)}, at=NOON - timedelta(milliseconds=1))

    assert is_met(Counter("asked", 1, 1), edge)
    assert not is_met(Counter("asked", 1, 1), replace(edge, at=NOON))

"""A rule survives its way through the form, and the form's buttons change only what they name."""

from collections.abc import Iterator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from router.domain.schedule_content import WEEKDAYS
from router.web.console.condition_form import CHANNELS, MESSAGE_KINDS, OF_CHOICES
from router.web.console.forms import Form
from router.web.console.naming import ACTION_NAMES, KIND_NAMES, KIND_SHELVES
from router.web.console.rule_form import ACTIONS, NEW_TAG, new_id, new_rule, read_rule_form, rest_of, restructured
from tagtree.fields import MAX_ID
from tagtree.rules.action_codec import ACTION_KINDS
from tagtree.rules.codec import read_rule
from tagtree.rules.condition_codec import CONDITION_KINDS
from tagtree.rules.rule_set import Rule
from tagtree.wording import Problem
from tests.factories import NOW, instant

Json = dict[str, Any]

LINES = st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters="↵/／"), min_size=1, max_size=8)
MANY = st.lists(LINES, max_size=3)
SOME = st.lists(LINES, min_size=1, max_size=3, unique=True)
HOURS = st.lists(st.sampled_from(["09:00-12:00", "13:30-18:00", "20:00-02:00"]), min_size=1, max_size=2, unique=True)
DAYS = st.sampled_from(["2026-10-01", "2027-02-28"])
SPECIAL = st.lists(st.fixed_dictionaries({"date": DAYS, "hours": st.just([]) | HOURS}), min_size=1, max_size=2)


def kind(name: str, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Json]:
    return st.fixed_dictionaries({"kind": st.just(name), **fields})


LEAVES = {
    **{name: kind(name, words=MANY) for name in ("contains", "exact", "prefix", "suffix", "previous_contains")},
    "near_miss": kind("near_miss", words=MANY, errors=st.integers(1, 3)),
    "pattern": kind("pattern", pattern=LINES),
    "channel": kind("channel", names=st.lists(st.sampled_from(CHANNELS), unique=True)),
    "message_kind": kind("message_kind", kinds=st.lists(st.sampled_from(MESSAGE_KINDS), unique=True)),
    "live_code": kind("live_code", codes=SOME),
    "class": kind("class", names=SOME),
    "region": kind("region", names=SOME),
    "previous_fired": kind("previous_fired", rule_ids=SOME),
    "tagged": kind("tagged", tag_ids=st.lists(st.integers(1, 99), max_size=3, unique=True)),
    "new_customer": kind("new_customer", is_new=st.booleans()),
    "sent_by": kind("sent_by", sender=st.sampled_from(["customer", "employee"])),
    "counter": kind("counter", rule_id=LINES, times=st.integers(1, 9), days=st.integers(1, 9)),
    "time_window": kind("time_window", week=st.dictionaries(st.sampled_from(WEEKDAYS), HOURS))
    | kind("time_window", week=st.dictionaries(st.sampled_from(WEEKDAYS), HOURS), special_days=SPECIAL),
}
CONDITIONS = st.recursive(
    st.one_of(*LEAVES.values()),
    lambda part: st.fixed_dictionaries(
        {
            "kind": st.sampled_from(["all_of", "any_of", "none_of"]),
            "conditions": st.lists(part, min_size=1, max_size=3),
        }
    ),
    max_leaves=6,
)
ACTS = {
    "add_tag": st.fixed_dictionaries({"do": st.just("add_tag"), "tag_id": st.integers(1, 99)}),
    "remove_tag": st.fixed_dictionaries({"do": st.just("remove_tag"), "tag_id": st.integers(1, 99)}),
    "reply": st.fixed_dictionaries({"do": st.just("reply"), "text": LINES}),
    "move_to_pool": st.fixed_dictionaries({"do": st.just("move_to_pool"), "pool_id": st.integers(1, 99)}),
    "hand_to_human": st.just({"do": "hand_to_human"}),
    "set_class": st.fixed_dictionaries({"do": st.just("set_class"), "name": LINES}),
    "start_ladder": st.fixed_dictionaries({"do": st.just("start_ladder"), "ladder": LINES}),
    "call_webhook": st.fixed_dictionaries({"do": st.just("call_webhook"), "name": LINES}),
    "open_task": st.fixed_dictionaries({"do": st.just("open_task"), "title": LINES}, optional={"kind": LINES}),
}
RULES = st.fixed_dictionaries(
    {
        "id": st.just("r1"),
        "name": LINES,
        "priority": st.integers(-1000, 1000),
        "when": CONDITIONS,
        "then": st.lists(st.one_of(*ACTS.values()), max_size=4),
        "stop": st.booleans(),
    },
    optional={
        "cooldown_seconds": st.integers(1, 10**6),
        "group": LINES,
        "fallback": st.just(True),
        "enabled": st.just(False),
        "scope": st.fixed_dictionaries({"channels": SOME}, optional={"live_codes": SOME}),
        "samples": st.fixed_dictionaries({"must_match": SOME}, optional={"must_not_match": SOME}),
    },
)


def filled(rule: Json) -> Form:
    """The fields that the page shows for a rule, as a browser submits them."""
    fields = [(name, str(rule[name])) for name in ("name", "priority")]
    fields += _condition_fields("when", rule["when"])
    for place, action in enumerate(rule["then"]):
        fields += [(f"then[{place}].{name}", str(value)) for name, value in action.items()]
    rest, unit = rest_of(rule.get("cooldown_seconds", 0))
    fields += [("cooldown_seconds", str(rest)), ("cooldown_unit", unit), ("group", rule.get("group", ""))]
    fields += [(f"scope.{key}", each) for key, members in rule.get("scope", {}).items() for each in members]
    fields += [(f"samples.{key}", "\r\n".join(texts)) for key, texts in rule.get("samples", {}).items()]
    ticks = {"stop": rule["stop"], "fallback": rule.get("fallback"), "off": not rule.get("enabled", True)}
    return Form(tuple(fields + [(name, "yes") for name, ticked in ticks.items() if ticked]))


def _condition_fields(path: str, condition: Json) -> Iterator[tuple[str, str]]:
    yield f"{path}.kind", condition["kind"]
    for key in ("pattern", "errors", "sender", "rule_id", "times", "days"):
        if key in condition:
            yield f"{path}.{key}", str(condition[key])
    if "words" in condition or condition["kind"] == "region":
        key = "words" if "words" in condition else "names"
        yield f"{path}.{key}", "\r\n".join(condition[key])
    if "is_new" in condition:
        yield f"{path}.is_new", "yes" if condition["is_new"] else "no"
    chosen = OF_CHOICES.get(condition["kind"], "tag_ids")
    yield from ((f"{path}.{chosen}", str(each)) for each in (*condition.get(chosen, ()), ""))
    yield from ((f"{path}.week.{day}", ", ".join(hours)) for day, hours in condition.get("week", {}).items())
    special = [f"{each['date']} {', '.join(each['hours']) or 'closed'}" for each in condition.get("special_days", ())]
    yield f"{path}.special_days", "\r\n".join(special)
    for place, part in enumerate(condition.get("conditions", ())):
        yield from _condition_fields(f"{path}.conditions[{place}]", part)


def test_the_form_has_every_kind_of_condition_and_action_that_rules_may_have() -> None:
    assert {*LEAVES, "all_of", "any_of", "none_of"} == {*CONDITION_KINDS}
    assert {*ACTIONS} == {*ACTS} == {*ACTION_KINDS} == {*ACTION_NAMES}


@given(RULES)
def test_a_rule_comes_back_from_its_form_as_it_was(rule: Json) -> None:
    assert read_rule_form(filled(rule), "r1") == rule


ACTS_ON_NOTHING = (
    "",
    "add:when",
    "remove:when",
    "remove:when.conditions[7]",
    "public_days_2026:when",
    "public_days_2026:when.conditions[7]",
    "show:when.conditions[0]",
    "x:y",
)


@given(st.lists(st.tuples(st.text(max_size=12), st.text(max_size=12)), max_size=8))
def test_any_fields_at_all_make_a_rule_that_the_codec_can_judge(fields: list[tuple[str, str]]) -> None:
    judged = read_rule(read_rule_form(Form(tuple(fields)), "r1"))

    assert isinstance(judged, Rule | list)


def test_buttons_add_and_remove_the_part_they_name() -> None:
    one, two = {"kind": "contains", "words": ["一"]}, {"kind": "contains", "words": ["二"]}
    inner = {"kind": "none_of", "conditions": [one, two]}
    rule = {**new_rule(), "when": {"kind": "all_of", "conditions": [two, inner]}, "then": [{"do": "hand_to_human"}]}

    added = restructured(rule, "add:when.conditions[1]")
    removed = restructured(rule, "remove:when.conditions[1].conditions[0]")
    acted = restructured(rule, "add:then")
    emptied = restructured(rule, "remove:then[0]")

    assert added["when"]["conditions"][1]["conditions"] == [one, two, {"kind": "contains", "words": []}]
    assert removed["when"]["conditions"] == [two, {"kind": "none_of", "conditions": [two]}]
    assert acted["then"] == [{"do": "hand_to_human"}, {"do": "add_tag", "tag_id": 0}]
    assert emptied["then"] == []


def problems_of(rule: dict[str, Any]) -> list[Problem]:
    judged = read_rule({**rule, "id": "r1"})
    return judged if isinstance(judged, list) else []


def test_a_button_adds_the_public_holidays_of_a_year_to_the_hours_it_stands_at() -> None:
    hours = {
        "kind": "time_window",
        "week": {"tuesday": ["09:00-18:00"]},
        "special_days": [{"date": "2026-10-01", "hours": ["10:00-12:00"]}],
    }
    rule = {**new_rule(), "when": {"kind": "all_of", "conditions": [{"kind": "contains", "words": ["一"]}, hours]}}

    _, filled = restructured(rule, "public_days_2026:when.conditions[1]")["when"]["conditions"]

    by_date = {each["date"]: each["hours"] for each in filled["special_days"]}
    assert list(by_date) == sorted(by_date)
    assert by_date["2026-10-01"] == ["10:00-12:00"]  # had hours of its own
    assert by_date["2026-10-02"] == []
    assert by_date["2026-10-10"] == ["09:00-18:00"]  # a Saturday worked for the holiday
    assert "when" not in {problem.path.split(".")[0] for problem in problems_of({**rule, "when": filled})}


def test_a_button_that_names_nothing_there_changes_nothing() -> None:
    rule = new_rule()

    answers = [restructured(rule, act) for act in ACTS_ON_NOTHING]

    assert answers == [rule] * len(ACTS_ON_NOTHING)


def test_a_rule_that_comes_later_sorts_later_and_has_an_id_of_its_own() -> None:
    first = new_id(set(), NOW)
    second = new_id({first}, NOW)
    after_both_were_removed = new_id(set(), NOW + 2)

    assert first < second < after_both_were_removed < new_id(set(), instant("2500-01-01 00:00"))


def test_a_single_condition_that_becomes_a_group_is_its_first_part() -> None:
    form = Form((("when.kind", "any_of"), ("when.words", "价格\r\n报价")))

    assert read_rule_form(form, "r1")["when"] == {
        "kind": "any_of",
        "conditions": [{"kind": "contains", "words": ["价格", "报价"]}],
    }


def test_each_tag_that_is_not_there_yet_has_an_id_of_its_own_that_no_tag_has() -> None:
    fields = [
        (f"then[{place}].{name}", value)
        for place, path in ((0, "意向/问价"), (1, "意向 ／ 砍价"))
        for name, value in (("do", "add_tag"), ("tag_id", NEW_TAG), ("tag_name", path))
    ]

    assert read_rule_form(Form(tuple(fields)), "r1")["then"] == [
        {"do": "add_tag", "tag_id": MAX_ID, "tag_name": "意向 / 问价"},
        {"do": "add_tag", "tag_id": MAX_ID - 1, "tag_name": "意向 / 砍价"},
    ]


def test_a_sample_of_two_lines_stays_one_sample() -> None:
    form = Form((("samples.must_match", "价格\r\n您好↵价格多少"),))

    assert read_rule_form(form, "r1")["samples"] == {"must_match": ["价格", "您好\n价格多少"]}


def test_every_kind_of_condition_is_offered_once() -> None:
    offered = [kind for _, kinds in KIND_SHELVES for kind in kinds]

    assert sorted(offered) == sorted(CONDITION_KINDS) == sorted(KIND_NAMES)

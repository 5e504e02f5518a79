"""A rule survives its way through the form, and the form's buttons change only what they name."""

from collections.abc import Iterator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from router.web.console.forms import Form
from router.web.console.rule_form import CHANNELS, free_id, new_rule, read_rule_form, restructured
from tagtree.codec import read_rule
from tagtree.rules import Rule

Json = dict[str, Any]

LINES = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=8)
WORDS = st.fixed_dictionaries({"kind": st.sampled_from(["contains", "exact"]), "words": st.lists(LINES, max_size=3)})
PATTERNS = st.fixed_dictionaries({"kind": st.just("pattern"), "pattern": LINES})
CHANNEL = st.fixed_dictionaries({"kind": st.just("channel"), "names": st.lists(st.sampled_from(CHANNELS), unique=True)})
CONDITIONS = st.recursive(
    WORDS | PATTERNS | CHANNEL,
    lambda part: st.fixed_dictionaries(
        {
            "kind": st.sampled_from(["all_of", "any_of", "none_of"]),
            "conditions": st.lists(part, min_size=1, max_size=3),
        }
    ),
    max_leaves=6,
)
ACTIONS = st.one_of(
    st.fixed_dictionaries({"do": st.sampled_from(["add_tag", "remove_tag"]), "tag_id": st.integers(1, 99)}),
    st.fixed_dictionaries({"do": st.just("reply"), "text": LINES}),
    st.fixed_dictionaries({"do": st.just("move_to_pool"), "pool_id": st.integers(1, 99)}),
    st.just({"do": "hand_to_human"}),
)
RULES = st.fixed_dictionaries(
    {
        "id": st.just("r1"),
        "name": LINES,
        "priority": st.integers(-1000, 1000),
        "when": CONDITIONS,
        "then": st.lists(ACTIONS, max_size=4),
        "stop": st.booleans(),
    }
)


def filled(rule: Json) -> Form:
    """The fields that the page shows for a rule, as a browser submits them."""
    fields = [(name, str(rule[name])) for name in ("name", "priority")]
    fields += _condition_fields("when", rule["when"])
    for place, action in enumerate(rule["then"]):
        fields += [(f"then[{place}].{name}", str(value)) for name, value in action.items()]
    return Form(tuple(fields + [("stop", "yes")] * rule["stop"]))


def _condition_fields(path: str, condition: Json) -> Iterator[tuple[str, str]]:
    yield f"{path}.kind", condition["kind"]
    if "words" in condition:
        yield f"{path}.words", "\r\n".join(condition["words"])
    if "pattern" in condition:
        yield f"{path}.pattern", condition["pattern"]
    for name in condition.get("names", ()):
        yield f"{path}.names", name
    for place, part in enumerate(condition.get("conditions", ())):
        yield from _condition_fields(f"{path}.conditions[{place}]", part)


@given(RULES)
def test_a_rule_comes_back_from_its_form_as_it_was(rule: Json) -> None:
    assert read_rule_form(filled(rule), "r1") == rule


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


def test_a_button_that_names_nothing_there_changes_nothing() -> None:
    rule = new_rule()

    answers = [restructured(rule, act) for act in ("", "add:when", "remove:when", "remove:when.conditions[7]", "x:y")]

    assert answers == [rule] * 5


def test_a_new_rule_takes_the_first_free_id() -> None:
    assert free_id({"rule-1", "rule-3"}) == "rule-2"

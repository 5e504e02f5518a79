"""Moving a rule by one place moves it by exactly one place."""

from typing import Any, Literal

from hypothesis import given
from hypothesis import strategies as st

from router.domain.rule_order import in_order, moved

RULES = st.lists(
    st.fixed_dictionaries({"id": st.integers(0, 30).map("r{}".format), "priority": st.integers(0, 5)}),
    min_size=1,
    max_size=12,
    unique_by=lambda rule: rule["id"],
)


def ids(rules: list[Any]) -> list[str]:
    return [rule["id"] for rule in in_order(rules)]


@given(RULES, st.data(), st.sampled_from(["up", "down"]))
def test_a_moved_rule_changes_places_with_its_neighbour_and_nothing_else_moves(
    rules: list[Any], data: st.DataObject, direction: Literal["up", "down"]
) -> None:
    before = ids(rules)
    at = data.draw(st.integers(0, len(before) - 1))
    other = at + (1 if direction == "down" else -1)
    expected = list(before)
    if 0 <= other < len(before):
        expected[at], expected[other] = expected[other], expected[at]

    after = moved(rules, before[at], direction)

    assert ids(after) == expected


def test_neighbours_of_different_priority_change_theirs_and_all_else_stays() -> None:
    rules = [{"id": name, "priority": priority} for name, priority in (("a", 30), ("b", 20), ("c", 10))]

    after = moved(rules, "c", "up")

    assert [(rule["id"], rule["priority"]) for rule in after] == [("a", 30), ("b", 10), ("c", 20)]


def test_a_rule_that_is_not_there_moves_nothing() -> None:
    assert moved([{"id": "a", "priority": 1}], "b", "up") == [{"id": "a", "priority": 1}]

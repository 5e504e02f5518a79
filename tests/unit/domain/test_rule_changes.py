"""How two versions of a rule set differ, rule by rule."""

from typing import Any

from router.domain.rule_changes import RuleChange, rule_changes


def rule(rule_id: str, **fields: Any) -> dict[str, Any]:
    return {"id": rule_id, "name": f"rule {rule_id}", "priority": 1, "when": {}, "then": [], **fields}


def test_rules_are_matched_by_their_ids() -> None:
    before = [rule("a"), rule("b"), rule("c")]
    after = [rule("b", priority=2, name="other"), rule("c"), rule("d")]

    found = rule_changes(before, after)

    assert found == (
        RuleChange("removed", "a", "rule a", (), before[0]),
        RuleChange("changed", "b", "other", ("name", "priority"), before[1], after[0]),
        RuleChange("added", "d", "rule d", (), None, after[2]),
    )


def test_a_field_left_out_says_the_same_as_its_usual_value() -> None:
    explicit = rule("a", stop=False, enabled=True, cooldown_seconds=0, group="", samples={})

    assert rule_changes([rule("a")], [explicit]) == ()


def test_switching_a_rule_off_is_a_change() -> None:
    (found,) = rule_changes([rule("a")], [rule("a", enabled=False)])

    assert found.fields == ("enabled",)

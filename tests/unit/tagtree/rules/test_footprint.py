from tagtree.rules.conditions import AllOf, AnyOf, Channel, Contains, Pattern
from tagtree.rules.footprint import footprint, too_large
from tests.unit.tagtree.rules.rule_factories import rule, rule_set


def test_words_and_patterns_weigh_wherever_they_stand() -> None:
    alone = rule_set(rule("w", Contains(("价格", "报价"))), rule("p", Pattern("价.*格")))
    within = rule_set(
        rule("w", AllOf((Channel(("kf",)), AnyOf((Contains(("价格", "报价")),))))),
        rule("p", AnyOf((Pattern("价.*格"),))),
    )

    assert footprint(alone) == footprint(within) > footprint(rule_set(rule("w", Contains(("价格",)))))


def test_a_set_within_its_memory_is_accepted() -> None:
    rules = rule_set(rule("w", Contains(("价格",))))

    assert too_large(rules, footprint(rules)) is None


def test_a_set_beyond_its_memory_is_told_how_much_it_needs_and_what_to_do() -> None:
    rules = rule_set(*(rule(f"p{number}", Pattern("价.*格")) for number in range(200)))

    problem = too_large(rules, 3 << 20)

    assert problem is not None
    assert problem.path == "rules"
    assert problem.reason.en == "The rule set would take about 5 MiB of memory; 3 MiB are allowed."
    assert problem.reason.zh == "该规则集约需 5 MiB 内存，上限为 3 MiB。"
    assert "split" in problem.hint.en

"""How well the shipped words understand the sample messages: printed, and held to the floor that was measured.

The words were chosen with development.jsonl in sight and without a look at held_out.jsonl, see the README beside them.
"""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tagtree.meaning.catalogue import WHEN, CatalogueItem, Slot
from tagtree.meaning.classes import STARTING_CLASSES
from tagtree.meaning.lexicon.examples import EXAMPLES
from tagtree.meaning.reading import Meaning, Understood, compile_meaning
from tagtree.rules.codec import read_rule_set
from tagtree.rules.evaluation import evaluate
from tagtree.rules.facts import Facts
from tagtree.rules.matcher import compile_rule_set
from tagtree.rules.rule_set import RuleSet

SAMPLES = Path(__file__).parents[3] / "samples" / "meaning"


@dataclass(frozen=True, slots=True)
class Floor:
    """Shares that must not be undercut: best class right, right when certain, certain at all, intent right."""

    accuracy: float
    when_certain: float
    certain: float
    intent: float
    slots: float


FLOORS = {
    "development": Floor(0.96, 0.98, 0.75, 0.94, 0.95),
    "held_out": Floor(0.60, 0.78, 0.45, 0.94, 0.85),
}


def read_lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (SAMPLES / f"{name}.jsonl").read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def meaning() -> Meaning:
    items = json.loads((SAMPLES / "catalogue.json").read_text("utf-8"))
    return compile_meaning(
        STARTING_CLASSES, [CatalogueItem(each["kind"], each["name"], tuple(each["synonyms"])) for each in items]
    )


@pytest.mark.parametrize("name", FLOORS)
def test_classes_slots_and_intents_reach_the_measured_floor(name: str, meaning: Meaning) -> None:
    lines = read_lines(name)

    read = [meaning.read(each["text"]) for each in lines]

    reached = measured(lines, read)
    print(f"\n{name}: {len(lines)} messages, {reached}")  # noqa: T201 -- the score is what this test is read for
    print(confusion(lines, read))  # noqa: T201 -- the score is what this test is read for
    floor = FLOORS[name]
    assert reached.accuracy >= floor.accuracy
    assert reached.when_certain >= floor.when_certain
    assert reached.certain >= floor.certain
    assert reached.intent >= floor.intent
    assert reached.slots >= floor.slots


@pytest.mark.parametrize(("name", "floor"), [("development", 0.88), ("held_out", 0.50)])
def test_the_rules_of_a_shop_reach_the_measured_floor_of_tags(name: str, floor: float, meaning: Meaning) -> None:
    rules = read_rule_set(json.loads((SAMPLES / "rules.json").read_text("utf-8")))
    assert isinstance(rules, RuleSet)
    compiled, names = compile_rule_set(rules), {number: rule.name for number, rule in enumerate(rules.rules, start=1)}
    lines = read_lines(name)

    given = [{names[change.tag_id] for change in evaluate(compiled, facts(each, meaning)).tags} for each in lines]

    reached, by_tag = tag_scores(lines, given)
    print(f"\n{name}: tags F1 {reached}, {by_tag}")  # noqa: T201 -- the score is what this test is read for
    assert reached >= floor


def test_there_are_enough_messages_and_none_of_those_held_out_was_an_example() -> None:
    development, held_out = read_lines("development"), read_lines("held_out")

    assert len(development) + len(held_out) >= 300
    shown = {each["text"] for each in development} | {text for texts in EXAMPLES.values() for text in texts}
    assert not shown & {each["text"] for each in held_out}


def measured(lines: list[dict[str, Any]], read: list[Understood]) -> Floor:
    pairs = list(zip(lines, read, strict=True))
    certain = [(line, each) for line, each in pairs if each.certain]
    return Floor(
        accuracy=share(each.best == line["class"] for line, each in pairs),
        when_certain=share(each.best == line["class"] for line, each in certain),
        certain=len(certain) / len(pairs),
        intent=share((each.intent.name if each.intent else "") == line["intent"] for line, each in pairs),
        slots=harmony(pairs),
    )


def share(outcomes: Iterable[bool]) -> float:
    counted = list(outcomes)
    return round(sum(counted) / len(counted), 3)


def harmony(pairs: list[tuple[dict[str, Any], Understood]]) -> float:
    """The F1 of slots: how many of those found are expected, and of those expected found."""
    common = expected = found = 0
    for line, each in pairs:
        wanted = {(kind, value) for kind, values in line["slots"].items() for value in values}
        given = {said(slot) for slot in each.slots}
        common += len(wanted & given)
        expected += len(wanted)
        found += len(given)
    return round(2 * common / (expected + found), 3)


def facts(line: dict[str, Any], meaning: Meaning) -> Facts:
    """What the service knows of a message when it asks the rules: the class only if it is certain."""
    return Facts(line["text"], "kf", classes=frozenset({meaning.read(line["text"]).certain} - {""}))


def tag_scores(lines: list[dict[str, Any]], given: list[set[str]]) -> tuple[float, dict[str, str]]:
    """The F1 of all tags, and per tag how many were right of those given and of those expected."""
    wanted = [set(line["tags"]) for line in lines]
    expected, put_on = counted(wanted), counted(given)
    right = counted(tags & both for tags, both in zip(wanted, given, strict=True))
    by_tag = {tag: f"{right[tag]}/{put_on[tag]} of {expected[tag]}" for tag in sorted(expected | put_on)}
    return round(2 * right.total() / (put_on.total() + expected.total()), 3), by_tag


def counted(tags_of_each: Iterable[set[str]]) -> Counter[str]:
    return Counter(tag for tags in tags_of_each for tag in tags)


def said(slot: Slot) -> tuple[str, str]:
    return slot.kind, slot.words if slot.kind == WHEN else slot.value


def confusion(lines: list[dict[str, Any]], read: list[Understood]) -> str:
    counts = Counter((line["class"], each.best) for line, each in zip(lines, read, strict=True))
    names = [*(each.name for each in STARTING_CLASSES), ""]
    rows = ["expected \\ read  " + "  ".join(f"{name or 'none':>4}" for name in names)]
    rows += [f"{name or 'none':<16}" + "".join(f"{counts[name, other]:6}" for other in names) for name in names]
    return "\n".join(rows)

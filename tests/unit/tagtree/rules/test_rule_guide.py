"""The guide of rules names every kind there is."""

import re
from pathlib import Path

from tagtree.rules.action_codec import ACTION_KINDS
from tagtree.rules.codec import OPTIONS
from tagtree.rules.condition_codec import CONDITION_KINDS

GUIDE = (Path(__file__).parents[4] / "docs" / "guide" / "rules.md").read_text()
FIRST_CELL = re.compile(r"^\| `(\w+)` \|", re.MULTILINE)


def rows(heading: str) -> tuple[str, ...]:
    section = GUIDE.split(f"## {heading}\n")[1].split("\n## ")[0]
    return tuple(FIRST_CELL.findall(section))


def test_the_guide_has_a_row_for_every_kind_of_condition() -> None:
    assert rows("Conditions") == CONDITION_KINDS


def test_the_guide_has_a_row_for_every_action() -> None:
    assert rows("Actions") == ACTION_KINDS


def test_the_guide_has_a_row_for_every_option_of_a_rule() -> None:
    assert set(rows("What else a rule may say")) == OPTIONS

"""Every act that the record of changes knows has a name for people."""

import re
from pathlib import Path

from router.web.console.change_words import ACTS, SUBJECTS, act_name, subject_name
from router.web.i18n import CHINESE, ENGLISH, Words
from tests.factories import ZONE

HANDLERS = Path(__file__).parents[3] / "router" / "handlers"


def words(language: str) -> Words:
    return Words({"zh": CHINESE, "en": ENGLISH}[language], lambda: ZONE)


def test_every_act_that_is_recorded_has_a_name() -> None:
    nouns = "|".join(sorted({act.partition(".")[0] for act in ACTS}))
    written = re.compile(rf'"((?:{nouns})\.[a-z_]+)"')

    recorded = {act for path in HANDLERS.rglob("*.py") for act in written.findall(path.read_text())}

    assert recorded - ACTS.keys() == set()


def test_an_act_and_its_subject_are_told_in_the_readers_language() -> None:
    told = [
        (act_name("rule_set.publish", each), subject_name("agent:3", {"agent:3": "Ann"}, each))
        for each in map(words, ("en", "zh"))
    ]

    assert told == [("published", "Agent: Ann"), ("发布", "接待员工：Ann")]


def test_what_has_no_name_is_told_as_it_is_stored() -> None:
    english = words("en")

    assert act_name("moon.landed", english) == "moon.landed"
    assert subject_name("moon:1", {}, english) == "moon:1"
    assert subject_name("task:5", {}, english) == "Task: 5"
    assert subject_name("numbers", {}, english) == "Numbers"
    assert subject_name("setting:HOLD_MINUTES", {}, english) == "Setting: Minutes an agent is held"
    assert "numbers" in SUBJECTS

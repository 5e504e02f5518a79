"""A class suggested by the nearest examples to whoever reviews a message: it decides nothing."""

from collections.abc import Callable, Sequence

import pytest
from anyio import CancelScope, from_thread
from sqlalchemy import Connection

from router.db.ledger import Ledger
from router.db.queries import meanings
from router.db.queries.message_classes import EditedClass, class_named
from router.handlers.admin.act import Act
from router.handlers.admin.message_classes import ClassContent, create_class, update_class
from router.handlers.admin.reviews import review_message
from router.handlers.meaning import MeaningInForce, ReadMessage, remember
from router.handlers.suggestion import Example, Suggestion, state_of, suggest
from router.secret_box import SecretBox
from router.services import Services
from router.settings import read_settings, with_generated_keys
from router.workers.suggester import AT_ONCE, Suggester
from tests import factories
from tests.factories import NOW, ZONE

pytestmark = pytest.mark.anyio


ACT = Act("mei", NOW, ZONE)


class SharedCharacters:
    """Stands in for the model: texts are as near as the characters they share."""

    def __init__(self, when_learning: Callable[[], object] = lambda: None) -> None:
        self.learnt: list[int] = []
        self._when_learning = when_learning

    def learn(self, examples: Sequence[str]) -> None:
        self.learnt.append(len(examples))
        self._when_learning()

    def nearness(self, texts: Sequence[str], examples: Sequence[str]) -> list[list[float]]:
        return [[len(set(text) & set(each)) / len(set(text) | set(each)) for each in examples] for text in texts]


def services(ledger: Ledger) -> Services:
    settings = with_generated_keys(read_settings({}))
    assert settings.master_key is not None
    return Services(settings, ledger, lambda: NOW, SecretBox(settings.master_key))


async def waiting(ledger: Ledger, text: str, *, copies: int = 1, first: int = 7, customer: str = "wm1") -> int:
    """Messages that wait for a person's word; returns the first."""
    customer_id = await ledger.write(factories.customer(customer))
    understood = await ledger.read(lambda c: MeaningInForce().current(c).read(text))
    numbers = range(first, first + copies)
    read = [ReadMessage(number, customer_id, "wk", NOW, text, understood, "") for number in numbers]
    await ledger.write(lambda c: remember(c, read))
    return first


async def test_a_message_that_waits_gets_a_suggestion_and_goes_on_waiting(ledger: Ledger) -> None:
    event_id = await waiting(ledger, "月亮升起来了")

    await Suggester(services(ledger), SharedCharacters()).work()

    read = await ledger.read(lambda c: meanings.get_meaning(c, event_id))
    assert read is not None
    assert read.suggested in {"投诉", "技术", "咨询", "活动"}
    assert (read.class_name, read.review) == ("", "open")


async def test_examples_are_read_once_until_a_person_decides_about_another(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    event_id = await waiting(ledger, "月亮升起来了", copies=2 * AT_ONCE + 1)
    read: list[int] = []

    def noted(connection: Connection, limit: int) -> list[tuple[str, str]]:
        read.append(limit)
        return labelled(connection, limit)

    labelled = meanings.labelled
    monkeypatch.setattr(meanings, "labelled", noted)
    suggester = Suggester(services(ledger), SharedCharacters())

    await suggester.work()
    before = len(read)
    await ledger.write(lambda c: review_message(c, Act("mei", NOW, ZONE), event_id, "活动"))
    await waiting(ledger, "太阳升起来了", first=100, customer="wm2")
    await suggester.work()

    assert (before, len(read)) == (1, 2)


async def test_a_stop_waits_for_a_small_portion_of_the_examples_only(ledger: Ledger) -> None:
    await waiting(ledger, "月亮升起来了")
    with CancelScope() as scope:
        sentences = SharedCharacters(when_learning=lambda: from_thread.run_sync(scope.cancel))

        await Suggester(services(ledger), sentences).work()

    assert scope.cancelled_caught
    assert sentences.learnt == [AT_ONCE]


async def test_without_the_setting_no_model_is_asked(ledger: Ledger) -> None:
    event_id = await waiting(ledger, "月亮升起来了")

    await Suggester(services(ledger)).work()

    read = await ledger.read(lambda c: meanings.get_meaning(c, event_id))
    assert read is not None
    assert read.suggested_margin is None


async def test_what_people_decided_becomes_an_example(ledger: Ledger) -> None:
    event_id = await waiting(ledger, "月亮升起来了")

    await ledger.write(lambda c: review_message(c, Act("mei", NOW, ZONE), event_id, "活动"))

    assert await ledger.read(lambda c: meanings.labelled(c, 10)) == [("月亮升起来了", "活动")]


def test_the_nearest_examples_vote_by_how_near_they_are() -> None:
    examples = [Example("甲乙", "a"), Example("丙丁", "b"), Example("甲丙", "b")]

    assert [each.class_name for each in suggest(SharedCharacters(), ["甲乙", "丙丁"], examples)] == ["a", "b"]
    assert suggest(SharedCharacters(), ["甲"], []) == []


def test_a_tie_is_told_by_its_margin() -> None:
    examples = [Example("甲", "b"), Example("甲", "a")]

    assert suggest(SharedCharacters(), ["甲"], examples) == [Suggestion("a", 0)]


def test_the_model_is_off_unless_it_is_wanted() -> None:
    assert state_of("off") == "off"
    assert state_of("on") in ("on", "absent")


async def test_what_people_taught_stays_with_a_class_that_is_renamed(ledger: Ledger) -> None:
    made = await ledger.write(lambda c: create_class(c, ACT, ClassContent("报修", keywords="漏水 4")))
    assert isinstance(made, EditedClass)
    taught = await waiting(ledger, "月亮升起来了")
    await ledger.write(lambda c: meanings.suggest(c, [(taught, "报修", 40)]))
    await ledger.write(lambda c: review_message(c, ACT, taught, "报修"))
    suggester = Suggester(services(ledger), SharedCharacters())

    await ledger.write(lambda c: update_class(c, ACT, made.id, ClassContent("维修", keywords="漏水 4")))
    await ledger.write(lambda c: create_class(c, ACT, ClassContent("报修", keywords="发票 4")))
    alike = await waiting(ledger, "月亮升起来了呀", first=taught + 1, customer="wm2")
    await suggester.work()

    found = [await ledger.read(lambda c, id=id: meanings.get_meaning(c, id)) for id in (taught, alike)]  # type: ignore[misc]
    assert [(each.class_name, each.suggested) for each in found if each] == [("维修", "维修"), ("", "维修")]
    assert (await ledger.read(lambda c: meanings.agreement(c, 0))).confusion == {("", "维修"): 1}


async def test_messages_read_as_a_class_follow_its_new_name_and_others_stay(ledger: Ledger) -> None:
    complaint = await ledger.read(lambda c: class_named(c, "投诉"))
    assert complaint is not None
    first = await waiting(ledger, "骗子，我要投诉")
    other = await waiting(ledger, "怎么退换货", first=first + 1, customer="wm2")
    before = await ledger.read(lambda c: meanings.get_meaning(c, other))

    await ledger.write(lambda c: update_class(c, ACT, complaint, ClassContent("抱怨", lexicon="complaint")))
    await ledger.write(lambda c: review_message(c, ACT, first, "抱怨"))

    read = await ledger.read(lambda c: meanings.get_meaning(c, first))
    assert read is not None
    assert (read.class_name, read.read_as, read.review) == ("抱怨", "抱怨", "agreed")
    assert await ledger.read(lambda c: meanings.get_meaning(c, other)) == before

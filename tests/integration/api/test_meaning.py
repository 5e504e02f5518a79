"""Classes, catalogue, unknown words and review over the API."""

from typing import Any

import pytest

from router.db.ledger import Ledger
from router.handlers.meaning import MeaningInForce, ReadMessage, count_unknown, remember, unknown_in
from tests import factories
from tests.factories import NOW
from tests.integration.api.conftest import Client

pytestmark = pytest.mark.anyio


async def message(ledger: Ledger, text: str, inbox_id: int = 7) -> int:
    """A message of a customer as it was read; returns its event's id."""
    customer = await ledger.write(factories.customer(f"wm-{inbox_id}"))

    def write(connection: Any) -> None:
        understood = MeaningInForce().current(connection).read(text)
        read = ReadMessage(inbox_id, customer, "wk", NOW, text, understood, understood.certain)
        remember(connection, [read])
        count_unknown(connection, unknown_in(read), NOW)

    await ledger.write(write)
    return inbox_id


async def test_a_class_is_created_written_anew_archived_and_restored(api: Client) -> None:
    created = await api.post("/classes", {"name": "售后", "keywords": "返修 4\n寄回", "priority": 25}, 201)
    changed = await api.put(f"/classes/{created['id']}", {"name": "售后", "keywords": "返修 5"})
    await api.post(f"/classes/{created['id']}/archive")
    names = [each["name"] for each in (await api.get("/classes"))["items"]]
    restored = await api.post(f"/classes/{created['id']}/restore")

    assert (created["keywords"], created["priority"]) == ("返修 4\n寄回 3", 25)
    assert (changed["keywords"], changed["priority"]) == ("返修 5", 0)
    assert names == ["投诉", "技术", "咨询", "活动"]
    assert restored["archived_at"] is None


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        pytest.param({"keywords": "返修 9"}, "keywords", id="a weight out of bounds"),
        pytest.param({"keywords": "返\u0000修"}, "keywords", id="what no database holds"),
        pytest.param({"lexicon": "none of ours"}, "lexicon", id="no such lexicon"),
        pytest.param({"lexicon_percent": 301}, "lexicon_percent", id="a lexicon too loud"),
        pytest.param({"target_minutes": 0}, "target_minutes", id="no time at all"),
        pytest.param({"priority": -1}, "priority", id="below zero"),
        pytest.param({"template": "{custmer}您好"}, "template", id="a first answer that nothing fills"),
    ],
)
async def test_a_class_that_cannot_be_is_refused_by_field(api: Client, wrong: dict[str, Any], path: str) -> None:
    problem = await api.post("/classes", {"name": "售后"} | wrong, 422)

    assert [each["path"] for each in problem["problems"]] == [path]


async def test_a_text_is_read_with_the_classes_and_the_catalogue_in_force(api: Client) -> None:
    await api.post("/catalogue", {"name": "衬衫", "synonyms": ["衬衣"]}, 201)

    read = await api.post("/classes/read", {"text": "我想退换上个月买的黑色衬衣"})

    assert (read["class_name"], read["intent"], read["confidence"]) == ("咨询", "退换货", "clear")
    assert [(slot["kind"], slot["value"], slot["span"]) for slot in read["slots"]] == [
        ("when", "month-1", [4, 7]),
        ("colour", "黑色", [9, 11]),
        ("product", "衬衫", [11, 13]),
    ]
    assert read["catalogue_is_empty"] is False


async def test_an_empty_catalogue_says_so(api: Client) -> None:
    assert (await api.post("/classes/read", {"text": "黑色衬衫"}))["catalogue_is_empty"] is True


async def test_an_item_is_found_edited_archived_and_restored(api: Client) -> None:
    created = await api.post("/catalogue", {"name": "衬衫", "synonyms": ["衬衣"]}, 201)
    await api.post("/catalogue", {"kind": "colour", "name": "雾霾蓝"}, 201)
    await api.put(f"/catalogue/{created['id']}", {"name": "衬衫", "synonyms": ["恤衫"]})

    found = await api.get("/catalogue", search="恤")
    await api.post(f"/catalogue/{created['id']}/archive")
    left = await api.get("/catalogue")
    await api.post(f"/catalogue/{created['id']}/restore")

    assert [each["name"] for each in found["items"]] == ["衬衫"]
    assert [each["name"] for each in left["items"]] == ["雾霾蓝"]
    assert (await api.get(f"/catalogue/{created['id']}"))["archived_at"] is None


async def test_a_word_that_names_something_already_is_refused(api: Client) -> None:
    await api.post("/catalogue", {"name": "衬衫"}, 201)

    assert (await api.post("/catalogue", {"name": "衬衫"}, 409))["problems"][0]["path"] == "name"
    assert (await api.post("/catalogue", {"name": "恤", "synonyms": ["襯衫"]}, 422))["problems"][0][
        "path"
    ] == "synonyms[0]"


async def test_an_import_tells_what_it_would_do_before_it_does_it(api: Client) -> None:
    rows = [["类别", "名称", "同义词"], ["商品", "衬衫", "衬衣"], ["商品", "", "x"]]

    preview = await api.post("/catalogue/import", {"rows": rows})
    refused = await api.post("/catalogue/import", {"rows": rows, "apply": True}, 422)
    nothing_yet = await api.get("/catalogue")
    done = await api.post("/catalogue/import", {"rows": rows, "apply": True, "good_rows_only": True})

    assert (preview["added"], [(bad["row"], bad["column"]) for bad in preview["bad_rows"]]) == (1, [(3, "name")])
    assert refused["problems"][0]["path"] == "rows[3].name"
    assert nothing_yet["items"] == []
    assert done["applied"] is True
    assert [each["name"] for each in (await api.get("/catalogue"))["items"]] == ["衬衫"]


async def test_unknown_words_are_listed_taken_in_and_dismissed(api: Client, ledger: Ledger) -> None:
    await message(ledger, "昨天买的冲锋衣什么时候发货", 7)
    await message(ledger, "想要一件冲锋裤，多少钱", 8)

    listed = await api.get("/unknown-words")
    item = await api.post("/unknown-words/add", {"word": "冲锋衣"})
    await api.post("/unknown-words/dismiss", {"word": "冲锋裤"})
    await api.post("/unknown-words/dismiss", {"word": "冲锋裤"}, 409)

    assert {each["word"] for each in listed["items"]} == {"冲锋衣", "冲锋裤"}
    assert (item["kind"], item["name"]) == ("product", "冲锋衣")
    assert (await api.get("/unknown-words"))["items"] == []


async def test_a_message_is_reviewed_and_the_agreement_counted(api: Client, ledger: Ledger) -> None:
    event_id = await message(ledger, "月亮升起来了")

    waiting = await api.get("/reviews")
    await api.post(f"/reviews/{event_id}", {"class_name": "nothing of ours"}, 409)
    reviewed = await api.post(f"/reviews/{event_id}", {"class_name": "咨询"})
    rates = await api.get("/reviews/agreement")

    assert [(each["event_id"], each["text"], each["review"]) for each in waiting["items"]] == [
        (event_id, "月亮升起来了", "open")
    ]
    assert (reviewed["class_name"], reviewed["review"], reviewed["reviewed_by"]) == ("咨询", "corrected", "api")
    assert (rates["reviewed"], rates["lexicon_right"]) == (1, 0)
    assert rates["confusion"] == [{"read_as": "", "decided": "咨询", "times": 1}]
    assert (await api.get("/reviews"))["items"] == []


async def test_a_message_can_be_skipped(api: Client, ledger: Ledger) -> None:
    event_id = await message(ledger, "月亮升起来了")

    await api.post(f"/reviews/{event_id}/dismiss")

    assert (await api.get(f"/reviews/{event_id}"))["review"] == "dismissed"
    assert (await api.get("/reviews/agreement"))["reviewed"] == 0

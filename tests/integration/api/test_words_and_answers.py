"""Sensitive words and answers to many over the API."""

import threading
from collections.abc import Iterable
from typing import Any

import pytest

from tagtree.sensitive.finder import CompiledWords, compile_words
from tagtree.sensitive.word_list import ReadList, read_list
from tagtree.sensitive.words import WordSet
from tests.factories import live_code, pool
from tests.integration.api.conftest import Client

pytestmark = pytest.mark.anyio


async def test_a_text_is_screened_with_the_sets_as_they_are(api: Client) -> None:
    before = await api.post("/word-sets/screen", {"text": "这是最 好的"})
    made = await api.post("/word-sets", {"name": "广告", "policy": "replace", "lines": "最好"}, 201)
    replaced = await api.post("/word-sets/screen", {"text": "这是最 好的"})
    await api.put(f"/word-sets/{made['id']}", {"name": "广告", "policy": "block", "lines": "最好 | 拼音"})
    blocked = await api.post("/word-sets/screen", {"text": "zui hao"})

    assert before == {"outcome": "passed", "text": "这是最 好的", "finds": []}
    assert (made["words"], replaced["outcome"], replaced["text"]) == (1, "replaced", "这是＊＊的")
    assert replaced["finds"] == [
        {"set_id": 1, "set_name": "广告", "word": "最好", "written": "最 好", "start": 2, "end": 5, "how": "variant"}
    ]
    assert (blocked["outcome"], blocked["text"], blocked["finds"][0]["how"]) == ("blocked", None, "pinyin")


async def test_the_words_are_read_on_a_reader_and_not_again_by_the_writer(
    api: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []

    def noted(lines: str) -> ReadList:
        read.append(threading.current_thread().name)
        return read_list(lines)

    monkeypatch.setattr("router.handlers.admin.word_sets.read_list", noted)

    await api.post("/word-sets", {"name": "广告", "lines": "只读一遍的词"}, 201)
    await api.put("/word-sets/1", {"name": "广告", "lines": "再读一遍的词"})

    assert [name.startswith("ledger-reader") for name in read] == [True, True]


async def test_the_words_together_are_compiled_on_a_reader_and_not_again_by_the_writer(
    api: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled: list[str] = []

    def noted(sets: Iterable[WordSet]) -> CompiledWords:
        compiled.append(threading.current_thread().name)
        return compile_words(sets)

    monkeypatch.setattr("router.handlers.admin.word_sets.compile_words", noted)
    body = {"name": "合编", "policy": "replace", "replacement": "好", "lines": "合编的词"}

    made = await api.post("/word-sets", body, 201)
    await api.put(f"/word-sets/{made['id']}", {**body, "lines": "合编的另一个词"})
    await api.post(f"/word-sets/{made['id']}/archive", {})
    await api.post("/word-sets/starters/advertising", {}, 201)
    await api.post(f"/word-sets/{made['id']}/restore", {})

    assert compiled
    assert [name for name in compiled if not name.startswith("ledger-reader")] == []


async def test_more_words_than_all_sets_may_hold_are_refused_whichever_way_they_come(
    api: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("router.handlers.admin.word_sets.MAX_WORDS_IN_FORCE", 3)
    archived = await api.post("/word-sets", {"name": "a", "lines": "甲乙\n丙丁"}, 201)
    await api.post(f"/word-sets/{archived['id']}/archive", {})
    await api.post("/word-sets", {"name": "b", "lines": "戊己"}, 201)
    filled = await api.post("/word-sets", {"name": "c", "lines": "庚辛\n壬癸"}, 201)

    refused = [
        await api.post("/word-sets", {"name": "d", "lines": "子丑"}, 409),
        await api.put(f"/word-sets/{filled['id']}", {"name": "c", "lines": "庚辛\n壬癸\n子丑"}, 409),
        await api.post("/word-sets/starters/advertising", {}, 409),
        await api.post(f"/word-sets/{archived['id']}/restore", {}, 409),
    ]

    reason = "All word sets together would hold more than 3 words."
    assert [each["problems"][0]["reason"]["en"] for each in refused] == [reason] * 4


async def test_a_set_that_replaces_by_a_word_made_sensitive_meanwhile_is_not_restored(api: Client) -> None:
    made = await api.post("/word-sets", {"name": "a", "policy": "replace", "replacement": "顶级", "lines": "最好"}, 201)
    await api.post(f"/word-sets/{made['id']}/archive", {})
    await api.post("/word-sets", {"name": "b", "lines": "顶级"}, 201)

    refused = await api.post(f"/word-sets/{made['id']}/restore", {}, 409)

    assert [each["path"] for each in refused["problems"]] == ["replacement"]


async def test_bad_lines_refuse_the_set_or_are_left_out_as_chosen(api: Client) -> None:
    body: dict[str, Any] = {"name": "x", "lines": "最佳\n。。。\n好 | 声调"}

    refused = await api.post("/word-sets", body, 422)
    made = await api.post("/word-sets", {**body, "good_lines_only": True}, 201)

    assert [each["path"] for each in refused["problems"]] == ["line 2", "line 3"]
    assert made["lines"] == "最佳\n"


async def test_a_replacement_that_is_a_sensitive_word_is_refused(api: Client) -> None:
    await api.post("/word-sets", {"name": "a", "policy": "block", "lines": "顶级"}, 201)

    refused = await api.post(
        "/word-sets", {"name": "b", "policy": "replace", "replacement": "顶.级", "lines": "最佳"}, 409
    )

    assert [each["path"] for each in refused["problems"]] == ["replacement"]


async def test_starter_sets_are_taken_over_once(api: Client) -> None:
    keys = [each["key"] for each in (await api.get("/word-sets/starters"))["items"]]

    made = [await api.post(f"/word-sets/starters/{key}", None, 201) for key in keys]
    again = await api.post(f"/word-sets/starters/{keys[0]}", None, 409)
    unknown = await api.post("/word-sets/starters/nothing", None, 404)

    assert all(each["words"] > 0 for each in made)
    assert (again["problems"][0]["path"], unknown["code"]) == ("name", "not_found")


async def test_an_archived_set_finds_nothing_until_it_is_restored(api: Client) -> None:
    await api.post("/word-sets", {"name": "a", "lines": "顶级"}, 201)

    await api.post("/word-sets/1/archive")
    archived = (await api.post("/word-sets/screen", {"text": "顶级"}))["outcome"]
    listed = await api.get("/word-sets", archived="true")
    await api.post("/word-sets/1/restore")

    assert (archived, [each["id"] for each in listed["items"]]) == ("passed", [1])
    assert (await api.post("/word-sets/screen", {"text": "顶级"}))["outcome"] == "blocked"


async def test_welcomes_that_would_not_leave_are_told(api: Client) -> None:
    pool_id = await api.services.ledger.write(pool())
    await api.services.ledger.write(live_code(pool_id, welcome="包您根治"))
    await api.post("/word-sets", {"name": "医疗", "lines": "根治"}, 201)

    (found,) = (await api.get("/word-sets/own-texts"))["items"]

    assert (found["place"], found["text"], found["would_be"]) == ("welcome", "包您根治", None)
    assert (await api.get("/word-sets/hits"))["items"] == []


async def test_an_answer_is_proposed_approved_and_told(api: Client) -> None:
    body = {"title": "退货", "wordings": ["怎么退货"], "text": "七天内可退"}
    made = await api.post("/answers", body, 201)
    approved = await api.post("/answers/1/approve")
    rule_set = await api.get(f"/rule-sets/{approved['rule_set_id']}")

    refused = await api.post("/answers/1/reject", None, 409)

    assert (made["status"], approved["status"], approved["rule_id"]) == ("proposed", "approved", "faq-1")
    assert rule_set["name"] == "FAQ"
    assert refused["code"] == "conflict"
    assert (await api.get("/answers/1/replies"))["items"] == []
    assert (await api.get("/questions"))["items"] == []
    assert [each["id"] for each in (await api.get("/answers", status="approved"))["items"]] == [1]

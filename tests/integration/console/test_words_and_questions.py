"""Sensitive words and answers to many, as an admin and a marketer work with them."""

import threading

import pytest

from router.handlers.decide import decide_open
from router.services import Services
from tagtree.sensitive.finder import CompiledWords
from tagtree.sensitive.screening import Screened, screen
from tests.factories import contains, kf_text, published_rules, pulled, situation
from tests.integration.console.browsing import Browsers, text_of

pytestmark = pytest.mark.anyio

SET = {"name": "广告", "policy": "replace", "lines": "最好\n微信 | 拼音 首字母", "watches_incoming": "yes"}


async def test_a_set_is_made_tested_exported_and_archived(browsers: Browsers) -> None:
    admin = await browsers.signed_in("admin")

    made = await admin.post("/words", data=SET)
    tested = text_of(await admin.post("/words/test", data={"text": "最 好，加wx"}))
    exported = (await admin.get("/words/1/export.txt")).text
    (row,) = [line for line in (await admin.get("/words")).text.splitlines() if 'data-label="Words"' in line]
    await admin.post("/words/1/archive")
    after = text_of(await admin.post("/words/test", data={"text": "最好"}))

    assert made.headers["location"] == "/console/words/1?said=created"
    assert "What would leave: ＊＊，加＊＊" in tested
    assert "in disguise" in tested
    assert exported == "最好\n微信 | 拼音 首字母\n"
    assert ">2<" in row
    assert "passes" in after


async def test_a_text_is_tested_beside_the_event_loop(browsers: Browsers, monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[threading.Thread] = []

    def noted(words: CompiledWords, text: str) -> Screened:
        threads.append(threading.current_thread())
        return screen(words, text)

    monkeypatch.setattr("router.web.console.pages.words.screen", noted)
    admin = await browsers.signed_in("admin")

    await admin.post("/words/test", data={"text": "最好"})

    assert len(threads) == 1
    assert threads[0] is not threading.current_thread()


async def test_bad_lines_are_shown_and_can_be_left_out(browsers: Browsers) -> None:
    admin = await browsers.signed_in("admin")
    content = {**SET, "lines": "最好\n。。\nabc | 拼音"}

    refused = await admin.post("/words", data=content)
    saved = await admin.post("/words", data={**content, "good_lines_only": "yes"})

    assert refused.status_code == 422
    assert "Line 2: The word has no letter" in text_of(refused)
    assert saved.headers["location"] == "/console/words/1?said=created"


async def test_a_starter_set_is_taken_over_in_the_language_of_the_reader(browsers: Browsers) -> None:
    admin = await browsers.signed_in("admin", language="zh")

    made = await admin.post("/words/starters", data={"key": "abuse"})

    assert "辱骂与威胁" in text_of(await admin.get(made.headers["location"].removeprefix("/console")))


async def test_who_approves_is_told_what_an_archived_faq_leaves_out(browsers: Browsers, services: Services) -> None:
    price = contains("多少钱", then=[{"do": "reply", "text": "春季价 99 元"}])
    set_id = await services.ledger.write(published_rules(price, name="FAQ"))
    admin = await browsers.signed_in("admin")
    await admin.post("/questions", data={"title": "退货", "wordings": "怎么退货", "text": "七天内可退"})

    in_force = text_of(await admin.get("/answers/1"))
    await admin.post(f"/rules/{set_id}/archive")
    archived = text_of(await admin.get("/answers/1"))
    await admin.post("/answers/1/approve")

    assert "The rule set FAQ is archived." not in in_force
    assert "begins it anew with this answer alone; the 1 rule it had stays out of force." in archived
    assert "version 2" in text_of(await admin.get("/answers/1"))


async def test_a_marketer_proposes_and_only_an_admin_approves(browsers: Browsers, services: Services) -> None:
    items = [kf_text("怎么退货", f"wm-{number}", message_id=f"m{number}") for number in range(3)]
    await services.ledger.write(pulled(*items))
    await services.ledger.write(lambda c: decide_open(c, situation()))
    marketer, admin = await browsers.signed_in("marketer"), await browsers.signed_in("admin")

    listed = text_of(await marketer.get("/questions"))
    form = await marketer.get("/questions/answer?leader=怎么退货")
    proposed = await marketer.post("/questions", data={"title": "退货", "wordings": "怎么退货", "text": "七天内可退"})
    refused = await marketer.post("/answers/1/approve")
    shown = text_of(await admin.get("/answers/1"))
    approved = await admin.post("/answers/1/approve")
    after = text_of(await admin.get("/answers/1"))

    assert "怎么退货 3 3 3" in listed
    assert ">\n怎么退货</textarea>" in form.text
    assert proposed.headers["location"] == "/console/questions?said=proposed"
    assert refused.status_code == 403
    assert "In WeCom's queue" in shown
    assert approved.headers["location"] == "/console/answers/1?said=approved"
    assert "version 1" in after
    assert (await marketer.get("/answers/1")).status_code == 403


async def test_a_file_is_read_below_the_words_that_are_there(browsers: Browsers) -> None:
    admin = await browsers.signed_in("admin")
    await admin.post("/words", data=SET)

    shown = await admin.post("/words/1/file", files={"file": ("words.csv", "词,标记\n最佳\n赌博,拼音\n".encode())})
    unread = await admin.post("/words/file", files={"file": ("words.xlsx", b"PK\x03\x04 nothing")})

    assert ">\n最好\n微信 | 拼音 首字母\n最佳\n赌博 | 拼音\n</textarea>" in shown.text
    assert (await admin.get("/words/1/export.txt")).text == "最好\n微信 | 拼音 首字母\n"
    assert unread.status_code == 422

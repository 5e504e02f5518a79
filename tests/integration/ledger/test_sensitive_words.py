"""Sensitive words on the way in are flagged; on the way out they are replaced, or the text stays here."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import pytest

from router.db.ledger import Ledger
from router.db.queries import outbox, word_hits
from router.db.queries.outbox import Order
from router.db.queries.word_hits import list_hits
from router.domain.effects import Effect, Lane, SendAppText, SendKfText, SendWelcome
from router.handlers.admin.act import Act
from router.handlers.admin.word_sets import WordSetContent, archive_word_set, create_word_set, update_word_set
from router.handlers.decide import decide_open
from router.handlers.outbound.platform import Platform
from router.handlers.own_texts import doubtful_of
from router.handlers.words_in_force import WordsInForce
from router.platforms.wecom.client import WeComClient
from router.workers.sender import Sender
from tagtree.sensitive.finder import CompiledWords
from tagtree.sensitive.screening import Screened, screen
from tests.factories import (
    ACCOUNT,
    NOW,
    SECOND,
    ZONE,
    contains,
    customer,
    kf_text,
    live_code,
    pool,
    published_rules,
    pulled,
    situation,
)
from tests.integration.ledger.looking import column, rows

pytestmark = pytest.mark.anyio

ACT = Act("test", NOW, ZONE)
BLOCKED = WordSetContent("医疗", lines="根治", policy="block")
REPLACED = WordSetContent("广告", lines="最好", policy="replace", watches_incoming=False)


class Listener:
    """A platform that takes every text and keeps it."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    async def kf_send_msg(self, _account: str, _customer: str, message_id: str, reply: Any) -> str:
        self.heard.append(reply.content)
        return message_id

    async def send_welcome_msg(self, _code: str, text: str) -> None:
        self.heard.append(text)

    async def send_app_message(self, *, content: str, **_rest: Any) -> None:
        self.heard.append(content)


async def keeps(ledger: Ledger, *sets: WordSetContent) -> None:
    for content in sets:
        made = await ledger.write(lambda c, content=content: create_word_set(c, ACT, content))  # type: ignore[misc]
        assert not hasattr(made, "problems"), made


async def decide(ledger: Ledger, *items: str) -> None:
    await ledger.write(pulled(*items))
    await ledger.write(lambda c: decide_open(c, lambda c: replace(situation()(c), words=WordsInForce().current(c))))


async def send(ledger: Ledger, effect: Effect, lane: Lane, safe_welcome: str = "") -> list[str]:
    """Write and send one effect; returns what the platform heard."""
    listener = Listener()
    client = cast("WeComClient", listener)
    deadline = NOW + 20 * SECOND if lane == "welcome" else None
    await ledger.write(lambda c: outbox.add_all(c, [Order(effect, deadline_at=deadline)], NOW))
    clock: Callable[[], int] = lambda: NOW  # noqa: E731
    platform = Platform(ledger, clock, client, client, client, 1, ZONE, safe_welcome=safe_welcome)
    sender = Sender(lane, lambda: platform)
    await sender.work()
    await sender.drain()
    return listener.heard


async def hits(ledger: Ledger) -> list[tuple[str, str, str, str]]:
    page = await ledger.read(lambda c: list_hits(c))
    return [(each.message, each.done, each.written, each.party) for each in page.items]


async def test_what_a_customer_writes_is_flagged_and_still_decided(ledger: Ledger) -> None:
    await keeps(ledger, replace(BLOCKED, makes_task=True), REPLACED)

    await decide(ledger, kf_text("能 根.治 吗，最好今天", external_userid="wm-lin"))

    assert await hits(ledger) == [("customer", "flagged", "根.治", "wm-lin")]
    assert await ledger.read(column("SELECT status FROM inbox")) == ["done"]
    assert await ledger.read(lambda c: word_hits.flagged_events(c, [1, 2])) == {1}
    assert await ledger.read(column("SELECT kind FROM task")) == ["sensitive_word"]


async def test_a_word_beside_a_character_that_no_text_may_hold_is_flagged_too(ledger: Ledger) -> None:
    await keeps(ledger, BLOCKED)

    await decide(ledger, kf_text("根\0治", external_userid="wm-lin"))

    assert await hits(ledger) == [("customer", "flagged", "根\ufffd治", "wm-lin")]
    assert await ledger.read(column("SELECT status FROM inbox")) == ["done"]


async def test_a_reply_leaves_with_the_words_replaced(ledger: Ledger) -> None:
    await keeps(ledger, BLOCKED, REPLACED)

    heard = await send(ledger, SendKfText(ACCOUNT, "wm-lin", "m1", "这是最 好的"), "chat")

    assert heard == ["这是＊＊的"]
    assert await hits(ledger) == [("reply", "replaced", "最 好", "wm-lin")]


async def test_a_blocked_reply_stays_and_a_person_comes(ledger: Ledger) -> None:
    await keeps(ledger, BLOCKED)
    customer_id = await ledger.write(customer("wm-lin"))
    await ledger.write(
        lambda c: c.exec_driver_sql(
            "INSERT INTO conversation (customer_id, open_kfid, status, last_message_at, replies)"
            f" VALUES ({customer_id}, '{ACCOUNT}', 'bot', {NOW}, 1)"
        )
    )

    heard = await send(ledger, SendKfText(ACCOUNT, "wm-lin", "m1", "保证根治"), "chat")

    assert heard == []
    assert await ledger.read(rows("SELECT kind, status, error FROM outbox ORDER BY id")) == [
        ("send_kf_text", "failed", "not sent: it holds a sensitive word: 根治 (医疗)"),
        ("hand_to_human", "pending", ""),
    ]
    assert await ledger.read(column("SELECT status FROM conversation")) == ["waiting"]
    assert await hits(ledger) == [("reply", "blocked", "根治", "wm-lin")]


async def test_a_blocked_welcome_gives_way_to_the_safe_one(ledger: Ledger) -> None:
    await keeps(ledger, BLOCKED)

    heard = await send(ledger, SendWelcome("CODE", "包根治", "Ann", "wm-lin"), "welcome", safe_welcome="您好")

    assert heard == ["您好"]
    assert await hits(ledger) == [("welcome", "blocked", "根治", "wm-lin")]
    assert await ledger.read(column("SELECT kind FROM task")) == []


@pytest.mark.parametrize("safe_welcome", ["", "也根治"], ids=["none given", "blocked as well"])
async def test_a_blocked_welcome_without_another_becomes_a_task(ledger: Ledger, safe_welcome: str) -> None:
    await keeps(ledger, BLOCKED)

    heard = await send(ledger, SendWelcome("CODE", "包根治", "Ann", "wm-lin"), "welcome", safe_welcome)

    assert heard == []
    assert await ledger.read(column("SELECT status FROM outbox")) == ["failed"]
    assert await ledger.read(column("SELECT kind FROM task")) == ["welcome_by_hand"]


async def test_what_an_employee_is_answered_is_screened_too(ledger: Ledger) -> None:
    await keeps(ledger, REPLACED)

    assert await send(ledger, SendAppText("ann", "最好的", "1:0"), "chat") == ["＊＊的"]


async def test_the_texts_of_one_page_are_screened_without_those_of_all_others(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    await keeps(ledger, BLOCKED)
    sales = await ledger.write(pool())
    codes = [await ledger.write(live_code(sales, slug, welcome=f"包根治 {slug}")) for slug in ("spring", "autumn")]
    reply = [{"do": "reply", "text": "能根治"}]
    for name in ("shop", "clinic"):
        await ledger.write(published_rules(contains("价格", then=reply), name=name))
    screened: list[str] = []

    def noted(words: CompiledWords, text: str) -> Screened:
        screened.append(text)
        return screen(words, text)

    monkeypatch.setattr("router.handlers.own_texts.screen", noted)
    words = await ledger.read(WordsInForce().current)

    welcome = await ledger.read(lambda c: doubtful_of(c, words, "welcome", codes[1]))
    draft = await ledger.read(lambda c: doubtful_of(c, words, "reply", 2))

    assert [(each.own.id, each.own.text) for each in (*welcome, *draft)] == [(codes[1], "包根治 autumn"), (2, "能根治")]
    assert screened == ["包根治 autumn", "能根治"]


async def test_words_in_force_follow_every_edit(ledger: Ledger) -> None:
    words = WordsInForce()
    ledger.subscribe("words", words.outdate)

    async def found(text: str) -> list[str]:
        return [each.word for each in (await ledger.read(words.current)).find(text).finds]

    await keeps(ledger, BLOCKED)
    first = await found("根治与神医")
    await ledger.write(lambda c: update_word_set(c, ACT, 1, replace(BLOCKED, lines="神医")))
    second = await found("根治与神医")
    await ledger.write(lambda c: archive_word_set(c, ACT, 1))

    assert (first, second, await found("根治与神医")) == (["根治"], ["神医"], [])

"""What customers wrote goes after its days, portion by portion; what is younger stays."""

import pytest
from sqlalchemy import Connection

from router.db.ledger import Ledger
from router.db.queries import catalogue, native_changes, word_hits
from router.db.queries.word_hits import HitMessage
from router.handlers import retention
from router.handlers.admin.act import Act
from router.handlers.admin.word_sets import WordSetContent, create_word_set
from router.handlers.meaning import MeaningInForce, ReadMessage, remember
from router.secret_box import SecretBox
from router.services import Services
from router.settings import read_settings
from router.workers.ticker import Ticker
from tagtree.sensitive.finder import Find
from tests.factories import DAY, HOUR, NOW, ZONE, customer, live_code, pool
from tests.integration.ledger.looking import column

pytestmark = pytest.mark.anyio

FIND = Find(1, "假", 0, 1, "exact")


def texts(connection: Connection, customer_id: int, *, first: int, count: int, at: int) -> None:
    """Messages that say something, each with a sensitive word in it."""
    understood = MeaningInForce().current(connection).read("我要投诉")
    numbers = range(first, first + count)
    read = [ReadMessage(number, customer_id, "wk", at, "我要投诉", understood, "投诉") for number in numbers]
    remember(connection, read)
    for number in numbers:
        word_hits.record_hits(connection, [(HitMessage("customer", "假", "wm-lin", number), "flagged", [FIND])], at)


async def fire(ledger: Ledger, now: int, **settings: str) -> int | None:
    """The timers that are due fire until none is; returns when the next one is."""
    services = Services(read_settings(environment=settings), ledger, lambda: now, SecretBox(bytes(32)))
    await ledger.write(lambda c: retention.keep_up(c, now))
    while (due := await Ticker(services).work()) == now:
        pass
    return due


async def kept(ledger: Ledger) -> tuple[list[int], list[int]]:
    return (
        await ledger.read(column("SELECT inbox_id FROM message_meaning ORDER BY inbox_id")),
        await ledger.read(column("SELECT inbox_id FROM word_hit ORDER BY id")),
    )


async def test_readings_and_found_words_go_after_ninety_days(ledger: Ledger) -> None:
    lin = await ledger.write(customer())
    await ledger.write(lambda c: create_word_set(c, Act("boss", NOW, ZONE), WordSetContent("x", lines="假")))
    old = retention.PORTION + 1
    await ledger.write(lambda c: texts(c, lin, first=1, count=old, at=NOW - 90 * DAY - 1))
    await ledger.write(lambda c: texts(c, lin, first=old + 1, count=2, at=NOW - 90 * DAY))

    due = await fire(ledger, NOW)

    assert await kept(ledger) == ([old + 1, old + 2], [old + 1, old + 2])
    assert due == NOW + HOUR


async def test_how_long_is_a_setting(ledger: Ledger) -> None:
    lin = await ledger.write(customer())
    await ledger.write(lambda c: create_word_set(c, Act("boss", NOW, ZONE), WordSetContent("x", lines="假")))
    await ledger.write(lambda c: texts(c, lin, first=1, count=1, at=NOW - 8 * DAY))
    await ledger.write(lambda c: texts(c, lin, first=2, count=1, at=NOW - 6 * DAY))

    await fire(ledger, NOW, LIVEQR_TEXT_DAYS="7")

    assert await kept(ledger) == ([2], [2])


async def test_an_unknown_word_goes_when_it_was_not_seen_for_thirty_days_dismissed_or_not(ledger: Ledger) -> None:
    await ledger.write(lambda c: catalogue.tally_unknown(c, [("飞毯", "有飞毯吗"), ("坐垫", "坐垫")], NOW - 31 * DAY))
    await ledger.write(lambda c: catalogue.dismiss_unknown(c, ["坐垫"], NOW - 31 * DAY))
    await ledger.write(lambda c: catalogue.tally_unknown(c, [("抱枕", "有抱枕吗")], NOW - 31 * DAY))
    await ledger.write(lambda c: catalogue.tally_unknown(c, [("抱枕", "抱枕呢")], NOW - 29 * DAY))

    await fire(ledger, NOW)

    assert await ledger.read(column("SELECT word FROM unknown_word")) == ["抱枕"]


async def test_changes_of_a_native_codes_list_go_once_the_next_one_is_too_old_as_well(ledger: Ledger) -> None:
    """What was listed at any instant within the days can still be told, however long ago it was changed last."""
    ages = {"busy": (200, 100, 91, 89, 1), "quiet": (300, 200)}

    def changed(connection: Connection) -> None:
        for name, days in ages.items():
            code_id = live_code(pool(name)(connection), name)(connection)
            for ago in days:
                at = NOW - ago * DAY
                native_changes.remember(connection, code_id, ago, [], [f"{name}-{ago}"], {}, at)

    await ledger.write(changed)

    await fire(ledger, NOW)

    assert await ledger.read(column("SELECT version FROM native_change ORDER BY id")) == [91, 89, 1, 200]

"""Two versions of a rule set are asked about stored messages before one of them is published."""

from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import Connection

from router.clock import MovableClock
from router.db.ledger import Ledger
from router.db.queries import rule_sets, version_diffs
from router.db.queries.page import Page
from router.db.queries.version_diffs import VersionDiff
from router.handlers import comparing
from router.handlers.admin.act import Act
from router.handlers.admin.version_diffs import cancel_diff, start_diff
from router.handlers.decide import decide_open
from router.secret_box import SecretBox
from router.services import Services
from router.settings import read_settings
from router.workers import comparer
from router.workers.comparer import Comparer
from tests.factories import (
    NOW,
    ZONE,
    contains,
    customer_lost,
    kf_text,
    published_rules,
    pulled,
    received,
    situation,
    tag,
)
from tests.integration.ledger.looking import one

pytestmark = pytest.mark.anyio

ADMIN = Act("mei", NOW, ZONE)
PRICE = ("价格多少", "报价", "你好", "价格")


def services_on(ledger: Ledger) -> Services:
    return Services(read_settings({}, {}), ledger, MovableClock(), SecretBox(bytes(32)))


def rule(rule_id: str, *words: str, tag_id: int) -> dict[str, Any]:
    given = contains(*words, then=[{"do": "add_tag", "tag_id": tag_id}])
    return {"id": rule_id, "name": rule_id, "priority": 1, **given}


async def a_past(ledger: Ledger, texts: Sequence[str] = PRICE) -> int:
    """Messages decided while a rule looked for 价格; the draft looks for 报价 as well. Returns the tag."""
    price = await ledger.write(tag("price"))
    await ledger.write(published_rules(rule("r1", "价格", tag_id=price)))
    for number, text in enumerate(texts):
        await ledger.write(pulled(kf_text(text, message_id=f"m{number}")))
    while await ledger.write(lambda c: decide_open(c, situation())):
        pass
    draft = {"rules": [rule("r1", "价格", tag_id=price), rule("r2", "报价", tag_id=price)]}
    await ledger.write(lambda c: rule_sets.save_draft(c, 1, draft))
    return price


async def compared(ledger: Ledger, messages: int = 100) -> VersionDiff:
    asked = await ledger.write(lambda c: start_diff(c, ADMIN, 1, None, None, messages))
    assert isinstance(asked, VersionDiff)
    await Comparer(services_on(ledger)).work()
    done = await ledger.read(lambda c: version_diffs.get_diff(c, 1, asked.id))
    assert done is not None
    return done


def rows_written(connection: Connection) -> tuple[int, int]:
    counts = connection.exec_driver_sql("SELECT (SELECT count(*) FROM tag_edge), (SELECT count(*) FROM outbox)").one()
    return int(counts[0]), int(counts[1])


async def test_a_comparison_tells_which_messages_are_decided_otherwise_and_writes_nothing(ledger: Ledger) -> None:
    price = await a_past(ledger)
    before = await ledger.read(rows_written)

    done = await compared(ledger)

    found = done.result["differences"]
    assert (done.status, done.compared, found["differing"]) == ("done", 4, 1)
    assert found["rules"]["r1"] == {
        "before": 2, "after": 2, "gained": 0, "lost": 0, "gained_events": [], "lost_events": []
    }  # fmt: skip
    assert (found["rules"]["r2"]["before"], found["rules"]["r2"]["gained"]) == (0, 1)
    assert found["tags"] == {str(price): {"gained": 1, "lost": 0}}
    assert [(each["text"], each["before"]["rules"], each["after"]["rules"]) for each in found["examples"]] == [
        ("报价", [], ["r2"])
    ]
    assert await ledger.read(rows_written) == before


async def test_a_long_comparison_in_processes_of_its_own_says_the_same(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    await a_past(ledger)
    here = await compared(ledger)
    monkeypatch.setattr(comparing, "FEW", 0)
    monkeypatch.setattr(comparer, "CHUNK", 2)

    apart = await compared(ledger)

    assert (apart.status, apart.result) == ("done", here.result)


async def test_only_the_newest_messages_asked_for_are_compared(ledger: Ledger) -> None:
    await a_past(ledger)

    done = await compared(ledger, messages=2)

    assert (done.compared, done.result["differences"]["rules"]["r1"]["before"]) == (2, 1)


async def test_a_message_from_beyond_the_calendar_fails_no_comparison(ledger: Ledger) -> None:
    await a_past(ledger)
    await ledger.write(pulled(kf_text("报价", message_id="beyond", at=10**18)))
    await ledger.write(lambda c: decide_open(c, situation()))

    done = await compared(ledger)

    assert (done.status, done.error, done.compared) == ("done", "", 4)


async def test_messages_are_looked_for_a_piece_of_the_inbox_at_a_time(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    await a_past(ledger)
    for number in range(5):
        await ledger.write(received(customer_lost(external_userid=f"wm-{number}")))
    while await ledger.write(lambda c: decide_open(c, situation())):
        pass
    monkeypatch.setattr(version_diffs, "SEARCHED", 2)

    first = await ledger.read(lambda c: version_diffs.newest_messages(c, 0, 100))
    done = await compared(ledger)

    newest = await ledger.read(one("SELECT max(id) FROM inbox"))
    assert first == Page((), newest - 1)
    assert (done.status, done.compared, done.result["differences"]["differing"]) == ("done", 4, 1)


async def test_facts_that_were_not_stored_are_named_as_unknown(ledger: Ledger) -> None:
    price = await a_past(ledger)
    scoped = {**rule("r1", "价格", tag_id=price), "scope": {"channels": [], "live_codes": ["spring"]}}
    await ledger.write(lambda c: rule_sets.save_draft(c, 1, {"rules": [scoped]}))

    done = await compared(ledger)

    assert done.result["unknown"] == ["live_code"]
    assert done.result["differences"]["rules"]["r1"]["lost"] == 2


async def test_a_comparison_that_was_stopped_tells_nothing(ledger: Ledger) -> None:
    await a_past(ledger)
    asked = await ledger.write(lambda c: start_diff(c, ADMIN, 1, None, None, 100))
    assert isinstance(asked, VersionDiff)

    await ledger.write(lambda c: cancel_diff(c, ADMIN, 1, asked.id))
    await Comparer(services_on(ledger)).work()

    stopped = await ledger.read(lambda c: version_diffs.get_diff(c, 1, asked.id))
    assert stopped is not None
    assert (stopped.status, stopped.result) == ("cancelled", {})

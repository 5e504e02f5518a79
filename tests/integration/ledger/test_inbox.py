"""The inbox: stored once by its identity, decided in order, and one row's fault is that row's alone."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from sqlalchemy import Connection

from router.db.ledger import Ledger
from router.db.queries import inbox
from router.db.queries.inbox import Arrived, Open, Verdict
from router.domain.events import CustomerAdded
from router.handlers import decide
from router.handlers.decide import decide_open
from router.handlers.received import Handler, Received, Situation
from tests.factories import (
    NOW,
    SECOND,
    agent,
    app_text,
    customer_added,
    customer_lost,
    kf_notified,
    kf_text,
    pulled,
    received,
    situation,
)
from tests.integration.ledger.looking import column, one, rows

pytestmark = pytest.mark.anyio

VERDICTS = "SELECT status, event, reason FROM inbox ORDER BY id"


async def decide_all(ledger: Ledger, now: int = NOW) -> int:
    decided = 0
    while batch := await ledger.write(lambda c: decide_open(c, situation(now))):
        decided += batch
    return decided


async def test_the_same_message_delivered_four_times_is_one_row(ledger: Ledger) -> None:
    for _ in range(3):
        await ledger.write(received(customer_added()))
    await ledger.write(received(customer_added(), now=NOW + SECOND))

    assert await ledger.read(rows("SELECT status, deliveries, received_at FROM inbox")) == [("stored", 4, NOW)]


async def test_the_same_message_four_times_in_one_batch_is_one_row(ledger: Ledger) -> None:
    await ledger.write(received(*[customer_added()] * 4))

    assert await ledger.read(column("SELECT deliveries FROM inbox")) == [4]


async def test_a_repeat_of_a_decided_message_is_not_decided_again(ledger: Ledger) -> None:
    await ledger.write(agent("ann"))
    await ledger.write(received(customer_added()))
    await decide_all(ledger)

    await ledger.write(received(customer_added()))

    assert await decide_all(ledger) == 0
    assert await ledger.read(rows("SELECT status, deliveries FROM inbox")) == [("done", 2)]
    assert await ledger.read(one("SELECT count(*) FROM assignment")) == 1


async def test_two_customers_in_the_same_second_are_two_events(ledger: Ledger) -> None:
    await ledger.write(agent("ann"))

    await ledger.write(received(customer_added(external_userid="wm-lin"), customer_added(external_userid="wm-wang")))

    assert await decide_all(ledger) == 2
    assert await ledger.read(one("SELECT count(*) FROM assignment")) == 2


async def test_the_same_message_on_two_callbacks_is_two_events(ledger: Ledger) -> None:
    await ledger.write(received(kf_notified(), callback="CONTACT"))

    await ledger.write(received(kf_notified(), callback="KF"))

    assert await ledger.read(column("SELECT callback FROM inbox ORDER BY id")) == ["CONTACT", "KF"]


async def test_a_plaintext_that_is_not_xml_is_kept_as_failed_with_its_reason(ledger: Ledger) -> None:
    await ledger.write(received("<xml><ToUserName>"))

    ((status, reason),) = await ledger.read(rows("SELECT status, reason FROM inbox"))
    assert status == "failed"
    assert reason.startswith("the document is not well-formed XML")
    assert await decide_all(ledger) == 0


async def test_a_stored_row_that_turns_out_unreadable_fails_with_its_reason(ledger: Ledger) -> None:
    row = Arrived("odd", "CONTACT", "", customer_added().replace("<CreateTime>", "<CreateTime>soon"), NOW)
    await ledger.write(lambda c: inbox.add_each(c, [row]))

    await decide_all(ledger)

    ((status, event, reason),) = await ledger.read(rows(VERDICTS))
    assert (status, event) == ("failed", "unreadable")
    assert "CreateTime" in reason


async def test_a_message_of_a_kind_nobody_knows_is_kept_as_ignored(ledger: Ledger) -> None:
    name = "a_kind_that_the_platform_will_only_add_in_some_years_" * 2
    await ledger.write(received(kf_notified().replace("kf_msg_or_event", name)))

    await decide_all(ledger)

    ((status, event, reason),) = await ledger.read(rows(VERDICTS))
    assert status == "ignored"
    assert f"event/{name}".startswith(event)
    assert reason == "liveqr does not know this kind of message; it is kept as it came"


class Faulty:
    """A handler with a fault that one event triggers."""

    def __init__(self, handler: Handler, fault: Callable[[Any], BaseException | None]) -> None:
        self._handler = handler
        self._fault = fault

    def __call__(self, connection: Connection, batch: Sequence[Received[Any]], now: Situation, /) -> list[Verdict]:
        verdicts: list[Verdict] = self._handler(connection, batch, now)
        for each in batch:
            if (fault := self._fault(each.event)) is not None:
                raise fault
        return verdicts


def break_handler(monkeypatch: pytest.MonkeyPatch, kind: type, fault: Callable[[Any], BaseException | None]) -> None:
    monkeypatch.setattr(decide, "HANDLERS", {**decide.HANDLERS, kind: Faulty(decide.HANDLERS[kind], fault)})


async def test_one_event_at_fault_fails_alone_and_the_others_of_its_batch_are_decided(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ledger.write(agent("ann"))
    break_handler(
        monkeypatch, CustomerAdded, lambda event: KeyError("fault") if event.external_userid == "wm-2" else None
    )
    await ledger.write(received(*(customer_added(external_userid=f"wm-{n}") for n in range(4))))

    await decide_all(ledger)

    reason = "a fault in liveqr (KeyError): decide it again after an update, and report it"
    done = ("done", "customer_added", "")
    assert await ledger.read(rows(VERDICTS)) == [done, done, ("failed", "", reason), done]
    assert await ledger.read(
        column("SELECT c.external_userid FROM assignment AS a JOIN customer AS c ON c.id = a.customer_id ORDER BY 1")
    ) == ["wm-0", "wm-1", "wm-3"]


async def test_an_event_that_loses_a_race_between_processes_is_decided_again_not_failed(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    class DeadlockError(Exception):
        sqlstate = "40P01"

    losses = iter([DeadlockError(), DeadlockError()])
    break_handler(monkeypatch, CustomerAdded, lambda _event: next(losses, None))
    await ledger.write(agent("ann"))
    await ledger.write(received(customer_added()))

    await decide_all(ledger)

    assert await ledger.read(rows(VERDICTS)) == [("done", "customer_added", "")]
    assert await ledger.read(one("SELECT count(*) FROM assignment")) == 1


async def test_events_of_one_customer_are_decided_in_the_order_they_came(ledger: Ledger) -> None:
    await ledger.write(agent("ann"))
    await ledger.write(
        received(
            customer_added(at=NOW),
            customer_lost(at=NOW + SECOND),
            customer_added(at=NOW + 2 * SECOND),
            customer_lost(by_customer=False, at=NOW + 3 * SECOND),
        )
    )

    await decide_all(ledger, NOW + 4 * SECOND)

    assert await ledger.read(column("SELECT status FROM inbox")) == ["done"] * 4
    assert await ledger.read(column("SELECT status FROM follow")) == ["removed"]
    assert await ledger.read(one("SELECT count(*) FROM assignment")) == 2


async def test_only_a_failed_row_is_decided_again(ledger: Ledger) -> None:
    await ledger.write(received(app_text("你好")))
    await decide_all(ledger)
    id = await ledger.read(one("SELECT id FROM inbox"))

    assert not await ledger.write(lambda c: inbox.reopen(c, id))
    assert not await ledger.write(lambda c: inbox.reopen(c, id + 1))


async def test_an_item_of_a_pull_is_stored_once_whatever_pulls_it(ledger: Ledger) -> None:
    await ledger.write(pulled(kf_text("你好", message_id="m1"), kf_text("价格", message_id="m2")))

    await ledger.write(pulled(kf_text("价格", message_id="m2"), kf_text("在吗", message_id="m3")))

    assert await ledger.read(column("SELECT deliveries FROM inbox ORDER BY id")) == [1, 2, 1]


async def test_two_processes_never_decide_the_same_customer_at_once(postgresql_url: str) -> None:
    mine, theirs = Ledger(postgresql_url), Ledger(postgresql_url)
    await mine.write(received(*(customer_added(external_userid=name) for name in ("wm-lin", "wm-wang"))))
    await mine.write(received(*(customer_lost(external_userid=name) for name in ("wm-lin", "wm-wang"))))

    with mine._writer_engine.begin() as undecided:
        held = inbox.take(undecided, 2)
        beside: list[Open] = await theirs.write(lambda c: inbox.take(c, 10))

    assert ([each.id for each in held], [each.id for each in beside]) == ([1, 3], [2, 4])
    mine.close()
    theirs.close()


def waiting(*shards: int) -> Callable[[Connection], None]:
    """Rows that came in one after the other, one for each shard named."""

    def add(connection: Connection) -> None:
        for shard in shards:
            before = one("SELECT count(*) FROM inbox")(connection)
            subject = next(name for n in range(1_000) if inbox.shard_of(name := f"wm-{n}") == shard)
            inbox.add_each(connection, [Arrived(f"row-{before + 1}", "CONTACT", subject, "", NOW)])

    return add


async def test_the_oldest_row_is_decided_first_although_a_lower_shard_keeps_receiving(ledger: Ledger) -> None:
    await ledger.write(waiting(15, 7, 0, 0, 0))

    taken = await ledger.write(lambda c: inbox.take(c, 2))

    assert [each.id for each in taken] == [1, 2]


async def test_a_batch_is_full_although_its_rows_lie_in_many_shards(ledger: Ledger) -> None:
    await ledger.write(waiting(*range(16), *range(16)))

    taken = await ledger.write(lambda c: inbox.take(c, 20))

    assert len(taken) == 20
    assert [each.id for each in taken][:10] == list(range(1, 11))

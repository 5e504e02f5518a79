"""Timers are rows: armed, moved, disarmed, fired once, whoever restarts when."""

from collections.abc import Callable

import pytest

from router.db.ledger import Ledger
from router.db.queries import timers
from router.db.queries.timers import Due
from router.domain.scan import Reserved
from router.handlers import tag_upkeep
from router.secret_box import SecretBox
from router.services import Services
from router.settings import read_settings
from router.workers.ticker import FAULT_WAITS, Ticker
from tests.factories import DAY, MINUTE, NOW, SECOND, scan, shop
from tests.integration.ledger.looking import one

pytestmark = pytest.mark.anyio


async def arm(ledger: Ledger, key: str, due_at: int, **payload: int) -> None:
    await ledger.write(lambda c: timers.arm(c, "lease_ends", key, due_at, payload))


async def fired(ledger: Ledger, now: int, at_most: int = 100) -> list[Due]:
    return await ledger.write(lambda c: timers.take_due(c, now, at_most))


async def test_a_timer_fires_at_its_instant_with_its_payload_and_only_once(ledger: Ledger) -> None:
    await arm(ledger, "lease:1", NOW + MINUTE, reservation_id=1)

    early = await fired(ledger, NOW + MINUTE - 1)
    on_time = await fired(ledger, NOW + MINUTE)
    afterwards = await fired(ledger, NOW + DAY)

    assert (early, afterwards) == ([], [])
    assert [(each.kind, each.key, each.payload, each.due_at) for each in on_time] == [
        ("lease_ends", "lease:1", {"reservation_id": 1}, NOW + MINUTE)
    ]


async def test_arming_a_key_again_moves_its_timer(ledger: Ledger) -> None:
    await arm(ledger, "lease:1", NOW + MINUTE, reservation_id=1)

    await arm(ledger, "lease:1", NOW + 2 * MINUTE, reservation_id=2)

    assert await fired(ledger, NOW + MINUTE) == []
    assert [each.payload for each in await fired(ledger, NOW + 2 * MINUTE)] == [{"reservation_id": 2}]


async def test_a_disarmed_timer_does_not_fire(ledger: Ledger) -> None:
    await arm(ledger, "lease:1", NOW)
    await arm(ledger, "lease:2", NOW)

    await ledger.write(lambda c: timers.disarm(c, "lease:1"))

    assert [each.key for each in await fired(ledger, NOW)] == ["lease:2"]


async def test_a_timer_that_fails_holds_up_no_other_and_is_tried_again(ledger: Ledger) -> None:
    await ledger.write(shop("ann"))
    reserved = await ledger.write(scan("lin"))
    assert isinstance(reserved, Reserved)
    await arm(ledger, "lease:broken", NOW)
    services = Services(read_settings(environment={}), ledger, lambda: NOW + DAY, SecretBox(bytes(32)))

    next_at = await Ticker(services).work()

    assert await ledger.read(one("SELECT status FROM reservation")) == "expired"
    assert next_at == NOW + DAY + FAULT_WAITS
    assert [each.key for each in await fired(ledger, NOW + 2 * DAY)] == ["lease:broken"]


async def test_a_transaction_acts_on_few_timers_of_many_rows(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    left: list[int] = []
    monkeypatch.setattr(tag_upkeep, "mark_batch", lambda c, *_: left.append(one("SELECT count(*) FROM timer")(c)))
    await ledger.write(lambda c: tag_upkeep.marks_follow(c, range(1, 6), NOW))
    services = Services(read_settings(environment={}), ledger, lambda: NOW, SecretBox(bytes(32)))

    await Ticker(services).work()

    assert left == [3, 3, 1, 1, 0]


async def test_disarming_what_has_fired_changes_nothing(ledger: Ledger) -> None:
    await arm(ledger, "lease:1", NOW)
    await fired(ledger, NOW)

    await ledger.write(lambda c: timers.disarm(c, "lease:1"))

    assert await ledger.read(one("SELECT count(*) FROM timer")) == 0


async def test_what_is_due_fires_oldest_first_and_the_rest_stays(ledger: Ledger) -> None:
    for position, offset in enumerate((3, 1, 2)):
        await arm(ledger, f"lease:{position}", NOW + offset * SECOND)

    first = await fired(ledger, NOW + MINUTE, at_most=2)
    second = await fired(ledger, NOW + MINUTE, at_most=2)

    assert [[each.key for each in batch] for batch in (first, second)] == [["lease:1", "lease:2"], ["lease:0"]]


async def test_the_next_timer_is_known_without_firing_it(ledger: Ledger) -> None:
    none = await ledger.read(timers.next_due)
    await arm(ledger, "lease:1", NOW + 2 * MINUTE)
    await arm(ledger, "lease:2", NOW + MINUTE)

    assert none is None
    assert await ledger.read(timers.next_due) == NOW + MINUTE


async def test_a_timer_of_a_transaction_that_failed_was_never_taken(ledger: Ledger) -> None:
    await arm(ledger, "lease:1", NOW)

    with pytest.raises(ZeroDivisionError):
        await ledger.write(lambda c: [timers.take_due(c, NOW, 10), 1 / 0])

    assert [each.key for each in await fired(ledger, NOW)] == ["lease:1"]


async def test_two_processes_fire_each_timer_once(ledger: Ledger, open_ledger: Callable[[], Ledger]) -> None:
    other = open_ledger()
    for number in range(30):
        await arm(ledger, f"lease:{number}", NOW)

    mine, theirs = await fired(ledger, NOW, at_most=20), await fired(other, NOW, at_most=20)

    assert sorted(each.key for each in (*mine, *theirs)) == sorted(f"lease:{number}" for number in range(30))

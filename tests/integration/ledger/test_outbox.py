"""The outbox: effects are claimed once, in the order that serves customers, and recorded by whoever holds them."""

from collections.abc import Callable

import pytest
from sqlalchemy import Connection

from router.db.ledger import Ledger
from router.db.queries import outbox
from router.db.queries.outbox import LEASE, Claimed, Order
from router.domain.effects import HandToHuman, Lane, MarkTags, SendKfText, SendWelcome, SyncKf
from router.domain.tag_effects import ReadTags, TakeTagStep
from router.handlers.outbound import effect_of
from tests.factories import ACCOUNT, MINUTE, NOW, SECOND
from tests.integration.ledger.looking import one, rows

pytestmark = pytest.mark.anyio

OTHER_LANE: Lane = "welcome"


def welcome(code: str) -> SendWelcome:
    return SendWelcome(code, "你好", "Ann", "wm-lin")


def kf_text(message_id: str, external_userid: str = "wm-lin") -> SendKfText:
    return SendKfText(ACCOUNT, external_userid, message_id, "你好")


def written(*orders: Order, now: int = NOW) -> Callable[[Connection], None]:
    return lambda connection: outbox.add_all(connection, orders, now)


async def claim(ledger: Ledger, lane: Lane = "platform", at_most: int = 10, now: int = NOW) -> list[Claimed]:
    return await ledger.write(lambda c: outbox.claim(c, lane, at_most, now))


async def finish(ledger: Ledger, claimed: Claimed, status: str = "done", now: int = NOW) -> bool:
    return await ledger.write(lambda c: outbox.finish(c, claimed, status, now, sent=True))


async def test_the_effect_with_the_nearest_deadline_is_claimed_first(ledger: Ledger) -> None:
    await ledger.write(
        written(
            Order(welcome("none")),
            Order(welcome("late"), deadline_at=NOW + 15 * SECOND),
            Order(welcome("soon"), deadline_at=NOW + 5 * SECOND),
        )
    )

    first = await claim(ledger, "welcome", at_most=1)
    rest = await claim(ledger, "welcome", at_most=5)

    assert [each.deadline_at for each in (*first, *rest)] == [NOW + 5 * SECOND, NOW + 15 * SECOND, None]


async def test_lanes_do_not_see_each_others_effects(ledger: Ledger) -> None:
    await ledger.write(written(Order(welcome("WC")), Order(MarkTags(1)), Order(kf_text("m1"))))

    claimed = {lane: [each.kind for each in await claim(ledger, lane)] for lane in LEASE}

    assert claimed == {"welcome": ["send_welcome"], "chat": ["send_kf_text"], "platform": ["mark_tags"], "webhook": []}


async def test_effects_of_one_stream_go_out_one_at_a_time_in_the_order_written(ledger: Ledger) -> None:
    hand_over = HandToHuman(ACCOUNT, "wm-lin", "ann", "m0")
    await ledger.write(written(Order(kf_text("1")), Order(kf_text("2")), Order(hand_over)))

    order = []
    while claimed := await claim(ledger, "chat"):
        order.append([effect_of(each) for each in claimed])
        await finish(ledger, claimed[0])

    assert order == [[kf_text("1")], [kf_text("2")], [hand_over]]


async def test_streams_of_two_customers_do_not_wait_for_each_other(ledger: Ledger) -> None:
    await ledger.write(written(*(Order(kf_text(f"{who}-{n}", f"wm-{who}")) for who in ("lin", "wang") for n in (1, 2))))

    claimed = await claim(ledger, "chat")

    assert [each.stream for each in claimed] == [f"kf:{ACCOUNT}:wm-lin", f"kf:{ACCOUNT}:wm-wang"]


async def test_a_postponed_effect_holds_its_stream_back(ledger: Ledger) -> None:
    await ledger.write(written(Order(kf_text("1")), Order(kf_text("2"))))
    (first,) = await claim(ledger, "chat")

    await ledger.write(lambda c: outbox.postpone(c, first, NOW + MINUTE, errcode=-1, error="busy"))

    assert await claim(ledger, "chat") == []
    assert await ledger.read(lambda c: outbox.next_due(c, "chat", NOW)) == NOW + MINUTE
    assert [each.id for each in await claim(ledger, "chat", now=NOW + MINUTE)] == [first.id]


async def test_a_level_asked_for_again_waits_for_the_younger_effect_of_its_stream_that_is_under_way(
    ledger: Ledger,
) -> None:
    reading, step = ReadTags("wecom", "event"), TakeTagStep("wecom", 1, 0)
    await ledger.write(written(Order(reading)))
    (read,) = await claim(ledger)
    await finish(ledger, read)
    await ledger.write(written(Order(step)))
    (under_way,) = await claim(ledger)

    await ledger.write(written(Order(reading)))
    meanwhile = await claim(ledger)
    due_at = await ledger.read(lambda c: outbox.next_due(c, "platform", NOW))
    after_its_sender_died = await claim(ledger, now=under_way.lease_until)

    assert (meanwhile, due_at) == ([], under_way.lease_until)
    assert [effect_of(each) for each in after_its_sender_died] == [reading]


async def test_a_claimed_effect_is_nobody_elses_until_its_lease_lapses(ledger: Ledger) -> None:
    await ledger.write(written(Order(MarkTags(1))))
    (held,) = await claim(ledger)

    early = await claim(ledger, now=NOW + LEASE["platform"] - 1)
    (taken_over,) = await claim(ledger, now=NOW + LEASE["platform"])

    assert early == []
    assert (taken_over.id, taken_over.fence, taken_over.attempts) == (held.id, held.fence + 1, 2)


async def test_a_sender_that_lost_its_lease_records_nothing(ledger: Ledger) -> None:
    await ledger.write(written(Order(MarkTags(1))))
    (old,) = await claim(ledger)
    (new,) = await claim(ledger, now=NOW + LEASE["platform"])

    finished = await finish(ledger, old, "failed")
    postponed = await ledger.write(lambda c: outbox.postpone(c, old, NOW, errcode=None, error="late"))
    status_after_the_old = await ledger.read(one("SELECT status FROM outbox"))

    assert (finished, postponed, status_after_the_old) == (False, False, "sending")
    assert await finish(ledger, new)
    assert await ledger.read(rows("SELECT status, error FROM outbox")) == [("done", "")]


async def test_an_effect_written_twice_is_sent_once(ledger: Ledger) -> None:
    await ledger.write(written(Order(welcome("WC")), Order(welcome("WC"))))
    (claimed,) = await claim(ledger, "welcome")
    await finish(ledger, claimed)

    await ledger.write(written(Order(welcome("WC"))))

    assert await claim(ledger, "welcome", now=NOW + MINUTE) == []


async def test_a_level_asked_for_again_while_pending_is_sent_once_with_the_newest_payload(ledger: Ledger) -> None:
    await ledger.write(written(Order(SyncKf(ACCOUNT, "old")), Order(SyncKf(ACCOUNT, "new"))))

    (claimed,) = await claim(ledger, "chat")
    await finish(ledger, claimed)

    assert '"token":"new"' in claimed.payload
    assert await claim(ledger, "chat") == []


async def test_a_level_asked_for_again_while_it_is_sent_goes_out_once_more_afterwards(ledger: Ledger) -> None:
    await ledger.write(written(Order(MarkTags(1))))
    (first,) = await claim(ledger)
    await ledger.write(written(Order(MarkTags(1))))
    meanwhile = await claim(ledger)

    await finish(ledger, first)
    (second,) = await claim(ledger)
    await finish(ledger, second)

    assert meanwhile == []
    assert second.id == first.id
    assert await ledger.read(one("SELECT status FROM outbox")) == "done"
    assert await claim(ledger) == []


async def test_a_level_asked_for_without_pause_counts_its_attempts_from_one_each_time(ledger: Ledger) -> None:
    await ledger.write(written(Order(SyncKf(ACCOUNT, "t"))))
    attempts = []

    for _ in range(3):
        (claimed,) = await claim(ledger, "chat")
        attempts.append(claimed.attempts)
        await ledger.write(written(Order(SyncKf(ACCOUNT, "t"))))
        await finish(ledger, claimed)

    assert attempts == [1, 1, 1]


async def test_a_level_that_is_retried_is_not_sent_again_for_a_request_the_retry_has_served(ledger: Ledger) -> None:
    await ledger.write(written(Order(MarkTags(1))))
    (first,) = await claim(ledger)
    await ledger.write(written(Order(MarkTags(1))))
    await ledger.write(lambda c: outbox.postpone(c, first, NOW, errcode=-1, error="busy"))

    (retried,) = await claim(ledger)
    await finish(ledger, retried)

    assert await ledger.read(one("SELECT status FROM outbox")) == "done"


async def test_a_finished_level_is_opened_again_by_the_next_request(ledger: Ledger) -> None:
    await ledger.write(written(Order(MarkTags(1))))
    (first,) = await claim(ledger)
    await finish(ledger, first, "failed")

    await ledger.write(written(Order(MarkTags(1)), now=NOW + MINUTE))
    (again,) = await claim(ledger, now=NOW + MINUTE)

    assert (again.id, again.attempts) == (first.id, 1)


async def test_a_postponed_effect_is_due_at_its_instant_and_its_lane_is_told(ledger: Ledger) -> None:
    await ledger.write(written(Order(MarkTags(1))))
    (claimed,) = await claim(ledger)
    told: list[str] = []
    ledger.subscribe("outbox:platform", lambda: told.append("platform"))

    await ledger.write(lambda c: outbox.postpone(c, claimed, NOW + SECOND, errcode=-1, error="busy"))

    assert told == ["platform"]
    assert await ledger.read(lambda c: outbox.next_due(c, "platform", NOW)) == NOW + SECOND
    assert await claim(ledger) == []
    assert [each.attempts for each in await claim(ledger, now=NOW + SECOND)] == [2]


async def test_a_blocked_effect_of_a_stream_does_not_make_the_lane_due(ledger: Ledger) -> None:
    await ledger.write(written(Order(kf_text("1")), Order(kf_text("2"))))
    await claim(ledger, "chat")

    assert await ledger.read(lambda c: outbox.next_due(c, "chat", NOW)) == NOW + LEASE["chat"]


async def test_the_end_of_an_effect_tells_the_next_of_its_stream(ledger: Ledger) -> None:
    await ledger.write(written(Order(kf_text("1")), Order(kf_text("2"))))
    (first,) = await claim(ledger, "chat")
    told: list[str] = []
    ledger.subscribe("outbox:chat", lambda: told.append("chat"))

    await finish(ledger, first)

    assert told == ["chat"]


async def test_an_empty_lane_is_never_due(ledger: Ledger) -> None:
    await ledger.write(written(Order(MarkTags(1))))

    assert await ledger.read(lambda c: outbox.next_due(c, OTHER_LANE, NOW)) is None


async def test_an_effect_ordered_for_later_waits(ledger: Ledger) -> None:
    await ledger.write(written(Order(MarkTags(1), not_before=NOW + MINUTE)))

    assert await claim(ledger) == []
    assert len(await claim(ledger, now=NOW + MINUTE)) == 1


@pytest.mark.parametrize("ending", ["failed", "late"])
async def test_a_person_may_have_a_failed_or_late_effect_tried_again(ledger: Ledger, ending: str) -> None:
    await ledger.write(written(Order(welcome("WC"))))
    (claimed,) = await claim(ledger, "welcome")
    await finish(ledger, claimed, ending)

    reopened = await ledger.write(lambda c: outbox.reopen(c, claimed.id, "welcome", NOW + MINUTE))

    assert reopened
    assert [each.attempts for each in await claim(ledger, "welcome", now=NOW + MINUTE)] == [1]


async def test_an_effect_that_is_done_is_not_tried_again(ledger: Ledger) -> None:
    await ledger.write(written(Order(welcome("WC"))))
    (claimed,) = await claim(ledger, "welcome")
    await finish(ledger, claimed)

    assert not await ledger.write(lambda c: outbox.reopen(c, claimed.id, "welcome", NOW))


async def test_what_came_of_an_effect_is_kept_with_it(ledger: Ledger) -> None:
    await ledger.write(written(Order(MarkTags(1), inbox_id=None)))
    (claimed,) = await claim(ledger)

    await ledger.write(
        lambda c: outbox.finish(c, claimed, "failed", NOW + SECOND, sent=True, errcode=84061, error="no relation")
    )

    assert await ledger.read(rows("SELECT status, sent_at, finished_at, errcode, error, result FROM outbox")) == [
        ("failed", NOW + SECOND, NOW + SECOND, 84061, "no relation", "")
    ]


async def test_two_processes_claim_disjoint_effects(ledger: Ledger, open_ledger: Callable[[], Ledger]) -> None:
    other = open_ledger()
    await ledger.write(written(*(Order(MarkTags(n)) for n in range(40))))

    mine, theirs = await claim(ledger, at_most=25), await claim(other, at_most=25)

    assert (len(mine), len(theirs)) == (25, 15)
    assert {each.id for each in mine}.isdisjoint(each.id for each in theirs)


async def test_a_claim_passes_over_what_another_process_is_claiming_at_that_moment(postgresql_url: str) -> None:
    first, second = Ledger(postgresql_url), Ledger(postgresql_url)
    try:
        await first.write(written(*(Order(MarkTags(n)) for n in range(4))))
        with first._writer_engine.begin() as uncommitted:
            mine = outbox.claim(uncommitted, "platform", 2, NOW)
            theirs = await claim(second)
    finally:
        first.close()
        second.close()

    assert (len(mine), len(theirs)) == (2, 2)
    assert {each.id for each in mine}.isdisjoint(each.id for each in theirs)

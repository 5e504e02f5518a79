"""Numbers that visitors leave: kept with what was agreed to, bounded, and taken back."""

import re

import pytest

from router.domain.spill import WAITING_PAGE, FallbackPool
from router.handlers.admin.act import Act
from router.handlers.admin.refusal import TASK, Missing
from router.handlers.admin.tasks import finish_task
from router.handlers.leave_number import ALL_PER_HOUR, EACH_PER_DAY
from router.web.visitor import COOKIE
from tests.factories import HOUR, NOW, ZONE
from tests.integration.full.conftest import ASKS, CONSENT, FORM, PUBLIC_URL, Full, another_pool
from tests.integration.ledger.looking import one, rows

pytestmark = pytest.mark.anyio


async def test_a_number_becomes_a_task_with_the_text_agreed_to(full: Full) -> None:
    await full.spills(ASKS)
    await full.page()

    sent = await full.leaves(consent=CONSENT.replace("\n", "\r\n"))
    page = await full.phone.get(f"/q/spring/{sent.headers['location']}")

    assert (sent.status_code, sent.headers["location"]) == (303, "../spring")
    assert str(page.url) == f"{PUBLIC_URL}/q/spring"
    assert "已记下你的号码" in page.text
    assert await full.numbers() == [("13812345678", CONSENT)]


async def test_a_number_is_booked_on_the_pool_that_asked_when_another_asks_in_the_same_words(full: Full) -> None:
    last = await another_pool(full, "bo", places=0)
    other = await another_pool(full, "cai", places=0)
    first = await another_pool(full, "dan", places=0)
    await full.ledger.write(rows("UPDATE live_code SET pool_id = :pool_id RETURNING id", pool_id=first))
    await full.spills(FallbackPool(other), first)
    await full.spills(ASKS, last)
    await full.spills(ASKS, other)
    await full.page()

    await full.leaves()

    assert await full.ledger.read(rows("SELECT pool_id FROM task")) == [(other,)]


async def test_a_number_can_be_taken_back_and_is_gone(full: Full) -> None:
    await full.spills(ASKS)
    await full.page()
    await full.leaves()
    await full.ledger.write(lambda c: finish_task(c, Act("ann", NOW, ZONE), 1))

    sent = await full.leaves("/q/spring/number/withdraw")

    assert str(sent.next_request.url if sent.next_request else "") == f"{PUBLIC_URL}/q/spring"
    assert await full.ledger.read(one("SELECT count(*) FROM task")) == 0
    changes = await full.ledger.read(rows("SELECT what, before, after FROM change"))
    assert [what for what, _, _ in changes] == ["task.done"]
    assert "13812345678" not in str(changes)


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ({"number": "12345"}, "这个号码无法拨打"),
        ({"number": ""}, "这个号码无法拨打"),
        ({"number": "<b>138</b>"}, "这个号码无法拨打"),
        ({"consent": "something else"}, "说明文字刚刚有更新"),
    ],
)
async def test_what_is_wrong_with_a_number_is_said_beside_it(full: Full, form: dict[str, str], told: str) -> None:
    await full.spills(ASKS)
    await full.page()

    answer = await full.leaves(**form)

    assert (answer.status_code, told in answer.text, "<b>138" in answer.text) == (422, True, False)
    assert re.findall(r'(?:src|action)="([^"]+)"', answer.text) == ["../../static/js/landing.js", ".././spring/number"]
    assert await full.numbers() == []


async def test_no_number_is_kept_without_consent(full: Full) -> None:
    await full.spills(ASKS)
    await full.page()
    form = {name: value for name, value in FORM.items() if name != "agreed"}

    answer = await full.phone.post("/q/spring/number", data=form)

    assert (answer.status_code, await full.numbers()) == (422, [])


async def test_another_number_of_the_same_visitor_takes_the_place_of_the_first(full: Full) -> None:
    await full.spills(ASKS)
    await full.page()

    await full.leaves()
    await full.leaves(number="010-65529988")

    assert [number for number, _ in await full.numbers()] == ["01065529988"]


async def test_the_task_of_a_number_that_was_replaced_is_no_other_task(full: Full) -> None:
    await full.spills(ASKS)
    await full.page()
    await full.leaves()
    await full.leaves(number="010-65529988")

    stale = await full.ledger.write(lambda c: finish_task(c, Act("ann", NOW, ZONE), 1))

    assert stale == Missing(TASK)
    assert await full.ledger.read(rows("SELECT done_at FROM task")) == [(None,)]


async def test_a_visitor_may_leave_only_so_many_numbers_a_day(full: Full) -> None:
    await full.spills(ASKS)
    await full.page()
    for number in range(EACH_PER_DAY):
        await full.leaves(number=f"1381234567{number}")
        await full.ledger.write(lambda c: c.exec_driver_sql(f"UPDATE task SET done_at = {NOW}"))

    refused = await full.leaves()

    assert (refused.status_code, "今天已留过多次号码" in refused.text) == (422, True)


async def test_a_flood_of_numbers_stops_at_what_people_could_call(full: Full) -> None:
    await full.spills(ASKS)
    await full.page()
    filled = (
        "INSERT INTO task (kind, code_id, pool_id, visitor, content, created_at, done_by)"
        f" VALUES ('call_back', 1, 1, 'other', '{{}}', {NOW}, '')"
    )
    await full.ledger.write(lambda c: [c.exec_driver_sql(filled) for _ in range(ALL_PER_HOUR)])

    refused = await full.leaves()
    full.clock.now = NOW + HOUR + 1
    taken = await full.leaves()

    assert (refused.status_code, taken.status_code) == (422, 303)


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}])
async def test_another_site_cannot_leave_a_number_for_a_visitor(full: Full, headers: dict[str, str]) -> None:
    await full.spills(ASKS)
    await full.page()

    answer = await full.phone.post("/q/spring/number", data=FORM, headers=headers)

    assert (answer.status_code, await full.numbers()) == (403, [])


async def test_a_number_is_taken_only_from_whom_the_page_asked(full: Full) -> None:
    await full.spills(ASKS)

    stranger = await full.leaves()  # never opened the page, so has no cookie
    full.phone.cookies.set(COOKIE, "0" * 32)
    unseen = await full.leaves()
    await full.spills(WAITING_PAGE)
    await full.page()
    waiting = await full.leaves()

    assert [each.status_code for each in (stranger, unseen, waiting)] == [303, 303, 303]
    assert await full.numbers() == []


async def test_a_form_that_is_too_large_is_refused_before_it_is_read(full: Full) -> None:
    await full.spills(ASKS)
    await full.page()

    assert (await full.leaves(consent="x" * 20_000)).status_code == 413

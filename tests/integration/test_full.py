"""Everyone is full: each spill policy as a phone sees it, chains and circles of pools, numbers left and taken back."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from sqlalchemy import Connection
from starlette.applications import Starlette

from router.db.ledger import Ledger
from router.db.queries.alerts import open_alerts
from router.db.queries.tasks import list_tasks
from router.db.queries.waiting import ASK_AFTER
from router.domain.spill import (
    WAITING_PAGE,
    ClosedPage,
    FallbackPool,
    GroupCode,
    KfAccount,
    LeaveNumber,
    SpillPolicy,
)
from router.handlers.admin.act import Act
from router.handlers.admin.refusal import TASK, Missing
from router.handlers.admin.tasks import finish_task
from router.handlers.full import BUSY
from router.handlers.leave_number import ALL_PER_HOUR, EACH_PER_DAY
from router.handlers.scan import ScanRequest, scan_each
from router.secret_box import SecretBox
from router.services import Services
from router.settings import read_settings
from router.web.number import number_routes
from router.web.scan import routes
from router.web.visitor import COOKIE
from tests.factories import HOUR, NOW, RULES, ZONE, agent, cap, live_code, pool, ready_ways, shop
from tests.integration.ledger.lines import spills
from tests.integration.ledger.looking import one, rows

pytestmark = pytest.mark.anyio

PUBLIC_URL = "https://go.example.com"
WECHAT = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) Mobile/15E148 MicroMessenger/8.0.60 Language/zh_CN"
CONSENT = "我同意贵方\n仅为本次咨询回电。"
ASKS = LeaveNumber(CONSENT, "留下号码")
FORM = {"number": "138 1234 5678", "consent": CONSENT, "agreed": "yes"}


@dataclass
class StoppedClock:
    """Shows ``now`` (ms) until a test turns it."""

    now: int = NOW

    def __call__(self) -> int:
        return self.now


@dataclass
class Full:
    """A code ``spring`` whose only agent is full, and phones in front of it."""

    phone: httpx.AsyncClient
    ledger: Ledger
    clock: StoppedClock
    services: Services

    async def spills(self, policy: SpillPolicy, pool_id: int = 1) -> None:
        await self.ledger.write(spills(pool_id, policy))

    async def asks(self, visitor: str = "phone", slug: str = "spring") -> Any:
        headers = {"Accept": "application/json", "X-Liveqr-Visitor": visitor}
        return (await self.phone.get(f"/q/{slug}", headers=headers)).json()

    async def page(self, slug: str = "spring") -> httpx.Response:
        """The page for the phone with the cookie."""
        return await self.phone.get(f"/q/{slug}")

    async def leaves(self, path: str = "/q/spring/number", **form: str) -> httpx.Response:
        return await self.phone.post(path, data=FORM | form, headers={"Sec-Fetch-Site": "same-origin"})

    async def alerts(self) -> list[tuple[str, str, int]]:
        return [(each.kind, each.subject, each.times) for each in await self.ledger.read(open_alerts)]

    async def numbers(self) -> list[tuple[str, str]]:
        tasks = await self.ledger.read(list_tasks)
        return [(task.content["number"], task.content["consent"]) for task in tasks.items]


@pytest.fixture
async def full(ledger: Ledger) -> AsyncIterator[Full]:
    clock = StoppedClock()
    await ledger.write(shop("ann", cap_each=0))
    services = Services(read_settings({}, {"LIVEQR_PUBLIC_URL": PUBLIC_URL}), ledger, clock, SecretBox(bytes(32)))
    app = Starlette(routes=[*routes, *number_routes(services)])
    app.state.services = services
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL, headers={"User-Agent": WECHAT}) as phone:
        yield Full(phone, ledger, clock, services)


async def another_pool(full: Full, userid: str, *, places: int) -> int:
    """A second pool with an agent of its own who has that many places."""

    def write(connection: Connection) -> int:
        agent_id = agent(userid)(connection)
        ready_ways(agent_id)(connection)
        cap(f"agent:{agent_id}", places)(connection)
        return pool(f"pool of {userid}", [agent_id])(connection)

    return await full.ledger.write(write)


# --- each policy -----------------------------------------------------------------------------------------------------


async def test_a_waiting_page_shows_the_place_in_line(full: Full) -> None:
    answers = [await full.asks(visitor) for visitor in ("first", "second", "first")]
    page = await full.page()

    assert [(each["outcome"], each["waiting"]) for each in answers] == [
        ("full", {"position": 1, "of": 1, "ask_after_ms": ASK_AFTER}),
        ("full", {"position": 2, "of": 2, "ask_after_ms": ASK_AFTER}),
        ("waiting", {"position": 1, "of": 2, "ask_after_ms": ASK_AFTER}),
    ]
    assert f'data-ask-after="{ASK_AFTER}"' in page.text
    assert 'data-outcome="waiting"' in page.text
    assert "前面还有 2 人" in page.text
    assert '<noscript><meta http-equiv="refresh"' in page.text


async def test_a_closed_page_says_what_the_pool_says(full: Full) -> None:
    await full.spills(ClosedPage("明天 9 点再来"))

    answer, page = await full.asks(), await full.page()

    assert (answer["outcome"], answer["reason"]) == ("full", "明天 9 点再来")
    assert "明天 9 点再来" in page.text


async def test_customer_service_is_one_button_away(full: Full) -> None:
    await full.spills(KfAccount("wk1", "https://work.weixin.qq.com/kfid/kfc1?a=1&b=2"))

    answer, page = await full.asks(), await full.page()

    assert (answer["outcome"], answer["url"]) == ("full", "https://work.weixin.qq.com/kfid/kfc1?a=1&b=2")
    assert 'href="https://work.weixin.qq.com/kfid/kfc1?a=1&amp;b=2"' in page.text


async def test_a_group_code_is_where_visitors_are_sent(full: Full) -> None:
    group_id = await full.ledger.write(live_code(1, "group"))
    await full.ledger.write(lambda c: c.exec_driver_sql("UPDATE live_code SET kind = 'group' WHERE slug = 'group'"))
    await full.spills(GroupCode(group_id))

    answer, page = await full.asks(), await full.page()

    assert (answer["outcome"], answer["url"]) == ("full", f"{PUBLIC_URL}/q/group")
    assert 'href="./group"' in page.text


async def test_a_group_code_that_was_closed_leaves_the_line(full: Full) -> None:
    group_id = await full.ledger.write(live_code(1, "group", active=False))
    await full.spills(GroupCode(group_id))

    assert (await full.asks())["waiting"] == {"position": 1, "of": 1, "ask_after_ms": ASK_AFTER}


async def test_a_number_may_be_left(full: Full) -> None:
    await full.spills(ASKS)

    answer, page = await full.asks(), await full.page()

    assert (answer["outcome"], answer["number"]) == ("full", {"title": "留下号码", "consent": CONSENT})
    assert 'action="./spring/number"' in page.text


# --- chains ----------------------------------------------------------------------------------------------------------


async def test_a_chain_of_pools_is_walked_to_whoever_has_a_place(full: Full) -> None:
    last = await another_pool(full, "cleo", places=1)
    middle = await another_pool(full, "bo", places=0)
    await full.spills(FallbackPool(middle))
    await full.spills(FallbackPool(last), middle)

    answers = [await full.asks("first"), await full.asks("second")]

    assert [(each["outcome"], each["agent"] and each["agent"]["name"]) for each in answers] == [
        ("reserved", "Cleo"),
        ("full", None),
    ]


async def test_the_end_of_a_chain_says_what_becomes_of_the_visitor(full: Full) -> None:
    last = await another_pool(full, "bo", places=0)
    await full.spills(FallbackPool(last))

    told = {}
    for policy in (WAITING_PAGE, ClosedPage("tomorrow"), ASKS):
        await full.spills(policy, last)
        answer = await full.asks()
        told[policy.kind] = (answer["outcome"], answer["reason"], "waiting" in answer, "number" in answer)

    assert told == {
        "waiting_page": ("full", BUSY, True, False),
        "closed_page": ("full", "tomorrow", False, False),
        "leave_number": ("full", BUSY, False, True),
    }


async def test_pools_in_a_circle_wait_instead_of_turning_for_ever(full: Full) -> None:
    other = await another_pool(full, "bo", places=0)
    await full.spills(FallbackPool(other))
    await full.spills(FallbackPool(1), other)

    assert (await full.asks())["waiting"] == {"position": 1, "of": 1, "ask_after_ms": ASK_AFTER}


async def test_a_backup_joins_when_the_members_are_full_and_is_capped_as_well(full: Full) -> None:
    await full.ledger.write(
        lambda c: [
            agent("backup")(c),
            ready_ways(2)(c),
            cap("agent:2", 1)(c),
            c.exec_driver_sql("INSERT INTO pool_member (pool_id, agent_id, position, role) VALUES (1, 2, 1, 'backup')"),
        ]
    )

    answers = [await full.asks("first"), await full.asks("second")]

    assert [each["outcome"] for each in answers] == ["reserved", "full"]
    assert answers[0]["agent"]["name"] == "Backup"


# --- alerts ----------------------------------------------------------------------------------------------------------


async def test_a_full_pool_is_an_alert_with_the_time_it_began(full: Full) -> None:
    await full.asks("first")
    full.clock.now = NOW + 1_000
    await full.asks("second")
    await full.asks("first")

    alerts = await full.ledger.read(open_alerts)

    assert [(each.kind, each.subject, each.since_at, each.times) for each in alerts] == [
        ("pool_full", "pool:1", NOW, 2)
    ]


async def test_a_code_whose_own_cap_is_used_up_is_an_alert_of_that_code_and_not_of_its_pool(full: Full) -> None:
    await full.ledger.write(lambda c: cap("agent:1", 9)(c))
    await full.ledger.write(lambda c: live_code(1, "small")(c))
    await full.ledger.write(lambda c: cap("code:2", 1)(c))

    answers = [await full.asks(visitor, "small") for visitor in ("first", "second")]

    assert [each["outcome"] for each in answers] == ["reserved", "full"]
    assert await full.alerts() == [("code_full", "code:2", 1)]
    await full.ledger.write(lambda c: cap("agent:1", 1)(c))
    await full.asks("third", "small")
    assert await full.alerts() == [("code_full", "code:2", 1), ("pool_full", "pool:1", 1)]


async def test_a_code_for_which_nobody_has_the_skill_is_an_alert_of_that_code_and_not_of_its_pool(full: Full) -> None:
    await full.ledger.write(lambda c: cap("agent:1", 9)(c))
    await full.ledger.write(lambda c: c.exec_driver_sql("UPDATE live_code SET skill = 'loans'").rowcount)

    answer = await full.asks("first")

    assert answer["outcome"] == "full"
    assert await full.alerts() == [("code_full", "code:1", 1)]


async def test_whose_own_agent_is_full_is_no_alert_of_a_pool_with_room_for_others(full: Full) -> None:
    await full.ledger.write(lambda c: cap("agent:1", 1)(c))
    await full.ledger.write(lambda c: c.exec_driver_sql("UPDATE pool SET policy = 'exclusive'").rowcount)
    await another_pool(full, "bo", places=9)
    reserved = await full.asks("first")
    await full.ledger.write(lambda c: c.exec_driver_sql("UPDATE pool_member SET pool_id = 1").rowcount)
    await full.ledger.write(lambda c: c.exec_driver_sql("UPDATE reservation SET status = 'released'").rowcount)

    again = await full.asks("first")

    assert (reserved["outcome"], again["outcome"]) == ("reserved", "full")
    assert await full.alerts() == []


async def test_a_burst_that_finds_a_pool_full_counts_each_visitor_once(full: Full) -> None:
    burst = [ScanRequest("spring", visitor) for visitor in ("first", "second", "first", "third")]

    await full.ledger.write(lambda connection: scan_each(connection, burst, NOW, RULES))

    alerts = await full.ledger.read(open_alerts)
    assert [(each.subject, each.text["name"], each.times) for each in alerts] == [("pool:1", "pool of spring", 3)]


# --- numbers ---------------------------------------------------------------------------------------------------------


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

"""Every page renders in both languages, with much, with nothing, and with hostile content."""

import re
from dataclasses import replace
from functools import partial

import httpx
import pytest
from sqlalchemy import Connection

from router.db.ledger import Ledger
from router.db.queries import conversations
from router.db.queries.arrivals import ensure_customers
from router.services import Services
from router.web.console.routes import ROUTES
from tests.factories import NOW
from tests.integration.console.browsing import Browsers, text_of
from tests.integration.console.filled import HOSTILE, Filled, fill

pytestmark = pytest.mark.anyio

INLINE = re.compile(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|javascript:", re.IGNORECASE)


def addresses(filled: Filled) -> dict[str, str]:
    """A real address for each GET route."""
    ids = {
        "/live-codes/{id:id}": filled.code_id,
        "/live-codes/{id:id}/edit": filled.code_id,
        "/live-codes/{id:id}/admission": filled.code_id,
        "/live-codes/{id:id}/groups": filled.group_code_id,
        "/live-codes/{id:id}/native": filled.native_code_id,
        "/stores/{id:id}": filled.first["store"],
        "/classes/{id:id}": filled.first["message_class"],
        "/catalogue/{id:id}": filled.first["catalogue_item"],
        "/pools/{id:id}": filled.first["pool"],
        "/agents/{id:id}": filled.agent_id,
        "/schedules/{id:id}": filled.first["schedule"],
        "/tags/{id:id}": filled.tag_id,
        "/tags/{id:id}/merge": filled.tag_id,
        "/rules/{id:id}": filled.rule_set_id,
        "/rules/{id:id}/json": filled.rule_set_id,
        "/rules/{id:id}/compare": filled.rule_set_id,
        "/rules/{id:id}/withdraw/{rule_id}": filled.rule_set_id,
        "/rules/{id:id}/new": filled.rule_set_id,
        "/rules/{id:id}/rules/{rule_id}": filled.rule_set_id,
        "/events/{id:id}": filled.added_event_id,
        "/words/{id:id}": filled.first["word_set"],
        "/answers/{id:id}": filled.first["answer"],
    }
    return {
        route.path: route.path.replace("{id:id}", str(ids.get(route.path, "")))
        .replace("{external_userid}", "wm-lin")
        .replace("{rule_id}", "r1")
        for route in ROUTES
        if route.method == "GET"
        and route.path not in ("/sign-in", "/customers/{external_userid}/card", "/presence")  # the last: an agent's own
        and "{group_id:id}.png" not in route.path  # a picture, not a page
        and "{format}" not in route.path  # a file, not a page
    }


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_every_page_renders_and_lets_nothing_stored_become_markup(
    ledger: Ledger, browsers: Browsers, language: str
) -> None:
    filled = await ledger.write(fill)
    admin = await browsers.signed_in("admin", language=language)
    paths = [*addresses(filled).values(), f"/live-codes/{filled.group_code_id}", f"/live-codes/{filled.link_code_id}"]
    paths += [f"/events/{filled.failed_event_id}", f"/live-codes/{filled.archived_code_id}"]
    paths += [
        "/live-codes?archived=yes",
        "/tags?archived=yes",
        f"/customers?search={HOSTILE}",
        "/rules/test?rules=in_force",
        f"/classes?text={HOSTILE}投诉",
    ]

    pages: dict[str, httpx.Response] = {path: await admin.get(path) for path in paths}

    assert {path: page.status_code for path, page in pages.items() if page.status_code != 200} == {}
    assert {path for path, page in pages.items() if HOSTILE in page.text or INLINE.search(page.text)} == set()
    lang = "en" if language == "en" else "zh-CN"
    assert {path for path, page in pages.items() if f'<html lang="{lang}">' not in page.text} == set()


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/live-codes",
        "/live-codes?archived=yes",
        "/pools",
        "/agents",
        "/stores",
        "/reservations",
        "/customers",
        "/tags",
        "/tags?archived=yes",
        "/rules",
        "/queue",
        "/classes?archived=yes",
        "/catalogue",
        "/catalogue/unknown",
        "/reviews",
        "/events",
        "/outbox",
        "/changes?subject=nothing",
    ],
)
async def test_an_empty_list_says_what_to_do_next(browsers: Browsers, path: str) -> None:
    admin = await browsers.signed_in("admin")

    page = (await admin.get(path)).text

    assert page.count('<div class="empty">') == 1


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/live-codes/999999999999999999999999", id="an id larger than any"),
        pytest.param("/live-codes/0", id="an id that is none"),
        pytest.param("/customers/%00", id="a NUL in the path"),
        pytest.param("/nothing/here", id="no such page"),
        pytest.param("/events/77", id="no such row"),
    ],
)
async def test_an_address_of_nothing_is_told_as_such(browsers: Browsers, path: str) -> None:
    admin = await browsers.signed_in("admin")

    answer = await admin.get(path)

    assert answer.status_code == 404
    assert "There is nothing at this address." in text_of(answer)


@pytest.mark.parametrize(
    "query",
    [
        pytest.param("before=99999999999999999999999", id="a cursor larger than any"),
        pytest.param("before=-5", id="a negative cursor"),
        pytest.param("status=%3Cscript%3E&before=x", id="no such state"),
        pytest.param("search=%ff%fe&tag_id=%F0%9F%98%80&agent_id=1e9", id="bytes that are no text"),
        pytest.param("search=%25%5F!&subject=%27%20OR%201%3D1", id="signs of the query language"),
        pytest.param("&".join(f"x{number}=1" for number in range(500)), id="many parameters"),
    ],
)
async def test_a_strange_query_never_breaks_a_list(browsers: Browsers, query: str) -> None:
    admin = await browsers.signed_in("admin")
    lists = ["/live-codes", "/agents", "/reservations", "/customers", "/events", "/outbox", "/changes", "/rules/test"]

    statuses = [(await admin.get(f"{path}?{query}")).status_code for path in lists]

    assert statuses == [200] * len(lists)


@pytest.mark.parametrize("name", ["春季客服", ""])
async def test_the_queue_names_the_account_and_says_who_takes_the_person(
    ledger: Ledger, browsers: Browsers, name: str
) -> None:
    admin = await browsers.signed_in("admin")
    await ledger.write(partial(_let_wait, account=name))

    page = text_of(await admin.get("/queue"))

    assert (name or "wk-1") in page
    assert "Who receives the account in WeCom finds them in its waiting queue there." in page
    assert "by a rule, for a message class, or as KF_POOL_ID in the settings" in page


def _let_wait(connection: Connection, account: str) -> None:
    customer_id = ensure_customers(connection, ["wm-lin"], NOW)["wm-lin"]
    conversations.follow_platform(connection, customer_id, "wk-1", "bot", None, NOW)
    conversations.turn_to_people(connection, "wk-1", customer_id, NOW)
    conversations.ensure_account(connection, "wk-1", NOW)
    conversations.name_accounts(connection, {"wk-1": account})


async def test_a_nul_character_in_a_query_is_refused_with_the_reason(browsers: Browsers) -> None:
    admin = await browsers.signed_in("admin")

    answer = await admin.get("/customers?search=a%00b")

    assert (answer.status_code, "NUL character" in text_of(answer)) == (400, True)


async def test_the_language_of_a_user_is_kept_and_of_others_asked(browsers: Browsers) -> None:
    admin, nobody = await browsers.signed_in("admin"), browsers.nobody(language="en;q=0.1, zh;q=0.9")

    before, asked = text_of(await admin.get("/account")), text_of(await nobody.get("/sign-in"))
    await admin.post("/language", data={"language": "zh", "next": "/console/account"})
    await nobody.post("/language", data={"language": "en", "next": "/console/sign-in"})
    after, chosen = text_of(await admin.get("/account")), text_of(await nobody.get("/sign-in"))

    assert ("Your account" in before, "我的账号" in after) == (True, True)
    assert ("用户名" in asked, "User name" in chosen) == (True, True)


async def test_why_an_event_failed_is_told_in_the_readers_language(ledger: Ledger, browsers: Browsers) -> None:
    filled = await ledger.write(fill)
    english, chinese = await browsers.signed_in("admin"), await browsers.signed_in("admin", language="zh")
    path = f"/events/{filled.failed_event_id}"

    pages = [text_of(await english.get(path)), text_of(await chinese.get(path))]

    assert "in liveqr: add the agent, then decide this event again" in pages[0]
    assert "请先添加该员工，再重新处理此事件" in pages[1]
    assert "in liveqr" not in pages[1]


async def test_every_page_names_the_zone_of_its_times(browsers: Browsers) -> None:
    english, chinese = await browsers.signed_in("admin"), await browsers.signed_in("admin", language="zh")

    pages = [text_of(await english.get("/reservations")), text_of(await chinese.get("/reservations"))]

    assert ("Times in Asia/Shanghai" in pages[0], "时区 Asia/Shanghai" in pages[1]) == (True, True)


async def test_every_answer_of_the_console_carries_the_policy(browsers: Browsers) -> None:
    admin = await browsers.signed_in("admin")

    answers = [await admin.get("/"), await admin.get("/nothing"), await admin.post("/sign-out")]

    assert {answer.headers["content-security-policy"].split(";")[0] for answer in answers} == {"default-src 'none'"}


async def test_a_change_that_another_site_asks_for_is_refused(browsers: Browsers) -> None:
    admin = await browsers.signed_in("admin")

    answer = await admin.post("/agents", data={"userid": "ann"}, headers={"sec-fetch-site": "cross-site"})

    assert answer.status_code == 403
    assert "No agents yet" in text_of(await admin.get("/agents"))


@pytest.mark.parametrize(
    ("public_url", "is_safe"), [("https://go.example.com", True), ("http://127.0.0.1:8080", False)]
)
async def test_a_code_is_called_print_safe_only_when_its_link_is_public(
    ledger: Ledger, services: Services, browsers: Browsers, public_url: str, is_safe: bool
) -> None:
    filled = await ledger.write(fill)
    services.settings = replace(services.settings, public_url=public_url)
    marketer = await browsers.signed_in("marketer")

    page = text_of(await marketer.get(f"/live-codes/{filled.code_id}"))

    assert ("print-safe" in page, "Print-safe" in page, "before you print" in page) == (is_safe, is_safe, not is_safe)

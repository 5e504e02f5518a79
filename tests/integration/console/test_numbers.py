"""The numbers page and its files, as a marketer uses them."""

import csv
import io
from datetime import datetime
from zoneinfo import ZoneInfo

import httpx
import pytest
from openpyxl import load_workbook

from router.db.ledger import Ledger
from router.db.queries import tally
from router.db.queries.tally import Count
from tests.factories import NOW, ZONE, agent, customer, follow, shop
from tests.integration.console.browsing import Browsers, text_of
from tests.integration.console.filled import fill
from tests.integration.ledger.looking import rows

pytestmark = pytest.mark.anyio

FORMULA = '=HYPERLINK("http://evil.example","click")'


def lines_of(answer: httpx.Response) -> list[list[str]]:
    """The rows of a CSV file."""
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/csv; charset=utf-8")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))


async def test_the_page_tells_a_day_drawn_and_as_a_table(ledger: Ledger, browsers: Browsers) -> None:
    await ledger.write(shop("ann"))
    counts = [Count("scan", 1, times=1_234), Count("visitor", 1, times=900), Count("add", 1, 1, times=56)]
    await ledger.write(lambda c: tally.count_all(c, NOW, ZONE, counts))
    marketer = await browsers.signed_in("marketer")

    page = await marketer.get("/numbers?first=2026-11-21&last=2026-11-21")

    assert page.status_code == 200
    assert "Scans 1,234 by 900 visitors Customers added 56" in text_of(page)
    assert '<rect class="chart-1"' in page.text
    assert 'data-shade="5" title="Sat 14:00">56</td>' in page.text


@pytest.mark.parametrize(
    "query",
    [
        "first=2026-11-21&last=2026-11-20",
        "first=2025-01-01&last=2026-02-04",
        "first=nonsense",
        "last=9999-99-99",
        "first=%3Cscript%3E",
    ],
)
async def test_days_without_sense_are_said_beside_the_form(browsers: Browsers, query: str) -> None:
    marketer = await browsers.signed_in("marketer")

    page = await marketer.get(f"/numbers?{query}")

    assert page.status_code == 422
    assert 'role="alert"' in page.text
    assert "<script>" not in page.text


async def test_numbers_come_as_a_row_per_hour_code_and_agent(ledger: Ledger, browsers: Browsers) -> None:
    await ledger.write(shop("ann"))
    counts = [Count("scan", 1, times=3), Count("add", 1, 1, times=2), Count("beyond", 1, 1)]
    await ledger.write(lambda c: tally.count_all(c, NOW, ZONE, counts))
    marketer = await browsers.signed_in("marketer")

    answer = await marketer.get("/numbers/export.csv?first=2026-11-20&last=2026-11-21")

    assert lines_of(answer)[1:] == [
        ["2026-11-21", "14", "spring", "", "3", "0", "0", "0", "0", "0", "0", ""],
        ["2026-11-21", "14", "spring", "Ann", "0", "0", "2", "1", "0", "0", "0", ""],
    ]


@pytest.mark.parametrize(
    ("path", "english", "chinese"),
    [
        ("numbers", ["Hour (Asia/Shanghai)"], ["小时（Asia/Shanghai）"]),
        ("customers", ["First seen (Asia/Shanghai)"], ["首次出现（Asia/Shanghai）"]),
        (
            "reservations",
            ["Held (Asia/Shanghai)", "Until (Asia/Shanghai)", "Ended (Asia/Shanghai)"],
            ["预占时间（Asia/Shanghai）", "有效至（Asia/Shanghai）", "结束时间（Asia/Shanghai）"],
        ),
    ],
)
async def test_a_column_of_times_names_their_zone_in_both_kinds_of_file(
    browsers: Browsers, path: str, english: list[str], chinese: list[str]
) -> None:
    for language, titles in (("en", english), ("zh", chinese)):
        admin = await browsers.signed_in("admin", language=language)

        header = lines_of(await admin.get(f"/{path}/export.csv"))[0]
        as_xlsx = await admin.get(f"/{path}/export.xlsx")

        sheet = load_workbook(io.BytesIO(as_xlsx.content)).active
        assert sheet is not None
        assert [title for title in header if "Asia/Shanghai" in title] == titles
        assert [cell.value for cell in sheet[1]] == header


async def test_the_zone_of_a_column_is_that_of_its_times(ledger: Ledger, browsers: Browsers) -> None:
    await ledger.write(fill)
    admin = await browsers.signed_in("admin")

    header, *lines = lines_of(await admin.get("/reservations/export.csv"))
    held = await ledger.read(rows("SELECT held_at FROM reservation ORDER BY id DESC"))

    column = header.index("Held (Asia/Shanghai)")
    local = [datetime.fromisoformat(line[column]).replace(tzinfo=ZoneInfo("Asia/Shanghai")) for line in lines]
    assert lines
    assert [int(each.timestamp()) for each in local] == [at // 1000 for (at,) in held]


async def test_agents_stand_beside_their_share_by_weight_on_the_page_and_in_its_files(
    ledger: Ledger, browsers: Browsers
) -> None:
    ann, bo = await ledger.write(shop("ann", "bo"))
    await ledger.write(
        lambda c: tally.count_all(c, NOW, ZONE, [Count("add", 1, ann, times=3), Count("add", 1, bo, times=1)])
    )
    marketer = await browsers.signed_in("marketer")

    page = text_of(await marketer.get("/numbers?first=2026-11-21&last=2026-11-21"))
    as_csv = await marketer.get("/numbers/agents.csv?first=2026-11-21&last=2026-11-21")
    as_xlsx = await marketer.get("/numbers/agents.xlsx?first=2026-11-21&last=2026-11-21")

    assert "Furthest from the share by weight: Ann, by 1 adds, 25% of all." in page
    assert "index of adds per weight: 0.8, where 1 means that all took alike and 0.5 that one took everything" in page
    assert "Ann 3 1 2 +1" in page
    assert "Bo 1 1 2 -1" in page
    assert lines_of(as_csv) == [
        ["Agent", "Adds", "Weight", "Share by weight", "Difference", "Beyond a cap", "Lost", "Removed", "Replies"],
        ["Ann", "3", "1", "2.0", "1.0", "0", "0", "0", "0"],
        ["Bo", "1", "1", "2.0", "-1.0", "0", "0", "0", "0"],
    ]
    sheet = load_workbook(io.BytesIO(as_xlsx.content)).active
    assert sheet is not None
    assert [cell.value for cell in sheet[3]][:5] == ["Bo", 1, 1, 2, -1]


async def test_a_customer_called_like_a_formula_is_text_in_both_kinds_of_file(
    ledger: Ledger, browsers: Browsers
) -> None:
    await ledger.write(customer("wm-evil", FORMULA))
    admin = await browsers.signed_in("admin")

    as_csv = await admin.get("/customers/export.csv")
    as_xlsx = await admin.get("/customers/export.xlsx")

    sheet = load_workbook(io.BytesIO(as_xlsx.content)).active
    assert sheet is not None
    assert lines_of(as_csv)[1][:2] == ["wm-evil", f"'{FORMULA}"]
    assert (sheet["B2"].value, sheet["B2"].data_type) == (f"'{FORMULA}", "s")
    assert 'filename="liveqr-customers-2026-11-21.xlsx"' in as_xlsx.headers["content-disposition"]


async def test_reservations_come_with_state_agent_and_customer(ledger: Ledger, browsers: Browsers) -> None:
    await ledger.write(fill)
    marketer = await browsers.signed_in("marketer")

    lines = lines_of(await marketer.get("/reservations/export.csv?status=confirmed"))

    assert [(line[1], line[2], line[9]) for line in lines[1:]] == [("confirmed", "spring", "wm-lin")]


async def test_an_agent_takes_away_only_customers_of_their_own(ledger: Ledger, browsers: Browsers) -> None:
    ann, ben = [await ledger.write(agent(userid)) for userid in ("ann", "ben")]
    for agent_id, external_userid in ((ann, "wm-mine"), (ben, "wm-theirs")):
        customer_id = await ledger.write(customer(external_userid))
        await ledger.write(follow(agent_id, customer_id))
    browser = await browsers.signed_in("agent", ann)

    lines = lines_of(await browser.get(f"/customers/export.csv?agent_id={ben}"))

    assert [line[0] for line in lines[1:]] == ["wm-mine"]


async def test_who_took_customers_away_stands_among_the_changes(ledger: Ledger, browsers: Browsers) -> None:
    admin = await browsers.signed_in("admin")

    await admin.get("/customers/export.csv?search=lin")

    assert await ledger.read(rows("SELECT actor, what FROM change WHERE what LIKE '%.export'")) == [
        ("admin-en", "customers.export")
    ]


async def test_an_unknown_kind_of_file_is_not_found(browsers: Browsers) -> None:
    admin = await browsers.signed_in("admin")

    answers = [await admin.get(f"/{what}/export.exe") for what in ("numbers", "customers", "reservations")]

    assert [answer.status_code for answer in answers] == [404, 404, 404]


async def test_adds_are_counted_again_on_request(ledger: Ledger, browsers: Browsers) -> None:
    await ledger.write(lambda c: tally.count_all(c, NOW, ZONE, [Count("add", 1, 1, times=99), Count("scan", 1)]))
    marketer = await browsers.signed_in("marketer")

    answer = await marketer.post("/numbers/recount", data={"first": "2026-11-21", "last": "2026-11-21"})

    assert answer.headers["location"] == "/console/numbers?first=2026-11-21&last=2026-11-21&said=recounted"
    assert await ledger.read(rows("SELECT measure, times FROM tally")) == [("scan", 1)]

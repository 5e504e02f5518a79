"""Schedules, an agent's own duty and photo in the console, and what visitors get of the photo."""

from html import unescape
from io import BytesIO

import httpx
import pytest
from PIL import Image
from starlette.applications import Starlette

from router.db.ledger import Ledger
from router.db.queries.agents import Agent, get_agent
from router.db.queries.presence import photo_of
from router.handlers.admin.act import Act
from router.handlers.admin.presence import set_presence
from router.services import Services
from router.web import photo
from tests import factories
from tests.factories import NOW, ZONE
from tests.integration.console.browsing import Browsers, text_of

pytestmark = pytest.mark.anyio

YEAR_2026 = {"public_days_of": "2026"}
OFFICE = {f"week.{day}": "9:00–12:00、13:30~18:00" for day in ("monday", "tuesday", "wednesday", "thursday", "friday")}


def picture(kind: str = "PNG", width: int = 400, height: int = 300) -> bytes:
    file = BytesIO()
    Image.new("RGB", (width, height), (200, 30, 60)).save(file, kind)
    return file.getvalue()


def special_days_in(page: httpx.Response) -> str:
    """What stands in that field of a schedule's form."""
    field = page.text.partition('name="special_days"')[2].partition("</textarea>")[0]
    return unescape(field.partition(">")[2]).strip()


async def agent_now(ledger: Ledger, agent_id: int) -> Agent:
    found = await ledger.read(lambda c: get_agent(c, agent_id, NOW, ZONE))
    assert found is not None
    return found


async def test_a_schedule_is_made_as_people_type_it_and_shown_as_bars(browsers: Browsers) -> None:
    browser = await browsers.signed_in("admin")
    form = OFFICE | {
        "name": "office",
        "week.saturday": "22:00-06:00",
        "special_days": "2026-12-05 09:00-18:00 make-up day\n2026-12-06 closed",
        "holidays.name": "winter",
        "holidays.made_on": "2026-11-01",
        "holidays.dates": "2026-12-24..2026-12-26\n2027-01-01",
    }

    made = await browser.post("/schedules", data=form)
    shown = await browser.get(made.headers["location"].removeprefix("/console"))
    listed = text_of(await browser.get("/schedules"))

    assert made.status_code == 303
    page = text_of(shown)
    assert "off shift now changes at" in page
    assert "Mon–Fri 09:00–12:00, 13:30–18:00 · Sat 22:00–06:00 · Sun closed · 2 special days" in page
    assert "closed on 4 holidays of “winter”, made on 2026-11-01" in page
    assert "Mon–Fri: nobody from 12:00–13:30." in page
    assert "2026-12-05 make-up day" in page
    assert shown.text.count('class="week-tail"') == 1
    assert "office" in listed


async def test_a_schedule_that_makes_no_sense_comes_back_with_its_reasons(browsers: Browsers) -> None:
    browser = await browsers.signed_in("admin")

    refused = await browser.post(
        "/schedules",
        data={"name": "bad", "week.monday": "9-5", "special_days": "tomorrow closed", "holidays.dates": "2026-02-30"},
    )

    page = text_of(refused)
    assert refused.status_code == 422
    assert page.count("This is not a shift.") == 1
    assert page.count("This is not a date.") == 1
    assert page.count("The calendar has no such day.") == 1
    assert 'value="9-5"' in refused.text


async def test_what_is_wrong_with_a_date_is_told_with_its_line_or_what_was_typed(browsers: Browsers) -> None:
    browser = await browsers.signed_in("admin")

    refused = await browser.post(
        "/schedules",
        data={
            "name": "bad",
            "special_days": "2026-12-05 closed\n\n2026-13-01 closed",
            "holidays.dates": "2026-10-07..2026-10-01, 2020-01-01..2026-01-01, soon",
        },
    )

    page = text_of(refused)
    assert refused.status_code == 422
    assert "Line 3: The calendar has no such day." in page
    assert "“2026-10-07..2026-10-01” ends before it begins. Write the first day first" in page
    assert "“2020-01-01..2026-01-01” is longer than 366 days." in page
    assert "“soon”: This is not a date." in page


async def test_a_saved_schedule_shows_its_form_as_it_was_meant(browsers: Browsers) -> None:
    browser = await browsers.signed_in("admin")
    await browser.post("/schedules", data=OFFICE | {"name": "office", "special_days": "2026-12-06 closed stock"})

    page = (await browser.get("/schedules/1")).text

    assert 'value="09:00-12:00, 13:30-18:00"' in page
    assert "2026-12-06 closed stock" in page


async def test_an_agent_pauses_and_comes_back_by_themselves_and_for_nobody_else(
    browsers: Browsers, ledger: Ledger
) -> None:
    ann, bo = await ledger.write(factories.agent("ann")), await ledger.write(factories.agent("bo"))
    browser = await browsers.signed_in("agent", ann)

    paused = await browser.post("/presence", data={"presence": "paused", "minutes": "15"})
    while_paused = await agent_now(ledger, ann)
    page = text_of(await browser.get("/presence"))
    back = await browser.post("/presence", data={"presence": "online"})
    for_another = await browser.post(f"/agents/{bo}/presence", data={"presence": "offline"})

    assert (paused.status_code, back.status_code, for_another.status_code) == (303, 303, 403)
    assert (while_paused.duty, while_paused.presence_until_at) == ("paused", NOW + 15 * 60_000)
    assert "paused until" in page
    returned = await agent_now(ledger, ann)
    assert (returned.duty, returned.returned_at) == ("on", NOW)
    assert (await agent_now(ledger, bo)).duty == "on"


@pytest.mark.parametrize("minutes", ["0", "soon"])
async def test_a_pause_of_no_minutes_is_refused_with_its_reason(
    browsers: Browsers, ledger: Ledger, minutes: str
) -> None:
    browser = await browsers.signed_in("agent", await ledger.write(factories.agent("ann")))

    refused = await browser.post("/presence", data={"presence": "paused", "minutes": minutes})

    assert refused.status_code == 422
    assert f"{minutes} is not a whole number between 1 and 1440." in text_of(refused)


async def test_somebody_who_is_no_agent_has_no_duty_of_their_own(browsers: Browsers) -> None:
    browser = await browsers.signed_in("marketer")

    assert (await browser.get("/presence")).status_code == 404


async def test_an_agent_in_no_pool_is_told_apart_from_one_whose_codes_are_being_made(
    browsers: Browsers, ledger: Ledger
) -> None:
    agent_id = await ledger.write(factories.agent("ann"))
    browser = await browsers.signed_in("admin")

    alone = text_of(await browser.get("/agents"))
    page = await browser.get(f"/agents/{agent_id}")
    await ledger.write(factories.pool(members=[agent_id]))
    with_pool = text_of(await browser.get("/agents"))

    assert ("in no pool yet" in alone, "in no pool yet" in with_pool) == (True, False)
    assert '<a href="/console/pools">Choose a pool</a>' in page.text
    assert "codes being prepared" in with_pool


async def test_skills_department_and_schedule_are_set_on_the_agents_page(browsers: Browsers, ledger: Ledger) -> None:
    ann = await ledger.write(factories.agent("ann"))
    browser = await browsers.signed_in("admin")
    await browser.post("/schedules", data={"name": "never"})

    saved = await browser.post(
        f"/agents/{ann}",
        data={
            "name": "Ann",
            "weight": "1",
            "on_duty": "yes",
            "schedule_id": "1",
            "skills": "日语，维修、 日语",
            "department": "华东",
        },
    )

    assert saved.status_code == 303
    agent = await agent_now(ledger, ann)
    assert (agent.skills, agent.department, agent.schedule_name, agent.duty) == (
        ("日语", "维修"),
        "华东",
        "never",
        "off_shift",
    )
    assert "off shift" in text_of(await browser.get("/agents"))


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
async def test_a_photo_is_made_square_and_served_to_visitors(
    browsers: Browsers, services: Services, ledger: Ledger, kind: str
) -> None:
    ann = await ledger.write(factories.agent("ann"))
    browser = await browsers.signed_in("admin")
    app = Starlette(routes=photo.routes)
    app.state.services = services

    uploaded = await browser.post(f"/agents/{ann}/photo", files={"photo": ("ann", picture(kind), "image/x")})
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://visitor") as visitor:
        served = await visitor.get(f"/a/{ann}.png")
        again = await visitor.get(f"/a/{ann}.png", headers={"if-none-match": served.headers["etag"]})
        await browser.post(f"/agents/{ann}/photo/remove")
        removed = await visitor.get(f"/a/{ann}.png")
        beyond = await visitor.get(f"/a/{2**70}.png")

    assert uploaded.status_code == 303
    with Image.open(BytesIO(served.content)) as shown:
        assert (shown.format, shown.size) == ("PNG", (256, 256))
    assert "max-age" in served.headers["cache-control"]
    assert (again.status_code, again.content) == (304, b"")
    with Image.open(BytesIO(removed.content)) as nothing:
        assert (nothing.size, nothing.convert("RGBA").getpixel((0, 0))) == ((1, 1), (0, 0, 0, 0))
    assert beyond.status_code == 404


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"GIF89a not one of ours", "This is not a PNG or JPEG picture that can be read."),
        (picture()[:60], "This is not a PNG or JPEG picture that can be read."),
        (b"\x89PNG" + bytes(1024 * 1024), "The file is larger than 1 MB."),
        (picture(width=10_000, height=5_000), "The picture has too many pixels."),
    ],
    ids=["another format", "cut off", "too large", "a bomb"],
)
async def test_a_photo_that_cannot_be_used_is_refused_with_its_reason(
    browsers: Browsers, ledger: Ledger, content: bytes, reason: str
) -> None:
    ann = await ledger.write(factories.agent("ann"))
    browser = await browsers.signed_in("admin")

    refused = await browser.post(f"/agents/{ann}/photo", files={"photo": ("x.png", content, "image/png")})

    assert refused.status_code == 422
    assert reason in text_of(refused)
    assert "<code>photo</code>" not in refused.text
    assert await ledger.read(lambda c: photo_of(c, ann)) is None


async def test_a_form_without_a_file_says_that_none_was_chosen(browsers: Browsers, ledger: Ledger) -> None:
    ann = await ledger.write(factories.agent("ann"))
    browser = await browsers.signed_in("admin")

    refused = await browser.post(f"/agents/{ann}/photo", data={"presence": "x"})

    assert refused.status_code == 422
    assert "No file was chosen." in text_of(refused)


async def test_the_public_holidays_of_a_year_are_typed_into_the_form_and_saved_by_nobody_but_the_reader(
    browsers: Browsers,
) -> None:
    browser = await browsers.signed_in("admin")
    typed = OFFICE | {
        "name": "office",
        "special_days": "2026-10-01 10:00-16:00 open all the same",
        "act": "add_public_days",
        "public_days_of": "2026",
    }

    filled = await browser.post("/schedules", data=typed)
    listed = text_of(await browser.get("/schedules"))

    assert filled.status_code == 200
    assert "38 days of 2026 now stand among the special days. 1 dates that had a line keep it." in text_of(filled)
    lines = special_days_in(filled).splitlines()
    assert lines[0].startswith("2026-01-01 closed New Year")
    assert "2026-10-01 10:00-16:00 open all the same" in lines
    assert "2026-10-02 closed National Day" in lines
    assert "2026-10-10 9:00–12:00、13:30~18:00 National Day, worked instead" in lines
    assert len(lines) == 39
    assert "office" not in listed


async def test_the_form_with_public_holidays_is_saved_as_it_stands(browsers: Browsers) -> None:
    browser = await browsers.signed_in("admin")
    typed = OFFICE | {"name": "office", "act": "add_public_days", "public_days_of": "2026"}
    filled = await browser.post("/schedules", data=typed)
    lines = special_days_in(filled)

    made = await browser.post("/schedules", data=OFFICE | {"name": "office", "special_days": lines})
    saved = await browser.get(made.headers["location"].removeprefix("/console"))
    again = await browser.post(
        "/schedules/1", data=OFFICE | {"name": "office", "special_days": lines, "act": "add_public_days"} | YEAR_2026
    )

    assert made.status_code == 303
    assert "39 special days" in text_of(saved)
    assert "2026-10-10 09:00-12:00, 13:30-18:00 National Day worked instead" in saved.text
    assert "0 days of 2026 now stand among the special days. 39 dates" in text_of(again)


@pytest.mark.parametrize("year", ["2003", "2150", "", "next"])
async def test_a_year_without_known_holidays_says_so_and_keeps_what_was_typed(browsers: Browsers, year: str) -> None:
    browser = await browsers.signed_in("admin")

    asked = OFFICE | {"name": "office", "special_days": "2026-12-06 closed", "act": "add_public_days"}
    refused = await browser.post("/schedules", data=asked | {"public_days_of": year})

    assert refused.status_code == 422
    assert "knows 2004 to " in text_of(refused)
    assert "2026-12-06 closed" in refused.text


async def test_a_chinese_reader_gets_the_holidays_in_chinese(browsers: Browsers) -> None:
    browser = await browsers.signed_in("admin", language="zh")

    filled = await browser.post("/schedules", data={"act": "add_public_days", "public_days_of": "2026"})

    lines = special_days_in(filled).splitlines()
    assert "2026-10-02 休息 国庆节" in lines
    assert "2026-10-10 休息 国庆节调休上班" in lines


async def test_the_pools_page_counts_who_is_really_there_now(browsers: Browsers, ledger: Ledger) -> None:
    admin = await browsers.signed_in("admin")
    await ledger.write(factories.shop("ann", "bo", "cai"))
    all_there = text_of(await admin.get("/pools"))
    await admin.post("/agents/1/presence", data={"presence": "paused"})
    await ledger.write(lambda c: c.exec_driver_sql("UPDATE agent SET available = false WHERE id = 2").rowcount)
    one_left, members = text_of(await admin.get("/pools")), text_of(await admin.get("/pools/1"))
    await admin.post("/agents/3/presence", data={"presence": "offline"})
    nobody = text_of(await admin.get("/pools"))

    assert "3 agents 3 on duty" in all_there
    assert "3 agents 1 on duty" in one_left
    assert [said in members for said in ("ann paused", "bo unreachable", "cai backup")] == [True, True, True]
    assert "3 agents nobody on duty" in nobody


async def test_the_pools_page_says_when_the_next_shift_begins(browsers: Browsers, ledger: Ledger) -> None:
    admin = await browsers.signed_in("admin")
    await ledger.write(factories.shop("ann"))
    shifts = {f"week.{day}": "20:00-24:00" for day in ("monday", "saturday", "sunday")}
    await admin.post("/schedules", data=shifts | {"name": "evening"})
    await ledger.write(lambda c: c.exec_driver_sql("UPDATE agent SET schedule_id = 1").rowcount)

    listed, members = text_of(await admin.get("/pools")), text_of(await admin.get("/pools/1"))

    assert "1 agent no shift until 2026-11-21 20:00" in listed
    assert "ann off shift" in members


async def test_the_alert_of_a_pool_that_is_offline_does_not_blame_its_caps(browsers: Browsers, ledger: Ledger) -> None:
    admin = await browsers.signed_in("admin")
    await ledger.write(factories.shop("ann"))
    await ledger.write(lambda c: set_presence(c, Act("admin", NOW, ZONE), 1, "offline"))
    await ledger.write(factories.scan("phone"))

    pages = [text_of(await admin.get(path)) for path in ("/alerts", "/")]

    said = "Visitors to the pool pool of spring are turned away because nobody in it is on duty"
    assert [said in page for page in pages] == [True, True]

"""Schedules and presence over the API, as an integrator of a staff planning tool meets them."""

from typing import Any

import pytest

from tests.integration.api.conftest import Client

pytestmark = pytest.mark.anyio

WEEK = {"monday": ["09:00-12:00", "13:30-18:00"], "saturday": ["22:00-06:00"]}


def paths(problem: dict[str, Any]) -> list[str]:
    return [each["path"] for each in problem["problems"]]


async def test_a_schedule_is_created_edited_followed_archived_and_restored(api: Client) -> None:
    created = await api.post("/schedules", {"name": "shop", "content": {"week": WEEK}}, 201)
    edited = await api.patch(
        "/schedules/1",
        {"content": {"week": WEEK, "special_days": [{"date": "2026-12-06"}], "holidays": {"dates": ["2026-12-25"]}}},
    )
    await api.post("/agents", {"userid": "chenyu", "name": "陈雨", "schedule_id": 1}, 201)
    listed = await api.get("/schedules")
    in_use = await api.post("/schedules/1/archive", status=409)
    freed = await api.patch("/agents/1", {"schedule_id": 0})
    archived = await api.post("/schedules/1/archive")
    restored = await api.post("/schedules/1/restore")

    assert created["content"]["week"] == WEEK
    assert created["described"][0] == {"en": "Mon 09:00–12:00, 13:30–18:00", "zh": "周一 09:00–12:00、13:30–18:00"}
    assert {
        "path": "week.monday",
        "said": {"en": "Mon: nobody from 12:00–13:30.", "zh": "周一：12:00–13:30 无人在岗。"},
    } in created["notes"]
    assert edited["content"]["special_days"] == [{"date": "2026-12-06", "name": "", "shifts": []}]
    assert edited["content"]["holidays"] == {"name": "", "made_on": None, "dates": ["2026-12-25"]}
    assert [each["agents"] for each in listed["items"]] == [1]
    assert in_use["problems"][0]["reason"]["en"] == "Still followed by: 陈雨."
    assert freed["schedule_id"] is None
    assert (archived["archived_at"] is None, restored["archived_at"]) == (False, None)


@pytest.mark.parametrize(
    ("content", "path"),
    [
        ({}, "week"),
        ({"week": {"monday": ["9-18"]}}, "week.monday[0]"),
        ({"week": {}, "special_days": [{"date": "2026-13-01"}]}, "special_days[0].date"),
        ({"week": {}, "holidays": {"dates": "2026-10-01"}}, "holidays.dates"),
        ({"week": {}, "colour": "red"}, "colour"),
    ],
)
async def test_a_schedule_that_makes_no_sense_is_refused_at_its_place(
    api: Client, content: dict[str, Any], path: str
) -> None:
    problem = await api.post("/schedules", {"name": "shop", "content": content}, 422)

    assert paths(problem) == [path]


async def test_a_name_is_given_once_archived_ones_included(api: Client) -> None:
    await api.post("/schedules", {"name": "shop", "content": {"week": WEEK}}, 201)
    await api.post("/schedules/1/archive")

    problem = await api.post("/schedules", {"name": "shop", "content": {"week": WEEK}}, 409)

    assert paths(problem) == ["name"]


async def test_an_agent_is_paused_for_some_minutes(api: Client) -> None:
    created = await api.post(
        "/agents", {"userid": "chenyu", "name": "陈雨", "skills": ["日语"], "department": "华东"}, 201
    )
    paused = await api.post("/agents/1/presence", {"presence": "paused", "minutes": 30})
    back = await api.post("/agents/1/presence", {"presence": "online"})
    refused = await api.post("/agents/1/presence", {"presence": "paused", "minutes": 0}, 422)
    missing = await api.post("/agents/9/presence", {"presence": "online"}, 404)

    assert (created["skills"], created["department"], created["duty"], created["has_photo"]) == (
        ["日语"],
        "华东",
        "on",
        False,
    )
    assert (paused["presence"], paused["duty"], paused["presence_until_at"] is None) == ("paused", "paused", False)
    assert (back["presence"], back["duty"], back["presence_until_at"]) == ("online", "on", None)
    assert paths(refused) == ["minutes"]
    assert missing["code"] == "not_found"


async def test_an_agent_is_not_given_a_schedule_that_does_not_exist(api: Client) -> None:
    problem = await api.post("/agents", {"userid": "chenyu", "name": "陈雨", "schedule_id": 7}, 409)

    assert paths(problem) == ["schedule_id"]


async def test_the_public_holidays_of_a_year_are_told_with_the_days_worked_for_them(api: Client) -> None:
    told = await api.get("/public-days", year=2026)

    days = {each["date"]: each for each in told["days"]}
    assert told["source"].startswith("chinese-calendar ")
    assert (told["year"], len(days)) == (2026, 39)
    assert days["2026-10-01"] == {
        "date": "2026-10-01",
        "name": {"en": "National Day", "zh": "国庆节"},
        "is_worked": False,
    }
    assert days["2026-10-10"]["is_worked"]


async def test_a_year_without_known_holidays_is_refused_with_the_years_there_are(api: Client) -> None:
    answer = await api.http.get("/public-days", params={"year": "2150"})

    problem = answer.json()
    assert answer.status_code == 422
    assert paths(problem) == ["year"]
    assert "knows 2004 to " in problem["problems"][0]["reason"]["en"]

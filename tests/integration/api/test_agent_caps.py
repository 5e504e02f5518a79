"""Caps of single agents within one live code or one pool, over the API."""

from typing import Any

import pytest

from tests.factories import ready_ways, scan
from tests.integration.api.conftest import Client
from tests.integration.ledger.looking import column

pytestmark = pytest.mark.anyio

UNCAPPED = dict.fromkeys(("hour", "day", "round", "total", "held", "open"))
OF_CODE, OF_POOL = "/live-codes/1/agent-caps", "/pools/1/agent-caps"


def line(agent_id: int, name: str, taken_today: int = 0, **caps: int) -> dict[str, Any]:
    return {"agent_id": agent_id, "name": name, "caps": UNCAPPED | caps, "taken_today": taken_today}


@pytest.fixture
async def shop(api: Client) -> Client:
    """A code over a pool of Ann and Bo; Cai is in no pool."""
    for userid in ("ann", "bo", "cai"):
        await api.post("/agents", {"userid": userid, "name": userid.capitalize()}, 201)
    await api.post("/pools", {"name": "sales", "agent_ids": [1, 2]}, 201)
    for slug in ("spring", "summer"):
        await api.post("/live-codes", {"name": slug, "pool_id": 1, "slug": slug}, 201)
    for agent_id in (1, 2, 3):
        await api.services.ledger.write(ready_ways(agent_id))
    return api


async def scanned(shop: Client, visitor: str, slug: str = "spring") -> None:
    await shop.services.ledger.write(scan(visitor, slug, shop.services.clock()))


async def receivers(shop: Client) -> list[int]:
    return await shop.services.ledger.read(column("SELECT agent_id FROM reservation ORDER BY id"))


async def test_the_members_are_listed_with_what_they_took_here_today(shop: Client) -> None:
    await scanned(shop, "one")
    await scanned(shop, "two", "summer")

    of_code, of_pool = await shop.get(OF_CODE), await shop.get(OF_POOL)

    assert of_code == {"items": [line(1, "Ann", 1), line(2, "Bo")], "next": None}
    assert of_pool == {"items": [line(1, "Ann", 1), line(2, "Bo", 1)], "next": None}


async def test_a_scan_obeys_the_cap_of_an_agent_within_one_code_and_in_no_other(shop: Client) -> None:
    capped = await shop.put(f"{OF_CODE}/1", {"day": 1})
    for visitor in ("one", "two", "three"):
        await scanned(shop, visitor)
    await scanned(shop, "four", "summer")

    listed = await shop.get(OF_CODE)

    assert capped == line(1, "Ann", day=1)
    assert await receivers(shop) == [1, 2, 2, 1]
    assert listed["items"] == [line(1, "Ann", 1, day=1), line(2, "Bo", 2)]


async def test_a_scan_obeys_the_cap_of_an_agent_within_one_pool(shop: Client) -> None:
    await shop.put(f"{OF_POOL}/1", {"day": 0})

    await scanned(shop, "one")
    await scanned(shop, "two", "summer")

    assert await receivers(shop) == [2, 2]


async def test_a_new_cap_counts_what_was_taken_before_it(shop: Client) -> None:
    await scanned(shop, "one")
    await shop.put(f"{OF_CODE}/1", {"day": 1})
    await shop.patch("/agents/2", {"on_duty": False})

    await scanned(shop, "two")

    assert await receivers(shop) == [1]


async def test_an_agent_who_comes_from_elsewhere_can_be_capped_and_is_listed_from_then_on(shop: Client) -> None:
    await shop.put(f"{OF_CODE}/3", {"hour": 4})

    assert (await shop.get(OF_CODE))["items"][2] == line(3, "Cai", hour=4)


@pytest.mark.parametrize(
    ("path", "what", "subject"),
    [(OF_CODE, "live_code.cap_agent", "live_code:1"), (OF_POOL, "pool.cap_agent", "pool:1")],
)
async def test_each_change_of_a_cap_is_recorded_once(shop: Client, path: str, what: str, subject: str) -> None:
    await shop.put(f"{path}/1", {"day": 5, "total": 90})
    await shop.put(f"{path}/1", {"day": 5, "total": 90})
    await shop.put(f"{path}/1", {"day": 6})

    changes = [each for each in (await shop.get("/changes"))["items"] if each["what"] == what]

    assert [each["subject"] for each in changes] == [subject, subject]
    assert [each["after"]["caps"] for each in changes] == [UNCAPPED | {"day": 6}, UNCAPPED | {"day": 5, "total": 90}]
    assert changes[1]["before"]["caps"] == UNCAPPED


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/live-codes/9/agent-caps/1", id="no such code"),
        pytest.param("/pools/9/agent-caps/1", id="no such pool"),
        pytest.param(f"{OF_CODE}/9", id="no such agent"),
        pytest.param(f"{OF_POOL}/9", id="no such agent for a pool"),
    ],
)
async def test_what_is_not_there_cannot_be_capped(shop: Client, path: str) -> None:
    problem = await shop.put(path, {"day": 1}, 404)

    assert problem["code"] == "not_found"


@pytest.mark.parametrize(
    ("path", "wrong", "field"),
    [
        (OF_CODE, {"day": -1}, "day"),
        (OF_CODE, {"day": "3"}, "day"),
        (OF_CODE, {"round": 2}, "round"),
        (OF_POOL, {"held": 2}, "held"),
        (OF_POOL, {"open": 2}, "open"),
        (OF_POOL, {"total": 1_000_001}, "total"),
    ],
)
async def test_a_cap_that_cannot_be_is_refused_at_its_window(
    shop: Client, path: str, wrong: dict[str, Any], field: str
) -> None:
    problem = await shop.put(f"{path}/1", wrong, 422)

    assert [each["path"] for each in problem["problems"]] == [field]


async def test_an_archived_code_has_to_be_restored_before_its_caps_change(shop: Client) -> None:
    await shop.post("/live-codes/1/archive")

    problem = await shop.put(f"{OF_CODE}/1", {"day": 1}, 409)

    assert problem["problems"][0]["hint"]["en"] == "Restore it first."


async def test_the_turns_of_one_agent_in_a_round_stand_above_those_of_the_pool(shop: Client) -> None:
    await shop.patch("/pools/1", {"policy": "round_robin", "caps": {"round": 1}})
    await shop.put(f"{OF_POOL}/1", {"round": 2})

    for visitor in ("one", "two", "three"):
        await scanned(shop, visitor)

    assert sorted(await receivers(shop)) == [1, 1, 2]

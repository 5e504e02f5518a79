"""Groups and acquisition links over the API."""

import base64
from typing import Any

import pytest

from router.sandbox.qr import picture
from tests.integration.api.conftest import Client

pytestmark = pytest.mark.anyio


async def _code(api: Client, kind: str) -> int:
    agent_id = (await api.post("/agents", {"userid": "chenyu", "name": "陈雨"}))["id"]
    pool_id = (await api.post("/pools", {"name": "门店", "agent_ids": [agent_id]}))["id"]
    code = await api.post("/live-codes", {"name": "群", "pool_id": pool_id, "slug": "spring", "kind": kind})
    assert code["kind"] == kind
    code_id: int = code["id"]
    return code_id


async def _import(api: Client, code_id: int, name: str, **fields: Any) -> dict[str, Any]:
    content = base64.b64encode(picture(f"https://weixin.qq.com/g/{name}")).decode()
    group: dict[str, Any] = await api.post(
        f"/live-codes/{code_id}/groups/import", {"name": name, "picture": content, **fields}
    )
    return group


async def test_groups_are_imported_edited_ordered_and_taken_out(api: Client) -> None:
    code_id = await _code(api, "group")
    groups = f"/live-codes/{code_id}/groups"

    first, second = await _import(api, code_id, "one"), await _import(api, code_id, "two", person_limit=50)
    edited = await api.patch(f"{groups}/{second['id']}", {"people": 7})
    ordered = await api.put(f"{groups}/order", {"ids": [second["id"], first["id"]]})
    await api.delete(f"{groups}/{first['id']}")

    left = (await api.get(groups))["items"]
    assert (first["shown"], first["person_limit"], first["estimated"]) == (True, 200, True)
    assert first["expires_at"] is not None
    assert (edited["people"], edited["places"], edited["link"]) == (7, 50, "https://weixin.qq.com/g/two")
    assert [(each["name"], each["shown"]) for each in ordered["items"]] == [("two", True), ("one", False)]
    assert [each["name"] for each in left] == ["two"]


async def test_a_join_way_is_ordered_and_waits_for_the_platform(api: Client) -> None:
    code_id = await _code(api, "group")

    made = await api.post(f"/live-codes/{code_id}/groups", {"name": "一群", "chat_ids": ["wr1", "wr2"]})
    orders = await api.get("/outbox")

    assert (made["status"], made["source"], made["places"]) == ("making", "join_way", 400)
    assert made["chats"] == [{"id": id, "name": "", "people": None} for id in ("wr1", "wr2")]
    assert [each["kind"] for each in orders["items"]] == ["keep_join_way"]


@pytest.mark.parametrize(
    ("body", "path"),
    [
        pytest.param({"picture": "%%%"}, "picture", id="no base64"),
        pytest.param({"picture": base64.b64encode(b"GIF89a").decode()}, "picture", id="no picture"),
        pytest.param({"picture": base64.b64encode(picture("hello")).decode()}, "picture", id="no link"),
        pytest.param({"person_limit": 501}, "person_limit", id="more people than a group holds"),
        pytest.param({"expires_at": "2001-01-01T00:00:00Z"}, "expires_at", id="over already"),
    ],
)
async def test_an_import_that_cannot_be_shown_is_refused_with_its_field(
    api: Client, body: dict[str, Any], path: str
) -> None:
    code_id = await _code(api, "group")
    good = base64.b64encode(picture("https://weixin.qq.com/g/one")).decode()

    problem = await api.post(f"/live-codes/{code_id}/groups/import", {"name": "群", "picture": good} | body, status=422)

    assert [each["path"] for each in problem["problems"]] == [path]
    assert (await api.get(f"/live-codes/{code_id}/groups"))["items"] == []


async def test_a_code_of_another_kind_has_no_groups_and_no_link(api: Client) -> None:
    code_id = await _code(api, "hosted")

    await api.post(f"/live-codes/{code_id}/groups", {"name": "一群", "chat_ids": ["wr1"]}, status=409)

    assert (await api.http.get(f"/live-codes/{code_id}/acquisition-link")).status_code == 404


async def test_an_acquisition_code_has_a_link_that_is_being_made(api: Client) -> None:
    code_id = await _code(api, "acquisition")

    link = await api.get(f"/live-codes/{code_id}/acquisition-link")
    kept = await api.post(f"/live-codes/{code_id}/acquisition-link/keep")

    assert (link["status"], link["link_id"], link["quota"], link["members"]) == ("making", None, None, [])
    assert link["state"].startswith("lq-")
    assert kept == link


async def test_groups_of_a_platform_that_is_switched_off_are_not_listed_and_the_reason_is_told(api: Client) -> None:
    code_id = await _code(api, "group")

    answer = await api.http.get(f"/live-codes/{code_id}/group-chats")

    assert answer.status_code == 422
    assert "switched off" in answer.text

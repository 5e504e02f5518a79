import base64
from typing import Any

import httpx
import pytest

from router.sandbox.qr import picture
from tests.integration.sandbox.running import CONFIG, Sandbox

pytestmark = pytest.mark.anyio

LIVE_CODE = {"outcome": "reserved", "agent": {"id": 1, "name": "陈雨"}, "qr_url": "/media/way.png"}


async def test_scanning_a_live_code_asks_the_service_as_that_customers_phone(sandbox: Sandbox) -> None:
    sandbox.outside.pages["/q/spring"] = httpx.Response(200, json=LIVE_CODE)

    scanned = await sandbox.control("scan", url="https://printed.example/q/spring?from=poster", customer="林晓")

    (request,) = sandbox.outside.page_requests
    customer = next(iter(sandbox.platform.world.customers.values()))
    assert scanned == {
        "kind": "live_code",
        "customer": {"external_userid": customer.external_userid, "name": "林晓", "visitor": customer.visitor},
        "status": 200,
        "answer": LIVE_CODE,
    }
    assert str(request.url) == "http://service/q/spring?from=poster"
    assert request.headers["accept"] == "application/json"
    assert request.headers["x-liveqr-visitor"] == customer.visitor
    assert "MicroMessenger" in request.headers["user-agent"]


async def test_a_picture_is_scanned_like_its_link(sandbox: Sandbox) -> None:
    sandbox.outside.pages["/q/spring"] = httpx.Response(200, json=LIVE_CODE)
    image = base64.b64encode(picture("http://service/q/spring")).decode()

    scanned = await sandbox.control("scan", image=f"data:image/png;base64,{image}")

    assert (scanned["kind"], scanned["answer"]) == ("live_code", LIVE_CODE)


async def test_the_second_scan_of_a_customer_is_the_same_visitor(sandbox: Sandbox) -> None:
    sandbox.outside.pages["/q/spring"] = httpx.Response(200, json=LIVE_CODE)

    first = await sandbox.control("scan", url="http://service/q/spring", customer="林晓")
    second = await sandbox.control("scan", url="http://service/q/spring", customer=first["customer"]["external_userid"])
    stranger = await sandbox.control("scan", url="http://service/q/spring")

    assert second["customer"] == first["customer"]
    assert stranger["customer"]["visitor"] != first["customer"]["visitor"]


async def test_the_picture_the_service_shows_leads_to_the_add(sandbox: Sandbox) -> None:
    config_id = await sandbox.way("lihua", state="lq-way-1")
    content = (await sandbox.http.get(f"/qr/{config_id}.png")).content
    sandbox.outside.pages["/media/way.png"] = httpx.Response(200, content=content)

    added = await sandbox.control("add", qr_url="/media/way.png", customer="林晓")

    assert (added["config_id"], added["userid"], added["state"]) == (config_id, "lihua", "lq-way-1")


@pytest.mark.parametrize(
    ("wish", "reason"),
    [
        ({}, "give either url or image"),
        ({"url": "https://example.test/"}, "'https://example.test/' is no code of the service"),
        ({"url": "http://[broken"}, "'http://[broken' is no code of the service"),
        ({"image": "***"}, "image is not base64 of a picture"),
        ({"image": base64.b64encode(b"not a picture").decode()}, "no readable code in the picture"),
        ({"url": "http://service/q/nothing"}, "http://service/q/nothing answered HTTP 404 without JSON"),
        ({"url": "/q/spring", "customer": "wm" + "0" * 30}, "there is no customer wm000"),
    ],
)
async def test_a_scan_that_leads_nowhere_says_why(sandbox: Sandbox, wish: dict[str, Any], reason: str) -> None:
    status, told = await sandbox.refused("scan", **wish)

    assert (status, told[: len(reason)]) == (400, reason)


async def test_the_clock_moves_by_steps_offsets_and_instants(sandbox: Sandbox) -> None:
    advanced = await sandbox.control("clock", advance_seconds=1.5)
    back = await sandbox.control("clock", offset_seconds=-3600)
    moved = await sandbox.control("clock", now=1_770_000_000_000)

    shown = (await sandbox.http.get("/control/clock")).json()
    assert (advanced["offset"], back["offset"]) == (1_500, -3_600_000)
    assert 0 <= moved["now"] - 1_770_000_000_000 < 5_000
    assert shown["offset"] == moved["offset"]


@pytest.mark.parametrize("wish", [{}, {"advance_seconds": 1, "now": 1}, {"advance_seconds": "soon"}, {"now": -1}])
async def test_a_clock_cannot_be_moved_in_two_ways_or_none(sandbox: Sandbox, wish: dict[str, Any]) -> None:
    status, _ = await sandbox.refused("clock", **wish)

    assert status == 400


async def test_effects_are_numbered_and_read_on_from_where_one_stopped(sandbox: Sandbox) -> None:
    config_id = await sandbox.way()
    first = (await sandbox.http.get("/control/effects?limit=1")).json()
    await sandbox.post("externalcontact/del_contact_way", config_id=config_id)

    rest = (await sandbox.http.get(f"/control/effects?since={first['next']}")).json()

    assert [(each["seq"], each["kind"], each["result"]["config_id"]) for each in first["items"] + rest["items"]] == [
        (1, "contact_way_added", config_id),
        (2, "contact_way_deleted", config_id),
    ]
    assert rest["next"] == 3


async def test_forgotten_effects_do_not_start_the_numbers_again(sandbox: Sandbox) -> None:
    await sandbox.way()
    await sandbox.http.delete("/control/effects")
    await sandbox.way()

    shown = (await sandbox.http.get("/control/effects")).json()

    assert [each["seq"] for each in shown["items"]] == [2]


async def test_refused_calls_are_listed_apart(sandbox: Sandbox) -> None:
    await sandbox.post("externalcontact/del_contact_way", config_id="gone")

    effects = (await sandbox.http.get("/control/effects")).json()["items"]
    (call,) = (await sandbox.http.get("/control/calls")).json()["items"]
    assert effects == []
    assert (call["path"], call["errcode"], call["reason"]) == (
        "externalcontact/del_contact_way",
        41044,
        "invalid config_id",
    )


async def test_an_employees_words_go_to_the_application(sandbox: Sandbox) -> None:
    sent = await sandbox.control("app_message", userid="chenyu", text="今天谁值班]]>")

    ((callback, fields),) = await sandbox.events()
    assert callback == "APP"
    assert (fields["FromUserName"], fields["MsgType"], fields["Content"]) == ("chenyu", "text", "今天谁值班]]>")
    assert (fields["MsgId"], fields["AgentID"]) == (sent["msgid"], "1000027")


async def test_a_message_of_the_application_names_who_was_not_reached(sandbox: Sandbox) -> None:
    message = {"msgtype": "text", "agentid": 1000027, "text": {"content": "值班表已更新"}}

    partly = await sandbox.post("message/send", touser="chenyu|Nobody", **message)
    nobody = await sandbox.post("message/send", touser="nobody", **message)

    effects = (await sandbox.http.get("/control/effects?kind=app_message")).json()["items"]
    assert (partly["errcode"], partly["invaliduser"]) == (0, "nobody")
    assert nobody == {"errcode": 81013}
    assert [each["userid"] for each in effects] == ["chenyu"]


async def test_the_world_shows_people_relations_and_codes(sandbox: Sandbox) -> None:
    config_id = await sandbox.way()
    added = await sandbox.control("add", config_id=config_id, customer="林晓")

    world = (await sandbox.http.get("/control/world")).json()

    assert [each["userid"] for each in world["members"]] == [each.userid for each in CONFIG.members]
    assert [(each["name"], each["external_userid"]) for each in world["customers"]] == [
        ("林晓", added["external_userid"])
    ]
    assert [(each["userid"], each["stage"], each["tags"]) for each in world["follows"]] == [("chenyu", "full", [])]
    assert [(each["config_id"], each["adds"]) for each in world["contact_ways"]] == [(config_id, 1)]


async def test_a_member_can_be_added_and_switched_off(sandbox: Sandbox) -> None:
    added = await sandbox.control("members", userid="wuting", name="吴婷")
    await sandbox.control("members", userid="wuting", status=5)

    read = await sandbox.get("user/get", userid="WuTing")
    refused = await sandbox.post("externalcontact/add_contact_way", type=2, scene=2, user=["wuting"])
    assert (added["name"], read["name"], read["status"]) == ("吴婷", "吴婷", 5)
    assert refused == {"errcode": 41054}


async def test_members_departments_and_range_are_answered(sandbox: Sandbox) -> None:
    listed = await sandbox.get("user/simplelist", department_id="1")
    departments = await sandbox.get("department/list")
    application = await sandbox.get("agent/get", agentid="1000027")
    followers = await sandbox.get("externalcontact/get_follow_user_list")

    userids = [member.userid for member in CONFIG.members]
    assert [each["userid"] for each in listed["userlist"]] == userids
    assert [each["id"] for each in departments["department"]] == [1]
    assert [each["userid"] for each in application["allow_userinfos"]["user"]] == userids
    assert followers["follow_user"] == userids


async def test_text_that_xml_cannot_carry_is_refused_in_words(sandbox: Sandbox) -> None:
    status, told = await sandbox.refused("app_message", userid="chenyu", text="\x00")

    assert status == 400
    assert told.startswith("an event cannot carry this text: XML cannot carry the character U+0000")


@pytest.mark.parametrize("path", ["/control/effects?since=x", "/control/callbacks?wait_ms=-1", "/control/stream"])
async def test_a_query_that_makes_no_sense_is_400(sandbox: Sandbox, path: str) -> None:
    answer = await sandbox.http.get(path)

    assert answer.status_code == 400
    assert answer.json()["error"]


async def test_a_body_that_is_not_json_is_400(sandbox: Sandbox) -> None:
    answer = await sandbox.http.post("/control/add", content=b"\xff{")

    assert answer.status_code == 400
    assert answer.json()["error"].startswith("body: Invalid JSON")

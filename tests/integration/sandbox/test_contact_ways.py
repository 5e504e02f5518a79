from typing import Any

import pytest

from router.sandbox.config import Member, MemberChoice
from router.sandbox.qr import read_picture
from tests.integration.sandbox.running import CONFIG, Sandbox, running

pytestmark = pytest.mark.anyio

ADD = "externalcontact/add_contact_way"
GET = "externalcontact/get_contact_way"
LIST = "externalcontact/list_contact_way"
UPDATE = "externalcontact/update_contact_way"
DELETE = "externalcontact/del_contact_way"


async def test_a_new_way_is_read_back_as_it_was_made(sandbox: Sandbox) -> None:
    made = await sandbox.post(ADD, type=2, scene=2, user=["chenyu", "lihua"], state="lq-7f3a9c", remark="门店A")

    way = await sandbox.post(GET, config_id=made["config_id"])

    assert made == {
        "errcode": 0,
        "config_id": made["config_id"],
        "qr_code": f"http://sandbox/qr/{made['config_id']}.png",
    }
    assert way == {
        "errcode": 0,
        "contact_way": {
            "config_id": made["config_id"],
            "type": 2,
            "scene": 2,
            "style": 0,
            "remark": "门店A",
            "skip_verify": True,
            "state": "lq-7f3a9c",
            "user": ["chenyu", "lihua"],
            "party": [],
            "is_temp": False,
            "mark_source": True,
            "qr_code": made["qr_code"],
        },
    }


@pytest.mark.parametrize(
    ("fields", "errcode"),
    [
        pytest.param({"type": None}, 41037, id="no type"),
        pytest.param({"scene": None}, 41038, id="no scene"),
        pytest.param({"type": 3}, 41039, id="unknown type"),
        pytest.param({"scene": 3}, 41040, id="unknown scene"),
        pytest.param({"style": 9}, 41042, id="unknown style"),
        pytest.param({"state": "s" * 31}, 40058, id="31 characters of state"),
        pytest.param({"state": "lq\u0001"}, 40058, id="state no event can carry"),
        pytest.param({"remark": "门" * 31}, 40058, id="31 characters of remark"),
        pytest.param({"type": 1, "user": ["chenyu", "lihua"]}, 40058, id="two users for type 1"),
        pytest.param({"user": []}, 40058, id="nobody"),
        pytest.param({"user": ["chenyu"] * 101}, 41041, id="101 users"),
        pytest.param({"user": ["nobody"]}, 60111, id="unknown user"),
        pytest.param({"user": ["asleep"]}, 41054, id="not activated"),
        pytest.param({"user": ["unverified"]}, 40098, id="not real-name verified"),
        pytest.param({"user": ["inside"]}, 84074, id="no customers"),
        pytest.param({"user": ["hidden"]}, 60011, id="outside the visible range"),
        pytest.param({"party": [9]}, 60123, id="unknown department"),
    ],
)
async def test_a_way_the_platform_would_not_make_is_refused(fields: dict[str, Any], errcode: int) -> None:
    others = (
        Member("asleep", "未激活", status=4),
        Member("unverified", "未实名", is_real_name_verified=False),
        Member("inside", "内勤", receives_customers=False),
        Member("hidden", "不可见", is_visible=False),
    )
    async with running(members=CONFIG.members + others) as sandbox:
        answer = await sandbox.post(ADD, **{"type": 2, "scene": 2, "user": ["chenyu"]} | fields)

        assert answer == {"errcode": errcode}


async def test_a_state_of_thirty_characters_is_taken(sandbox: Sandbox) -> None:
    answer = await sandbox.post(ADD, type=1, scene=2, user=["ChenYu"], state="门" * 30)

    assert answer["errcode"] == 0


async def test_an_update_overwrites_members_and_keeps_the_picture(sandbox: Sandbox) -> None:
    config_id = await sandbox.way("chenyu", "lihua")
    before = (await sandbox.post(GET, config_id=config_id))["contact_way"]

    updated = await sandbox.post(UPDATE, config_id=config_id, user=["wangqi"])

    after = (await sandbox.post(GET, config_id=config_id))["contact_way"]
    assert updated == {"errcode": 0}
    assert after == before | {"user": ["wangqi"]}


async def test_a_deleted_way_is_41044_for_the_api_and_invalid_for_a_phone(sandbox: Sandbox) -> None:
    config_id = await sandbox.way()
    deleted = await sandbox.post(DELETE, config_id=config_id)

    again = await sandbox.post(DELETE, config_id=config_id)
    scanned = await sandbox.refused("scan", url=f"http://sandbox/u/{config_id}")
    added = await sandbox.refused("add", config_id=config_id)

    assert (deleted, again) == ({"errcode": 0}, {"errcode": 41044})
    assert scanned == added == (409, f"the contact way {config_id} is invalid: deleted, or never made")
    assert await sandbox.events() == []


async def test_ways_are_listed_page_by_page_without_the_deleted_ones(sandbox: Sandbox) -> None:
    made = [await sandbox.way() for _ in range(5)]
    await sandbox.post(DELETE, config_id=made[1])

    listed, cursor = [], ""
    while True:
        page = await sandbox.post(LIST, limit=2, cursor=cursor)
        listed += [way["config_id"] for way in page["contact_way"]]
        cursor = page["next_cursor"]
        if not cursor:
            break

    assert listed == [made[0], made[2], made[3], made[4]]


async def test_ways_are_listed_by_when_they_were_made(sandbox: Sandbox) -> None:
    early = await sandbox.way()
    await sandbox.advance(91 * 86_400)
    late = await sandbox.way()

    recent = await sandbox.post(LIST)
    everything = await sandbox.post(LIST, start_time=1)

    assert recent["contact_way"] == [{"config_id": late}]
    assert everything["contact_way"] == [{"config_id": early}, {"config_id": late}]


async def test_the_quota_is_shared_by_the_ways_that_exist() -> None:
    async with running(contact_way_quota=1) as sandbox:
        first = await sandbox.way()
        full = await sandbox.post(ADD, type=2, scene=2, user=["chenyu"])
        await sandbox.post(DELETE, config_id=first)
        free = await sandbox.post(ADD, type=2, scene=2, user=["chenyu"])

        assert (full["errcode"], free["errcode"]) == (41045, 0)


async def test_the_picture_carries_the_link_and_the_link_has_a_page(sandbox: Sandbox) -> None:
    config_id = await sandbox.way("chenyu")

    picture = await sandbox.http.get(f"/qr/{config_id}.png")
    page = await sandbox.http.get(f"/u/{config_id}")

    assert picture.headers["content-type"] == "image/png"
    assert read_picture(picture.content) == f"http://sandbox/u/{config_id}"
    assert "陈雨" in page.text
    assert (await sandbox.http.get("/qr/nothing.png")).status_code == 404


async def test_a_way_of_several_members_is_given_out_in_turn() -> None:
    async with running(member_choice=MemberChoice.ROUND_ROBIN) as sandbox:
        config_id = await sandbox.way("chenyu", "lihua")
        added = [await sandbox.control("add", config_id=config_id) for _ in range(3)]

        assert [each["userid"] for each in added] == ["chenyu", "lihua", "chenyu"]


async def test_phones_obey_a_changed_list_when_the_edit_latency_has_passed(sandbox: Sandbox) -> None:
    config_id = await sandbox.way("chenyu")
    await sandbox.control("faults", edit_latency_ms=10_000)
    await sandbox.post(UPDATE, config_id=config_id, user=["wangqi"])

    told = (await sandbox.post(GET, config_id=config_id))["contact_way"]["user"]
    early = await sandbox.control("add", config_id=config_id)
    await sandbox.advance(11)
    late = await sandbox.control("add", config_id=config_id)

    assert (told, early["userid"], late["userid"]) == (["wangqi"], "chenyu", "wangqi")


async def test_an_update_with_a_member_who_receives_no_customers_changes_nothing() -> None:
    inside = Member("inside", "内勤", receives_customers=False)
    async with running(members=(*CONFIG.members, inside)) as sandbox:
        config_id = await sandbox.way("chenyu")

        refused = await sandbox.post(UPDATE, config_id=config_id, user=["chenyu", "inside"])

        assert refused == {"errcode": 84074}
        assert (await sandbox.post(GET, config_id=config_id))["contact_way"]["user"] == ["chenyu"]

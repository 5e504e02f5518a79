from typing import Any

import anyio
import pytest

from tests.integration.sandbox.running import CORP_ID, Sandbox

pytestmark = pytest.mark.anyio

NOW = 1_770_000_401_000


async def test_adding_through_a_way_tells_the_contact_callback_state_and_welcome_code(sandbox: Sandbox) -> None:
    await sandbox.way("chenyu", state="lq-7f3a9c")
    await sandbox.control("clock", now=NOW)

    added = await sandbox.control("add", state="lq-7f3a9c", customer="林晓")

    assert await sandbox.events() == [
        (
            "CONTACT",
            {
                "ToUserName": CORP_ID,
                "FromUserName": "sys",
                "CreateTime": "1770000401",
                "MsgType": "event",
                "Event": "change_external_contact",
                "ChangeType": "add_external_contact",
                "UserID": "chenyu",
                "ExternalUserID": added["external_userid"],
                "State": "lq-7f3a9c",
                "WelcomeCode": added["welcome_code"],
            },
        )
    ]


async def test_a_half_add_and_its_confirmation_are_two_events_with_one_code(sandbox: Sandbox) -> None:
    config_id = await sandbox.way()

    added = await sandbox.control("add", config_id=config_id, half=True)
    await sandbox.control("confirm", customer=added["external_userid"], userid="chenyu")

    assert [_kind_and_code(fields) for _, fields in await sandbox.events()] == [
        ("add_half_external_contact", added["welcome_code"]),
        ("add_external_contact", None),
    ]


async def test_a_second_application_hears_of_the_same_add_with_a_code_of_its_own(sandbox: Sandbox) -> None:
    config_id = await sandbox.way()

    added = await sandbox.control("add", config_id=config_id, half=True, callbacks=["CONTACT", "APP"])

    received = dict(await sandbox.events())
    codes = {callback: fields.pop("WelcomeCode") for callback, fields in received.items()}
    assert received["CONTACT"] == received["APP"]
    assert codes == added["welcome_codes"]
    assert (len(set(codes.values())), added["welcome_code"]) == (2, codes["CONTACT"])


async def test_a_slow_callback_keeps_no_other_application_waiting(sandbox: Sandbox) -> None:
    config_id = await sandbox.way()
    await sandbox.control("faults", callbacks={"delay_ms": 60_000})
    await sandbox.control("add", config_id=config_id, customer="林晓")
    await anyio.wait_all_tasks_blocked()
    await sandbox.http.delete("/control/faults")

    await sandbox.control("add", config_id=config_id, customer="林晓", callbacks=["CONTACT", "APP"])

    await anyio.wait_all_tasks_blocked()
    assert [callback for callback, _ in sandbox.outside.received] == ["APP"]


@pytest.mark.parametrize(
    ("callbacks", "reason"),
    [
        (["CONTACT", "OTHER"], "no callback 'OTHER' is configured; there are: CONTACT, KF, APP"),
        (["APP", "APP"], "name each callback once; duplicates of an event are a fault (/control/faults)"),
    ],
)
async def test_an_add_tells_only_callbacks_there_are(sandbox: Sandbox, callbacks: list[str], reason: str) -> None:
    config_id = await sandbox.way()

    refused = await sandbox.refused("add", config_id=config_id, callbacks=callbacks)

    assert refused == (400, reason)
    assert sandbox.platform.world.customers == {}


async def test_full_after_half_comes_in_that_order(sandbox: Sandbox) -> None:
    config_id = await sandbox.way()

    added = await sandbox.control("add", config_id=config_id, full_after_half=True)

    assert [_kind_and_code(fields) for _, fields in await sandbox.events()] == [
        ("add_half_external_contact", added["welcome_code"]),
        ("add_external_contact", None),
    ]


async def test_who_is_already_a_contact_gets_no_welcome_code(sandbox: Sandbox) -> None:
    config_id = await sandbox.way()
    first = await sandbox.control("add", config_id=config_id, customer="林晓")

    second = await sandbox.control("add", config_id=config_id, customer="林晓")
    without = await sandbox.control("add", config_id=config_id, welcome_code=False)

    assert second == first | {"welcome_code": None, "welcome_codes": {}}
    assert without["welcome_code"] is None


async def test_tags_need_the_confirmed_relation_and_survive_the_customers_leaving(sandbox: Sandbox) -> None:
    config_id = await sandbox.way()
    customer = (await sandbox.control("add", config_id=config_id, half=True))["external_userid"]
    tag_id = await _tag(sandbox)

    half = await _mark(sandbox, customer, tag_id)
    await sandbox.control("confirm", customer=customer, userid="chenyu")
    confirmed = await _mark(sandbox, customer, tag_id)
    await sandbox.control("remove", customer=customer, userid="chenyu", by="customer")
    left = await _mark(sandbox, customer, tag_id)
    await sandbox.control("remove", customer=customer, userid="chenyu", by="member")
    removed = await _mark(sandbox, customer, tag_id)

    assert (half, confirmed, left, removed) == (84061, 0, 0, 84061)
    assert [fields["ChangeType"] for _, fields in await sandbox.events()] == [
        "add_half_external_contact",
        "add_external_contact",
        "del_follow_user",
        "del_external_contact",
    ]


async def test_a_customer_is_read_with_the_followers_and_their_tags(sandbox: Sandbox) -> None:
    await sandbox.control("clock", now=NOW)
    config_id = await sandbox.way(state="lq-7f3a9c")
    customer = (await sandbox.control("add", config_id=config_id, customer="林晓"))["external_userid"]
    tag_id = await _tag(sandbox)
    await _mark(sandbox, customer, tag_id)
    await sandbox.post(
        "externalcontact/remark",
        userid="chenyu",
        external_userid=customer,
        remark="林小姐",
        remark_mobiles=["13800000000"],
    )

    read = await sandbox.get("externalcontact/get", external_userid=customer)

    follow = read["follow_user"][0]
    assert read["external_contact"]["name"] == "林晓"
    assert (follow["createtime"] - NOW // 1000) in (0, 1)
    assert follow | {"createtime": 0} == {
        "userid": "chenyu",
        "remark": "林小姐",
        "description": "",
        "createtime": 0,
        "remark_corp_name": "",
        "remark_mobiles": ["13800000000"],
        "oper_userid": customer,
        "add_way": 1,
        "state": "lq-7f3a9c",
        "tags": [{"group_name": "渠道", "tag_name": "门店A", "tag_id": tag_id, "type": 1}],
    }


async def test_customers_are_listed_by_member(sandbox: Sandbox) -> None:
    config_id = await sandbox.way("chenyu")
    added = [(await sandbox.control("add", config_id=config_id))["external_userid"] for _ in range(3)]

    listed = await sandbox.get("externalcontact/list", userid="chenyu")
    nobody = await sandbox.get("externalcontact/list", userid="lihua")
    first = await sandbox.post("externalcontact/batch/get_by_user", userid_list=["chenyu", "lihua"], limit=2)
    rest = await sandbox.post(
        "externalcontact/batch/get_by_user", userid_list=["chenyu", "lihua"], limit=2, cursor=first["next_cursor"]
    )

    in_batches = [
        each["external_contact"]["external_userid"] for page in (first, rest) for each in page["external_contact_list"]
    ]
    assert listed == {"errcode": 0, "external_userid": added}
    assert nobody == {"errcode": 84061}
    assert (in_batches, rest["next_cursor"]) == (added, "")


@pytest.mark.parametrize(
    ("wish", "status", "reason"),
    [
        ({}, 400, "give exactly one of config_id, qr_url and state"),
        ({"stat": "lq"}, 400, "stat: Extra inputs are not permitted"),
        ({"config_id": "x", "half": "perhaps"}, 400, "half: Input should be a valid boolean"),
        ({"state": "lq-0"}, 409, "the contact way with state 'lq-0' is invalid: deleted, or never made"),
        ({"qr_url": "/media/none.png"}, 400, "http://service/media/none.png gave HTTP 404 with 0 bytes, not a picture"),
    ],
)
async def test_an_add_that_cannot_be_says_why(sandbox: Sandbox, wish: dict[str, Any], status: int, reason: str) -> None:
    answer = await sandbox.refused("add", **wish)

    assert (answer[0], answer[1][: len(reason)]) == (status, reason)


async def test_only_a_member_of_the_way_can_be_picked(sandbox: Sandbox) -> None:
    config_id = await sandbox.way("chenyu", "lihua")

    picked = await sandbox.control("add", config_id=config_id, userid="lihua")
    other = await sandbox.refused("add", config_id=config_id, userid="wangqi")

    assert picked["userid"] == "lihua"
    assert other == (400, "'wangqi' is not on this way; on it: chenyu, lihua")


async def _tag(sandbox: Sandbox) -> str:
    made = await sandbox.post("externalcontact/add_corp_tag", group_name="渠道", tag=[{"name": "门店A"}])
    tag_id: str = made["tag_group"]["tag"][0]["id"]
    return tag_id


async def _mark(sandbox: Sandbox, customer: str, tag_id: str) -> int:
    answer = await sandbox.post("externalcontact/mark_tag", userid="chenyu", external_userid=customer, add_tag=[tag_id])
    errcode: int = answer["errcode"]
    return errcode


def _kind_and_code(fields: dict[str, str]) -> tuple[str, str | None]:
    return fields["ChangeType"], fields.get("WelcomeCode")

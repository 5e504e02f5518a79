from typing import Any

import pytest

from tests.integration.sandbox.running import Sandbox, running

pytestmark = pytest.mark.anyio

ADD = "externalcontact/add_corp_tag"
LIST = "externalcontact/get_corp_tag_list"
EDIT = "externalcontact/edit_corp_tag"
DELETE = "externalcontact/del_corp_tag"


async def test_a_known_group_name_is_added_to_and_the_answer_holds_the_new_tags_only(sandbox: Sandbox) -> None:
    first = await _add(sandbox, "渠道", "门店A")

    second = await _add(sandbox, "渠道", "门店B", "门店B")

    listed = await sandbox.post(LIST)
    assert [tag["name"] for tag in second["tag"]] == ["门店B"]
    assert second["group_id"] == first["group_id"]
    assert [_names(group) for group in listed["tag_group"]] == [("渠道", ["门店A", "门店B"])]


async def test_groups_and_tags_are_listed_highest_order_first(sandbox: Sandbox) -> None:
    await sandbox.post(ADD, group_name="低", order=1, tag=[{"name": "a", "order": 1}, {"name": "b", "order": 2}])
    await sandbox.post(ADD, group_name="高", order=2, tag=[{"name": "c"}])

    listed = await sandbox.post(LIST)

    assert [_names(group) for group in listed["tag_group"]] == [("高", ["c"]), ("低", ["b", "a"])]


async def test_a_name_the_group_has_is_refused(sandbox: Sandbox) -> None:
    group = await _add(sandbox, "渠道", "门店A", "门店B")

    again = await sandbox.post(ADD, group_id=group["group_id"], tag=[{"name": "门店A"}])
    renamed = await sandbox.post(EDIT, id=group["tag"][0]["id"], name="门店B")

    assert (again, renamed) == ({"errcode": 40071}, {"errcode": 40071})


async def test_a_group_goes_with_its_last_tag_and_is_still_known_by_id(sandbox: Sandbox) -> None:
    group = await _add(sandbox, "渠道", "门店A")
    tag_id = group["tag"][0]["id"]

    await sandbox.post(DELETE, tag_id=[tag_id])

    by_id = (await sandbox.post(LIST, tag_id=[tag_id]))["tag_group"][0]
    assert (await sandbox.post(LIST))["tag_group"] == []
    assert (by_id["deleted"], by_id["tag"][0]["deleted"]) == (True, True)
    assert await sandbox.post(DELETE, tag_id=[tag_id]) == {"errcode": 40068}


async def test_deleting_a_tag_takes_it_off_every_customer_without_an_event(sandbox: Sandbox) -> None:
    tag_id = (await _add(sandbox, "渠道", "门店A"))["tag"][0]["id"]
    added = await sandbox.control("add", config_id=await sandbox.way())
    customer = added["external_userid"]
    await sandbox.post("externalcontact/mark_tag", userid="chenyu", external_userid=customer, add_tag=[tag_id])

    await sandbox.post(DELETE, tag_id=[tag_id])

    read = await sandbox.get("externalcontact/get", external_userid=customer)
    assert read["follow_user"][0]["tags"] == []
    assert len(await sandbox.events()) == 1


async def test_an_application_changes_only_its_own_tags_and_marks_with_all(sandbox: Sandbox) -> None:
    tag_id = (await _add(sandbox, "渠道", "门店A"))["tag"][0]["id"]
    added = await sandbox.control("add", config_id=await sandbox.way())

    renamed = await sandbox.post_as("contact-secret", EDIT, id=tag_id, name="门店B")
    deleted = await sandbox.post_as("contact-secret", DELETE, tag_id=[tag_id])
    marked = await sandbox.post_as(
        "contact-secret",
        "externalcontact/mark_tag",
        userid="chenyu",
        external_userid=added["external_userid"],
        add_tag=[tag_id],
    )

    assert [answer["errcode"] for answer in (renamed, deleted, marked)] == [48002, 48002, 0]


async def test_changes_at_the_console_raise_events_and_changes_by_api_none(sandbox: Sandbox) -> None:
    made = await sandbox.control("tag", action="create", group_name="渠道", name="门店A")
    await sandbox.control("tag", action="update", id=made["id"], name="门店B")
    await sandbox.control("tag", action="delete", id=made["id"])
    await _add(sandbox, "来源", "地推")

    events = [fields for _, fields in await sandbox.events()]
    assert [(each["Event"], each["ChangeType"], each["TagType"]) for each in events] == [
        ("change_external_tag", "create", "tag_group"),
        ("change_external_tag", "create", "tag"),
        ("change_external_tag", "update", "tag"),
        ("change_external_tag", "delete", "tag"),
    ]


async def test_the_quota_of_tags_is_kept() -> None:
    async with running(corp_tag_quota=2) as sandbox:
        await _add(sandbox, "渠道", "门店A", "门店B")

        full = await sandbox.post(ADD, group_name="渠道", tag=[{"name": "门店C"}])

        assert full == {"errcode": 40126}


@pytest.mark.parametrize(
    ("fields", "errcode"),
    [
        ({"add_tag": ["etUNKNOWN"]}, 40068),
        ({}, 40063),
        ({"userid": "", "add_tag": ["etUNKNOWN"]}, 41009),
        ({"external_userid": "", "add_tag": ["etUNKNOWN"]}, 41035),
    ],
)
async def test_marking_with_something_wrong_is_refused(sandbox: Sandbox, fields: dict[str, Any], errcode: int) -> None:
    added = await sandbox.control("add", config_id=await sandbox.way())
    relation = {"userid": "chenyu", "external_userid": added["external_userid"]}

    answer = await sandbox.post("externalcontact/mark_tag", **relation | fields)

    assert answer == {"errcode": errcode}


async def _add(sandbox: Sandbox, group: str, *names: str) -> dict[str, Any]:
    made = await sandbox.post(ADD, group_name=group, tag=[{"name": name} for name in names])
    assert made["errcode"] == 0
    told: dict[str, Any] = made["tag_group"]
    return told


def _names(group: dict[str, Any]) -> tuple[str, list[str]]:
    return group["group_name"], [tag["name"] for tag in group["tag"]]

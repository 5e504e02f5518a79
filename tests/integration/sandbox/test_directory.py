"""Changes of the contact book are told as the platform tells them, and hold in its API."""

from typing import Any

import pytest

from tests.integration.sandbox.running import Sandbox

pytestmark = pytest.mark.anyio


async def change(sandbox: Sandbox, **wish: Any) -> dict[str, str]:
    """Make the change and return the event that told of it."""
    await sandbox.control("directory", **wish)
    await sandbox.platform.sender.settled()
    name, fields = sandbox.outside.received[-1]
    assert (name, fields["Event"]) == ("APP", "change_contact")
    return fields


async def test_a_renamed_member_keeps_relations_and_contact_ways(sandbox: Sandbox) -> None:
    config_id = await sandbox.way("lihua", state="lq-1")
    await sandbox.control("add", config_id=config_id, customer="林晓")

    told = await change(sandbox, userid="lihua", action="rename", new_userid="lihua2")

    world = sandbox.platform.world
    assert (told["ChangeType"], told["UserID"], told["NewUserID"]) == ("update_user", "lihua", "lihua2")
    assert "Status" not in told
    assert world.member("lihua") is None
    assert world.contact_ways[config_id].user == ("lihua2",)
    assert [follow.userid for follow in world.follows_of_member("lihua2")] == ["lihua2"]


async def test_a_deleted_member_is_unknown_to_the_api(sandbox: Sandbox) -> None:
    told = await change(sandbox, userid="lihua", action="delete")

    member = sandbox.platform.world.member("lihua")
    assert (told["ChangeType"], told["UserID"]) == ("delete_user", "lihua")
    assert member is not None
    assert (member.status, member.is_visible) == (5, False)


@pytest.mark.parametrize(("action", "status"), [("deactivate", "2"), ("activate", "1")])
async def test_a_change_of_status_is_told_with_the_status(sandbox: Sandbox, action: str, status: str) -> None:
    told = await change(sandbox, userid="lihua", action=action)

    assert (told["ChangeType"], told["Status"]) == ("update_user", status)


@pytest.mark.parametrize(
    ("wish", "status"),
    [
        ({"userid": "nobody", "action": "delete"}, 400),
        ({"userid": "lihua", "action": "rename"}, 400),
        ({"userid": "lihua", "action": "rename", "new_userid": "chenyu"}, 409),
        ({"userid": "lihua", "action": "rename", "new_userid": "not a userid"}, 400),
        ({"userid": "lihua", "action": "promote"}, 400),
    ],
)
async def test_a_change_that_makes_no_sense_is_refused(sandbox: Sandbox, wish: dict[str, Any], status: int) -> None:
    answer = await sandbox.http.post("/control/directory", json=wish)

    assert answer.status_code == status
    assert sandbox.outside.received == []

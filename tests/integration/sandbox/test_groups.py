"""Groups, the codes that lead into them, and customer acquisition links, as the sandbox plays them."""

from typing import Any

import pytest

from router.sandbox.qr import read_picture
from tests.integration.sandbox.running import Sandbox, running

pytestmark = pytest.mark.anyio

ADD = "externalcontact/groupchat/add_join_way"
GET = "externalcontact/groupchat/get_join_way"
UPDATE = "externalcontact/groupchat/update_join_way"
DELETE = "externalcontact/groupchat/del_join_way"
LIST = "externalcontact/groupchat/list"
CHAT = "externalcontact/groupchat/get"
LINKS = "externalcontact/customer_acquisition"
WEEK = 7 * 86_400  # seconds


async def _chat(sandbox: Sandbox, people: int = 1) -> str:
    chat_id: str = (await sandbox.control("groups", name="体验群", people=people))["chat_id"]
    return chat_id


async def _way(sandbox: Sandbox, *chat_ids: str, **fields: Any) -> str:
    made = await sandbox.post(ADD, scene=2, chat_id_list=list(chat_ids), **{"auto_create_room": 0, **fields})
    config_id: str = made["config_id"]
    return config_id


async def _picture_text(sandbox: Sandbox, address: str) -> str | None:
    return read_picture((await sandbox.http.get(address)).content)


async def test_a_new_join_way_is_read_back_and_its_picture_leads_into_the_group(sandbox: Sandbox) -> None:
    chat_id = await _chat(sandbox)

    made = await sandbox.post(ADD, scene=2, chat_id_list=[chat_id], state="lq-g12", auto_create_room=0)
    way = (await sandbox.post(GET, config_id=made["config_id"]))["join_way"]

    assert made == {"errcode": 0, "config_id": made["config_id"]}
    assert way == {
        "config_id": made["config_id"],
        "scene": 2,
        "remark": "",
        "auto_create_room": 0,
        "room_base_name": "",
        "room_base_id": 1,
        "chat_id_list": [chat_id],
        "qr_code": f"http://sandbox/jw/{made['config_id']}.png",
        "state": "lq-g12",
    }
    assert await _picture_text(sandbox, way["qr_code"]) == f"http://sandbox/jw/{made['config_id']}"


@pytest.mark.parametrize(
    ("fields", "errcode"),
    [
        pytest.param({"chat_id_list": []}, 40063, id="no group"),
        pytest.param({"chat_id_list": ["wr"] * 6}, 41091, id="six groups"),
        pytest.param({"chat_id_list": ["wrNOBODY"]}, 40050, id="unknown group"),
        pytest.param({"state": "s" * 31}, 40058, id="31 characters of state"),
        pytest.param({"scene": 3}, 41040, id="unknown scene"),
    ],
)
async def test_a_join_way_the_platform_would_not_make_is_refused(
    sandbox: Sandbox, fields: dict[str, Any], errcode: int
) -> None:
    chat_id = await _chat(sandbox)

    answer = await sandbox.post(ADD, **{"scene": 2, "chat_id_list": [chat_id]} | fields)

    assert answer == {"errcode": errcode}


async def test_an_update_overwrites_the_groups_and_a_deleted_way_is_41044(sandbox: Sandbox) -> None:
    first, second = await _chat(sandbox), await _chat(sandbox)
    config_id = await _way(sandbox, first)
    before = (await sandbox.post(GET, config_id=config_id))["join_way"]

    await sandbox.post(UPDATE, config_id=config_id, scene=2, chat_id_list=[second], auto_create_room=0)
    after = (await sandbox.post(GET, config_id=config_id))["join_way"]
    deleted = [await sandbox.post(DELETE, config_id=config_id) for _ in range(2)]

    assert after == before | {"chat_id_list": [second]}
    assert deleted == [{"errcode": 0}, {"errcode": 41044}]
    assert (await sandbox.refused("join", config_id=config_id))[0] == 409


async def test_whoever_joins_by_qr_is_in_the_group_with_the_state_and_is_told_of(sandbox: Sandbox) -> None:
    chat_id = await _chat(sandbox, people=3)
    config_id = await _way(sandbox, chat_id, state="lq-g12")

    joined = await sandbox.control("join", customer="林晓", config_id=config_id)
    again = await sandbox.control("join", customer="林晓", config_id=config_id)

    chat = (await sandbox.post(CHAT, chat_id=chat_id, need_name=0))["group_chat"]
    latest = chat["member_list"][-1]
    assert (joined["people"], again["people"], len(chat["member_list"])) == (4, 4, 4)
    assert (latest["userid"], latest["type"], latest["state"]) == (joined["external_userid"], 2, "lq-g12")
    told = [fields for _, fields in await sandbox.events() if fields["ChangeType"] == "update"]
    assert [(each["Event"], each["ChatId"], each["JoinScene"]) for each in told] == [
        ("change_external_chat", chat_id, "3")
    ]


async def test_the_next_group_of_a_way_is_filled_when_the_first_is_full(sandbox: Sandbox) -> None:
    full, free = await _chat(sandbox, people=200), await _chat(sandbox)
    config_id = await _way(sandbox, full, free)

    joined = await sandbox.control("join", config_id=config_id)
    await sandbox.control("groups", chat_id=free, people=200)
    refused = await sandbox.refused("join", config_id=config_id)

    assert joined["chat_id"] == free
    assert refused == (409, "every group of this join way is full")


async def test_a_way_that_makes_rooms_never_runs_out(sandbox: Sandbox) -> None:
    config_id = await _way(sandbox, await _chat(sandbox, people=200), auto_create_room=1, room_base_name="新品群")

    joined = await sandbox.control("join", config_id=config_id)

    way = (await sandbox.post(GET, config_id=config_id))["join_way"]
    assert (joined["group"], joined["people"]) == ("新品群1", 2)
    assert way["chat_id_list"][-1] == joined["chat_id"]


async def test_a_group_qr_of_the_client_is_over_after_seven_days(sandbox: Sandbox) -> None:
    group = await sandbox.control("groups", name="体验群")
    text = await _picture_text(sandbox, group["qr_url"])

    found = await sandbox.control("scan", url=text, customer="林晓")
    joined = await sandbox.control("join", customer="林晓", url=text)
    await sandbox.advance(WEEK + 1)
    refused = await sandbox.refused("join", url=text)

    assert (found["kind"], found["group"], joined["people"]) == ("group", "体验群", 2)
    assert refused == (409, "this group QR has expired: the client makes them for 7 days")


async def test_groups_are_listed_page_by_page_and_by_owner(sandbox: Sandbox) -> None:
    chats = [await _chat(sandbox) for _ in range(3)]
    other = await sandbox.control("groups", name="李华的群", owner="lihua")

    first = await sandbox.post(LIST, limit=2)
    rest = await sandbox.post(LIST, limit=2, cursor=first["next_cursor"])
    owned = await sandbox.post(LIST, limit=9, owner_filter={"userid_list": ["lihua"]})

    listed = [each["chat_id"] for page in (first, rest) for each in page["group_chat_list"]]
    assert (listed, rest["next_cursor"]) == ([*chats, other["chat_id"]], "")
    assert [each["chat_id"] for each in owned["group_chat_list"]] == [other["chat_id"]]


async def test_opening_a_link_adds_a_member_with_the_channel_and_costs_one_unit(sandbox: Sandbox) -> None:
    made = (await sandbox.post(f"{LINKS}/create_link", link_name="春季", range={"user_list": ["chenyu", "lihua"]}))[
        "link"
    ]
    opened = f"{made['url']}?customer_channel=lq-spring"

    found = await sandbox.control("scan", url=opened, customer="林晓")
    added = [await sandbox.control("open_link", url=opened) for _ in range(2)]

    quota = await sandbox.get("externalcontact/customer_acquisition_quota")
    events = [fields for _, fields in await sandbox.events() if fields.get("ChangeType") == "add_external_contact"]
    assert (found["kind"], found["channel"]) == ("acquisition_link", "lq-spring")
    assert [each["userid"] for each in added] == ["chenyu", "lihua"]
    assert [(each["UserID"], each["State"]) for each in events] == [("chenyu", "lq-spring"), ("lihua", "lq-spring")]
    assert quota == {"errcode": 0, "total": 1_000, "balance": 998, "quota_list": []}


async def test_a_link_is_changed_listed_and_deleted(sandbox: Sandbox) -> None:
    link_id = (await sandbox.post(f"{LINKS}/create_link", link_name="春季", range={"user_list": ["chenyu"]}))["link"][
        "link_id"
    ]

    await sandbox.post(f"{LINKS}/update_link", link_id=link_id, range={"user_list": ["lihua"]})
    link = await sandbox.post(f"{LINKS}/get", link_id=link_id)
    listed = await sandbox.post(f"{LINKS}/list_link", limit=100)
    await sandbox.post(f"{LINKS}/delete_link", link_id=link_id)

    assert (link["link"]["link_name"], link["range"]["user_list"]) == ("春季", ["lihua"])
    assert listed["link_id_list"] == [link_id]
    assert (await sandbox.refused("open_link", url=link["link"]["url"]))[0] == 409


async def test_without_the_right_or_without_quota_links_lead_nowhere(sandbox: Sandbox) -> None:
    made = (await sandbox.post(f"{LINKS}/create_link", link_name="春季", range={"user_list": ["chenyu"]}))["link"]

    await sandbox.control("acquisition", balance=0)
    used_up = await sandbox.refused("open_link", url=made["url"])
    await sandbox.control("acquisition", is_allowed=False)
    forbidden = await sandbox.post(f"{LINKS}/get", link_id=made["link_id"])

    told = [fields["ChangeType"] for _, fields in await sandbox.events()]
    assert (used_up[0], told, forbidden) == (409, ["balance_exhausted"], {"errcode": 48002})


async def test_the_contact_secret_may_not_manage_links(sandbox: Sandbox) -> None:
    answer = await sandbox.post_as("contact-secret", f"{LINKS}/list_link", limit=10)

    assert answer == {"errcode": 48002}


async def test_groups_and_links_outlast_a_restart(tmp_path: Any) -> None:
    state = tmp_path / "world.json"
    async with running(state_path=state) as before:
        chat_id = await _chat(before, people=7)
        config_id = await _way(before, chat_id)

    async with running(state_path=state) as after:
        joined = await after.control("join", config_id=config_id)

    assert (joined["chat_id"], joined["people"]) == (chat_id, 8)

"""Calls about contact ways, customers, members and tags."""

import pytest
from pytest_httpx import HTTPXMock

from router.platforms.wecom.client import WeComClient
from router.platforms.wecom.contact_ways import ContactWay, NewContactWay
from router.platforms.wecom.corp_tags import CorpTag, CorpTagGroup
from router.platforms.wecom.customers import ExternalContact, FollowTag, FollowUser, Member
from router.platforms.wecom.error_codes import Action
from router.platforms.wecom.errors import (
    AnswerInvalid,
    Refused,
)
from tests.integration.wecom.answers import OK, answer, give_token, sent, url

pytestmark = pytest.mark.anyio


async def test_a_contact_way_is_made(client: WeComClient, httpx_mock: HTTPXMock) -> None:
    give_token(httpx_mock)
    answer(httpx_mock, "externalcontact/add_contact_way", config_id="42b3", qr_code="https://qr.test/0")

    made = await client.add_contact_way(users=["chenyu"], departments=[2], state="lq-7f3a9c", remark="门店A")

    assert made == NewContactWay("42b3", "https://qr.test/0")
    assert sent(httpx_mock) == {
        "type": 2,
        "scene": 2,
        "state": "lq-7f3a9c",
        "remark": "门店A",
        "user": ["chenyu"],
        "party": [2],
        "skip_verify": True,
        "is_exclusive": False,
        "mark_source": True,
    }


async def test_chinese_is_sent_as_it_is(client: WeComClient, httpx_mock: HTTPXMock) -> None:
    give_token(httpx_mock)
    answer(httpx_mock, "externalcontact/send_welcome_msg")

    await client.send_welcome_msg("WC-1", "您好")

    assert "您好".encode() in httpx_mock.get_requests()[-1].content


async def test_a_contact_way_is_read(client: WeComClient, httpx_mock: HTTPXMock) -> None:
    give_token(httpx_mock)
    way = {
        "config_id": "42b3",
        "type": 2,
        "scene": 2,
        "style": 2,
        "remark": "门店A",
        "skip_verify": False,
        "state": "lq-7f3a9c",
        "qr_code": "https://qr.test/0",
        "user": ["chenyu", "lihua"],
        "party": [2],
    }
    answer(httpx_mock, "externalcontact/get_contact_way", contact_way=way)

    found = await client.get_contact_way("42b3")

    assert found == ContactWay(
        "42b3", 2, 2, "lq-7f3a9c", "门店A", False, "https://qr.test/0", ("chenyu", "lihua"), (2,)
    )


async def test_listing_goes_on_over_an_empty_page(client: WeComClient, httpx_mock: HTTPXMock) -> None:
    give_token(httpx_mock)
    path = "externalcontact/list_contact_way"
    answer(httpx_mock, path, contact_way=[{"config_id": "a"}, {"config_id": "b"}], next_cursor="1")
    answer(httpx_mock, path, contact_way=[], next_cursor="2")
    answer(httpx_mock, path, contact_way=[{"config_id": "c"}], next_cursor="")

    pages = [page async for page in client.list_contact_way(start_at=1_770_000_000_000)]

    assert pages == [("a", "b"), (), ("c",)]
    assert sent(httpx_mock) == {"start_time": 1_770_000_000, "limit": 1000, "cursor": "2"}


async def test_listing_does_not_run_in_circles(client: WeComClient, httpx_mock: HTTPXMock) -> None:
    give_token(httpx_mock)
    answer(httpx_mock, "externalcontact/list_contact_way", contact_way=[], next_cursor="1")
    answer(httpx_mock, "externalcontact/list_contact_way", contact_way=[], next_cursor="1")

    with pytest.raises(AnswerInvalid):
        [page async for page in client.list_contact_way()]


async def test_an_update_sends_only_what_changes(client: WeComClient, httpx_mock: HTTPXMock) -> None:
    give_token(httpx_mock)
    answer(httpx_mock, "externalcontact/update_contact_way")

    await client.update_contact_way("42b3", users=["lihua"])

    assert sent(httpx_mock) == {"config_id": "42b3", "user": ["lihua"]}


async def test_a_deleted_contact_way_says_so(client: WeComClient, httpx_mock: HTTPXMock) -> None:
    give_token(httpx_mock)
    httpx_mock.add_response(url=url("externalcontact/del_contact_way"), json={"errcode": 41044, "errmsg": "invalid"})

    with pytest.raises(Refused) as raised:
        await client.del_contact_way("42b3")

    assert (raised.value.errcode, raised.value.action) == (41044, Action.RECREATE)


async def test_a_customer_is_read_with_followers_of_all_pages(client: WeComClient, httpx_mock: HTTPXMock) -> None:
    give_token(httpx_mock)
    contact = {"external_userid": "wmEX1", "name": "客户", "avatar": "https://a.test", "type": 1, "gender": 0}
    tags = [
        {"group_name": "渠道", "tag_name": "门店A", "tag_id": "etEX1", "type": 1},
        {"group_name": "我的", "tag_name": "熟人", "type": 2},
    ]
    first = {
        "userid": "chenyu",
        "remark": "客户",
        "createtime": 1770000400,
        "tags": tags,
        "add_way": 1,
        "state": "lq-1",
    }
    second = {"userid": "lihua", "createtime": 1770000500}
    httpx_mock.add_response(
        url=url("externalcontact/get", external_userid="wmEX1"),
        json={**OK, "external_contact": contact, "follow_user": [first], "next_cursor": "2"},
    )
    httpx_mock.add_response(
        url=url("externalcontact/get", external_userid="wmEX1", cursor="2"),
        json={**OK, "external_contact": contact, "follow_user": [second], "next_cursor": ""},
    )

    found = await client.get_external_contact("wmEX1")

    store, friend = FollowTag("etEX1", "门店A", "渠道", 1), FollowTag("", "熟人", "我的", 2)
    followers = (
        FollowUser("chenyu", "客户", "", 1_770_000_400_000, (store, friend), 1, "lq-1"),
        FollowUser("lihua", "", "", 1_770_000_500_000, (), 0, ""),
    )
    assert found == ExternalContact("wmEX1", "客户", "https://a.test", 1, 0, "", "", followers)


async def test_a_member_is_read(client: WeComClient, httpx_mock: HTTPXMock) -> None:
    give_token(httpx_mock)
    httpx_mock.add_response(
        url=url("user/get", userid="chenyu"),
        json={**OK, "userid": "chenyu", "name": "陈雨", "status": 4, "department": [1, 2]},
    )

    assert await client.user_get("chenyu") == Member("chenyu", "陈雨", 4, (1, 2))


async def test_tags_are_listed_in_their_groups(client: WeComClient, httpx_mock: HTTPXMock) -> None:
    give_token(httpx_mock)
    tag = {"id": "etT", "name": "门店A", "create_time": 1770000000, "order": 1, "deleted": True}
    group = {"group_id": "etG", "group_name": "渠道", "create_time": 1770000000, "order": 2, "tag": [tag]}
    answer(httpx_mock, "externalcontact/get_corp_tag_list", tag_group=[group])

    groups = await client.get_corp_tag_list(tag_ids=["etT"])

    made_at = 1_770_000_000_000
    assert groups == (CorpTagGroup("etG", "渠道", 2, made_at, False, (CorpTag("etT", "门店A", 1, made_at, True),)),)
    assert sent(httpx_mock) == {"tag_id": ["etT"]}


async def test_tags_are_added_to_a_group_by_name(client: WeComClient, httpx_mock: HTTPXMock) -> None:
    give_token(httpx_mock)
    group = {
        "group_id": "etG",
        "group_name": "渠道",
        "create_time": 1,
        "order": 0,
        "tag": [{"id": "etT", "name": "门店B"}],
    }
    answer(httpx_mock, "externalcontact/add_corp_tag", tag_group=group)

    made = await client.add_corp_tag(["门店B"], group_name="渠道")

    assert made == CorpTagGroup("etG", "渠道", 0, 1000, False, (CorpTag("etT", "门店B", 0, 0, False),))
    assert sent(httpx_mock) == {"group_name": "渠道", "order": 0, "tag": [{"name": "门店B"}]}


async def test_a_customer_is_marked(client: WeComClient, httpx_mock: HTTPXMock) -> None:
    give_token(httpx_mock)
    answer(httpx_mock, "externalcontact/mark_tag")

    await client.mark_tag("chenyu", "wmEX1", add=["etA"], remove=["etB"])

    assert sent(httpx_mock) == {
        "userid": "chenyu",
        "external_userid": "wmEX1",
        "add_tag": ["etA"],
        "remove_tag": ["etB"],
    }

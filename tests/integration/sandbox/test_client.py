"""The service's own client and message reader against the sandbox: two halves written apart have to meet."""

from collections.abc import AsyncIterator

import httpx
import pytest

from router.platforms.wecom.attachments import KfTextReply
from router.platforms.wecom.client import WeComClient
from router.platforms.wecom.errors import Refused
from router.platforms.wecom.kf_calls import KfSession, ServiceState
from router.sandbox.qr import read_picture
from tests.integration.sandbox.running import AGENT_ID, CONFIG, CORP_ID, Sandbox

pytestmark = pytest.mark.anyio

KF = CONFIG.service_accounts[0].open_kfid


@pytest.fixture
async def client(sandbox: Sandbox) -> AsyncIterator[WeComClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(sandbox.app)) as http:
        yield WeComClient(http, CORP_ID, "app-secret", now=sandbox.platform.now, base_url="http://sandbox")


async def test_a_contact_way_is_made_read_listed_and_deleted(sandbox: Sandbox, client: WeComClient) -> None:
    made = await client.add_contact_way(users=["chenyu"], state="lq-1", remark="门店A")

    read = await client.get_contact_way(made.config_id)
    listed = [config_id async for page in client.list_contact_way() for config_id in page]
    picture = await client.fetch_picture(made.qr_code)
    await client.del_contact_way(made.config_id)

    assert (read.state, read.users, read.qr_code) == ("lq-1", ("chenyu",), made.qr_code)
    assert listed == [made.config_id]
    assert read_picture(picture.content) == f"http://sandbox/u/{made.config_id}"
    with pytest.raises(Refused, match="41044"):
        await client.del_contact_way(made.config_id)


async def test_an_add_is_welcomed_and_tagged(sandbox: Sandbox, client: WeComClient) -> None:
    made = await client.add_contact_way(users=["chenyu"], state="lq-1")
    added = await sandbox.control("add", config_id=made.config_id, customer="林晓")
    customer = added["external_userid"]

    await client.send_welcome_msg(added["welcome_code"], "欢迎光临")
    group = await client.add_corp_tag(group_name="渠道", names=["门店A"])
    await client.mark_tag("chenyu", customer, add=[group.tags[0].id])

    contact = await client.get_external_contact(customer)
    assert (contact.name, [each.user_id for each in contact.followers]) == ("林晓", ["chenyu"])
    assert [tag.name for tag in contact.followers[0].tags] == ["门店A"]


async def test_a_kf_customer_is_read_answered_and_handed_over(sandbox: Sandbox, client: WeComClient) -> None:
    customer = (await sandbox.control("chat", customer="林晓", text="报价"))["external_userid"]
    await sandbox.post("kf/servicer/add", open_kfid=KF, userid_list=["chenyu"])

    page = await client.kf_sync_msg(KF)
    await client.kf_send_msg(KF, customer, "out-1", KfTextReply("稍等"))
    code = await client.kf_trans_service_state(KF, customer, ServiceState.HUMAN, "chenyu")
    await client.kf_send_msg_on_event(code, "out-2", KfTextReply("陈雨为您服务"))

    assert len(page.items) == 1
    assert await client.kf_get_service_state(KF, customer) == KfSession(ServiceState.HUMAN, "chenyu")
    assert [each.is_receiving for each in await client.kf_list_servicers(KF)] == [True]
    assert [line.content["content"] for line in sandbox.platform.world.chats[customer]] == [
        "报价",
        "稍等",
        "陈雨为您服务",
    ]


async def test_a_repeated_message_to_employees_is_delivered_once(sandbox: Sandbox, client: WeComClient) -> None:
    for _ in range(2):
        await client.send_app_message(
            agent_id=AGENT_ID, users=["chenyu"], content="值班表已更新", duplicate_check_seconds=60
        )

    effects = (await sandbox.http.get("/control/effects?kind=app_message")).json()["items"]
    assert len(effects) == 1


async def test_a_token_that_died_early_is_renewed_without_anybody_noticing(
    sandbox: Sandbox, client: WeComClient
) -> None:
    await client.get_token()
    await sandbox.control("tokens", action="invalidate")

    members = await client.get_follow_user_list()

    assert members == tuple(member.userid for member in CONFIG.members)

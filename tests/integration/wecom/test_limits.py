"""The limits of the platform, checked before anything is sent."""

from typing import Any

import pytest

from router.platforms.wecom.attachments import (
    KfMenuReply,
    KfTextReply,
    LinkAttachment,
    MediaAttachment,
)
from router.platforms.wecom.client import WeComClient
from router.platforms.wecom.contact_ways import WayType
from router.platforms.wecom.errors import (
    RequestInvalid,
)
from router.platforms.wecom.kf import MediaKind
from router.platforms.wecom.kf_calls import ServiceState

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("call", "field"),
    [
        pytest.param(lambda c: c.add_contact_way(users=["chenyu"], state="s" * 31), "state", id="a long state"),
        pytest.param(
            lambda c: c.add_contact_way(users=["chenyu"], state="s", remark="备" * 31), "remark", id="a long remark"
        ),
        pytest.param(lambda c: c.add_contact_way(users=[], state="s"), "user+party", id="nobody"),
        pytest.param(lambda c: c.add_contact_way(users=["u"] * 101, state="s"), "user+party", id="101 members"),
        pytest.param(lambda c: c.add_contact_way(users=["陈雨"], state="s"), "user", id="a name for a userid"),
        pytest.param(
            lambda c: c.add_contact_way(users=["a", "b"], state="s", type=WayType.SINGLE), "user", id="two for one"
        ),
        pytest.param(lambda c: c.get_contact_way(""), "config_id", id="no way"),
        pytest.param(lambda c: c.update_contact_way("w", users=["u"] * 101), "user+party", id="101 members later"),
        pytest.param(lambda c: c.send_welcome_msg("", "hi"), "welcome_code", id="no code"),
        pytest.param(lambda c: c.send_welcome_msg("W", "中" * 1334), "text.content", id="4,002 bytes"),
        pytest.param(lambda c: c.send_welcome_msg("W", ""), "text", id="nothing to say"),
        pytest.param(
            lambda c: c.send_welcome_msg("W", "", [LinkAttachment("题" * 43, "https://e.test")]),
            "link.title",
            id="a long title",
        ),
        pytest.param(
            lambda c: c.send_welcome_msg("W", "", [MediaAttachment(MediaKind.IMAGE, "M")] * 10),
            "attachments",
            id="ten attachments",
        ),
        pytest.param(
            lambda c: c.send_app_message(agent_id=1, users=["u"], content="x" * 2049), "text.content", id="2,049 bytes"
        ),
        pytest.param(lambda c: c.send_app_message(agent_id=1, users=[], content="x"), "touser", id="to nobody"),
        pytest.param(lambda c: c.mark_tag("u", "wm1"), "add_tag+remove_tag", id="no tag"),
        pytest.param(lambda c: c.mark_tag("u", "wm1", add=["t"], remove=["t"]), "add_tag", id="on and off"),
        pytest.param(lambda c: c.add_corp_tag(["名" * 33], group_name="g"), "tag.name", id="a long tag"),
        pytest.param(lambda c: c.add_corp_tag(["t"]), "group", id="no group"),
        pytest.param(
            lambda c: c.kf_send_msg("wk1", "wm1", "out 1", KfTextReply("x")), "msgid", id="a space in the number"
        ),
        pytest.param(
            lambda c: c.kf_send_msg("wk1", "wm1", "o1", KfTextReply("中" * 683)),
            "text.content",
            id="2,049 bytes to a customer",
        ),
        pytest.param(
            lambda c: c.kf_send_msg("wk1", "wm1", "o1", KfMenuReply("h", ())), "msgmenu.list", id="an empty menu"
        ),
        pytest.param(lambda c: c.kf_send_msg_on_event("", "o1", KfTextReply("x")), "code", id="no code of an event"),
        pytest.param(
            lambda c: c.kf_trans_service_state("wk1", "wm1", ServiceState.HUMAN), "servicer_userid", id="to no servicer"
        ),
        pytest.param(lambda c: c.kf_add_contact_way("wk1", "门店"), "scene", id="a scene in Chinese"),
        pytest.param(lambda c: c.kf_add_contact_way("wk1", "s", "x" * 129), "scene_param", id="a long parameter"),
        pytest.param(
            lambda c: c.send_welcome_msg("W", "\ud800"),
            "/cgi-bin/externalcontact/send_welcome_msg",
            id="half a character",
        ),
        pytest.param(lambda c: c.fetch_picture("file:///etc/passwd"), "url", id="a file"),
        pytest.param(lambda c: c.fetch_picture("https://"), "url", id="no host"),
    ],
)
async def test_what_breaks_a_limit_is_refused_before_sending(client: WeComClient, call: Any, field: str) -> None:
    with pytest.raises(RequestInvalid) as raised:
        await call(client)

    assert raised.value.field == field
    assert raised.value.zh.startswith(field)

"""Whatever a call carries, the platform answers with an errcode."""

import random

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.responses import Response

from router.sandbox.api.call import Call, Method
from router.sandbox.api.fields import Fields
from router.sandbox.api.routes import ENDPOINTS
from router.sandbox.platform import new_platform
from router.sandbox.refusal import RefusalError
from router.sandbox.world.records import Stage
from router.sandbox.world.relations import new_customer, relate
from tests.integration.sandbox.running import CONFIG

CUSTOMER_AND_MEMBER = ("wmNOBODY", "chenyu", CONFIG.service_accounts[0].open_kfid)
NAMES = [
    "type",
    "scene",
    "style",
    "remark",
    "state",
    "user",
    "party",
    "config_id",
    "cursor",
    "limit",
    "start_time",
    "end_time",
    "external_userid",
    "userid",
    "userid_list",
    "add_tag",
    "remove_tag",
    "tag",
    "tag_id",
    "group_id",
    "group_name",
    "name",
    "id",
    "order",
    "welcome_code",
    "text",
    "attachments",
    "touser",
    "msgtype",
    "agentid",
    "open_kfid",
    "token",
    "code",
    "msgid",
    "service_state",
    "servicer_userid",
    "external_userid_list",
    "offset",
    "corpid",
    "media_id",
]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(CUSTOMER_AND_MEMBER),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3),
    max_leaves=5,
)


@pytest.mark.parametrize("path", sorted(ENDPOINTS))
@settings(max_examples=30, deadline=None)
@given(values=st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=8))
def test_no_body_breaks_a_call(path: str, values: dict[str, object]) -> None:
    endpoint = ENDPOINTS[path]
    if endpoint.method is Method.GET:
        values = {name: str(value) for name, value in values.items()}
    platform = new_platform(CONFIG, random.Random(7), httpx.MockTransport(lambda _request: httpx.Response(200)))
    customer = new_customer(platform.world, now=0).external_userid
    relate(platform.world, "chenyu", customer, "lq-1", Stage.FULL, now=0)
    known = {name: customer if value == "wmNOBODY" else value for name, value in values.items()}

    try:
        answer: object = endpoint.answer(Call(platform, path, "app", Fields(known), now=0, answered_at=0))
    except RefusalError as refusal:
        answer = refusal.errcode

    assert isinstance(answer, dict | int | Response)

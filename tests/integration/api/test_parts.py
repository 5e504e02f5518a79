"""The secrets in force are tried where they are: in the service."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from pytest_httpx import HTTPXMock

from router.services import Services
from tests.integration.api.conftest import Client

pytestmark = pytest.mark.anyio

GETTOKEN = "https://wecom.test/cgi-bin/gettoken?corpid=ww1&corpsecret="


@pytest.fixture
async def stored(services: Services) -> AsyncIterator[None]:
    """Secrets as the console stores them: not in the environment of the process."""
    services.settings = replace(
        services.settings,
        wecom_api_base="https://wecom.test",
        corp_id="ww1",
        app_secret="app",
        contact_secret="contact",
        kf_secret="kf",
    )
    yield
    await services.platforms.close()


@pytest.mark.usefixtures("stored")
async def test_each_secret_in_force_is_tried_and_none_is_told(api: Client, httpx_mock: HTTPXMock) -> None:
    for secret in ("contact", "app"):
        token = {"errcode": 0, "access_token": secret, "expires_in": 7200}
        httpx_mock.add_response(url=f"{GETTOKEN}{secret}", json=token)
        httpx_mock.add_response(
            url=f"https://wecom.test/cgi-bin/getcallbackip?access_token={secret}",
            json={"errcode": 0, "ip_list": []},
        )
    httpx_mock.add_response(url=f"{GETTOKEN}kf", json={"errcode": 40001, "errmsg": "invalid credential"})

    probes = (await api.post("/parts/probe", status=200))["items"]

    found = {each["setting"]: each["works"] for each in probes}
    assert found == {"CONTACT_SECRET": True, "KF_SECRET": False, "APP_SECRET": True}
    assert probes[1]["reason"]["en"].startswith("The app secret is wrong: ")


async def test_without_a_corporation_nothing_is_tried(api: Client) -> None:
    assert await api.post("/parts/probe", status=200) == {"items": [], "next": None}

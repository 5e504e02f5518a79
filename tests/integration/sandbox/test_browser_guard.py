"""What pages of other sites can make the browser of the person who runs the sandbox do: nothing."""

import httpx
import pytest

from tests.integration.sandbox.running import Sandbox, running

pytestmark = pytest.mark.anyio

HOUR = {"offset_seconds": 3600}


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.test"}, id="said by the browser"),
        pytest.param({"Sec-Fetch-Site": "same-site", "Origin": "http://sandbox:9"}, id="another port of the host"),
        pytest.param({"Origin": "https://evil.test"}, id="an older browser"),
        pytest.param({"Origin": "null"}, id="a page without an origin"),
        pytest.param({"Origin": "http://[evil"}, id="an origin that is no address"),
    ],
)
async def test_another_sites_page_cannot_move_the_clock(sandbox: Sandbox, headers: dict[str, str]) -> None:
    answer = await sandbox.http.post("/control/clock", json=HOUR, headers=headers | {"Content-Type": "text/plain"})

    assert (answer.status_code, sandbox.platform.clock.offset) == (403, 0)
    assert answer.json()["error"].startswith("another site's page sent this")


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="a script"),
        pytest.param({"Sec-Fetch-Site": "same-origin", "Origin": "http://sandbox"}, id="the phone page"),
        pytest.param({"Origin": "http://sandbox"}, id="an older browser"),
        pytest.param({"Host": "127.0.0.1:8081", "Origin": "http://sandbox"}, id="behind a proxy"),
    ],
)
async def test_its_own_page_and_scripts_can(sandbox: Sandbox, headers: dict[str, str]) -> None:
    answer = await sandbox.http.post("/control/clock", json=HOUR, headers=headers)

    assert answer.status_code == 200


@pytest.mark.parametrize("host", ["evil.test", "evil.test:8081", "127.0.0.1.evil.test", "localhost.evil.test", "[", ""])
async def test_a_name_that_was_pointed_at_the_sandbox_reaches_nothing(sandbox: Sandbox, host: str) -> None:
    read = await sandbox.http.get("/control/world", headers={"Host": host})
    ordered = await sandbox.http.post("/phone/card-link", json={"customer": "林晓"}, headers={"Host": host})

    assert (read.status_code, ordered.status_code) == (403, 403)
    assert read.json()["error"].startswith(f"the sandbox does not answer as {host!r}; use its IP address")


@pytest.mark.parametrize(
    "host", ["localhost:8081", "127.0.0.1:8081", "[::1]:8081", "192.168.1.5:8081", "SANDBOX", "box"]
)
async def test_a_sandbox_off_loopback_is_reached_by_address_and_by_its_own_names(host: str) -> None:
    async with running(service_url="http://box:8080") as sandbox:
        answer = await sandbox.http.get("/control/clock", headers={"Host": host})

    assert answer.status_code == 200


@pytest.mark.parametrize(
    "qr_url", ["http://169.254.169.254/w/x.png", "//evil.test/w/x.png", "http://service@evil.test/w/x.png", "w/x.png"]
)
async def test_a_picture_is_asked_for_at_the_service_whatever_host_is_printed(sandbox: Sandbox, qr_url: str) -> None:
    config_id = await sandbox.way()
    picture = (await sandbox.http.get(f"/qr/{config_id}.png")).content
    sandbox.outside.pages["/w/x.png"] = httpx.Response(200, content=picture)

    added = await sandbox.control("add", qr_url=qr_url)

    assert added["config_id"] == config_id
    assert [str(request.url) for request in sandbox.outside.page_requests] == ["http://service/w/x.png"]


async def test_a_picture_at_no_address_is_refused_in_words(sandbox: Sandbox) -> None:
    refused = await sandbox.refused("add", qr_url="http://[")

    assert refused == (400, "'http://[' is not an address")

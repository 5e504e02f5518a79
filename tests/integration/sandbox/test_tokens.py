import httpx
import pytest

from tests.integration.sandbox.running import CORP_ID, Sandbox, running

pytestmark = pytest.mark.anyio


async def test_two_callers_of_one_secret_share_a_token_while_it_is_valid(sandbox: Sandbox) -> None:
    first = await sandbox.token()

    await sandbox.advance(7_000)
    second, other_secret = await sandbox.token(), await sandbox.token("contact-secret")

    assert second == first
    assert other_secret != first


async def test_a_token_lives_two_hours(sandbox: Sandbox) -> None:
    old = await sandbox.token()

    await sandbox.advance(7_200)
    answer = await sandbox.http.get("/cgi-bin/getcallbackip", params={"access_token": old})

    assert answer.json()["errcode"] == 42001
    assert await sandbox.token() != old


async def test_tokens_can_be_made_to_die_early_and_of_age(sandbox: Sandbox) -> None:
    aged = await sandbox.token()
    await sandbox.control("tokens", action="expire")
    of_age = await _use(sandbox, aged)

    early = await sandbox.token()
    await sandbox.control("tokens", action="invalidate")

    assert (of_age, await _use(sandbox, early)) == (42001, 40014)


@pytest.mark.parametrize(
    ("query", "errcode"),
    [
        ({"corpid": CORP_ID, "corpsecret": "wrong"}, 40001),
        ({"corpid": "ww0", "corpsecret": "app-secret"}, 40013),
        ({"corpsecret": "app-secret"}, 41002),
        ({"corpid": CORP_ID}, 41004),
    ],
)
async def test_a_wrong_credential_gets_no_token(sandbox: Sandbox, query: dict[str, str], errcode: int) -> None:
    answer = await sandbox.http.get("/cgi-bin/gettoken", params=query)

    assert (answer.status_code, answer.json()["errcode"]) == (200, errcode)


async def test_a_call_without_a_token_is_41001_and_with_an_invented_one_40014(sandbox: Sandbox) -> None:
    answers = [await _use(sandbox, ""), await _use(sandbox, "invented")]

    assert answers == [41001, 40014]


async def test_an_address_that_is_not_trusted_is_60020() -> None:
    async with running(trusted_ips=frozenset({"203.0.113.9"})) as sandbox:
        answer = await sandbox.get("getcallbackip")

        assert answer == {"errcode": 60020}


async def test_the_kf_secret_reaches_no_customers_and_the_contact_secret_no_kf(sandbox: Sandbox) -> None:
    tags = await sandbox.post_as("kf-secret", "externalcontact/get_corp_tag_list")
    accounts = await sandbox.post_as("contact-secret", "kf/account/list")

    assert (tags, accounts) == ({"errcode": 48002}, {"errcode": 48002})


async def test_a_refusal_is_http_200_with_a_hint_that_is_never_the_same(sandbox: Sandbox) -> None:
    first, second = [await _answer(sandbox, "invented") for _ in range(2)]

    assert (first.status_code, second.status_code) == (200, 200)
    assert "hint: [" in first.json()["errmsg"]
    assert first.json()["errmsg"] != second.json()["errmsg"]


async def test_a_path_the_platform_does_not_have_is_json_too(sandbox: Sandbox) -> None:
    answer = await sandbox.http.post("/cgi-bin/externalcontact/nothing")

    assert (answer.status_code, answer.json()["errcode"]) == (404, 40066)


@pytest.mark.parametrize(
    ("body", "errcode"),
    [
        pytest.param(b"", 40058, id="empty"),
        pytest.param(b"[1]", 40058, id="not an object"),
        pytest.param(b"\xc7\xeb", 40058, id="GBK"),
        pytest.param(b'{"state": "\\u95e8"}', 40033, id="escaped characters"),
        pytest.param(b'{"type": 2, "scene": 2, "user": "chenyu"}', 40058, id="wrong type"),
    ],
)
async def test_a_body_the_platform_cannot_use_is_refused(sandbox: Sandbox, body: bytes, errcode: int) -> None:
    path, query = "/cgi-bin/externalcontact/add_contact_way", {"access_token": await sandbox.token()}

    answer = await sandbox.http.post(path, params=query, content=body)

    assert (answer.status_code, answer.json()["errcode"]) == (200, errcode)


async def test_get_instead_of_post_is_refused_in_json(sandbox: Sandbox) -> None:
    answer = await sandbox.get("externalcontact/add_contact_way")

    assert answer == {"errcode": 40058}


async def _use(sandbox: Sandbox, token: str) -> int:
    errcode: int = (await _answer(sandbox, token)).json()["errcode"]
    return errcode


async def _answer(sandbox: Sandbox, token: str) -> httpx.Response:
    return await sandbox.http.get("/cgi-bin/getcallbackip", params={"access_token": token})

"""A webhook is called with a signature, again while nobody answers, and never where a redirect leads."""

import hashlib
import hmac
import socket
from collections.abc import Callable
from ipaddress import ip_address, ip_network

import httpx
import pytest

from router.db.ledger import Ledger
from router.db.queries import webhooks as query
from router.domain.delivery import Done, Outcome, Refused, TryAgain
from router.domain.effects import CallWebhook
from router.handlers.outbound.platform import Platform, WebhookCaller
from router.handlers.outbound.webhooks import call
from router.platforms.reachable import Address, Network
from router.platforms.webhooks import connections, is_allowed, post
from router.secret_box import SecretBox
from tests.factories import NOW, ZONE

pytestmark = pytest.mark.anyio

BOX = SecretBox(bytes(32))
URL = "https://crm.example.com/hook"
PUBLIC = ip_address("93.184.216.34")
EFFECT = CallWebhook("crm", '{"text":"投诉"}', "7:1")
Answer = Callable[[httpx.Request], httpx.Response]


async def outcome_with(
    ledger: Ledger,
    answer: Answer,
    url: str = URL,
    *,
    leads_to: tuple[str, ...] = (str(PUBLIC),),
    networks: tuple[Network, ...] = (),
) -> Outcome:
    async def resolve(host: str, port: int) -> list[Address]:
        if not leads_to:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [ip_address(each) for each in leads_to]

    await ledger.write(lambda c: query.insert_webhook(c, BOX, "crm", url, "a-long-enough-secret", NOW))
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        platform = Platform(
            ledger,
            lambda: NOW,
            contact=None,
            kf=None,
            app=None,
            app_agent_id=None,
            zone=ZONE,
            webhooks=WebhookCaller(http, BOX, networks, resolve),
        )
        return (await call(platform, EFFECT)).outcome


async def test_the_body_is_signed_with_the_instant_and_names_its_delivery(ledger: Ledger) -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(204)

    outcome = await outcome_with(ledger, answer)

    (request,) = seen
    signed = hmac.new(b"a-long-enough-secret", f"{NOW}.".encode() + request.content, hashlib.sha256).hexdigest()
    assert outcome == Done("HTTP 204", 204)
    assert request.content == EFFECT.body.encode()
    assert request.headers["X-LiveQR-Signature"] == f"t={NOW},v1={signed}"
    assert request.headers["X-LiveQR-Delivery"] == EFFECT.key


async def test_a_webhook_with_a_chinese_name_is_called() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(204)

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        status = await post(
            http, URL, [PUBLIC], "a-long-enough-secret", b"{}", CallWebhook("客服", "{}", "7:1").key, NOW
        )

    assert (status, seen[0].headers["X-LiveQR-Delivery"]) == (204, "webhook:7:1:%E5%AE%A2%E6%9C%8D")


@pytest.mark.parametrize(
    ("status", "kind"),
    [(200, Done), (429, TryAgain), (503, TryAgain), (400, Refused), (410, Refused), (302, Refused)],
)
async def test_what_a_status_means(ledger: Ledger, status: int, kind: type[Outcome]) -> None:
    outcome = await outcome_with(ledger, lambda _: httpx.Response(status, headers={"Location": "http://10.0.0.1/"}))

    assert isinstance(outcome, kind)
    assert outcome.errcode == status


async def test_no_answer_is_tried_again(ledger: Ledger) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    assert await outcome_with(ledger, answer) == TryAgain("no answer: ConnectError")


async def test_an_address_that_got_into_the_ledger_another_way_is_not_called(ledger: Ledger) -> None:
    outcome = await outcome_with(ledger, lambda _: httpx.Response(200), url="http://10.0.0.5/")

    assert isinstance(outcome, Refused)


@pytest.mark.parametrize(
    "leads_to",
    [
        ("10.0.0.5",),
        ("192.168.1.2",),
        ("127.0.0.1",),
        ("169.254.169.254",),
        ("100.64.0.1",),
        ("0.0.0.0",),
        ("224.0.0.1",),
        ("::1",),
        ("fd00::1",),
        ("fe80::1",),
        ("fec0::1",),
        ("::ffff:10.0.0.5",),
        ("64:ff9b::a00:5",),
        ("2002:a00:5::1",),
        (str(PUBLIC), "10.0.0.5"),
    ],
)
async def test_a_name_that_leads_into_a_network_that_is_not_public_is_not_called(
    ledger: Ledger, leads_to: tuple[str, ...]
) -> None:
    called: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        called.append(request)
        return httpx.Response(200)

    outcome = await outcome_with(ledger, answer, leads_to=leads_to)

    assert (type(outcome), called) == (Refused, [])


async def test_a_network_that_the_settings_name_may_be_called(ledger: Ledger) -> None:
    networks = (ip_network("10.0.0.0/8"),)

    outcome = await outcome_with(ledger, lambda _: httpx.Response(200), leads_to=("10.0.0.5",), networks=networks)

    assert outcome == Done("HTTP 200", 200)


async def test_this_machine_may_be_called_by_its_own_name(ledger: Ledger) -> None:
    local = "http://localhost:9000/"

    outcome = await outcome_with(ledger, lambda _: httpx.Response(200), local, leads_to=("127.0.0.1", "::1"))

    assert outcome == Done("HTTP 200", 200)


async def test_a_call_goes_to_the_address_that_was_looked_at_under_the_name_of_the_webhook(ledger: Ledger) -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        if request.url.host != str(PUBLIC):
            raise httpx.ConnectError("unreachable", request=request)
        return httpx.Response(200)

    await outcome_with(ledger, answer, "https://crm.example.com:8443/a?b=1", leads_to=("2606:2800::1", str(PUBLIC)))

    assert [str(each.url) for each in seen] == [f"https://{host}:8443/a?b=1" for host in ("[2606:2800::1]", PUBLIC)]
    assert {each.headers["Host"] for each in seen} == {"crm.example.com:8443"}
    assert {each.extensions["sni_hostname"] for each in seen} == {"crm.example.com"}


async def test_a_name_that_leads_nowhere_is_tried_again(ledger: Ledger) -> None:
    outcome = await outcome_with(ledger, lambda _: httpx.Response(200), "https://crm.invalid/", leads_to=())

    assert isinstance(outcome, TryAgain)


async def test_redirects_are_not_followed() -> None:
    async with connections() as http:
        assert not http.follow_redirects


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://crm.example.com/hook?a=1", True),
        ("http://127.0.0.1:9000/", True),
        ("http://[::1]:9000/", True),
        ("http://localhost/", True),
        ("http://crm.example.com/", False),
        ("http://localhost.example.com/", False),
        ("http://192.168.1.2/", False),
        ("https://mei:pw@crm.example.com/", False),
        ("https://", False),
        ("https://crm.example.com:99999/", False),
        ("https://mei@crm.example.com/", False),
        ("https://crm.example.com/\n", False),
        ("https://crm.example.com:9000\t/", False),
        ("https://xn--/", False),
        ("http://127.0.0.1\\@crm.example.com/", False),
        ("http://crm.example.com#@127.0.0.1/", False),
        ("file:///etc/passwd", False),
        ("", False),
    ],
)
async def test_calls_go_to_https_or_to_this_machine(url: str, allowed: bool) -> None:
    assert is_allowed(url) is allowed

"""A webhook is called with a signature, again while nobody answers, and never where a redirect leads."""

import hashlib
import hmac
from collections.abc import Callable

import httpx
import pytest

from router.db.ledger import Ledger
from router.db.queries import webhooks as query
from router.domain.delivery import Done, Outcome, Refused, TryAgain
from router.domain.effects import CallWebhook
from router.handlers.outbound.platform import Platform, WebhookCaller
from router.handlers.outbound.webhooks import call
from router.platforms.webhooks import connections, is_allowed, post
from router.secret_box import SecretBox
from tests.factories import NOW, ZONE

pytestmark = pytest.mark.anyio

BOX = SecretBox(bytes(32))
URL = "https://crm.example.com/hook"
EFFECT = CallWebhook("crm", '{"text":"投诉"}', "7:1")
Answer = Callable[[httpx.Request], httpx.Response]


async def outcome_with(ledger: Ledger, answer: Answer, url: str = URL) -> Outcome:
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
            webhooks=WebhookCaller(http, BOX),
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
        status = await post(http, URL, "a-long-enough-secret", b"{}", CallWebhook("客服", "{}", "7:1").key, NOW)

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

"""``/callback/{name}``: verify, decrypt, store, answer. Nothing else happens before the answer.

The platform cuts the connection after 5 s and repeats up to three times (W-90930). So the answer is 200 as soon as the
message is stored durably, 500 when it could not be stored and may come again, and 403 with an empty body when it is
not the platform's. What is signed but unreadable is stored with its reason: nothing the platform sent is lost.
"""

from collections.abc import Mapping
from urllib.parse import parse_qsl

import structlog
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from router.clock import stopwatch
from router.db.queries import inbox
from router.db.queries.inbox import Arrived
from router.platforms.wecom import identity
from router.platforms.wecom.callback_errors import CallbackRefused, SignatureInvalid
from router.platforms.wecom.credentials import CallbackCredentials, open_callback, verify_url
from router.platforms.wecom.envelope import parse_envelope
from router.services import Services

log = structlog.get_logger()

PATH = "/callback/"

BODY_LIMIT = 1024 * 1024  # bytes; the platform's own are a few kilobytes
QUERY_LIMIT = 2048  # characters of one value

Signed = tuple[str, str, str]  # timestamp, nonce, msg_signature

_OK = Response(status_code=200)
_NO = Response(status_code=403)
_NOT_HERE = Response(status_code=404)
_NOT_ALLOWED = Response(status_code=405, headers={"Allow": "GET, POST"})
_TOO_LARGE = Response(status_code=413)
_AGAIN = Response(status_code=500)

SUBJECT_FIELDS = ("ExternalUserID", "OpenKfId", "UserID", "FromUserName")
"""Whom a message is about, most telling first: events of one customer are decided in order."""


class Callback:
    """The endpoint, as a bare ASGI application: it answers most of the requests that the service ever sees."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._credentials: Mapping[str, CallbackCredentials] = {}
        self._made_for: object = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = await self._answer(scope, receive)
        await answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive) -> Response:
        name = scope["path"].removeprefix(PATH).upper()
        credentials = self._configured().get(name)
        if credentials is None:
            return _NOT_HERE
        if scope["method"] not in ("GET", "HEAD", "POST"):
            return _NOT_ALLOWED
        query = _query(scope["query_string"].decode("latin-1"))
        signed = (query.get("timestamp", ""), query.get("nonce", ""), query.get("msg_signature", ""))
        if not all(signed) or any(len(value) > QUERY_LIMIT for value in signed):
            return _NO
        if scope["method"] != "POST":
            return _echo(credentials, signed, query.get("echostr", ""))
        return await self._store(receive, name, credentials, signed)

    def _configured(self) -> Mapping[str, CallbackCredentials]:
        settings = self._services.settings
        if self._made_for is not settings:
            self._credentials = {
                name: CallbackCredentials(
                    keys.token,
                    keys.encoding_aes_key,
                    settings.corp_id or "",
                    keys.previous_token,
                    keys.previous_encoding_aes_key,
                )
                for name, keys in settings.callbacks.items()
                if settings.corp_id
            }
            self._made_for = settings
        return self._credentials

    async def _store(self, receive: Receive, name: str, credentials: CallbackCredentials, signed: Signed) -> Response:
        began = stopwatch()
        try:
            body = await _bounded_body(receive)
        except ClientDisconnect:
            return _AGAIN
        if body is None:
            return _TOO_LARGE
        received_at = self._services.clock()
        try:
            timestamp, nonce, signature = signed
            opened = open_callback(credentials, timestamp, nonce, signature, parse_envelope(body).encrypt)
        except SignatureInvalid:
            return _NO
        except CallbackRefused as error:
            log.warning("callback_refused", callback=name.lower(), reason=str(error))
            return _NO
        decrypted = stopwatch()
        arrived = read(name, opened.plaintext, received_at, decrypted - began)
        try:
            await self._services.ledger.write_each(inbox.add_each, arrived)
        except Exception:
            log.exception("callback_not_stored")
            return _AGAIN
        return _OK


def read(callback: str, plaintext: bytes, received_at: int, opened_us: int) -> Arrived:
    """The inbox row of a decrypted message; what cannot be read is kept under its digest with the reason."""
    began = stopwatch()
    message = identity.read(plaintext)
    text = plaintext.decode(errors="backslashreplace").replace("\x00", "\\x00")  # PostgreSQL's text has no NUL
    if isinstance(message, identity.Unreadable):
        return Arrived(f"{callback}|{message.identity}", callback, "", text, received_at, reason=message.reason)
    fields = dict(message.leaves)
    timings = f'{{"opened_us":{opened_us},"read_us":{stopwatch() - began}}}'
    return Arrived(
        identity=f"{callback}|{message.identity}"[:160],
        callback=callback,
        subject=next((fields[name] for name in SUBJECT_FIELDS if fields.get(name)), "")[:128],
        plaintext=text,
        received_at=received_at,
        timings=timings,
    )


def _query(text: str) -> dict[str, str]:
    """The values of a query string; a delivery's are digits and hex, and need no unquoting."""
    if "%" in text or "+" in text:
        return dict(parse_qsl(text, keep_blank_values=True))
    return dict(pair.partition("=")[::2] for pair in text.split("&"))


def _echo(credentials: CallbackCredentials, signed: Signed, echostr: str) -> Response:
    """Answer the URL check: the decrypted text and nothing else, within a second (W-90930)."""
    try:
        return PlainTextResponse(verify_url(credentials, *signed, echostr))
    except CallbackRefused as error:
        log.warning("url_check_refused", reason=str(error))
        return _NO


async def _bounded_body(receive: Receive) -> bytes | None:
    """The body, or None once it is larger than allowed, whatever its header said. Raises `ClientDisconnect`."""
    body = bytearray()
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > BODY_LIMIT:
            return None
    return bytes(body)

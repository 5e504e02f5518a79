"""A stand-in platform that says yes at once: a token, 微信客服 items as they become due, and ok to everything else.

``POST /offer?total=…&rate=…&start_at=…`` makes ``total`` items available from the instant ``start_at`` (ns) on, at
``rate`` per second (0: all at once).
"""

import sys
import time
from urllib.parse import parse_qsl

import orjson
from starlette.types import Receive, Scope, Send

from bench.workload import kf_item
from router.commands.serve import run_server


class Platform:
    """A bare ASGI application: it must not be what is measured."""

    def __init__(self) -> None:
        self._total = 0
        self._rate = 0.0
        self._start_at = 0
        self._made = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        body = await _body(receive)
        answer = self._answer(scope["path"], dict(parse_qsl(scope["query_string"].decode())), body)
        content = orjson.dumps({"errcode": 0, "errmsg": "ok", **answer})
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(content)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    def _answer(self, path: str, query: dict[str, str], body: bytes) -> dict[str, object]:
        match path:
            case "/offer":
                self._total, self._rate = int(query["total"]), float(query["rate"])
                self._start_at = int(query["start_at"])
                return {}
            case "/cgi-bin/gettoken":
                return {"access_token": "bench", "expires_in": 7200}
            case "/cgi-bin/kf/sync_msg":
                return self._sync(orjson.loads(body))
            case "/cgi-bin/externalcontact/add_contact_way":
                self._made += 1
                return {"config_id": f"made-{self._made}", "qr_code": "http://127.0.0.1:1/none.png"}
            case _:
                return {}

    def _sync(self, asked: dict[str, object]) -> dict[str, object]:
        begin = int(str(asked.get("cursor") or 0))
        end = min(begin + 1_000, self._due())
        now = time.time_ns() // 1_000_000
        return {
            "msg_list": [kf_item(number, now) for number in range(begin, end)],
            "next_cursor": str(end),
            "has_more": int(end < self._due()),
        }

    def _due(self) -> int:
        elapsed = (time.time_ns() - self._start_at) / 1e9
        if elapsed < 0:
            return 0
        return self._total if not self._rate else min(self._total, int(elapsed * self._rate) + 1)


async def _body(receive: Receive) -> bytes:
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


if __name__ == "__main__":
    run_server(Platform(), "127.0.0.1", int(sys.argv[1]))

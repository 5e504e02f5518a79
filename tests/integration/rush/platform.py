"""A stand-in platform that says yes at once and has a movable clock: it must not be what a rush waits for.

``GET /control/clock`` tells the offset that services with ``LIVEQR_CLOCK=sandbox`` follow, in ms from real time;
``POST /control/clock?offset=…`` sets it.
"""

from urllib.parse import parse_qsl

import orjson
from starlette.types import Receive, Scope, Send


class YesPlatform:
    """A bare ASGI application."""

    def __init__(self) -> None:
        self._offset = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one call."""
        if scope["type"] != "http":
            return
        if scope["path"] == "/control/clock" and scope["method"] == "POST":
            self._offset = int(dict(parse_qsl(scope["query_string"].decode()))["offset"])
        content = orjson.dumps({"errcode": 0, "errmsg": "ok", **self._answer(scope["path"])})
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(content)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    def _answer(self, path: str) -> dict[str, object]:
        match path:
            case "/control/clock":
                return {"offset": self._offset}
            case "/cgi-bin/gettoken" | "/cgi-bin/token":
                return {"access_token": "rush", "expires_in": 7200}
            case "/cgi-bin/externalcontact/get_corp_tag_list":
                return {"tag_group": []}
            case "/cgi-bin/tags/get":
                return {"tags": []}
            case _:
                return {}

"""What WeCom answers, given to the mock of httpx, and what the client sent to it."""

import json
from typing import Any, Final

import httpx
from pytest_httpx import HTTPXMock

HOST: Final = "https://wecom.test"
GETTOKEN: Final = f"{HOST}/cgi-bin/gettoken?corpid=ww5f2c0a91d7e8b346&corpsecret=app-secret"
OK: Final = {"errcode": 0, "errmsg": "ok"}


class Clock:
    """Unix milliseconds that stand still until they are moved."""

    def __init__(self) -> None:
        self.now = 1_770_000_000_000

    def __call__(self) -> int:
        return self.now


def url(path: str, token: str = "T1", **query: str) -> httpx.URL:
    return httpx.URL(f"{HOST}/cgi-bin/{path}", params={**query, "access_token": token})


def give_token(httpx_mock: HTTPXMock, token: str = "T1", expires_in: int = 7200) -> None:
    httpx_mock.add_response(url=GETTOKEN, json={**OK, "access_token": token, "expires_in": expires_in})


def answer(httpx_mock: HTTPXMock, path: str, **fields: Any) -> None:
    httpx_mock.add_response(url=url(path), method="POST", json={**OK, **fields})


def sent(httpx_mock: HTTPXMock) -> Any:
    return json.loads(httpx_mock.get_requests()[-1].content)

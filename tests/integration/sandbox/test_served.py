"""The sandbox behind a real HTTP server, as the service meets it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import orjson
import pytest
import uvicorn

from router.sandbox.app import create_sandbox
from tests.integration.sandbox.running import CONFIG


@pytest.fixture
def address() -> Iterator[str]:
    with _served() as address:
        yield address


def test_a_phone_page_sees_each_line_as_it_is_written(address: str) -> None:
    chat = {"customer": "林晓", "text": "在吗"}
    with httpx.Client(base_url=address) as http:
        customer = http.post("/control/chat", json=chat).json()["external_userid"]

        with http.stream("GET", "/control/stream", params={"external_userid": customer}) as stream:
            lines = stream.iter_lines()
            opening = next(lines)
            httpx.post(f"{address}/control/chat", json=chat | {"text": "有优惠吗"})
            written = next(line for line in lines if line.startswith("data: "))

    assert opening == ": listening"
    assert orjson.loads(written.removeprefix("data: "))["content"] == {"content": "有优惠吗"}


def test_two_sandboxes_in_one_process_share_nothing(address: str) -> None:
    with _served() as other:
        httpx.post(f"{address}/control/chat", json={"customer": "林晓", "text": "在吗"})

        worlds = [httpx.get(f"{each}/control/world").json() for each in (address, other)]

    assert [len(world["customers"]) for world in worlds] == [1, 0]


@contextmanager
def _served() -> Iterator[str]:
    """A server on a free port, in a thread."""
    app = create_sandbox(CONFIG)
    config = uvicorn.Config(app, port=0, log_level="error", lifespan="on", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    socket = config.bind_socket()
    socket.listen()  # whoever comes before the server has started waits
    thread = threading.Thread(target=server.run, args=([socket],))
    thread.start()
    try:
        yield f"http://127.0.0.1:{socket.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        socket.close()

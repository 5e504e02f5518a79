"""``liveqr demo``: the whole story over HTTP only, told step by step; exit code 0 when every effect is there once.

A customer scans the printed code, an agent is reserved, the customer adds the agent, the tag by code lands and the
welcome arrives; the customer writes a keyword, gets a tag and a reply; asks something no rule knows, and a person takes
over; the API tells why each tag is there. What happened is read where the customer would see it: at the platform.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from router.commands.demo_data import CODE
from router.commands.demo_environment import demo_environment, free_port
from router.commands.run import StartFailedError, running_try_out, start
from router.settings import Settings

WITHIN = 30.0  # seconds for each step, restarts of the service included
LOOK_EVERY = 0.1  # seconds

Json = dict[str, Any]


class StoryBrokenError(RuntimeError):
    """Something that should have happened did not; the message says what."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Where the story plays: the service and the platform, both over HTTP."""

    service: httpx.Client
    platform: httpx.Client
    service_url: str


def demo(settings: Settings, url: str | None) -> int:
    """Play the story; the exit code."""
    with ExitStack() as stack:
        try:
            play(stack.enter_context(_stage(settings, url)))
        except (StoryBrokenError, StartFailedError, httpx.HTTPError) as error:
            print(f"✗ {error}", file=sys.stderr)
            return 1
    return 0


def play(stage: Stage, slug: str = CODE) -> str:
    """Play it once for a new customer; returns the customer's external_userid. Raises `StoryBrokenError`."""
    customer, reserved = _scan(stage, slug)
    _tell(
        f"{customer['name']} scans the code: {reserved['agent']['name']} is reserved until "
        f"{reserved['reservation']['expires_at']}"
    )
    name = customer["external_userid"]
    _until("the customer adds the agent", lambda: _control(stage, "add", customer=name, qr_url=reserved["qr_url"]))
    welcome = _once(stage, "the welcome arrives", "welcome", name)
    _tell(f"the customer adds the agent and reads: {welcome['body']['text']['content']}")
    _until("the tag by code is on the platform", lambda: _effects(stage, "tag_marked", name))
    _tell("the tag of the code is on the platform")
    _control(stage, "chat", customer=name, text="请问这款多少钱？")
    reply = _once(stage, "a rule answers", "kf_message", name)
    _tell(f"the customer asks for the price and reads: {reply['body']['text']['content']}")
    _until("the tags by rule are on the platform", lambda: len(_marked(stage, name)) >= 3)
    _control(stage, "chat", customer=name, text="我想和真人聊聊")
    _once(stage, "a person takes over", "kf_state", name)
    _tell("the customer asks for a person: the session waits in the human queue")
    _why(stage, name)
    return str(name)


def _scan(stage: Stage, slug: str) -> tuple[Json, Json]:
    """Scan until the stock of contact ways is ready: at first start it is still being made."""

    customer: list[str] = []

    def scanned() -> Json | None:
        body = {"url": f"{stage.service_url}/q/{slug}", "customer": customer[0] if customer else None}
        answer = _control(stage, "scan", **body)
        customer[:] = [answer["customer"]["external_userid"]]
        return answer if answer["answer"].get("outcome") == "reserved" else None

    found = _until("an agent is reserved", scanned)
    return found["customer"], found["answer"]


def _why(stage: Stage, name: str) -> None:
    known = _until("the service tells why", lambda: stage.service.get(f"/api/v1/customers/{name}").raise_for_status())
    for tag in known.json()["tags"]:
        reasons = "; ".join(_reason(each) for each in tag["reasons"])
        _tell(f"tag {tag['tag']['path']}: {reasons}")


def _reason(reason: Json) -> str:
    if reason["rule_name"]:
        return f"rule “{reason['rule_name']}” version {reason['version']}, because of “{reason['evidence']}”"
    return str(reason["source"])


def _once(stage: Stage, what: str, kind: str, name: str) -> Json:
    found: list[Json] = _until(what, lambda: _effects(stage, kind, name))
    if len(found) != 1:
        raise StoryBrokenError(f"{what}: {len(found)} times instead of once")
    return found[0]


def _effects(stage: Stage, kind: str, name: str) -> list[Json]:
    answer = stage.platform.get("/control/effects", params={"kind": kind, "external_userid": name})
    answer.raise_for_status()
    items: list[Json] = answer.json()["items"]
    return items


def _marked(stage: Stage, name: str) -> set[str]:
    return {tag for effect in _effects(stage, "tag_marked", name) for tag in effect["body"]["add_tag"]}


def _control(stage: Stage, act: str, **body: Any) -> Json:
    answer = stage.platform.post(f"/control/{act}", json=body)
    if answer.is_error:
        raise StoryBrokenError(f"the sandbox refused to {act}: {answer.text[:300]}")
    result: Json = answer.json()
    return result


def _until(what: str, look: Callable[[], Any]) -> Any:
    """What ``look`` finds; a service that is being restarted meanwhile is waited for."""
    deadline = time.monotonic() + WITHIN
    obstacle = ""
    while time.monotonic() < deadline:
        try:
            if found := look():
                return found
        except (httpx.TransportError, StoryBrokenError) as error:
            obstacle = f" ({error})"  # not there at this moment, be it for us or for the sandbox
        time.sleep(LOOK_EVERY)
    raise StoryBrokenError(f"did not happen within {WITHIN:.0f} s: {what}{obstacle}")


@contextmanager
def _stage(settings: Settings, url: str | None) -> Iterator[Stage]:
    with ExitStack() as stack:
        service_url, sandbox_url, token = _addresses(settings, url, stack)
        headers = {"Authorization": f"Bearer {token}"}
        service = stack.enter_context(httpx.Client(base_url=service_url, headers=headers, timeout=20.0))
        platform = stack.enter_context(httpx.Client(base_url=sandbox_url, timeout=20.0))
        _tell(f"service {service_url}, platform {sandbox_url}")
        yield Stage(service, platform, service_url)


def _addresses(settings: Settings, url: str | None, stack: ExitStack) -> tuple[str, str, str]:
    """The service at ``url``, or that of `make run`, or one started for this story alone on a database of its own."""
    running = running_try_out(settings)
    if running is not None and url in (None, running["service_url"]):
        return running["service_url"], running["sandbox_url"], running["api_token"]
    if url is not None:
        sandbox_url = settings.sandbox_url or _sandbox_of(url)
        return url.rstrip("/"), sandbox_url.rstrip("/"), settings.api_token or ""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="liveqr-demo-")))
    own = {name: value for name, value in os.environ.items() if not name.startswith("LIVEQR_")}
    started = start(demo_environment(folder, free_port(), free_port(), own), stack)
    assert started.settings.sandbox_url is not None
    address = f"http://{started.settings.host}:{started.settings.port}"
    return address, started.settings.sandbox_url, started.settings.api_token or ""


def _sandbox_of(url: str) -> str:
    """Where the service at ``url`` sends people who want its phone page."""
    answer = httpx.get(f"{url.rstrip('/')}/sandbox/", timeout=5.0)
    if answer.status_code not in (302, 303, 307):
        raise StoryBrokenError(f"{url} has no sandbox: the story needs one, never the real platform")
    return answer.headers["location"].removesuffix("/phone/")


def _tell(text: str) -> None:
    print(f"✓ {text}", flush=True)

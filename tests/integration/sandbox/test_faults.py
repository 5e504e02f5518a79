import time
from typing import Any

import anyio
import pytest

from router.sandbox.config import Rates
from tests.integration.sandbox.running import Sandbox, running

pytestmark = pytest.mark.anyio

LIST = "externalcontact/get_corp_tag_list"
ADD_WAY = "externalcontact/add_contact_way"


async def test_a_fault_of_one_path_strikes_as_often_as_told(sandbox: Sandbox) -> None:
    await sandbox.control("faults", errors=[{"path": LIST, "errcode": -1, "times": 2}])

    answers = [(await sandbox.post(LIST))["errcode"] for _ in range(3)]
    other = await sandbox.get("externalcontact/get_follow_user_list")

    assert (answers, other["errcode"]) == ([-1, -1, 0], 0)


async def test_a_fault_can_strike_every_nth_call_of_any_path(sandbox: Sandbox) -> None:
    token = await sandbox.token()
    await sandbox.control("faults", errors=[{"path": "*", "http_status": 502, "body": "<html>", "every": 3}])

    query = {"access_token": token}
    statuses = [(await sandbox.http.get("/cgi-bin/getcallbackip", params=query)).status_code for _ in range(6)]

    assert statuses == [200, 200, 502, 200, 200, 502]


async def test_nonsense_can_come_instead_of_json(sandbox: Sandbox) -> None:
    token = await sandbox.token()
    await sandbox.control("faults", errors=[{"path": "/cgi-bin/getcallbackip", "body": "nonsense"}])

    answer = await sandbox.http.get("/cgi-bin/getcallbackip", params={"access_token": token})

    assert (answer.status_code, answer.text) == (200, "nonsense")


@pytest.mark.parametrize(("executes", "ways"), [(True, 1), (False, 0)])
async def test_a_call_without_an_answer_may_have_been_executed_or_not(
    sandbox: Sandbox, executes: bool, ways: int
) -> None:
    token = await sandbox.token()
    await sandbox.control("faults", errors=[{"path": ADD_WAY, "http_status": 504, "executes": executes}])

    body = {"type": 2, "scene": 2, "user": ["chenyu"]}
    answer = await sandbox.http.post(f"/cgi-bin/{ADD_WAY}?access_token={token}", json=body)

    assert answer.status_code == 504
    assert len(sandbox.platform.world.contact_ways) == ways


async def test_latency_comes_before_every_answer(sandbox: Sandbox) -> None:
    await sandbox.control("faults", latency_ms=30)

    begun = time.monotonic()
    answer = await sandbox.post(LIST)

    assert answer["errcode"] == 0
    assert time.monotonic() - begun >= 0.06


async def test_a_platform_that_is_down_says_nothing_useful_until_it_is_healed(sandbox: Sandbox) -> None:
    await sandbox.control("faults", down=True)
    down = await sandbox.http.get("/cgi-bin/gettoken")

    healed = (await sandbox.http.delete("/control/faults")).json()

    assert (down.status_code, down.content) == (503, b"")
    assert healed["down"] is False
    assert (await sandbox.post(LIST))["errcode"] == 0


async def test_past_the_rate_a_path_is_shut_for_the_rest_of_its_window(sandbox: Sandbox) -> None:
    token = await sandbox.token()
    await sandbox.control("faults", rates={"per_minute": 2})

    in_window = [await _list_tags(sandbox, token) for _ in range(4)]
    other_path = (await sandbox.get("getcallbackip"))["errcode"]
    await sandbox.advance(61)
    next_window = await _list_tags(sandbox, token)

    assert (in_window, other_path, next_window) == ([0, 0, 45009, 45009], 0, 0)


async def test_the_hour_has_a_limit_of_its_own() -> None:
    async with running(rates=Rates(per_minute=2, per_hour=3)) as sandbox:
        token, answers = await sandbox.token(), []
        for _ in range(4):
            answers.append(await _list_tags(sandbox, token))
            await sandbox.advance(61)

        assert answers == [0, 0, 0, 45009]


async def test_more_calls_at_the_same_moment_than_allowed_are_45033(sandbox: Sandbox) -> None:
    await sandbox.token()
    await sandbox.control("faults", latency_ms=100, concurrency=2)
    answers: list[int] = []
    token = next(iter(sandbox.platform.world.tokens))

    async def call() -> None:
        answer = await sandbox.http.get("/cgi-bin/getcallbackip", params={"access_token": token})
        answers.append(answer.json()["errcode"])

    async with anyio.create_task_group() as calling:
        for _ in range(3):
            calling.start_soon(call)

    assert sorted(answers) == [0, 0, 45033]


@pytest.mark.parametrize(
    ("faults", "complaint"),
    [
        ({"latency": 5}, "latency: Extra inputs are not permitted"),
        ({"latency_ms": -1}, "latency_ms: Input should be greater than or equal to 0"),
        ({"errors": [{"errcode": -1}]}, "errors.0.path: Field required"),
        ({"errors": [{"path": "x", "http_status": 200}]}, "errors.0.http_status: Input should be greater than"),
        ({"errors": [{"path": "mark_tags"}]}, "errors: the sandbox has no call 'mark_tags', so this fault would never"),
        ({"callbacks": {"duplicate": 0}}, "callbacks.duplicate: Input should be greater than or equal to 1"),
    ],
)
async def test_faults_that_make_no_sense_are_refused_in_words(
    sandbox: Sandbox, faults: dict[str, Any], complaint: str
) -> None:
    status, told = await sandbox.refused("faults", **faults)

    assert (status, told[: len(complaint)]) == (400, complaint)


async def test_what_is_set_is_what_is_shown(sandbox: Sandbox) -> None:
    await sandbox.control("faults", errors=[{"path": LIST, "errcode": 6000}], callbacks={"duplicate": 2})

    shown = (await sandbox.http.get("/control/faults")).json()

    assert shown["errors"][0]["errcode"] == 6000
    assert shown["callbacks"]["duplicate"] == 2
    assert shown == await sandbox.control("faults", **shown)


async def _list_tags(sandbox: Sandbox, token: str) -> int:
    answer = await sandbox.http.post(f"/cgi-bin/{LIST}?access_token={token}", json={})
    errcode: int = answer.json()["errcode"]
    return errcode

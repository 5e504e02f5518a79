import base64

import httpx
import pytest

from router.sandbox import callbacks
from tests.integration.sandbox.running import CONFIG, Sandbox, running

pytestmark = pytest.mark.anyio


async def test_an_event_is_tried_again_after_a_timeout_until_it_is_answered(sandbox: Sandbox) -> None:
    sandbox.outside.answers.extend([httpx.ReadTimeout(""), httpx.ConnectError(""), 200])

    await _send(sandbox, "one")

    assert await _outcomes(sandbox) == [("delivered", ["ReadTimeout", "ConnectError", "200"])]
    assert await _keys(sandbox) == ["one"]


async def test_after_three_retries_an_event_is_given_up(sandbox: Sandbox) -> None:
    sandbox.outside.answers.extend([500, 502, httpx.ReadTimeout(""), 503, 200])

    await _send(sandbox, "one")

    assert await _outcomes(sandbox) == [("given_up", ["500", "502", "ReadTimeout", "503"])]


async def test_whether_an_answer_other_than_200_is_retried_can_be_chosen(sandbox: Sandbox) -> None:
    await sandbox.control("faults", callbacks={"retry_non_200": False})
    sandbox.outside.answers.extend([500])

    await _send(sandbox, "one")

    assert await _outcomes(sandbox) == [("delivered", ["500"])]


@pytest.mark.parametrize("identical", [True, False])
async def test_a_retry_is_sealed_anew_or_the_same_bytes(sandbox: Sandbox, identical: bool) -> None:
    await sandbox.control("faults", callbacks={"retry_identical": identical})
    sandbox.outside.answers.extend([500])

    await _send(sandbox, "one")

    await sandbox.events()
    first, second = [(request.url, request.content) for request in sandbox.outside.raw]
    assert (first == second) is identical


async def test_duplicates_are_as_many_as_asked_for(sandbox: Sandbox) -> None:
    await sandbox.control("faults", callbacks={"duplicate": 3})

    await _send(sandbox, "one")

    assert await _keys(sandbox) == ["one", "one", "one"]


async def test_every_nth_event_is_lost_and_said_to_be(sandbox: Sandbox) -> None:
    await sandbox.control("faults", callbacks={"drop_every": 2})

    for key in ("one", "two", "three", "four"):
        await _send(sandbox, key)

    assert sorted(await _keys(sandbox)) == ["one", "three"]
    assert [outcome for outcome, _ in await _outcomes(sandbox)] == ["delivered", "dropped", "delivered", "dropped"]


async def test_events_of_one_window_arrive_shuffled_and_complete(sandbox: Sandbox) -> None:
    await sandbox.control("faults", callbacks={"shuffle_window_ms": 20})
    keys = [str(number) for number in range(20)]

    for key in keys:
        await _send(sandbox, key)

    arrived = await _keys(sandbox)
    assert sorted(arrived) == sorted(keys)
    assert arrived != keys


async def test_events_held_back_come_in_one_burst_when_the_hold_is_lifted(sandbox: Sandbox) -> None:
    await sandbox.control("faults", callbacks={"hold": True})
    for key in ("one", "two", "three"):
        await _send(sandbox, key)
    held = await _keys(sandbox)

    await sandbox.http.delete("/control/faults")

    assert held == []
    assert sorted(await _keys(sandbox)) == ["one", "three", "two"]


async def test_a_backlog_larger_than_the_history_loses_nothing(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(callbacks, "KEPT_DELIVERIES", 10)
    await sandbox.control("faults", callbacks={"hold": True})
    await sandbox.control("event", fields={"Event": "burst", "EventKey": "k"}, times=25)
    waiting = (await sandbox.http.get("/control/callbacks")).json()["pending"]

    await sandbox.http.delete("/control/faults")

    arrived = await _keys(sandbox)
    assert (waiting, len(arrived)) == (25, 25)
    assert await _outcomes(sandbox) == [("delivered", ["200"])] * 10


async def test_a_burst_is_many_events_in_one_second(sandbox: Sandbox) -> None:
    sent = await sandbox.control("event", fields={"Event": "burst", "EventKey": "k"}, times=50)

    events = await sandbox.events()
    assert sent == {"sent": 50}
    assert len(events) == 50
    assert {fields["FromUserName"] for _, fields in events} == {"sys"}


async def test_any_bytes_can_be_sent_sealed(sandbox: Sandbox) -> None:
    gbk = "<xml><Event>新</Event>".encode("gbk")
    plaintext = base64.b64encode(gbk).decode()
    await sandbox.control("faults", callbacks={"hold": True})

    await sandbox.control("event", plaintext_base64=plaintext)

    assert [each.plaintext for each in sandbox.platform.sender.deliveries.values()] == [gbk]


async def test_free_fields_replace_those_of_the_usual_header(sandbox: Sandbox) -> None:
    await sandbox.control("event", callback="APP", fields={"FromUserName": "chenyu", "CreateTime": 1, "Event": "click"})

    ((callback, fields),) = await sandbox.events()
    assert callback == "APP"
    assert (fields["FromUserName"], fields["CreateTime"], fields["Event"]) == ("chenyu", "1", "click")


async def test_the_check_of_a_callback_url_wants_the_exact_echo(sandbox: Sandbox) -> None:
    good = await sandbox.control("verify", callback="CONTACT")
    sandbox.outside.echo = "something else"
    bad = await sandbox.control("verify", callback="CONTACT")

    assert good == {"is_valid": True, "reason": "ok"}
    assert bad == {"is_valid": False, "reason": "the answer is not exactly the decrypted echostr"}


async def test_without_a_callback_of_its_own_an_event_goes_to_the_application() -> None:
    only_app = tuple(target for target in CONFIG.callbacks if target.name == "APP")
    async with running(callbacks=only_app) as sandbox:
        await sandbox.control("add", config_id=await sandbox.way())

        assert [callback for callback, _ in await sandbox.events()] == ["APP"]


async def test_with_no_callback_at_all_the_event_is_only_noted() -> None:
    async with running(callbacks=()) as sandbox:
        await sandbox.control("add", config_id=await sandbox.way())

        assert await _outcomes(sandbox) == [("no_callback", [])]
        assert await sandbox.refused("verify", callback="CONTACT") == (
            400,
            "no callback 'CONTACT' is configured; there are: none",
        )


async def test_a_slow_callback_holds_up_neither_the_api_nor_other_customers(sandbox: Sandbox) -> None:
    await sandbox.control("faults", callbacks={"delay_ms": 60_000})
    config_id = await sandbox.way()

    added = await sandbox.control("add", config_id=config_id)
    read = await sandbox.get("externalcontact/get", external_userid=added["external_userid"])
    waited = (await sandbox.http.get("/control/callbacks?wait_ms=1")).json()

    assert read["errcode"] == 0
    assert (waited["pending"], waited["items"][0]["outcome"]) == (1, "sending")


async def test_the_envelope_of_an_application_names_it_and_others_do_not(sandbox: Sandbox) -> None:
    await sandbox.control("app_message", userid="chenyu", text="今天谁值班")
    await sandbox.events()
    await _send(sandbox, "one")
    await sandbox.events()

    to_app, to_contact = [request.content for request in sandbox.outside.raw]
    assert b"<AgentID><![CDATA[1000027]]></AgentID>" in to_app
    assert b"AgentID" not in to_contact


async def _send(sandbox: Sandbox, key: str) -> None:
    await sandbox.control("event", fields={"Event": "test", "EventKey": key})


async def _keys(sandbox: Sandbox) -> list[str]:
    return [fields["EventKey"] for _, fields in await sandbox.events()]


async def _outcomes(sandbox: Sandbox) -> list[tuple[str, list[str]]]:
    items = (await sandbox.http.get("/control/callbacks?wait_ms=5000")).json()["items"]
    return [(item["outcome"], item["attempts"]) for item in items]

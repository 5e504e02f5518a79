"""What an integrator does with the API, from an empty ledger to a tagged customer."""

import pytest

from router.secret_box import SecretBox
from tests.integration.api.asking import paths
from tests.integration.api.conftest import Client

pytestmark = pytest.mark.anyio


async def test_a_failed_event_is_traced_and_decided_again(api: Client) -> None:
    await api.run(
        "INSERT INTO inbox (identity, callback, shard, subject, plaintext, received_at, timings, deliveries, status,"
        " reason, event, attempts, decision) VALUES ('KF|1', 'KF', 0, 'wmA', '<xml/>', 1, '{\"decrypt\": 12}', 2,"
        " 'failed', 'broken', 'message_received', 5, '')",
    )

    trace = await api.get("/events/1")
    again = await api.post("/events/1/retry")
    refused = await api.post("/events/1/retry", status=409)

    assert (trace["event"]["deliveries"], trace["timings"], trace["effects"]) == (2, {"decrypt": 12}, [])
    assert again["status"] == "stored"
    assert refused["code"] == "conflict"
    assert (await api.get("/events/summary"))["counts"]["stored"] == 1


async def test_a_summary_counts_what_is_open_whenever_it_came_and_what_is_finished_for_a_day(api: Client) -> None:
    event = (
        "INSERT INTO inbox (identity, callback, shard, subject, plaintext, received_at, timings, deliveries, status,"
        " reason, event, attempts, decision) VALUES ('{0}', 'KF', 0, '', '', 1, '', 1, '{0}', '', '', 0, '')"
    )
    effect = (
        "INSERT INTO outbox (key, kind, payload, lane, stream, status, again, attempts, fence, not_before, lease_until,"
        " created_at, finished_at, error, result)"
        " VALUES ('{0}', 'mark_tags', '{{}}', 'platform', '', '{0}', false, 0, 0, 0, 0, 1, 1, '', '')"
    )
    await api.run(*(event.format(status) for status in ("stored", "done")))
    await api.run(*(effect.format(status) for status in ("pending", "failed", "late", "done")))

    of_a_day = [(await api.get(f"/{each}/summary"))["counts"] for each in ("events", "outbox")]
    of_all = [
        (await api.get(f"/{each}/summary", since="1970-01-01T00:00:00Z"))["counts"]["done"]
        for each in ("events", "outbox")
    ]

    assert of_a_day == [
        {"stored": 1, "done": 0, "ignored": 0, "failed": 0},
        {"pending": 1, "sending": 0, "done": 0, "failed": 1, "late": 1},
    ]
    assert of_all == [1, 1]


async def test_a_welcome_that_came_too_late_is_not_sent_again(api: Client) -> None:
    await api.run(
        "INSERT INTO outbox (key, kind, payload, lane, stream, status, again, attempts, fence, not_before, deadline_at,"
        " lease_until, created_at, error, result) VALUES ('welcome:hushhushhush', 'send_welcome',"
        " '{\"welcome_code\": \"hushhushhush\"}', 'welcome', '', 'late', false, 3, 3, 0, 20, 0, 1, 'too late', '')"
    )

    effect = await api.get("/outbox/1")
    problem = await api.post("/outbox/1/retry", status=409)

    assert "hushhushhush" not in str(effect)
    assert problem["problems"][0]["hint"]["en"] == "Greet the customer by hand."


async def test_a_stored_secret_is_never_shown(api: Client) -> None:
    await api.patch("/settings", {"values": {"APP_SECRET": "hush", "CORP_ID": "ww1"}})

    shown = await api.get("/settings")
    changes = await api.get("/changes")
    stored = await api.services.ledger.read(
        lambda connection: connection.exec_driver_sql("SELECT value FROM setting").scalars().all()
    )

    assert "hush" not in f"{shown}{changes}{stored}"
    assert "ww1" in f"{changes}{stored}"


async def test_what_the_environment_decides_is_not_stored(api: Client) -> None:
    problem = await api.patch("/settings", {"values": {"PUBLIC_URL": "https://other.example"}}, 409)

    assert paths(problem) == ["PUBLIC_URL"]


async def test_settings_are_stored_all_or_none(api: Client) -> None:
    problem = await api.patch("/settings", {"values": {"HOLD_MINUTES": "30", "STOCK_LOW": "many"}}, 422)

    assert paths(problem) == ["STOCK_LOW"]
    sources = {each["name"]: each["source"] for each in (await api.get("/settings"))["items"]}
    assert sources["HOLD_MINUTES"] == "default"


async def test_a_secret_stored_under_another_master_key_is_asked_for_again(api: Client) -> None:
    await api.patch("/settings", {"values": {"APP_SECRET": "hush"}})
    api.services.secret_box = SecretBox(bytes(range(32)))

    shown = {each["name"]: each for each in (await api.get("/settings"))["items"]}

    assert shown["APP_SECRET"]["is_lost"]
    assert not shown["CONTACT_SECRET"]["is_lost"]


async def test_a_setting_leads_only_to_a_pool_that_is_there(api: Client) -> None:
    refused = await api.patch("/settings", {"values": {"KF_POOL_ID": "1"}}, 409)
    await api.post("/pools", {"name": "sales"}, 201)
    stored = await api.patch("/settings", {"values": {"KF_POOL_ID": "1"}})
    forgotten = await api.patch("/settings", {"values": {"KF_POOL_ID": None}})

    sources = [
        next(each["source"] for each in answer["items"] if each["name"] == "KF_POOL_ID")
        for answer in (stored, forgotten)
    ]
    assert paths(refused) == ["KF_POOL_ID"]
    assert sources == ["stored", "absent"]


async def test_parts_say_why_they_are_off(api: Client) -> None:
    parts = {part["name"]: part for part in (await api.get("/parts"))["items"]}

    assert not parts["customer_contact"]["on"]
    assert "LIVEQR_CORP_ID" in parts["customer_contact"]["reason"]["zh"]


async def test_every_change_is_recorded_with_before_and_after(api: Client) -> None:
    await api.post("/agents", {"userid": "chenyu", "name": "陈雨"}, 201)
    await api.patch("/agents/1", {"weight": 3})

    changes = (await api.get("/changes", subject="agent:1"))["items"]

    assert [(change["actor"], change["what"]) for change in changes] == [
        ("api", "agent.update"),
        ("api", "agent.create"),
    ]
    assert (changes[0]["before"]["weight"], changes[0]["after"]["weight"]) == (1, 3)


async def test_pages_of_a_list_neither_repeat_nor_hide_anything(api: Client) -> None:
    for number in range(5):
        await api.post("/agents", {"userid": f"agent{number}", "name": f"Agent {number}"}, 201)

    found: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = await api.get("/agents", limit=2, **cursor)
        found += [agent["userid"] for agent in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}

    assert found == [f"agent{number}" for number in range(5)]

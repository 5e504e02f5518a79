"""Pools with all their terms, tasks and alerts over the API."""

import pytest
from sqlalchemy import Connection

from router.db.queries import alerts, tasks
from tests.factories import NOW, live_code, pool
from tests.integration.api.conftest import Client

pytestmark = pytest.mark.anyio


async def numbers_left(api: Client, *numbers: str) -> None:
    pool_id = await api.services.ledger.write(pool())
    code_id = await api.services.ledger.write(live_code(pool_id))

    def write(connection: Connection) -> None:
        for position, number in enumerate(numbers):
            content = {"number": number, "consent": "I agree", "consented_at": NOW}
            tasks.insert_call_back(connection, code_id, pool_id, "v", content, NOW + position)

    await api.services.ledger.write(write)


async def test_tasks_are_done_and_opened_again(api: Client) -> None:
    await numbers_left(api, "13812345678", "01065529988")

    done = await api.post("/tasks/1/done")
    again = await api.post("/tasks/1/done")
    still_open, finished = await api.get("/tasks"), await api.get("/tasks", done="true")
    await api.post("/tasks/1/reopen")

    assert (done["done_by"], again["done_at"]) == ("api", done["done_at"])
    assert [each["content"]["number"] for each in still_open["items"]] == ["01065529988"]
    assert [each["id"] for each in finished["items"]] == [1]
    assert (await api.get("/tasks/1"))["done_at"] is None


async def test_tasks_list_in_pages_the_oldest_first(api: Client) -> None:
    await numbers_left(api, "13812345670", "13812345671", "13812345672")

    first = await api.get("/tasks", limit=2)
    rest = await api.get("/tasks", limit=2, cursor=first["next"])

    assert [each["id"] for each in first["items"] + rest["items"]] == [1, 2, 3]
    assert rest["next"] is None


async def test_a_task_that_is_not_there_cannot_be_done(api: Client) -> None:
    assert (await api.post("/tasks/7/done", status=404))["code"] == "not_found"


async def test_alerts_are_listed_while_they_last_and_afterwards(api: Client) -> None:
    await api.services.ledger.write(lambda c: alerts.raise_(c, "pool_full", "pool:1", NOW, name="sales"))
    now_wrong = await api.get("/alerts")
    await api.services.ledger.write(lambda c: alerts.end_(c, "pool_full", "pool:1", NOW + 1))

    assert [(each["kind"], each["text"]) for each in now_wrong["items"]] == [("pool_full", {"name": "sales"})]
    assert [(await api.get("/alerts"))["items"], len((await api.get("/alerts", ended="true"))["items"])] == [[], 1]


async def test_a_pool_keeps_its_terms_and_its_backups(api: Client) -> None:
    for userid in ("ann", "bo"):
        await api.post("/agents", {"userid": userid, "name": userid}, 201)
    terms = {"policy": "round_robin", "warn_percent": 60, "backup_percent": 50, "ramp_per_minute": 3}
    consent = {"kind": "leave_number", "consent": "I agree", "title": "Call me"}
    made = await api.post(
        "/pools", {"name": "sales", "agent_ids": [2, 1], "backup_ids": [1], "spill_policy": consent, **terms}, 201
    )

    moved = await api.patch("/pools/1", {"agent_ids": [1, 2]})
    swapped = await api.patch("/pools/1", {"backup_ids": [2]})

    assert {name: made[name] for name in terms} == terms
    assert made["spill_policy"] | consent == made["spill_policy"]
    assert [[(each["userid"], each["role"]) for each in answer["members"]] for answer in (made, moved, swapped)] == [
        [("bo", "member"), ("ann", "backup")],
        [("ann", "backup"), ("bo", "member")],
        [("ann", "member"), ("bo", "backup")],
    ]


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"backup_ids": [9]}, "backup_ids[0]"),
        ({"vip_tag_id": 9}, "vip_tag_id"),
        ({"spill_policy": {"kind": "group_code", "code_id": 9}}, "spill_policy.code_id"),
        ({"spill_policy": {"kind": "kf_account", "url": "javascript:alert(1)"}}, "spill_policy.url"),
        ({"spill_policy": {"kind": "kf_account", "url": "https://me@evil.example/"}}, "spill_policy.url"),
        ({"spill_policy": {"kind": "leave_number", "consent": " ", "title": "x"}}, "spill_policy.consent"),
    ],
)
async def test_terms_that_lead_nowhere_are_refused_at_their_field(
    api: Client, wrong: dict[str, object], path: str
) -> None:
    response = await api.http.post("/pools", json={"name": "sales", **wrong})

    assert (response.status_code in (409, 422), [each["path"] for each in response.json()["problems"]]) == (
        True,
        [path],
    )

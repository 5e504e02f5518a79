"""Native codes and the patrol over the API."""

import pytest
from sqlalchemy import Connection

from router.db.queries import native_ways, upstream_ways
from router.domain.capacity import Limit
from router.domain.native_reasons import Reason, Reasons
from router.handlers import native
from tests import factories
from tests.integration.api.conftest import Client

pytestmark = pytest.mark.anyio


async def made(api: Client) -> int:
    """A native code over a pool of Ann and Ben, as the API makes it, after its first look; returns its id."""
    agents = [await api.services.ledger.write(factories.agent(userid)) for userid in ("ann", "ben")]
    pool_id = await api.services.ledger.write(factories.pool(members=agents))
    code = await api.post("/live-codes", {"name": "fair", "pool_id": pool_id, "kind": "native"})
    code_id: int = code["id"]
    rules, now = api.services.native_rules, api.services.clock()
    await api.services.ledger.write(lambda c: native.look(c, code_id, rules, now))
    return code_id


async def test_a_native_code_tells_its_list_and_its_bound(api: Client) -> None:
    code_id = await made(api)

    told = await api.get(f"/live-codes/{code_id}/native")

    assert told == {
        "code_id": code_id,
        "status": "making",
        "in_step": False,
        "wanted": ["ann", "ben"],
        "wanted_version": 1,
        "applied": [],
        "applied_version": 0,
        "read_back_at": None,
        "kept": None,
        "listed_pool_id": 1,
        "leaving": [],
        "refused": [],
        "bound": {"customers": 7, "passed": 0, "adds_in_busiest_minute": 0, "window_seconds": 30},
        "backup_agent_id": None,
        "config_id": None,
        "link": "",
        "error": "",
    }


async def test_each_change_of_the_list_is_told_latest_first_with_the_reasons(api: Client) -> None:
    code_id = await made(api)
    ledger, now = api.services.ledger, api.services.clock()
    reasons: Reasons = {
        "ann": Reason("back", was="off_duty"),
        "ben": Reason("at_cap", Limit("agent:2", "day", 20, 20, "agent:2")),
    }
    await ledger.write(lambda c: native_ways.applied(c, code_id, "x", 1, ["ben"], {}, {}, now - 60_000))
    await ledger.write(lambda c: native_ways.applied(c, code_id, "x", 2, ["ann"], {}, reasons, now))

    told = await api.get(f"/live-codes/{code_id}/native/changes")
    first = await api.get(f"/live-codes/{code_id}/native/changes", limit=1)
    further = await api.get(f"/live-codes/{code_id}/native/changes", limit=1, cursor=first["next"])
    then = await api.get(f"/live-codes/{code_id}/native/changes", until=told["items"][1]["at"])
    unknown = await api.http.get("/live-codes/99/native/changes")

    latest, earliest = told["items"]
    assert (latest["version"], latest["listed"]) == (2, ["ann"])
    assert latest["came"] == [{"userid": "ann", "why": "back", "was": "off_duty"}]
    assert latest["went"] == [
        {
            "userid": "ben",
            "why": "at_cap",
            "cap": {"cap": "agent:2", "window": "day", "places": 20, "taken": 20, "margin": 0},
            "said": "",
        }
    ]
    assert (first["items"], further["items"], then["items"]) == ([latest], [earliest], [earliest])
    assert unknown.status_code == 404


async def test_somebody_can_be_named_who_stands_by(api: Client) -> None:
    code_id = await made(api)

    named = await api.patch(f"/live-codes/{code_id}/native", {"backup_agent_id": 2})
    unknown = await api.patch(f"/live-codes/{code_id}/native", {"backup_agent_id": 99}, 409)
    nobody = await api.patch(f"/live-codes/{code_id}/native", {"backup_agent_id": None})

    assert (named["backup_agent_id"], nobody["backup_agent_id"]) == (2, None)
    assert "99" in str(unknown)


async def test_sending_again_asks_for_a_new_version(api: Client) -> None:
    code_id = await made(api)

    told = await api.post(f"/live-codes/{code_id}/native/send")

    assert told["wanted_version"] == 2


async def test_a_hosted_code_has_no_list(api: Client) -> None:
    await api.services.ledger.write(factories.shop("ann"))

    await api.patch("/live-codes/1/native", {"backup_agent_id": None}, 404)


async def test_what_the_patrol_met_can_be_imported(api: Client) -> None:
    await made(api)

    def met(connection: Connection) -> None:
        kind = {"state": "theirs", "remark": "old print", "members": ["ann"], "type": 2, "scene": 2}
        upstream_ways.found(connection, "config-1", factories.NOW, orphan=False, **kind)  # type: ignore[arg-type]

    await api.services.ledger.write(met)
    listed = (await api.get("/upstream-ways"))["items"]

    code = await api.post(f"/upstream-ways/{listed[0]['id']}/import", {"name": "old print", "pool_id": 1}, 201)

    way = await api.services.ledger.read(lambda c: native_ways.get(c, code["id"]))
    assert [each["config_id"] for each in listed] == ["config-1"]
    assert (code["kind"], code["hold_minutes"]) == ("native", None)
    assert code == await api.get(f"/live-codes/{code['id']}")
    assert way is not None
    assert (way.config_id, way.state, way.applied) == ("config-1", "theirs", ("ann",))
    assert (await api.get("/upstream-ways"))["items"] == []


async def test_a_patrol_is_started_and_followed(api: Client) -> None:
    before = await api.get("/patrol")
    started = await api.post("/patrol", {"with_orphans": True})

    assert (before["status"], started["status"], started["full"]) == ("never", "pending", True)
    assert (started["calls_in_minute"], started["calls_per_minute_and_path"]) == (0, 2000)

"""Numbers over the API: the same filters and figures as the console's page."""

from typing import Any

import httpx
import pytest

from router.db.queries import tally
from router.db.queries.tally import Count
from tests.factories import NOW, ZONE, shop
from tests.integration.api.conftest import TOKEN, Client

pytestmark = pytest.mark.anyio

COUNTS = {"scans": 0, "visitors": 0, "adds": 0, "beyond": 0, "lost": 0, "removed": 0, "replies": 0}


async def test_a_day_is_told_by_hour_code_and_agent(api: Client) -> None:
    counts = [Count("scan", 7, times=4), Count("add", 7, 3), Count("reply"), Count("scan", 7, test=True)]
    await api.services.ledger.write(lambda c: tally.count_all(c, NOW, ZONE, counts))

    found = await api.get("/numbers", first="2026-11-21", last="2026-11-21")

    assert found["total"] == COUNTS | {"scans": 4, "adds": 1, "replies": 1}
    assert found["hours"] == [{"day": "2026-11-21", "hour": 14, "counts": found["total"]}]
    assert [day["day"] for day in found["days"]] == ["2026-11-21"]
    assert [(code["id"], code["counts"]["scans"]) for code in found["codes"]] == [(7, 4), (None, 0)]
    assert [(agent["id"], agent["counts"]["adds"]) for agent in found["agents"]] == [(3, 1), (None, 0)]
    assert found["time_zone"] == "Asia/Shanghai"


async def test_agents_are_told_with_their_share_by_weight_and_how_fair_that_was(api: Client) -> None:
    ann, bo = await api.services.ledger.write(shop("ann", "bo"))
    await api.services.ledger.write(lambda c: tally.count_all(c, NOW, ZONE, [Count("add", 1, ann, times=3)]))

    found = await api.get("/numbers", first="2026-11-21", last="2026-11-21")

    assert [
        (agent["id"], agent["weight"], agent["share_by_weight"], agent["difference"]) for agent in found["agents"]
    ] == [(ann, 1, 1.5, 1.5), (bo, 1, 1.5, -1.5)]
    assert found["fairness"] == {
        "agents": 2,
        "furthest_agent_id": ann,
        "max_deviation": 1.5,
        "max_deviation_share": 0.5,
        "jain_index": 0.5,
    }


async def test_one_agent_alone_is_not_compared(api: Client) -> None:
    (ann,) = await api.services.ledger.write(shop("ann"))
    await api.services.ledger.write(lambda c: tally.count_all(c, NOW, ZONE, [Count("add", 1, ann, times=3)]))

    found = await api.get("/numbers", first="2026-11-21", last="2026-11-21")

    assert (found["fairness"], found["agents"][0]["share_by_weight"]) == (None, None)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"first": "2026-11-21", "last": "2026-11-20"}, "last"),
        ({"first": "2025-01-01", "last": "2026-02-04"}, "first"),
        ({"first": "yesterday"}, "first"),
        ({"code_id": "all"}, "code_id"),
        ({"with_test": "perhaps"}, "with_test"),
    ],
)
async def test_a_question_without_sense_is_refused_with_its_field(
    http: httpx.AsyncClient, query: dict[str, Any], field: str
) -> None:
    answer = await http.get("/api/v1/numbers", params=query, headers={"Authorization": f"Bearer {TOKEN}"})

    assert answer.status_code == 422
    assert field in answer.text

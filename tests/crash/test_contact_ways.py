"""Contact ways and their places across kills: none is orphaned at the platform, no place is given on twice."""

from itertools import count

import pytest

from tests.crash.deployment import Deployment
from tests.crash.story import LEASE, kept_books, scan, settle, true_books

STOCK = 4  # the deployment's LIVEQR_STOCK_TARGET
HOLD = 20 * 60.0  # seconds that a visitor keeps an agent

BOTH = pytest.mark.parametrize("on", ["on_sqlite", "on_postgresql"])

_numbers = count(1)
_READY = "SELECT w.config_id FROM contact_way AS w JOIN agent AS a ON a.id = w.agent_id"
_READY += " WHERE w.status = 'ready' AND a.userid = :userid"
_TAKEN = "SELECT coalesce(sum(taken), 0) FROM counter WHERE subject LIKE 'agent:%' AND \"window\" = 'day'"


@BOTH
@pytest.mark.parametrize("place", ["claimed make_contact_way", "made", "sent make_contact_way"])
def test_a_way_made_but_not_recorded_is_found_again(on: str, place: str, request: pytest.FixtureRequest) -> None:
    deployment: Deployment = request.getfixturevalue(on)
    settle(deployment)
    deployment.order_death(place)

    userid = hire(deployment)
    deployment.until("somebody dies", deployment.was_obeyed)
    deployment.until("the stock is full", lambda: len(ready_ways(deployment, userid)) == STOCK, lapse=LEASE)
    settle(deployment)

    assert ways_at_platform(deployment, userid) == ready_ways(deployment, userid)
    assert kept_books(deployment) == true_books(deployment)


@BOTH
@pytest.mark.parametrize("place", ["expiring", "claimed delete_contact_way", "sent delete_contact_way"])
def test_a_place_is_given_on_once(on: str, place: str, request: pytest.FixtureRequest) -> None:
    deployment: Deployment = request.getfixturevalue(on)
    settle(deployment)
    taken = deployment.number(_TAKEN)
    scan(deployment)
    deployment.order_death(place)

    deployment.control("clock", advance_seconds=HOLD + 1)
    deployment.until("somebody dies", deployment.was_obeyed)
    deployment.until("the place is free", lambda: deployment.number(_TAKEN) == taken, lapse=LEASE)
    settle(deployment)

    assert deployment.number("SELECT count(*) FROM reservation WHERE status = 'held'") == 0
    assert deployment.number(_TAKEN) == taken
    assert kept_books(deployment) == true_books(deployment)


def hire(deployment: Deployment) -> str:
    """A new member joins the pool of the live code, and needs contact ways; returns the userid."""
    userid = f"newcomer{next(_numbers)}"
    deployment.control("members", userid=userid, name=userid)
    agent = deployment.api("POST", "/agents", {"userid": userid, "name": userid})
    pool = f"/pools/{deployment.number('SELECT pool_id FROM live_code')}"
    members = [member["agent_id"] for member in deployment.api("GET", pool)["members"]]
    joined = {"agent_ids": [*members, agent["id"]]}
    deployment.until("the pool has the newcomer", lambda: deployment.api("PATCH", pool, joined))
    return userid


def ready_ways(deployment: Deployment, userid: str) -> frozenset[str]:
    """The agent's stock in the ledger."""
    return frozenset(row[0] for row in deployment.rows(_READY, userid=userid))


def ways_at_platform(deployment: Deployment, userid: str) -> frozenset[str]:
    """The agent's ways that the platform serves."""
    ways = deployment.look("world")["contact_ways"]
    return frozenset(way["config_id"] for way in ways if userid in way["user"] and way["deleted_at"] is None)

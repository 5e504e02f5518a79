"""The platform is away, slow or talks nonsense: scans stay up and honest, caps stay closed, all drains afterwards."""

from typing import Any

import httpx
import pytest

from router.commands.demo_data import CODE
from tests.crash.deployment import Deployment
from tests.crash.story import Customer, add, kept_books, scan, settle, true_books

BACK_OFF = 120.0  # seconds that the platform's clock moves so that whatever waits is tried again
HOLD = 20 * 60.0 + 1  # seconds until a hold is over

_REASONS = "SELECT DISTINCT error FROM outbox WHERE kind = :kind AND status IN ('pending', 'sending') AND error <> ''"
_TAKEN = "SELECT count(*) FROM reservation WHERE place_taken"
_READY = "SELECT count(*) FROM contact_way WHERE status = 'ready'"

ANSWERS: dict[str, tuple[dict[str, Any], str]] = {
    "busy": ({"errcode": -1}, "-1"),
    "too often": ({"errcode": 45009}, "45009"),
    "a page of a proxy": ({"http_status": 502, "body": "<html>Bad Gateway</html>"}, "502"),
    "nonsense": ({"body": '{"errcode": [}'}, "JSON"),
    "another kind of JSON": ({"body": "[1, 2, 3]"}, "object"),
}


@pytest.mark.parametrize(("fault", "said"), ANSWERS.values(), ids=ANSWERS)
def test_a_refused_deletion_keeps_the_place_closed_and_says_why(
    deployment: Deployment, fault: dict[str, Any], said: str
) -> None:
    settle(deployment)
    taken = deployment.number(_TAKEN)
    scan(deployment)
    deployment.fault(errors=[{"path": "externalcontact/del_contact_way", **fault}])

    deployment.control("clock", advance_seconds=HOLD)
    (reason,) = deployment.until("the outbox says why", lambda: deployment.rows(_REASONS, kind="delete_contact_way"))
    closed = deployment.number(_TAKEN)
    heal(deployment)

    assert said in reason[0]
    assert closed == taken + 1
    assert deployment.number(_TAKEN) == taken
    assert kept_books(deployment) == true_books(deployment)


def test_a_welcome_survives_a_platform_that_is_busy_at_first(deployment: Deployment) -> None:
    customer = scan(deployment)
    deployment.fault(errors=[{"path": "externalcontact/send_welcome_msg", "errcode": -1, "times": 2}])

    add(deployment, customer)

    assert len(welcomes(deployment, customer)) == 1


def test_a_welcome_survives_an_answer_that_never_comes(deployment: Deployment) -> None:
    customer = scan(deployment)
    lost = {"path": "externalcontact/send_welcome_msg", "hang_ms": 8_000, "http_status": 504, "executes": True}
    deployment.fault(errors=[lost | {"times": 1}])

    add(deployment, customer)
    settle(deployment)

    assert len(welcomes(deployment, customer)) == 1


@pytest.mark.parametrize("action", ["expire", "invalidate"])
def test_an_access_token_that_died_is_replaced(deployment: Deployment, action: str) -> None:
    customer = scan(deployment)
    deployment.control("tokens", action=action)

    add(deployment, customer)

    assert len(welcomes(deployment, customer)) == 1


def test_scans_stay_up_and_honest_while_the_platform_is_away(deployment: Deployment) -> None:
    settle(deployment)
    deployment.revives = False
    deployment.stop("sandbox")

    outcomes = [outcome_of_scan(deployment, f"away-{number}") for number in range(60)]
    pictures = [httpx.get(url).status_code for outcome, url in outcomes if outcome == "reserved"]
    waiting = deployment.until("the outbox says why", lambda: deployment.rows(_REASONS, kind="make_contact_way"))
    places, answering = deployment.number(_TAKEN), deployment.is_ready()
    deployment.revives = True
    deployment.until("the platform is back", lambda: deployment.control("faults") is not None)
    heal(deployment)

    assert {outcome for outcome, _ in outcomes} == {"reserved", "preparing"}
    assert set(pictures) == {200}
    assert all("unreachable" in reason or "ConnectError" in reason for (reason,) in waiting)
    assert places >= len(pictures)
    assert answering
    assert deployment.number(_READY) > 0
    assert kept_books(deployment) == true_books(deployment)


def heal(deployment: Deployment) -> None:
    """The platform is healthy again, and time passes until everything waiting is tried again."""
    deployment.fault()
    deployment.control("clock", advance_seconds=BACK_OFF)
    deployment.until("the service follows the clock", lambda: _is_tried_again(deployment))
    settle(deployment)


def _is_tried_again(deployment: Deployment) -> bool:
    deployment.control("clock", advance_seconds=BACK_OFF)
    return deployment.rows("SELECT 1 FROM outbox WHERE status IN ('pending', 'sending') LIMIT 1") == []


def welcomes(deployment: Deployment, customer: Customer) -> list[Any]:
    """The welcomes that reached the customer, once there is one."""
    return deployment.until("the welcome arrives", lambda: deployment.effects("welcome", customer.external_userid))


def outcome_of_scan(deployment: Deployment, visitor: str) -> tuple[str, str]:
    """What a phone is told, and the picture it is shown."""
    headers = {"Accept": "application/json", "X-Liveqr-Visitor": visitor}
    answer = httpx.get(f"{deployment.service_url}/q/{CODE}", headers=headers)
    assert answer.status_code == 200
    return answer.json()["outcome"], answer.json()["qr_url"] or ""

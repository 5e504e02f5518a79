"""A worker that dies for good on PostgreSQL: another one does its work, and the welcome still keeps its 20 seconds."""

from collections.abc import Iterator

import pytest

from router.domain.effects import WELCOME_WINDOW
from tests.crash.deployment import Deployment
from tests.crash.story import LEASE, WELCOME_LEASE, add, scan, settle


@pytest.fixture
def unattended(on_postgresql: Deployment) -> Iterator[Deployment]:
    """No service manager: who dies stays dead until the test is over."""
    on_postgresql.revives = False
    yield on_postgresql
    on_postgresql.revives = True
    on_postgresql.until("everybody is back", lambda: all(p.is_alive() for p in on_postgresql.processes.values()))


@pytest.mark.parametrize("place", ["deciding", "decided send_welcome", "claimed send_welcome", "sent send_welcome"])
def test_another_worker_welcomes_in_time(unattended: Deployment, place: str) -> None:
    customer = scan(unattended)
    unattended.order_death(place)
    added_at = unattended.look("clock")["now"]

    add(unattended, customer)
    unattended.until("a worker is dead", unattended.was_obeyed)
    unattended.control("clock", advance_seconds=float(WELCOME_LEASE))
    (welcome,) = unattended.until(
        "the other worker welcomes", lambda: unattended.effects("welcome", customer.external_userid)
    )

    assert welcome["at"] - added_at < WELCOME_WINDOW
    unattended.control("clock", advance_seconds=float(LEASE))
    settle(unattended)
    assert len(unattended.effects("welcome", customer.external_userid)) == 1

"""The life of reservations under any history of what may befall them, on both databases."""

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RULE_MARKER, run_state_machine_as_test

from router.db.engine import open_writer
from tests.integration.ledger.reservation_machine import ReservationMachine, open_shop
from tests.integration.rush import auditor

RULES = 20  # at least
STEPS = 20  # of each history, at most


def check(url: str, histories: int) -> None:
    """Every history begins in the same shop and leaves nothing behind."""
    engine = open_writer(url)
    with engine.begin() as connection:
        ids = open_shop(connection)
    machine = type("OnThisDatabase", (ReservationMachine,), {"engine": engine, "ids": ids})
    patient = settings(
        max_examples=histories,
        stateful_step_count=STEPS,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    )
    try:
        run_state_machine_as_test(machine, settings=patient)
    finally:
        with engine.begin() as connection:
            auditor.dismiss(connection)
        engine.dispose()


def test_the_machine_knows_what_may_befall_a_reservation() -> None:
    rules = [name for name, each in vars(ReservationMachine).items() if hasattr(each, RULE_MARKER)]

    assert len(rules) >= RULES


@pytest.mark.timeout(300)
def test_any_history_of_reservations_is_accounted_for(sqlite_url: str) -> None:
    check(sqlite_url, 500)


def test_any_history_of_reservations_is_accounted_for_on_postgresql(postgresql_url: str) -> None:
    check(postgresql_url, 25)


@pytest.mark.long
@pytest.mark.timeout(14_400)
def test_ten_thousand_histories_are_accounted_for(database_url: str) -> None:
    check(database_url, 10_000)

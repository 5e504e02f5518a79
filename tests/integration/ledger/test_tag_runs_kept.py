"""What is kept of readings and runs of the platforms' tags: the latest, and those of the last months."""

import pytest
from sqlalchemy import Connection

from router.db.ledger import Ledger
from router.db.queries import projection, tag_runs
from router.handlers.projection import KEPT, KEPT_DAYS, TagRules, every_night
from tagtree.projection.steps import Delete, RemoteTag
from tests.factories import DAY, NOW, ZONE
from tests.integration.ledger.looking import column

pytestmark = pytest.mark.anyio

LONG_AGO = NOW - (KEPT_DAYS + 1) * DAY


def run(connection: Connection, at: int, *, held: bool = False) -> None:
    step = Delete("et-1", "产品", "裤子")
    run_id = tag_runs.add_run(connection, "wecom", "person", [step], {0: 1} if held else {}, at, actor="boss")
    if not held:
        tag_runs.finish_step(connection, run_id, 0, "done", at)


async def test_the_latest_runs_and_those_of_the_last_months_are_kept_and_whatever_is_held(ledger: Ledger) -> None:
    def history(connection: Connection) -> None:
        run(connection, LONG_AGO, held=True)
        for number in range(KEPT + 2):
            run(connection, LONG_AGO + number)
        run(connection, NOW)

    await ledger.write(history)
    await ledger.write(lambda c: every_night(c, TagRules(), NOW, ZONE))

    kept = [1, *range(5, KEPT + 5)]
    assert await ledger.read(column("SELECT id FROM tag_run ORDER BY id")) == kept
    assert await ledger.read(column("SELECT run_id FROM tag_step ORDER BY run_id")) == kept


async def test_old_readings_and_tags_long_gone_are_forgotten(ledger: Ledger) -> None:
    tags = [(RemoteTag(name, "g", "产品", name, ours=True), LONG_AGO) for name in ("there", "just gone", "long gone")]

    def history(connection: Connection) -> None:
        projection.put_remote(connection, "wecom", tags, LONG_AGO)
        projection.lose_remote(connection, "wecom", ["long gone"], LONG_AGO)
        projection.lose_remote(connection, "wecom", ["just gone"], NOW)
        for number in range(KEPT + 1):
            projection.add_reading(connection, "wecom", "night", 1, (), LONG_AGO + number)

    await ledger.write(history)
    await ledger.write(lambda c: every_night(c, TagRules(), NOW, ZONE))

    assert await ledger.read(column("SELECT remote_id FROM remote_tag ORDER BY remote_id")) == ["just gone", "there"]
    assert await ledger.read(column("SELECT id FROM tag_reading ORDER BY id")) == list(range(2, KEPT + 2))

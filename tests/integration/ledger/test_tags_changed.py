"""What follows when somebody edits corp tags in WeCom's own console."""

from pathlib import Path

import pytest
from sqlalchemy import text

from router.db.ledger import Ledger
from router.handlers.decide import decide_open
from router.handlers.projection import read_again
from tests.factories import NOW, received, situation

pytestmark = pytest.mark.anyio

SAMPLES = Path(__file__).parents[2] / "samples/wecom/events"


async def test_however_many_tags_are_edited_the_list_is_read_once(ledger: Ledger) -> None:
    kinds = ("create", "update", "delete")
    edits = [(SAMPLES / f"change_external_tag.{kind}.xml").read_text() for kind in kinds]
    await ledger.write(received(*edits))

    await ledger.write(lambda c: decide_open(c, situation()))

    ordered = await ledger.read(lambda c: c.execute(text("SELECT kind, payload, not_before FROM outbox")).fetchall())
    verdicts = await ledger.read(lambda c: c.execute(text("SELECT DISTINCT status FROM inbox")).fetchall())
    assert [tuple(row) for row in ordered] == [("read_tags", '{"target":"wecom","cause":"event"}', NOW + 5_000)]
    assert [tuple(row) for row in verdicts] == [("done",)]


async def test_a_reading_that_somebody_asked_for_is_not_put_off(ledger: Ledger) -> None:
    await ledger.write(lambda c: read_again(c, "wecom", "person", NOW))
    await ledger.write(received((SAMPLES / "change_external_tag.update.xml").read_text()))

    await ledger.write(lambda c: decide_open(c, situation()))

    ordered = await ledger.read(lambda c: c.execute(text("SELECT payload, not_before FROM outbox")).fetchall())
    assert [tuple(row) for row in ordered] == [('{"target":"wecom","cause":"person"}', 0)]

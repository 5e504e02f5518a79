"""A customer who lost tags in every way there is, for tests of the pages that tell why."""

from sqlalchemy import Connection

from router.db import json
from router.db.queries import tagging
from router.db.queries.tagging import Edge, Removal
from router.db.tables import CustomerRow, RuleSetRow, RuleSetVersionRow, TagRow
from router.domain.taken_off import (
    ByCode,
    ByHand,
    ByRule,
    Excluded,
    Expired,
    MergedInto,
    MergeUndone,
    Unknown,
    WhyTakenOff,
    Withdrawn,
)
from tests.integration.rows import Row, insert_rows

WHO = "wm-zhou"
NAME = "<b>大</b>"  # of the tag, the rule and the person that the reasons speak of
OTHER = 50  # the id of that tag

_RULE = ByRule(5, 5, "r1")
EVERY_WAY: tuple[WhyTakenOff, ...] = (
    ByHand(NAME),
    _RULE,
    Excluded(OTHER, ByHand(NAME)),
    Excluded(OTHER, _RULE),
    Excluded(OTHER, ByCode(7)),
    Excluded(OTHER, Unknown("later")),
    Expired(1),
    Expired(30),
    MergedInto(OTHER),
    MergeUndone(OTHER),
    Withdrawn(NAME),
    Unknown("later"),
)


def lose_tags(connection: Connection, now: int) -> None:
    """The customer `WHO` lost the tag 0 for the first reason of `EVERY_WAY`, 1 for the second, and so on."""
    content = json.dump({"rules": [{"id": "r1", "name": NAME}]})
    tags: list[Row] = [(TagRow, {"id": OTHER + 1 + n, "name": str(n)}) for n in range(len(EVERY_WAY))]
    rows: list[Row] = [
        (CustomerRow, {"id": 5, "external_userid": WHO}),
        (TagRow, {"id": OTHER, "name": NAME}),
        (RuleSetRow, {"id": 5, "name": NAME}),
        (RuleSetVersionRow, {"id": 5, "rule_set_id": 5, "number": 4, "content": content, "published_by": NAME}),
    ]
    insert_rows(connection, now, [*rows, *tags])
    for tag_id, why in enumerate(EVERY_WAY, start=OTHER + 1):
        tagging.put_on(connection, [Edge(5, tag_id, "rule:5:r1", 5)], now)
        tagging.take_off(connection, [Removal(5, tag_id, why)], now)

"""Why a pool turned visitors away, as the decisions say that were stored with the answers."""

from collections.abc import Sequence
from dataclasses import replace
from typing import get_args

from sqlalchemy import Connection

from router.db import json
from router.db.queries.alerts import Alert
from router.db.sql import Sql
from router.domain.assignment import Duty
from router.domain.staffing import Staffing, staffing

# As `router.handlers.why` writes it: each pool that was asked, by its id.
_LAST = Sql(
    "SELECT content FROM decision WHERE at = :at AND outcome = 'full' AND content LIKE :asked ORDER BY id DESC LIMIT 1"
)
_NOT_THERE = {"unavailable", *get_args(Duty)}


def with_reasons(connection: Connection, alerts: Sequence[Alert]) -> tuple[Alert, ...]:
    """The alerts; one of a pool that is full says ``because`` in its text when no cap was the reason, but duty alone.

    It speaks of the last visitor turned away; one whose decision is no longer kept stays as it is.
    """
    return tuple(_with_reason(connection, each) if each.kind == "pool_full" else each for each in alerts)


def _with_reason(connection: Connection, alert: Alert) -> Alert:
    because = _because(connection, int(alert.subject.removeprefix("pool:")), alert.last_at)
    return alert if because is None else replace(alert, text=alert.text | {"because": because})


def _because(connection: Connection, pool_id: int, at: int) -> Staffing | None:
    row = _LAST.row(connection, at=at, asked=f'%"pool_id":{pool_id},%')
    if row is None:
        return None
    decision = json.load(row[0])
    asked = [each for each in (decision, *decision["spilled_from"]) if each["pool_id"] == pool_id]
    reasons = {left_out["reason"] for each in asked for left_out in each["left_out"]}
    if any(each["order"] for each in asked) or not reasons or not reasons <= _NOT_THERE:
        return None
    return staffing(reasons - {"unavailable"})

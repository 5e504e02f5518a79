"""Alerts (警报) that no single act causes or mends: time passes, stock runs out, somebody leaves, a day begins."""

from dataclasses import replace
from datetime import tzinfo

from sqlalchemy import Connection

from router.db.ledger import wake
from router.db.queries import acquisition_links, alerts, attention, candidates, native_ways, waiting
from router.db.queries.alerts import AlertKind
from router.db.queries.attention import Nearly
from router.db.queries.candidates import AskedPool
from router.db.queries.led_to import OpenCode, open_codes
from router.domain.assignment import Ask
from router.domain.capacity import CUSTOMER
from router.domain.waiting import free_places
from router.handlers import acquisition

MAKING = 60_000  # ms that a contact way may take to be made before an empty stock is an alert


def look_around(connection: Connection, now: int, zone: tzinfo) -> None:
    """Raise what is wrong and end what is mended, and clear away those who no longer wait."""
    waiting.clear_away(connection, now)
    _end_full_pools(connection, now, zone)
    _end_full_codes(connection, now, zone)
    nearly = {each.subject: each for each in attention.nearly_full(connection, now, zone)}
    _keep(connection, "cap_near", {subject: _told(each) for subject, each in nearly.items()}, now)
    empty = attention.without_stock(connection, now - MAKING, now, zone)
    _keep(connection, "stock_empty", {f"agent:{id}": {"name": name} for id, name in empty.items()}, now)
    if empty:
        wake(connection, "stock")
    nobody = attention.codes_to_nobody(connection, now, zone)
    _keep(connection, "code_to_nobody", {f"code:{id}": {"name": name} for id, name in nobody.items()}, now)
    failing: dict[str, dict[str, object]] = {
        f"code:{id}": {"name": name, "reason": error} for id, (name, error) in native_ways.failing(connection).items()
    }
    _keep(connection, "native_out_of_step", failing, now)
    found = {link.code_id: acquisition.trouble(link) for link in acquisition_links.in_doubt(connection)}
    for kind in acquisition.TROUBLES:
        of_kind = {f"code:{id}": each.text for id, each in found.items() if each is not None and each.kind == kind}
        _keep(connection, kind, of_kind, now)


def _end_full_pools(connection: Connection, now: int, zone: tzinfo) -> None:
    """End the alerts of pools that have room again, or that no open code asks any more."""
    full = _subjects(connection, "pool_full")
    asking = attention.codes_asking(connection, full) if full else {}
    for pool_id, codes in asking.items():
        if not codes or _has_room(connection, pool_id, codes, now, zone):
            alerts.end_(connection, "pool_full", f"pool:{pool_id}", now)


def _end_full_codes(connection: Connection, now: int, zone: tzinfo) -> None:
    """End the alerts of codes through which somebody can come again, or that are open no more."""
    full = _subjects(connection, "code_full")
    codes = {code.id: code for code in open_codes(connection)} if full else {}
    for code_id in full:
        code = codes.get(code_id)
        if code is None or any(_has_room(connection, pool_id, [code], now, zone) for pool_id in sorted(code.pools)):
            alerts.end_(connection, "code_full", f"code:{code_id}", now)


def _subjects(connection: Connection, kind: AlertKind) -> set[int]:
    """The ids of the pools, or codes, of which an alert of the kind is open."""
    return {int(each.subject.partition(":")[2]) for each in alerts.open_alerts(connection) if each.kind == kind}


def _has_room(connection: Connection, pool_id: int, codes: list[OpenCode], now: int, zone: tzinfo) -> bool:
    """Whether the pool itself could receive somebody through one of these codes, and nobody stands in its line."""
    if waiting.ahead_of(connection, [pool_id], waiting.LAST, now, 1):
        return False
    asked = candidates.asked_pools(connection, {(pool_id, code.id) for code in codes}, now, zone, CUSTOMER)
    return any(_takes(asked[pool_id, code.id], code) for code in codes)


def _takes(pool: AskedPool, code: OpenCode) -> bool:
    """Whether somebody who comes through the code finds a place; only our own page shows a contact way made ahead."""
    found = pool.candidates if code.kind == "hosted" else [replace(each, ready_ways=1) for each in pool.candidates]
    return free_places(found, Ask(policy=pool.policy, skill=code.skill, department=code.department)) > 0


def _keep(connection: Connection, kind: AlertKind, wrong: dict[str, dict[str, object]], now: int) -> None:
    """Exactly these alerts of the kind are open afterwards; one that stays open is not raised again."""
    before = {alert.subject: alert for alert in alerts.open_alerts(connection) if alert.kind == kind}
    alerts.end_each(connection, [alert.key for subject, alert in before.items() if subject not in wrong], now)
    for subject, text in wrong.items():
        if subject not in before or before[subject].text != text:
            alerts.raise_(connection, kind, subject, now, **text)


def _told(nearly: Nearly) -> dict[str, object]:
    return {"name": nearly.name, "window": nearly.window, "taken": nearly.taken, "places": nearly.places}

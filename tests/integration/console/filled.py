"""A ledger in which every page of the console has something to show, some of it hostile."""

from dataclasses import dataclass

from sqlalchemy import Connection

from router.db.queries import inbox, outbox
from router.db.queries.inbox import Verdict
from router.db.queries.outbox import Order
from router.db.queries.stores import insert_store
from router.domain.effects import SendKfText
from router.domain.events import CustomerAdded, CustomerWrote
from router.domain.place import Point
from router.handlers import customer_added, message_received
from router.handlers.admin.act import Act
from router.handlers.admin.live_codes import archive_live_code
from router.handlers.received import Received
from tests import factories
from tests.factories import ACCOUNT, NOW, ZONE

HOSTILE = "<script>alert(1)</script>"
ACT = Act("test", NOW, ZONE)


@dataclass(frozen=True, slots=True)
class Filled:
    """Ids of what stands in the ledger."""

    agent_id: int
    code_id: int
    archived_code_id: int
    tag_id: int
    rule_set_id: int
    added_event_id: int
    failed_event_id: int
    failed_effect_id: int


def fill(connection: Connection) -> Filled:
    """One of everything: a customer came through a code, wrote, was tagged, and waits for a person."""
    tag_id = factories.tag(HOSTILE[:30])(connection)
    agent_ids = factories.shop("ann", "ben", cap_each=5, welcome=f"Hello {{customer}} {HOSTILE}", tag_ids=[tag_id])(
        connection
    )
    archived_code_id = factories.live_code(1, "old")(connection)
    archive_live_code(connection, ACT, archived_code_id)
    factories.published_rules(factories.contains("价格", then=[{"do": "add_tag", "tag_id": tag_id}]), name=HOSTILE)(
        connection
    )
    insert_store(connection, HOSTILE[:64], HOSTILE[:64], HOSTILE, Point(31_240_000, 121_490_000), 1, NOW)
    factories.customer("wm-lin", HOSTILE)(connection)
    factories.scan()(connection)
    factories.scan("visitor-2")(connection)
    added = _decide_added(connection)
    _decide_written(connection)
    failed = _store(connection, factories.customer_added("stranger", "wm-unknown"), "CONTACT", "wm-unknown")
    inbox.finish(connection, [Verdict(failed, "failed", "customer_added", f"no agent {HOSTILE}")], NOW)
    return Filled(agent_ids[0], 1, archived_code_id, tag_id, 1, added, failed, _failed_effect(connection))


def _decide_added(connection: Connection) -> int:
    key = connection.exec_driver_sql("SELECT key FROM reservation ORDER BY id LIMIT 1").scalar_one()
    state = factories.state_of(key)(connection)
    plaintext = factories.customer_added("ann", state=state, welcome_code="WELCOME")
    event_id = _store(connection, plaintext, "CONTACT", "wm-lin")
    event = CustomerAdded("ann", "wm-lin", state, "WELCOME", False, NOW)
    situation = factories.situation()(connection)
    inbox.finish(connection, customer_added.handle(connection, [Received(event_id, event)], situation), NOW)
    return event_id


def _decide_written(connection: Connection) -> None:
    text = f"{HOSTILE} 价格"
    event_id = _store(connection, factories.kf_text(text), "KF_ITEM", "wm-lin")
    event = CustomerWrote(ACCOUNT, "wm-lin", "m1", "text", text, NOW)
    situation = factories.situation()(connection)
    inbox.finish(connection, message_received.handle(connection, [Received(event_id, event)], situation), NOW)


def _store(connection: Connection, plaintext: str, callback: str, subject: str) -> int:
    inbox.add_each(connection, [inbox.Arrived(f"{callback}:{subject}", callback, subject, plaintext, NOW)])
    return int(connection.exec_driver_sql("SELECT max(id) FROM inbox").scalar_one())


def _failed_effect(connection: Connection) -> int:
    effect = SendKfText(ACCOUNT, "wm-lin", "lq-failed", HOSTILE)
    outbox.add_all(connection, [Order(effect)], NOW)
    connection.exec_driver_sql(
        f"UPDATE outbox SET status = 'failed', error = '{HOSTILE}' WHERE key = 'kf_text:lq-failed'"
    )
    return int(connection.exec_driver_sql("SELECT id FROM outbox WHERE key = 'kf_text:lq-failed'").scalar_one())

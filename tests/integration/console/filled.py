"""A ledger in which every page of the console has something to show, some of it hostile."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from router.db.queries import acquisition_links, catalogue, group_qrs, inbox, outbox
from router.db.queries.group_qrs import NewGroupQr
from router.db.queries.inbox import Verdict
from router.db.queries.live_codes import LiveCode
from router.db.queries.outbox import Order
from router.db.queries.schedules import SavedSchedule
from router.db.queries.stores import insert_store
from router.db.queries.word_hits import HitMessage, record_hits
from router.domain.effects import SendKfText
from router.domain.events import CustomerAdded, CustomerWrote
from router.domain.group_codes import Chat, GroupSource, GroupStatus
from router.domain.place import Point
from router.domain.schedule_content import WEEKDAYS
from router.handlers import customer_added, message_received
from router.handlers.admin.act import Act
from router.handlers.admin.agents import AgentEdit, update_agent
from router.handlers.admin.answers import NewAnswer, propose_answer
from router.handlers.admin.live_codes import NewLiveCode, archive_live_code, create_live_code
from router.handlers.admin.schedules import NewSchedule, create_schedule
from router.handlers.admin.word_sets import WordSetContent, create_word_set
from router.handlers.meaning import ReadMessage, remember
from router.handlers.received import Received
from tagtree.meaning.catalogue import CatalogueItem
from tagtree.meaning.reading import compile_meaning
from tagtree.sensitive.finder import Find
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
    group_code_id: int
    link_code_id: int
    native_code_id: int
    first: Mapping[str, int]
    """The id of the first row of other tables."""


def fill(connection: Connection) -> Filled:
    """One of everything: a customer came through a code, wrote, was tagged, and waits for a person."""
    tag_id = factories.tag(HOSTILE[:30])(connection)
    agent_ids = factories.shop("ann", "ben", cap_each=5, welcome=f"Hello {{customer}} {HOSTILE}", tag_ids=[tag_id])(
        connection
    )
    _give_schedule(connection, agent_ids[0])
    code_id, pool_id = _first_id(connection, "live_code"), _first_id(connection, "pool")
    archived_code_id = factories.live_code(pool_id, "old")(connection)
    archive_live_code(connection, ACT, archived_code_id)
    factories.published_rules(factories.contains("价格", then=[{"do": "add_tag", "tag_id": tag_id}]), name=HOSTILE)(
        connection
    )
    insert_store(connection, HOSTILE[:64], HOSTILE[:64], HOSTILE, Point(31_240_000, 121_490_000), pool_id, NOW)
    customer_id = factories.customer("wm-lin", HOSTILE)(connection)
    _read_message(connection, customer_id)
    factories.scan()(connection)
    factories.scan("visitor-2")(connection)
    _keep_words(connection)
    added = _decide_added(connection)
    _decide_written(connection)
    failed = _store(connection, factories.customer_added("stranger", "wm-unknown"), "CONTACT", "wm-unknown")
    reason = f"no agent {HOSTILE} in liveqr: add the agent, then decide this event again"
    inbox.finish(connection, [Verdict(failed, "failed", "customer_added", reason)], NOW)
    effect = _failed_effect(connection)
    group_code_id, link_code_id, native_code_id = _other_kinds(connection, pool_id)
    tables = ("answer", "catalogue_item", "message_class", "pool", "schedule", "store", "word_set")
    return Filled(
        agent_id=agent_ids[0],
        code_id=code_id,
        archived_code_id=archived_code_id,
        tag_id=tag_id,
        rule_set_id=_first_id(connection, "rule_set"),
        added_event_id=added,
        failed_event_id=failed,
        failed_effect_id=effect,
        group_code_id=group_code_id,
        link_code_id=link_code_id,
        native_code_id=native_code_id,
        first={table: _first_id(connection, table) for table in tables},
    )


def _first_id(connection: Connection, table: str) -> int:
    """Not always 1: a transaction that lost a race has used up numbers."""
    return int(connection.exec_driver_sql(f"SELECT min(id) FROM {table}").scalar_one())


def _read_message(connection: Connection, customer_id: int) -> None:
    """A message that waits for review, with what it names in the catalogue and out of it."""
    item = CatalogueItem(HOSTILE[:24], HOSTILE, (HOSTILE + "2",))
    catalogue.write_items(connection, [item], NOW)
    catalogue.tally_unknown(connection, [(HOSTILE, HOSTILE)], NOW)
    understood = compile_meaning((), [item]).read(f"{HOSTILE} 价格")
    remember(connection, [ReadMessage(99, customer_id, ACCOUNT, NOW, f"{HOSTILE} 价格", understood, "")])


def _keep_words(connection: Connection) -> None:
    """A set whose word is in a customer's message and in our welcome, and an answer that somebody proposed."""
    create_word_set(connection, ACT, WordSetContent(HOSTILE, "replace", HOSTILE, lines="价格\nHello"))
    message = HitMessage("customer", f"{HOSTILE} 价格", "wm-lin")
    record_hits(connection, [(message, "flagged", [Find(1, "价格", 0, 8, "exact")])], NOW)
    propose_answer(connection, ACT, NewAnswer(HOSTILE, (HOSTILE, "价格"), HOSTILE, (HOSTILE,)))


def _give_schedule(connection: Connection, agent_id: int) -> None:
    """A schedule that is always on."""
    content = {
        "week": {day: ["00:00-24:00"] for day in WEEKDAYS},
        "special_days": [{"date": "2199-01-01", "name": HOSTILE, "shifts": ["00:00-24:00"]}],
        "holidays": {"name": HOSTILE, "dates": ["2199-01-02"]},
    }
    schedule = create_schedule(connection, ACT, NewSchedule(HOSTILE, content))
    assert isinstance(schedule, SavedSchedule)
    update_agent(connection, ACT, agent_id, AgentEdit(skills=(HOSTILE,), department=HOSTILE, schedule_id=schedule.id))


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


def _other_kinds(connection: Connection, pool_id: int) -> tuple[int, int, int]:
    """A group code with a group of each source and state, a code whose link WeCom refuses, and a native code."""
    native = create_live_code(connection, ACT, NewLiveCode(HOSTILE, pool_id, "native", "native"))
    groups = create_live_code(connection, ACT, NewLiveCode(HOSTILE, pool_id, "groups", "group"))
    links = create_live_code(connection, ACT, NewLiveCode(HOSTILE, pool_id, "links", "acquisition"))
    assert isinstance(groups, LiveCode)
    assert isinstance(links, LiveCode)
    assert isinstance(native, LiveCode)
    states: tuple[tuple[GroupSource, GroupStatus], ...] = (
        ("imported", "ready"),
        ("join_way", "making"),
        ("join_way", "failed"),
    )
    for source, status in states:
        chats = (Chat("wr1", HOSTILE, 200), Chat("wr2")) if source == "join_way" else ()
        new = NewGroupQr(groups.id, source, HOSTILE, 200, status, chats, expires_at=NOW + 7 * factories.DAY)
        group_qr_id = group_qrs.insert_group_qr(connection, new, NOW)
    group_qrs.failed(connection, group_qr_id, HOSTILE)
    acquisition_links.failed(connection, links.id, HOSTILE, NOW)
    return groups.id, links.id, native.id


def _failed_effect(connection: Connection) -> int:
    effect = SendKfText(ACCOUNT, "wm-lin", "lq-failed", HOSTILE)
    outbox.add_all(connection, [Order(effect)], NOW)
    connection.exec_driver_sql(
        f"UPDATE outbox SET status = 'failed', error = '{HOSTILE}' WHERE key = 'kf_text:lq-failed'"
    )
    return int(connection.exec_driver_sql("SELECT id FROM outbox WHERE key = 'kf_text:lq-failed'").scalar_one())

"""A person says what a message is about (人工复核): the class is corrected, and who waits is taken to its team.

The customer's wait goes on counting from when it began: a correction is no fresh start.
"""

from dataclasses import asdict

from sqlalchemy import Connection

from router.db.queries import arrivals, changes, meanings, message_classes, outbox
from router.db.queries.edits import begin_edit
from router.db.queries.meanings import Review, StoredMeaning
from router.db.queries.outbox import Order
from router.db.sql import Sql
from router.domain.effects import HandToHuman
from router.handlers import moved
from router.handlers.admin.act import Act
from router.handlers.admin.refusal import Missing, Refusal, conflict
from router.handlers.catalog import Catalog
from router.handlers.received import Situation
from tagtree.wording import Wording

MESSAGE = Wording("message", "消息")

_REROUTE = Sql(
    "UPDATE conversation SET pool_id = :pool_id, agent_id = :agent_id WHERE customer_id = :customer_id"
    " AND open_kfid = :open_kfid AND status = 'waiting' AND agent_id IS NULL AND NOT EXISTS (SELECT 1"
    " FROM message_meaning AS later WHERE later.customer_id = :customer_id AND later.inbox_id > :inbox_id"
    " AND later.open_kfid = :open_kfid AND later.class_name <> '') AND id IN (SELECT v.id FROM message_meaning AS m"
    " JOIN customer AS c ON c.id = m.customer_id JOIN conversation AS v ON v.customer_id = m.customer_id"
    f" AND v.open_kfid = m.open_kfid WHERE m.inbox_id = :inbox_id AND {meanings.ABOUT_THE_WAIT})"
)


def review_message(connection: Connection, act: Act, inbox_id: int, class_name: str) -> StoredMeaning | Refusal:
    """Say which class a message is of; empty: of none. May be said again."""
    begin_edit(connection)
    before = meanings.get_meaning(connection, inbox_id)
    if before is None:
        return Missing(MESSAGE)
    names = {each.name: each for each in message_classes.list_classes(connection)}
    if class_name and class_name not in names:
        return conflict(
            "class",
            (f"There is no class “{class_name}”.", f"没有类别“{class_name}”。"),
            ("Choose one of the classes in use.", "请从使用中的类别中选择。"),
        )
    review: Review = "agreed" if class_name == before.read_as else "corrected"
    meanings.set_reviewed(connection, inbox_id, review, class_name, by=act.actor, now=act.now)
    pool_id = names[class_name].pool_id if class_name else None
    if pool_id is not None:
        _reroute(connection, act, before, pool_id)
    return _saved(connection, act, "message.review", before)


def dismiss_review(connection: Connection, act: Act, inbox_id: int) -> StoredMeaning | Refusal:
    """Take a message off the queue without a word about its class; it does not count as agreement or correction."""
    begin_edit(connection)
    before = meanings.get_meaning(connection, inbox_id)
    if before is None:
        return Missing(MESSAGE)
    meanings.set_reviewed(connection, inbox_id, "dismissed", before.class_name, by=act.actor, now=act.now)
    return _saved(connection, act, "message.dismiss", before)


def _reroute(connection: Connection, act: Act, message: StoredMeaning, pool_id: int) -> None:
    """Only who waits for anybody is moved, by a message of this wait after which no other said what it is about.

    A person who already answers keeps the session.
    """
    session = {"customer_id": message.customer_id, "open_kfid": message.open_kfid, "inbox_id": message.inbox_id}
    session |= {"pool_id": pool_id}
    if not _REROUTE.run(connection, agent_id=None, **session):
        return
    taker = moved.take_agent(connection, pool_id, Situation(act.now, act.zone, Catalog(), ()))
    if taker is None:
        return
    _REROUTE.run(connection, agent_id=taker.agent_id, **session)
    given = moved.assignment(taker, message.customer_id, pool_id, message.inbox_id, act.now)
    arrivals.assign(connection, [given])
    cause = f"review:{message.inbox_id}:{act.now}"  # who was taken before for this message may not have come
    effect = HandToHuman(message.open_kfid, message.external_userid, taker.userid, cause)
    outbox.add_all(connection, [Order(effect, message.inbox_id)], act.now)


def _saved(connection: Connection, act: Act, what: str, before: StoredMeaning) -> StoredMeaning:
    after = meanings.get_meaning(connection, before.inbox_id)
    assert after is not None
    said = ("class_name", "review", "reviewed_by")
    old, new = ({name: asdict(each)[name] for name in said} for each in (before, after))
    changes.record(connection, what, f"event:{before.inbox_id}", old, new, actor=act.actor, now=act.now)
    return after

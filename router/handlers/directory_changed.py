"""The contact book of the corporation changed: an agent was renamed, left, or may not work with customers for now."""

from collections.abc import Sequence
from typing import TypeAlias, assert_never

from sqlalchemy import Connection

from router.db import json
from router.db.ledger import wake
from router.db.queries import changes
from router.db.queries.inbox import Verdict
from router.db.sql import Sql
from router.domain.capacity import agent_subject
from router.domain.events import LEFT, AgentActivated, AgentDeactivated, AgentLeft, AgentRenamed
from router.handlers.received import Received, Situation

DirectoryEvent: TypeAlias = AgentRenamed | AgentLeft | AgentActivated | AgentDeactivated

EVENT = "directory_changed"
ACTOR = "wecom"

# WeCom tells no two members apart by case. Where two agents differ in nothing else, the order says who is meant.
_AGENT = Sql(
    "SELECT id, name, available, unavailable_reason, userid FROM agent WHERE lower(userid) = lower(:userid)"
    " ORDER BY archived_at IS NOT NULL, userid <> :userid, id LIMIT 1"
)
_OTHER = Sql("SELECT id, name FROM agent WHERE lower(userid) = lower(:userid) AND id <> :id ORDER BY id LIMIT 1")
_RENAME = Sql("UPDATE agent SET former_userid = userid, userid = :new_userid WHERE id = :id")
_RESPELL = Sql("UPDATE agent SET userid = :new_userid WHERE id = :id")
_FORGET = Sql("UPDATE agent SET former_userid = '' WHERE lower(former_userid) = lower(:userid)")
_TAKE_OUT = Sql("UPDATE agent SET available = false, unavailable_reason = :reason WHERE id = :id")
_BRING_BACK = Sql("UPDATE agent SET available = true, unavailable_reason = '', returned_at = :now WHERE id = :id")


def handle(connection: Connection, batch: Sequence[Received[DirectoryEvent]], situation: Situation) -> list[Verdict]:
    """Follow what the contact book says; members who are no agents of ours are passed over."""
    return [_verdict(connection, each.inbox_id, each.event, situation.now) for each in batch]


def _verdict(connection: Connection, inbox_id: int, event: DirectoryEvent, now: int) -> Verdict:
    row = _AGENT.row(connection, userid=event.userid)
    if row is None:
        return Verdict(inbox_id, "ignored", EVENT, f"no agent {event.userid!r} in liveqr")
    agent_id = int(row[0])
    match event:
        case AgentRenamed(new_userid=new_userid):
            is_new = row[4] != new_userid  # else a case that we spelled so already
            refusal = _rename(connection, agent_id, row[4], new_userid, now) if is_new else ""
            if refusal:
                return Verdict(inbox_id, "failed", EVENT, refusal)
            followed = "" if event.then is None else _follow(connection, agent_id, event.then, now)
            return _done(inbox_id, "renamed", agent_id) if is_new or followed else _unchanged(inbox_id)
        case AgentLeft() | AgentActivated() | AgentDeactivated():
            changed = _follow(connection, agent_id, event, now)
            return _done(inbox_id, changed, agent_id) if changed else _unchanged(inbox_id)
        case _:
            assert_never(event)


def _rename(connection: Connection, agent_id: int, userid: str, new_userid: str, now: int) -> str:
    """Give the agent the new userid, with everything that hangs on the row; why not, when another has it."""
    other = _OTHER.row(connection, userid=new_userid, id=agent_id)
    if other is not None:
        return (
            f"the userid {new_userid!r} belongs to another agent of liveqr ({other[1]}, number {other[0]});"
            f" find out who is who in WeCom, give that one its right userid, then decide this event again"
        )
    if new_userid.lower() == userid.lower():
        _RESPELL.run(connection, id=agent_id, new_userid=new_userid)
    else:
        _FORGET.run(connection, userid=userid)  # of somebody who was called so before: it means this agent from now on
        _RENAME.run(connection, id=agent_id, new_userid=new_userid)
    _remember(connection, "agent.renamed", agent_id, {"userid": userid}, {"userid": new_userid}, now)
    return ""


def _follow(
    connection: Connection, agent_id: int, event: AgentLeft | AgentActivated | AgentDeactivated, now: int
) -> str:
    """Take the agent out or bring them back; what was done, empty when they stood so before."""
    row = _AGENT.row(connection, userid=event.userid)
    available, reason = (bool(row[2]), row[3]) if row else (True, "")
    match event:
        case AgentActivated():
            if available:
                return ""
            _BRING_BACK.run(connection, id=agent_id, now=now)
            done, after = "activated", ""
        case AgentLeft():
            done, after = "left", LEFT
        case AgentDeactivated(reason=why):
            done, after = "deactivated", why
    if (available, reason) == (not after, after):
        return ""
    if after:
        _TAKE_OUT.run(connection, id=agent_id, reason=after)
    _remember(connection, f"agent.{done}", agent_id, {"unavailable": reason}, {"unavailable": after}, now)
    return done


def _remember(
    connection: Connection, what: str, agent_id: int, before: dict[str, str], after: dict[str, str], now: int
) -> None:
    changes.record(connection, what, agent_subject(agent_id), before, after, actor=ACTOR, now=now)
    wake(connection, "stock")


def _done(inbox_id: int, change: str, agent_id: int) -> Verdict:
    return Verdict(inbox_id, "done", EVENT, decision=json.dump({"change": change, "agent_id": agent_id}))


def _unchanged(inbox_id: int) -> Verdict:
    return Verdict(inbox_id, "ignored", EVENT, "the agent stood so before")

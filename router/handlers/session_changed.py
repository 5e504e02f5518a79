"""A person took a 微信客服 session, or it ended: the bot keeps silent, or may answer again."""

from collections.abc import Sequence

from sqlalchemy import Connection

from router.db import json
from router.db.queries import arrivals, conversations
from router.db.queries.inbox import Verdict
from router.domain.events import SessionChanged
from router.handlers.received import Received, Situation

EVENT = "session_changed"


def handle(connection: Connection, batch: Sequence[Received[SessionChanged]], situation: Situation) -> list[Verdict]:
    """Follow the platform's word on who has the session."""
    customers = arrivals.ensure_customers(connection, [each.event.external_userid for each in batch], situation.now)
    agents = arrivals.agents(connection, [each.event.agent_userid for each in batch])
    verdicts = []
    for each in batch:
        agent = agents.get(each.event.agent_userid)
        status = "human" if each.event.agent_userid else "ended"
        conversations.follow_platform(
            connection,
            customers[each.event.external_userid],
            each.event.open_kfid,
            status,
            agent.id if agent else None,
            each.event.at,
        )
        said = json.dump({"session": status, "agent_userid": each.event.agent_userid})
        verdicts.append(Verdict(each.inbox_id, "done", EVENT, decision=said))
    return verdicts

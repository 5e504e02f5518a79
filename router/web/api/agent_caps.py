"""Operations on the caps that single agents have within one live code or one pool."""

from sqlalchemy import Connection

from router.db.queries.agent_caps import AgentCaps, Within
from router.db.queries.caps import Caps
from router.handlers.admin import agent_caps
from router.handlers.admin.refusal import Missing, Refusal
from router.web.api.fields import CapsBody, CapsResource, ListOf, NoQuery, Resource
from router.web.api.operation import Call, Operation


class AgentCapsResource(Resource):
    """``taken_today`` counts the places that the agent gave through this code or pool."""

    agent_id: int
    name: str
    caps: CapsResource
    taken_today: int


def list_code_agent_caps(connection: Connection, call: Call[NoQuery, None]) -> ListOf[AgentCapsResource] | Refusal:
    return _list(connection, call, Within("code", call.ids["code_id"]))


def set_code_agent_caps(connection: Connection, call: Call[NoQuery, CapsBody]) -> AgentCapsResource | Refusal:
    return _set(connection, call, Within("code", call.ids["code_id"]))


def list_pool_agent_caps(connection: Connection, call: Call[NoQuery, None]) -> ListOf[AgentCapsResource] | Refusal:
    return _list(connection, call, Within("pool", call.ids["pool_id"]))


def set_pool_agent_caps(connection: Connection, call: Call[NoQuery, CapsBody]) -> AgentCapsResource | Refusal:
    return _set(connection, call, Within("pool", call.ids["pool_id"]))


def _list(connection: Connection, call: Call[NoQuery, None], within: Within) -> ListOf[AgentCapsResource] | Refusal:
    found = agent_caps.list_agent_caps(connection, call.act, within)
    if isinstance(found, Missing):
        return found
    return call.page_of([AgentCapsResource.model_validate(each) for each in found], None)


def _set(connection: Connection, call: Call[NoQuery, CapsBody], within: Within) -> AgentCapsResource | Refusal:
    caps = Caps(**call.body.model_dump())
    outcome = agent_caps.set_agent_caps(connection, call.act, within, call.ids["agent_id"], caps)
    return AgentCapsResource.model_validate(outcome) if isinstance(outcome, AgentCaps) else outcome


OF_CODE = "/v1/live-codes/{code_id}/agent-caps"
OF_POOL = "/v1/pools/{pool_id}/agent-caps"
OPERATIONS = (
    Operation(
        "GET", OF_CODE, "What single agents take of a live code", list_code_agent_caps, ListOf[AgentCapsResource]
    ),
    Operation(
        "PUT",
        f"{OF_CODE}/{{agent_id}}",
        "Cap what one agent takes of a live code",
        set_code_agent_caps,
        AgentCapsResource,
        body=CapsBody,
        writes=True,
    ),
    Operation("GET", OF_POOL, "What single agents take of a pool", list_pool_agent_caps, ListOf[AgentCapsResource]),
    Operation(
        "PUT",
        f"{OF_POOL}/{{agent_id}}",
        "Cap what one agent takes of a pool",
        set_pool_agent_caps,
        AgentCapsResource,
        body=CapsBody,
        writes=True,
    ),
)

"""Operations on agents (接待员工)."""

from pydantic import Field
from sqlalchemy import Connection

from router.db.queries import agents as query
from router.db.queries.caps import Caps
from router.handlers.admin import agents
from router.handlers.admin.refusal import AGENT, Missing, Refusal
from router.web.api.fields import (
    Body,
    CapsBody,
    CapsResource,
    Instant,
    ListOf,
    Name,
    NoQuery,
    Paging,
    QueryTruth,
    Resource,
    Search,
)
from router.web.api.operation import Call, Operation


class AgentResource(Resource):
    """A person who receives customers; ``taken_today`` counts places across all codes."""

    id: int
    userid: str
    name: str
    weight: int
    on_duty: bool
    available: bool
    unavailable_reason: str
    caps: CapsResource
    taken_today: int
    ready_ways: int
    created_at: Instant
    archived_at: Instant | None


class ListAgents(Paging):
    search: Search = ""
    archived: QueryTruth = False


class NewAgentBody(Body):
    userid: str = Field(max_length=64, pattern=f"^{agents.USERID.pattern}$")
    name: Name
    weight: int = Field(default=1, ge=1, le=agents.MAX_WEIGHT)
    on_duty: bool = True
    caps: CapsBody = CapsBody()


class AgentEditBody(Body):
    """Fields left out, or null, stay as they are; ``caps`` replaces all three windows."""

    name: Name | None = None
    weight: int | None = Field(default=None, ge=1, le=agents.MAX_WEIGHT)
    on_duty: bool | None = None
    caps: CapsBody | None = None


def list_agents(connection: Connection, call: Call[ListAgents, None]) -> ListOf[AgentResource]:
    page = query.list_agents(
        connection,
        call.act.now,
        call.act.zone,
        search=call.query.search,
        archived=call.query.archived,
        after=call.after,
        limit=call.query.limit,
    )
    return call.page(page, AgentResource)


def get_agent(connection: Connection, call: Call[NoQuery, None]) -> AgentResource | Refusal:
    agent = query.get_agent(connection, call.ids["agent_id"], call.act.now, call.act.zone)
    return Missing(AGENT) if agent is None else AgentResource.model_validate(agent)


def create_agent(connection: Connection, call: Call[NoQuery, NewAgentBody]) -> AgentResource | Refusal:
    body = call.body
    new = agents.NewAgent(body.userid, body.name, body.weight, body.on_duty, Caps(**body.caps.model_dump()))
    return _resource(agents.create_agent(connection, call.act, new))


def update_agent(connection: Connection, call: Call[NoQuery, AgentEditBody]) -> AgentResource | Refusal:
    body = call.body
    caps = None if body.caps is None else Caps(**body.caps.model_dump())
    edit = agents.AgentEdit(body.name, body.weight, body.on_duty, caps)
    return _resource(agents.update_agent(connection, call.act, call.ids["agent_id"], edit))


def archive_agent(connection: Connection, call: Call[NoQuery, None]) -> AgentResource | Refusal:
    return _resource(agents.archive_agent(connection, call.act, call.ids["agent_id"]))


def restore_agent(connection: Connection, call: Call[NoQuery, None]) -> AgentResource | Refusal:
    return _resource(agents.restore_agent(connection, call.act, call.ids["agent_id"]))


def _resource(outcome: query.Agent | Refusal) -> AgentResource | Refusal:
    return AgentResource.model_validate(outcome) if isinstance(outcome, query.Agent) else outcome


ONE = "/v1/agents/{agent_id}"
OPERATIONS = (
    Operation(
        "GET",
        "/v1/agents",
        "Agents with caps and today's use",
        list_agents,
        ListOf[AgentResource],
        ListAgents,
    ),
    Operation(
        "POST",
        "/v1/agents",
        "Create an agent",
        create_agent,
        AgentResource,
        body=NewAgentBody,
        writes=True,
        status=201,
    ),
    Operation("GET", ONE, "One agent", get_agent, AgentResource),
    Operation("PATCH", ONE, "Edit an agent", update_agent, AgentResource, body=AgentEditBody, writes=True),
    Operation("POST", f"{ONE}/archive", "Archive an agent", archive_agent, AgentResource, writes=True),
    Operation("POST", f"{ONE}/restore", "Restore an agent", restore_agent, AgentResource, writes=True),
)

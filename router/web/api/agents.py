"""Operations on agents (接待员工)."""

from typing import Annotated

from pydantic import Field
from sqlalchemy import Connection

from router.db.queries import agents as query
from router.db.queries.caps import Caps
from router.domain.assignment import Duty
from router.handlers.admin import agents
from router.handlers.admin import presence as own_word
from router.handlers.admin.presence import Presence
from router.handlers.admin.refusal import AGENT, Missing, Refusal
from router.web.api.fields import (
    MAX_ID,
    ONE_LINE,
    SEARCHABLE,
    Body,
    CapsBody,
    CapsResource,
    Id,
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
    """A person who receives customers; ``taken_today`` counts places across all codes.

    ``duty`` is what ``on_duty``, the schedule and ``presence`` come to now. ``presence`` holds until
    ``presence_until_at``, for good when that is null.
    """

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
    skills: list[str]
    department: str
    schedule_id: int | None
    presence: str
    presence_until_at: Instant | None
    duty: Duty
    has_photo: bool
    created_at: Instant
    archived_at: Instant | None


class ListAgents(Paging):
    search: Search = ""
    archived: QueryTruth = False


Skills = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=agents.MAX_SKILL_CHARACTERS, pattern=ONE_LINE)]],
    Field(max_length=agents.MAX_SKILLS),
]
Department = Annotated[str, Field(max_length=64, pattern=SEARCHABLE)]


class NewAgentBody(Body):
    """``schedule_id`` null: on duty day and night."""

    userid: str = Field(max_length=64, pattern=f"^{agents.USERID.pattern}$")
    name: Name
    weight: int = Field(default=1, ge=1, le=agents.MAX_WEIGHT)
    on_duty: bool = True
    caps: CapsBody = CapsBody()
    skills: Skills = Field(default_factory=list)
    department: Department = ""
    schedule_id: Id | None = None


class AgentEditBody(Body):
    """Fields left out, or null, stay as they are; ``caps`` and ``skills`` replace all. Schedule 0: no schedule."""

    name: Name | None = None
    weight: int | None = Field(default=None, ge=1, le=agents.MAX_WEIGHT)
    on_duty: bool | None = None
    caps: CapsBody | None = None
    skills: Skills | None = None
    department: Department | None = None
    schedule_id: int | None = Field(default=None, ge=0, le=MAX_ID)


class PresenceBody(Body):
    """Paused and offline: no new customers, for ``minutes`` or until it is said otherwise."""

    presence: Presence
    minutes: int | None = Field(default=None, ge=1, le=own_word.MAX_MINUTES)


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
    new = agents.NewAgent(
        body.userid,
        body.name,
        body.weight,
        body.on_duty,
        Caps(**body.caps.model_dump()),
        tuple(body.skills),
        body.department,
        body.schedule_id,
    )
    return _resource(agents.create_agent(connection, call.act, new))


def update_agent(connection: Connection, call: Call[NoQuery, AgentEditBody]) -> AgentResource | Refusal:
    body = call.body
    caps = None if body.caps is None else Caps(**body.caps.model_dump())
    skills = None if body.skills is None else tuple(body.skills)
    edit = agents.AgentEdit(body.name, body.weight, body.on_duty, caps, skills, body.department, body.schedule_id)
    return _resource(agents.update_agent(connection, call.act, call.ids["agent_id"], edit))


def archive_agent(connection: Connection, call: Call[NoQuery, None]) -> AgentResource | Refusal:
    return _resource(agents.archive_agent(connection, call.act, call.ids["agent_id"]))


def restore_agent(connection: Connection, call: Call[NoQuery, None]) -> AgentResource | Refusal:
    return _resource(agents.restore_agent(connection, call.act, call.ids["agent_id"]))


def set_presence(connection: Connection, call: Call[NoQuery, PresenceBody]) -> AgentResource | Refusal:
    body = call.body
    return _resource(own_word.set_presence(connection, call.act, call.ids["agent_id"], body.presence, body.minutes))


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
    Operation(
        "POST",
        f"{ONE}/presence",
        "Say whether an agent is online, paused or offline",
        set_presence,
        AgentResource,
        body=PresenceBody,
        writes=True,
    ),
)

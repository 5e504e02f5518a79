"""Operations on agents (接待员工)."""

from dataclasses import fields
from typing import Annotated

from pydantic import Field
from sqlalchemy import Connection

from router.db.queries import agents as query
from router.db.queries.board import BoardLine, board_of
from router.db.queries.caps import Caps
from router.domain.assignment import Duty
from router.domain.capacity import Limit, Window
from router.domain.room import Room, State
from router.handlers.admin import agents
from router.handlers.admin import presence as own_word
from router.handlers.admin.act import Act
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


class LimitResource(Resource):
    """One cap and its use in the present period: ``subject`` is what it counts, ``source`` the subject that sets it,
    which is the pool where a pool sets the turns of each member."""

    subject: str
    source: str
    window: Window
    places: int
    taken: int


class RoomResource(Resource):
    """The cap that decides for the customers of this pool and code; ``limit`` null: no cap.

    ``code_id`` null: through every code that has no room of its own here; ``pool_id`` null: in every pool.
    """

    pool_id: int | None
    code_id: int | None
    limit: LimitResource | None
    room: Room


class AgentResource(Resource):
    """A person who receives customers; ``taken_today`` counts places across all codes.

    ``state`` is what the agent comes to now: why they receive nobody, or how much room they have. ``partly``: full in
    some of the ``rooms`` and not in others; ``turn``: their turns of the round are used up. ``limit`` is the cap with
    the fewest places left of all, ``rooms`` has the one of each pool and code where they differ, the fewest first;
    ``conversations`` the cap on open conversations, null without one.

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
    state: State
    limit: LimitResource | None
    rooms: list[RoomResource]
    conversations: LimitResource | None
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
    lines = board_of(connection, page.items, call.act.now, call.act.zone)
    return call.page_of([_of_line(line) for line in lines], page.next)


def get_agent(connection: Connection, call: Call[NoQuery, None]) -> AgentResource | Refusal:
    agent = query.get_agent(connection, call.ids["agent_id"], call.act.now, call.act.zone)
    return _resource(connection, call.act, Missing(AGENT) if agent is None else agent)


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
    return _resource(connection, call.act, agents.create_agent(connection, call.act, new))


def update_agent(connection: Connection, call: Call[NoQuery, AgentEditBody]) -> AgentResource | Refusal:
    body = call.body
    caps = None if body.caps is None else Caps(**body.caps.model_dump())
    skills = None if body.skills is None else tuple(body.skills)
    edit = agents.AgentEdit(body.name, body.weight, body.on_duty, caps, skills, body.department, body.schedule_id)
    return _resource(connection, call.act, agents.update_agent(connection, call.act, call.ids["agent_id"], edit))


def archive_agent(connection: Connection, call: Call[NoQuery, None]) -> AgentResource | Refusal:
    return _resource(connection, call.act, agents.archive_agent(connection, call.act, call.ids["agent_id"]))


def restore_agent(connection: Connection, call: Call[NoQuery, None]) -> AgentResource | Refusal:
    return _resource(connection, call.act, agents.restore_agent(connection, call.act, call.ids["agent_id"]))


def set_presence(connection: Connection, call: Call[NoQuery, PresenceBody]) -> AgentResource | Refusal:
    body = call.body
    outcome = own_word.set_presence(connection, call.act, call.ids["agent_id"], body.presence, body.minutes)
    return _resource(connection, call.act, outcome)


def _resource(connection: Connection, act: Act, outcome: query.Agent | Refusal) -> AgentResource | Refusal:
    if not isinstance(outcome, query.Agent):
        return outcome
    (line,) = board_of(connection, [outcome], act.now, act.zone)
    return _of_line(line)


def _of_line(line: BoardLine) -> AgentResource:
    of_agent = {each.name: getattr(line.agent, each.name) for each in fields(line.agent)}
    rooms = [
        RoomResource(
            pool_id=each.pool_id or None, code_id=each.code_id or None, limit=_limit(each.limit), room=each.room
        )
        for each in line.rooms
    ]
    conversations = _limit(line.conversations.limit) if line.conversations else None
    return AgentResource.model_validate(
        {**of_agent, "state": line.state, "limit": _limit(line.limit), "rooms": rooms, "conversations": conversations}
    )


def _limit(limit: Limit | None) -> LimitResource | None:
    return None if limit is None else LimitResource.model_validate(limit)


ONE = "/v1/agents/{agent_id}"
OPERATIONS = (
    Operation(
        "GET",
        "/v1/agents",
        "Agents with caps, today's use and the cap that decides",
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

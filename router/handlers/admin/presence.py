"""Online, paused or offline: an agent's own word, by themselves or by an admin; and the picture visitors see."""

from typing import Literal, TypeAlias, get_args

from sqlalchemy import Connection

from router.db.queries import agents, changes
from router.db.queries.agents import Agent
from router.db.queries.duty import present
from router.db.queries.presence import set_photo as keep_photo
from router.db.queries.presence import set_presence as keep_presence
from router.domain.capacity import agent_subject
from router.handlers.admin.act import Act
from router.handlers.admin.refusal import AGENT, Invalid, Missing, Refusal, archived, problem, range_problems
from tagtree.wording import Problem

Presence: TypeAlias = Literal["online", "paused", "offline"]
PRESENCES: tuple[Presence, ...] = get_args(Presence)

MAX_MINUTES = 24 * 60
_MINUTE = 60_000  # ms


def set_presence(
    connection: Connection, act: Act, agent_id: int, presence: str, minutes: int | None = None
) -> Agent | Refusal:
    """Say whether the agent receives customers; for ``minutes``, or until it is said otherwise with None.

    Whoever comes back by it has returned now: the ramp of their pools begins.
    """
    before = agents.get_agent(connection, agent_id, act.now, act.zone)
    if before is None:
        return Missing(AGENT)
    if before.archived_at is not None:
        return archived(AGENT)
    problems = _problems(presence, minutes)
    if problems:
        return Invalid(tuple(problems))
    until_at = None if minutes is None else act.now + minutes * _MINUTE
    keep_presence(connection, agent_id, presence, until_at, _returned_at(before, presence, act.now))
    return _saved(connection, act, "agent.presence", before)


def set_photo(connection: Connection, act: Act, agent_id: int, photo: bytes | None) -> Agent | Refusal:
    """Keep a square PNG as the agent's picture, or none."""
    before = agents.get_agent(connection, agent_id, act.now, act.zone)
    if before is None:
        return Missing(AGENT)
    keep_photo(connection, agent_id, photo)
    return _saved(connection, act, "agent.photo", before)


def _returned_at(before: Agent, presence: str, now: int) -> int | None:
    """The instant of a return by this word; a pause that has run out was a return when it did."""
    if presence != "online" or before.presence == "online":
        return None
    away = present(before.presence, before.presence_until_at, now) != "online"
    return now if away else before.presence_until_at


def _problems(presence: str, minutes: int | None) -> list[Problem]:
    found = [] if minutes is None else range_problems("minutes", minutes, 1, MAX_MINUTES)
    if presence not in PRESENCES:
        hint = ("Choose online, paused or offline.", "请选择 online、paused 或 offline。")
        found.append(problem("presence", ("There is no such presence.", "没有这种状态。"), hint))
    if presence == "online" and minutes is not None:
        found.append(
            problem(
                "minutes",
                ("Online has no end.", "在线不设时长。"),
                ("Leave the minutes empty.", "请不要填写分钟数。"),
            )
        )
    return found


def _saved(connection: Connection, act: Act, what: str, before: Agent) -> Agent:
    after = agents.get_agent(connection, before.id, act.now, act.zone)
    assert after is not None
    changes.record(
        connection, what, agent_subject(before.id), _said(before), _said(after), actor=act.actor, now=act.now
    )
    return after


def _said(agent: Agent) -> dict[str, object]:
    return {
        "presence": agent.presence,
        "presence_until_at": agent.presence_until_at,
        "returned_at": agent.returned_at,
        "has_photo": agent.has_photo,
    }

"""Create, edit, archive and restore agents (接待员工)."""

import re
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from router.db.ledger import wake
from router.db.queries import agents, changes, schedules
from router.db.queries.agents import Agent
from router.db.queries.caps import NO_CAPS, Caps
from router.db.queries.edits import begin_edit
from router.db.queries.presence import set_returned
from router.domain.capacity import agent_subject
from router.handlers.admin.act import Act
from router.handlers.admin.caps import cap_problems, save_caps
from router.handlers.admin.refusal import (
    AGENT,
    Conflict,
    Invalid,
    Missing,
    Refusal,
    archived,
    conflict,
    name_taken,
    problem,
    range_problems,
    text_problems,
)
from tagtree.wording import Problem

MAX_WEIGHT = 100
MAX_SKILLS = 20
MAX_SKILL_CHARACTERS = 32
USERID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_@.-]{0,63}")  # W-90195


@dataclass(frozen=True, slots=True)
class NewAgent:
    """``userid`` is the person's id on the platform; ``weight`` their share of customers."""

    userid: str
    name: str
    weight: int = 1
    on_duty: bool = True
    caps: Caps = NO_CAPS
    skills: tuple[str, ...] = ()
    department: str = ""
    schedule_id: int | None = None


@dataclass(frozen=True, slots=True)
class AgentEdit:
    """What to change; None leaves a field as it is, given caps and skills replace all. Schedule 0: on duty always."""

    name: str | None = None
    weight: int | None = None
    on_duty: bool | None = None
    caps: Caps | None = None
    skills: tuple[str, ...] | None = None
    department: str | None = None
    schedule_id: int | None = None


def create_agent(connection: Connection, act: Act, new: NewAgent) -> Agent | Refusal:
    """A new agent; contact ways are made as soon as a pool has them."""
    begin_edit(connection)
    problems = _userid_problems(new.userid) + _problems(new.name, new.weight, new.caps)
    problems += _belonging_problems(new.skills, new.department)
    if problems:
        return Invalid(tuple(problems))
    if new.schedule_id and not schedules.is_usable(connection, new.schedule_id):
        return _no_schedule(new.schedule_id)
    if (there := agents.get_agent_by_userid(connection, new.userid, act.now, act.zone)) is not None:
        return _userid_taken(there)
    agent_id = agents.insert_agent(connection, new.userid, new.name, new.weight, new.on_duty, act.now)
    if agent_id is None:  # a rename by WeCom was quicker
        return name_taken("userid", new.userid)
    agents.place_agent(connection, agent_id, new.skills, new.department, new.schedule_id or None)
    save_caps(connection, act, agent_subject(agent_id), NO_CAPS, new.caps)
    return _saved(connection, act, "agent.create", agent_id, None)


def update_agent(connection: Connection, act: Act, agent_id: int, edit: AgentEdit) -> Agent | Refusal:
    """Edit an agent; caps and duty hold from the next scan on. Put on duty again, the agent has returned now."""
    begin_edit(connection)
    before = agents.get_agent(connection, agent_id, act.now, act.zone)
    if before is None:
        return Missing(AGENT)
    if before.archived_at is not None:
        return archived(AGENT)
    name = before.name if edit.name is None else edit.name
    weight = before.weight if edit.weight is None else edit.weight
    on_duty = before.on_duty if edit.on_duty is None else edit.on_duty
    skills = before.skills if edit.skills is None else edit.skills
    department = before.department if edit.department is None else edit.department
    schedule_id = before.schedule_id if edit.schedule_id is None else edit.schedule_id or None
    problems = _problems(name, weight, edit.caps) + _belonging_problems(skills, department)
    if problems:
        return Invalid(tuple(problems))
    if schedule_id and schedule_id != before.schedule_id and not schedules.is_usable(connection, schedule_id):
        return _no_schedule(schedule_id)
    agents.update_agent(connection, agent_id, name, weight, on_duty)
    agents.place_agent(connection, agent_id, skills, department, schedule_id)
    if on_duty and not before.on_duty:
        set_returned(connection, agent_id, act.now)
    save_caps(connection, act, agent_subject(agent_id), before.caps, edit.caps)
    return _saved(connection, act, "agent.update", agent_id, before)


def archive_agent(connection: Connection, act: Act, agent_id: int) -> Agent | Refusal:
    """Give the agent no more customers; places held now stay held."""
    return _set_archived(connection, act, agent_id, act.now)


def restore_agent(connection: Connection, act: Act, agent_id: int) -> Agent | Refusal:
    """Undo `archive_agent`."""
    return _set_archived(connection, act, agent_id, None)


def _set_archived(connection: Connection, act: Act, agent_id: int, archived_at: int | None) -> Agent | Refusal:
    before = agents.get_agent(connection, agent_id, act.now, act.zone)
    if before is None:
        return Missing(AGENT)
    agents.set_agent_archived(connection, agent_id, archived_at)
    return _saved(connection, act, "agent.restore" if archived_at is None else "agent.archive", agent_id, before)


def _saved(connection: Connection, act: Act, what: str, agent_id: int, before: Agent | None) -> Agent:
    after = agents.get_agent(connection, agent_id, act.now, act.zone)
    assert after is not None
    changes.record(
        connection, what, agent_subject(agent_id), _edited(before), _edited(after), actor=act.actor, now=act.now
    )
    wake(connection, "stock")
    return after


def _edited(agent: Agent | None) -> Agent | None:
    """Without the numbers that move by themselves."""
    return None if agent is None else replace(agent, taken_today=0, ready_ways=0, duty="on")


def _userid_problems(userid: str) -> list[Problem]:
    if USERID.fullmatch(userid):
        return []
    return [
        problem(
            "userid",
            ("Not a userid of the platform.", "不是有效的企业微信账号。"),
            (
                "Copy the account from the member's page: letters, digits and _-@.",
                "请从成员详情复制账号：字母、数字和 _-@.",
            ),
        )
    ]


def _userid_taken(there: Agent) -> Conflict:
    """WeCom tells no two members apart by case, so neither may two agents be."""
    reason = (
        f"“{there.userid}” is the userid of {there.name}, number {there.id}; upper and lower case make no difference.",
        f"“{there.userid}”是{there.name}（编号 {there.id}）的账号；企业微信账号不区分大小写。",
    )
    hint = (
        ("That agent is archived: restore them.", "该接待员工已归档：请恢复。")
        if there.archived_at is not None
        else ("Edit that agent, or check the account on the member's page.", "请编辑该接待员工，或在成员详情核对账号。")
    )
    return conflict("userid", reason, hint)


def _problems(name: str, weight: int, caps: Caps | None) -> list[Problem]:
    return text_problems("name", name) + range_problems("weight", weight, 1, MAX_WEIGHT) + cap_problems(caps, "agent")


def _belonging_problems(skills: tuple[str, ...], department: str) -> list[Problem]:
    found = [each for skill in skills for each in text_problems("skills", skill, MAX_SKILL_CHARACTERS)]
    if len(skills) > MAX_SKILLS or len(set(skills)) < len(skills):
        found.append(
            problem(
                "skills",
                (f"More than {MAX_SKILLS} skills, or one of them twice.", f"技能超过 {MAX_SKILLS} 个，或有重复。"),
                ("Name each skill once.", "每个技能只写一次。"),
            )
        )
    return found[:MAX_SKILLS] + (text_problems("department", department) if department else [])


def _no_schedule(schedule_id: int | None) -> Conflict:
    return conflict(
        "schedule_id",
        (f"There is no schedule {schedule_id} in use.", f"没有编号为 {schedule_id} 的可用排班。"),
        ("Choose a schedule from the list, or none.", "请从列表中选择排班，或不选。"),
    )

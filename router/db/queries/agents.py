"""接待员工 (agents) as administration sees them: with caps, today's use and stock."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from sqlalchemy import Connection

from router.db import json
from router.db.queries.caps import Caps, caps_of
from router.db.queries.duty import duty, parsed, present
from router.db.queries.page import Page, like, page_of
from router.db.sql import Row, Sql
from router.domain.assignment import Duty
from router.domain.capacity import agent_subject, period
from router.domain.schedule import on_shift

_AGENTS = Sql(
    "SELECT a.id, a.userid, a.name, a.weight, a.on_duty, a.available, a.unavailable_reason, a.created_at,"
    " a.archived_at, coalesce(used.taken, 0),"
    " (SELECT count(*) FROM contact_way AS w WHERE w.agent_id = a.id AND w.status = 'ready'),"
    " a.skills, a.department, a.schedule_id, coalesce(s.name, ''), s.content, a.presence, a.presence_until_at,"
    " a.returned_at, a.photo IS NOT NULL,"
    " EXISTS (SELECT 1 FROM pool_member AS m JOIN pool AS p ON p.id = m.pool_id WHERE m.agent_id = a.id"
    " AND p.archived_at IS NULL)"
    " FROM agent AS a"
    " LEFT JOIN schedule AS s ON s.id = a.schedule_id"
    " LEFT JOIN counter AS used ON used.subject = 'agent:' || a.id AND used.window = 'day' AND used.period = :today"
    " WHERE (:id = 0 OR a.id = :id) AND (:userid = '' OR lower(a.userid) = lower(:userid)) AND a.id > :after"
    " AND (:id <> 0 OR :userid <> '' OR (a.archived_at IS NOT NULL) = :archived)"
    " AND (:search = '' OR lower(a.name) LIKE :like ESCAPE '!' OR lower(a.userid) LIKE :like ESCAPE '!')"
    " ORDER BY a.id LIMIT :rows"
)
_INSERT = Sql(
    "INSERT INTO agent (userid, name, weight, on_duty, available, unavailable_reason, created_at)"
    " VALUES (:userid, :name, :weight, :on_duty, :available, '', :now) ON CONFLICT DO NOTHING RETURNING id"
)
_UPDATE = Sql("UPDATE agent SET name = :name, weight = :weight, on_duty = :on_duty WHERE id = :id")
_PLACE = Sql("UPDATE agent SET skills = :skills, department = :department, schedule_id = :schedule_id WHERE id = :id")
_ARCHIVE = Sql("UPDATE agent SET archived_at = :archived_at WHERE id = :id")
_KNOWN = Sql("SELECT id FROM agent WHERE archived_at IS NULL AND id {among:ids}")
_UNAVAILABLE = Sql("SELECT userid, unavailable_reason FROM agent WHERE userid {among:userids}")
_NAMES = Sql("SELECT id, userid, name FROM agent WHERE archived_at IS NULL ORDER BY name, id")
_EVERY_NAME = Sql(
    "SELECT id, name, archived_at IS NOT NULL FROM agent ORDER BY archived_at IS NOT NULL, lower(name), id"
)


@dataclass(frozen=True, slots=True)
class Agent:
    """``taken_today`` counts places across all codes; ``ready_ways`` is the stock of contact ways, made for those
    in a pool.

    ``duty`` is what on_duty, schedule and presence come to now; ``presence`` holds until ``presence_until_at``.
    """

    id: int
    userid: str
    name: str
    weight: int
    on_duty: bool
    available: bool
    unavailable_reason: str
    created_at: int
    archived_at: int | None
    caps: Caps
    taken_today: int
    ready_ways: int
    skills: tuple[str, ...]
    department: str
    schedule_id: int | None
    schedule_name: str
    presence: str
    presence_until_at: int | None
    returned_at: int | None
    has_photo: bool
    is_in_pool: bool
    duty: Duty


def list_agents(
    connection: Connection,
    now: int,
    zone: tzinfo,
    *,
    search: str = "",
    archived: bool = False,
    after: int = 0,
    limit: int = 200,
) -> Page[Agent]:
    """Agents by id with caps and today's use, in two queries; ``after`` continues a page."""
    rows = _rows(connection, now, zone, search=search, archived=archived, after=after, rows=limit + 1)
    return page_of(_agents(connection, rows, now, zone), limit, lambda agent: agent.id)


def agent_names(connection: Connection) -> tuple[tuple[int, str, str], ...]:
    """Id, userid and name of every agent in use, to choose from."""
    return tuple((id, userid, name) for id, userid, name in _NAMES.rows(connection))


def unavailable_reasons(connection: Connection, userids: Collection[str]) -> dict[str, str]:
    """Why the platform cannot reach these agents; empty for those it can."""
    return dict(_UNAVAILABLE.rows(connection, userids=sorted(userids)))


def every_agent_name(connection: Connection) -> tuple[tuple[int, str, bool], ...]:
    """Id and name of every agent, and whether they are archived: whoever took customers once can be asked about."""
    return tuple((id, name, bool(archived)) for id, name, archived in _EVERY_NAME.rows(connection))


def get_agent(connection: Connection, agent_id: int, now: int, zone: tzinfo) -> Agent | None:
    """One agent, archived or not."""
    return next(iter(_agents(connection, _rows(connection, now, zone, id=agent_id), now, zone)), None)


def get_agent_by_userid(connection: Connection, userid: str, now: int, zone: tzinfo) -> Agent | None:
    """The agent with this platform userid, upper or lower case, archived or not; the first of them."""
    return next(iter(_agents(connection, _rows(connection, now, zone, userid=userid), now, zone)), None)


def insert_agent(connection: Connection, userid: str, name: str, weight: int, on_duty: bool, now: int) -> int | None:
    """The new agent's id, or None when the userid is taken."""
    row = _INSERT.row(connection, userid=userid, name=name, weight=weight, on_duty=on_duty, available=True, now=now)
    return None if row is None else int(row[0])


def update_agent(connection: Connection, agent_id: int, name: str, weight: int, on_duty: bool) -> None:
    """Write what an admin may edit."""
    _UPDATE.run(connection, id=agent_id, name=name, weight=weight, on_duty=on_duty)


def place_agent(
    connection: Connection, agent_id: int, skills: Sequence[str], department: str, schedule_id: int | None
) -> None:
    """Write what an agent can do, where they belong, and when they work."""
    _PLACE.run(connection, id=agent_id, skills=json.dump(list(skills)), department=department, schedule_id=schedule_id)


def set_agent_archived(connection: Connection, agent_id: int, archived_at: int | None) -> None:
    """Take out of sight, or back with None."""
    _ARCHIVE.run(connection, id=agent_id, archived_at=archived_at)


def known_agents(connection: Connection, agent_ids: list[int]) -> set[int]:
    """Those of the ids that are agents and not archived."""
    return {row[0] for row in _KNOWN.rows(connection, ids=agent_ids)}


def _rows(connection: Connection, now: int, zone: tzinfo, **chosen: object) -> list[Row]:
    search = str(chosen.get("search", ""))
    every = {"id": 0, "userid": "", "after": 0, "archived": False, "search": "", "rows": 1}
    return _AGENTS.rows(connection, **{**every, **chosen, "like": like(search), "today": period("day", now, zone)})


def _agents(connection: Connection, rows: list[Row], now: int, zone: tzinfo) -> list[Agent]:
    caps = caps_of(connection, [agent_subject(row[0]) for row in rows])
    return [_agent(row, caps[agent_subject(row[0])], now, zone) for row in rows]


def _agent(row: Row, caps: Caps, now: int, zone: tzinfo) -> Agent:
    id, userid, name, weight, on_duty, available, reason, created_at, archived_at, taken, ready = row[:11]
    skills, department, schedule_id, schedule_name, content, presence, until_at, returned_at, has_photo, in_pool = row[
        11:
    ]
    is_on_shift = content is None or on_shift(parsed(content), now, zone)
    return Agent(
        id,
        userid,
        name,
        weight,
        bool(on_duty),
        bool(available),
        reason,
        created_at,
        archived_at,
        caps,
        taken,
        ready,
        tuple(json.load(skills)),
        department,
        schedule_id,
        schedule_name,
        presence,
        until_at,
        returned_at,
        bool(has_photo),
        bool(in_pool),
        duty(bool(on_duty), is_on_shift, present(presence, until_at, now)),
    )

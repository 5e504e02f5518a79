"""The contact ways of native codes (原生活码): whom they should list, whom they list, and when to look again."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from router.db import json
from router.db.queries import arrivals, native_changes, timers
from router.db.queries.page import Page, page_of
from router.db.sql import Row, Sql
from router.domain.native_reasons import Reason, Reasons, Refusal

_COLUMNS = (
    "SELECT n.id, n.code_id, c.slug, c.name, c.pool_id, p.name, c.skill, c.department, c.archived_at, n.state,"
    " n.config_id, n.link, n.wanted, n.wanted_version, n.applied, n.applied_version, n.refused, n.status, n.error,"
    " n.changed_at, n.read_back_at, n.backup_agent_id, b.userid, n.picture IS NOT NULL, c.created_at,"
    " n.reasons FROM native_way AS n JOIN live_code AS c ON c.id = n.code_id JOIN pool AS p ON p.id = c.pool_id"
    " LEFT JOIN agent AS b ON b.id = n.backup_agent_id"
)
_OF_CODE = Sql(f"{_COLUMNS} WHERE n.code_id = :code_id")
_PAGE = Sql(f"{_COLUMNS} WHERE n.id < :before AND c.archived_at IS NULL ORDER BY n.id DESC LIMIT :rows")
_INSERT = Sql(
    "INSERT INTO native_way (code_id, state, config_id, link, wanted, wanted_version, applied, applied_version,"
    " refused, reasons, status, error, changed_at, backup_agent_id) VALUES (:code_id, :state, :config_id, '', '[]', 0,"
    " :applied, 0, '{}', '{}', 'making', '', :now, :backup_agent_id)"
)
_MARK_NATIVE = Sql("UPDATE live_code SET kind = 'native' WHERE id = :code_id")
_SET_BACKUP = Sql("UPDATE native_way SET backup_agent_id = :agent_id WHERE code_id = :code_id")
_WANT = Sql(
    "UPDATE native_way SET wanted = :wanted, wanted_version = wanted_version + 1, reasons = :reasons,"
    " changed_at = :now WHERE code_id = :code_id"
)
_EXPLAIN = Sql("UPDATE native_way SET reasons = :reasons WHERE code_id = :code_id")
_LISTED = Sql("SELECT applied FROM native_way WHERE code_id = :code_id")
_WANT_AGAIN = Sql("UPDATE native_way SET wanted_version = wanted_version + 1 WHERE code_id = :code_id")
_APPLIED = Sql(
    "UPDATE native_way SET config_id = :config_id, applied = :applied, applied_version = :version, refused = :refused,"
    " status = 'ready', error = '', read_back_at = :now WHERE code_id = :code_id"
)
_PICTURE = Sql("UPDATE native_way SET link = :link, picture = :picture WHERE code_id = :code_id")
_BLAME = Sql("UPDATE native_way SET status = :status, error = :error, refused = :refused WHERE code_id = :code_id")
_PICTURE_OF = Sql(
    "SELECT n.picture FROM native_way AS n JOIN live_code AS c ON c.id = n.code_id"
    " WHERE c.slug = :slug AND n.picture IS NOT NULL"
)
_PRINTED = Sql("SELECT link, picture IS NOT NULL, status FROM native_way WHERE code_id = :code_id")
_STATE = Sql("SELECT 1 FROM native_way WHERE state = :state UNION ALL SELECT 1 FROM contact_way WHERE state = :state")
_FAILING = Sql(
    "SELECT n.code_id, c.name, n.error FROM native_way AS n JOIN live_code AS c ON c.id = n.code_id"
    " WHERE n.error <> '' AND c.archived_at IS NULL ORDER BY n.code_id"
)
_BUSIEST_MINUTE = Sql(
    "SELECT max(adds) FROM (SELECT count(*) AS adds FROM assignment WHERE how = 'printed_code' AND code_id = :code_id"
    " AND at > :since GROUP BY (:now - at) / 60000) AS minutes"
)
_ALL = "SELECT n.code_id FROM native_way AS n JOIN live_code AS c ON c.id = n.code_id WHERE c.archived_at IS NULL"
_CODES = Sql(f"{_ALL} ORDER BY n.code_id")
# Of the pool that takes over, only who is listed now matters at once.
_CODES_OF_AGENTS = Sql(
    f"{_ALL} AND (c.pool_id IN (SELECT m.pool_id FROM pool_member AS m JOIN agent AS a ON a.id = m.agent_id"
    " WHERE a.userid {among:userids}) OR EXISTS (SELECT 1 FROM agent AS a WHERE a.userid {among:userids}"
    " AND n.wanted LIKE '%\"' || a.userid || '\"%')) ORDER BY n.code_id"
)


Refusals = Mapping[str, Refusal]


@dataclass(frozen=True, slots=True)
class Printed:
    """What there is to print of a native code; ``link`` is what the picture says, empty where it cannot be read."""

    link: str
    has_picture: bool
    status: str


@dataclass(frozen=True, slots=True)
class NativeWay:
    """``wanted`` and ``applied`` are userids; they agree once ``applied_version`` has reached ``wanted_version``.

    ``reasons`` say why each agent is wanted, or is not.
    """

    id: int
    code_id: int
    slug: str
    name: str
    pool_id: int
    pool_name: str
    skill: str
    department: str
    archived_at: int | None
    state: str
    config_id: str | None
    link: str
    wanted: tuple[str, ...]
    wanted_version: int
    applied: tuple[str, ...]
    applied_version: int
    refused: Refusals
    status: str
    error: str
    changed_at: int
    read_back_at: int | None
    backup_agent_id: int | None
    backup: str
    has_picture: bool
    created_at: int
    reasons: Reasons

    @property
    def in_step(self) -> bool:
        """Whether the platform has read back what is wanted now."""
        return self.applied_version == self.wanted_version and self.has_picture

    @property
    def listed(self) -> tuple[str, ...]:
        """What the platform is to list: whom it refuses is left out rather than failing the whole list."""
        return tuple(userid for userid in self.wanted if userid not in self.refused)


def get(connection: Connection, code_id: int) -> NativeWay | None:
    """The contact way of a native code."""
    row = _OF_CODE.row(connection, code_id=code_id)
    return None if row is None else _way(row)


def list_native_ways(connection: Connection, *, before: int = 0, limit: int = 50) -> Page[NativeWay]:
    """Latest first, without archived codes; ``before`` continues a page."""
    rows = _PAGE.rows(connection, before=before or 2**62, rows=limit + 1)
    return page_of([_way(row) for row in rows], limit, lambda way: way.id)


def insert(
    connection: Connection,
    code_id: int,
    state: str,
    now: int,
    *,
    backup_agent_id: int | None = None,
    config_id: str | None = None,
    applied: Sequence[str] = (),
) -> None:
    """Make a code a native one; with ``config_id`` its contact way exists on the platform already, and lists these."""
    _MARK_NATIVE.run(connection, code_id=code_id)
    _INSERT.run(
        connection,
        code_id=code_id,
        state=state,
        config_id=config_id,
        applied=json.dump(list(applied)),
        backup_agent_id=backup_agent_id,
        now=now,
    )
    found = {userid: Reason("imported") for userid in applied}
    native_changes.remember(connection, code_id, 0, (), applied, found, now)


def set_backup(connection: Connection, code_id: int, agent_id: int | None) -> None:
    """Name who stays on the code while no member may."""
    _SET_BACKUP.run(connection, code_id=code_id, agent_id=agent_id)


def want(connection: Connection, code_id: int, userids: Sequence[str], reasons: Reasons, now: int) -> None:
    """Another list is wanted: a new version, until it is read back."""
    values = {"wanted": json.dump(list(userids)), "reasons": json.dump(reasons)}
    _WANT.run(connection, code_id=code_id, now=now, **values)


def explain(connection: Connection, code_id: int, reasons: Reasons) -> None:
    """The same list is wanted for other reasons."""
    _EXPLAIN.run(connection, code_id=code_id, reasons=json.dump(reasons))


def want_again(connection: Connection, code_id: int) -> None:
    """The same list once more, because what refused somebody may have changed."""
    _WANT_AGAIN.run(connection, code_id=code_id)


def applied(
    connection: Connection,
    code_id: int,
    config_id: str,
    version: int,
    userids: Sequence[str],
    refused: Refusals,
    reasons: Reasons,
    now: int,
) -> None:
    """What the platform read back after version ``version`` was sent for these reasons; a change is remembered.

    That somebody is called otherwise than when the list was read back before is none.
    """
    (text,) = _LISTED.row(connection, code_id=code_id) or ("[]",)
    known = arrivals.agents(connection, {*(listed := json.load(text)), *userids})
    before, after = ([known[each].userid if each in known else each for each in names] for names in (listed, userids))
    native_changes.remember(connection, code_id, version, before, after, reasons, now)
    _APPLIED.run(
        connection,
        code_id=code_id,
        config_id=config_id,
        version=version,
        applied=json.dump(list(userids)),
        refused=json.dump(refused),
        now=now,
    )


def set_picture(connection: Connection, code_id: int, link: str, picture: bytes) -> None:
    """The platform's own picture, and what it says when decoded; an update never changes it (W-92228)."""
    _PICTURE.run(connection, code_id=code_id, link=link, picture=picture)


def blame(connection: Connection, code_id: int, status: str, error: str, refused: Refusals) -> None:
    """Why the platform's list is not as wanted."""
    _BLAME.run(connection, code_id=code_id, status=status, error=error, refused=json.dump(refused))


def failing(connection: Connection) -> dict[int, tuple[str, str]]:
    """Name and error of the codes whose list could not be sent when that was last tried, by id."""
    return {code_id: (name, error) for code_id, name, error in _FAILING.rows(connection)}


def picture_of(connection: Connection, slug: str) -> bytes | None:
    """What is printed for a native code; None for other codes, and until it is made."""
    row = _PICTURE_OF.row(connection, slug=slug)
    return None if row is None else bytes(row[0])


def printed(connection: Connection, code_id: int) -> Printed | None:
    """How far the picture of a native code is."""
    row = _PRINTED.row(connection, code_id=code_id)
    return None if row is None else Printed(row[0], bool(row[1]), row[2])


def is_state_used(connection: Connection, state: str) -> bool:
    """Whether adds with this state token are told as another code's."""
    return _STATE.row(connection, state=state) is not None


def adds_in_busiest_minute(connection: Connection, code_id: int, now: int, span: int) -> int:
    """The most customers of one minute that this code brought within the last ``span`` ms."""
    row = _BUSIEST_MINUTE.row(connection, code_id=code_id, now=now, since=now - span)
    return (row[0] or 0) if row else 0


def look_at(connection: Connection, code_id: int, at: int) -> None:
    """Look at one code again at ``at`` (ms); a code has one such timer."""
    timers.arm(connection, "native_code", f"native:{code_id}", at, {"code_id": code_id})


def look_at_those_of(connection: Connection, userids: Collection[str], now: int) -> None:
    """Something about these agents changed: look at the codes that may list them. Cheap, and as often as it likes."""
    ours = {agent.userid for agent in arrivals.agents(connection, userids).values()}  # as they are spelled here
    for (code_id,) in _CODES_OF_AGENTS.rows(connection, userids=sorted(ours)):
        look_at(connection, code_id, now)


def look_at_all(connection: Connection, now: int) -> None:
    """Look at every native code."""
    for (code_id,) in _CODES.rows(connection):
        look_at(connection, code_id, now)


def _way(row: Row) -> NativeWay:
    values = list(row)
    values[12], values[14] = tuple(json.load(row[12])), tuple(json.load(row[14]))
    values[16] = json.load(row[16])
    values[22], values[23] = row[22] or "", bool(row[23])
    values[25] = native_changes.read_reasons(row[25])
    return NativeWay(*values)

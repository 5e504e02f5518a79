"""The QRs behind 群活码 (group codes): what a scan chooses from, and what the console shows of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from router.db import json
from router.db.sql import Row, Sql
from router.domain.group_codes import Chat, Group, GroupSource, GroupStatus

_COLUMNS = (
    "g.id, g.name, g.link, g.source, g.status, g.person_limit, g.people, g.chats, g.makes_rooms, g.expires_at,"
    " g.code_id, g.config_id, g.state, g.counted_at, g.error, g.created_at"
)
_OF_CODE = Sql(
    f"SELECT {_COLUMNS} FROM group_qr AS g WHERE g.code_id = :code_id AND g.status <> 'retired'"
    " ORDER BY g.position, g.id"
)
_ONE = Sql(f"SELECT {_COLUMNS} FROM group_qr AS g WHERE g.id = :id")
_WITH_CHAT = Sql(
    "SELECT id FROM group_qr WHERE status <> 'retired' AND chats LIKE :like ORDER BY id"  # ids are letters and digits
)
_INSERT = Sql(
    "INSERT INTO group_qr (code_id, position, source, name, chats, makes_rooms, state, link, picture, person_limit,"
    " people, expires_at, status, error, created_at)"
    " SELECT :code_id, coalesce(max(position) + 1, 0), :source, :name, :chats, :makes_rooms, :state, :link, :picture,"
    " :person_limit, 0, :expires_at, :status, '', :now FROM group_qr WHERE code_id = :code_id RETURNING id"
)
_EDIT = Sql(
    "UPDATE group_qr SET name = :name, person_limit = :person_limit, people = :people, expires_at = :expires_at,"
    " status = :status, chats = :chats WHERE id = :id"
)
_PLACE = Sql("UPDATE group_qr SET position = :position WHERE id = :id")
_RETIRE = Sql("UPDATE group_qr SET status = 'retired', picture = NULL WHERE id = :id")
_SET_CONFIG = Sql(
    "UPDATE group_qr SET config_id = :config_id, status = 'making' WHERE id = :id AND status <> 'retired'"
)
_MADE = Sql(
    "UPDATE group_qr SET status = 'ready', link = :link, picture = :picture, chats = :chats, error = ''"
    " WHERE id = :id AND status <> 'retired'"
)
_FAILED = Sql("UPDATE group_qr SET status = 'failed', error = :error WHERE id = :id AND status <> 'retired'")
_COUNTED = Sql("UPDATE group_qr SET chats = :chats, counted_at = :now WHERE id = :id AND status <> 'retired'")
_SHOWN = Sql("UPDATE group_qr SET people = people + 1 WHERE id = :id")
_PICTURE = Sql("SELECT picture FROM group_qr WHERE id = :id")
_WAS_SHOWN = Sql("SELECT 1 FROM visit WHERE code_id = :code_id AND visitor = :visitor AND outcome = 'reserved'")
_CODE = Sql("SELECT name, active, archived_at FROM live_code WHERE id = :id")
_OPEN_CODE_OF = Sql(
    "SELECT c.id FROM group_qr AS g JOIN live_code AS c ON c.id = g.code_id"
    " WHERE g.id = :id AND c.active AND c.archived_at IS NULL"
)


@dataclass(frozen=True, slots=True)
class GroupQr:
    """One QR with its record. ``config_id`` and ``state`` are those of a join way, ``error`` why there is none."""

    id: int
    code_id: int
    group: Group
    config_id: str | None
    state: str
    counted_at: int | None
    error: str
    created_at: int


@dataclass(frozen=True, slots=True)
class NewGroupQr:
    """A QR to be shown after those that the code has."""

    code_id: int
    source: GroupSource
    name: str
    person_limit: int
    status: GroupStatus
    chats: tuple[Chat, ...] = ()
    makes_rooms: bool = False
    state: str = ""
    link: str = ""
    picture: bytes | None = None
    expires_at: int | None = None


def group_qrs(connection: Connection, code_id: int) -> tuple[GroupQr, ...]:
    """The QRs of a code in their order; those taken out are left out."""
    return tuple(_group_qr(row) for row in _OF_CODE.rows(connection, code_id=code_id))


def groups(connection: Connection, code_id: int) -> tuple[Group, ...]:
    """What a scan of the code chooses from."""
    return tuple(each.group for each in group_qrs(connection, code_id))


def get_group_qr(connection: Connection, group_qr_id: int) -> GroupQr | None:
    """One QR, also one that was taken out."""
    row = _ONE.row(connection, id=group_qr_id)
    return None if row is None else _group_qr(row)


def with_chat(connection: Connection, chat_id: str) -> tuple[int, ...]:
    """Ids of the QRs that lead into a group of the platform."""
    safe = "".join(letter for letter in chat_id if letter.isalnum())
    return tuple(row[0] for row in _WITH_CHAT.rows(connection, like=f'%"id":"{safe}"%'))


def insert_group_qr(connection: Connection, new: NewGroupQr, now: int) -> int:
    """The id of the new QR, the last of its code."""
    row = _INSERT.row(
        connection,
        code_id=new.code_id,
        source=new.source,
        name=new.name,
        chats=json.dump(new.chats),
        makes_rooms=new.makes_rooms,
        state=new.state,
        link=new.link,
        picture=new.picture,
        person_limit=new.person_limit,
        expires_at=new.expires_at,
        status=new.status,
        now=now,
    )
    assert row is not None
    return int(row[0])


def update_group_qr(connection: Connection, group: Group) -> None:
    """Write what a marketer may edit."""
    _EDIT.run(
        connection,
        id=group.id,
        name=group.name,
        person_limit=group.person_limit,
        people=group.people,
        expires_at=group.expires_at,
        status=group.status,
        chats=json.dump(group.chats),
    )


def place_group_qrs(connection: Connection, ids: Sequence[int]) -> None:
    """Put the QRs of a code into this order."""
    _PLACE.run_many(connection, [{"id": id, "position": position} for position, id in enumerate(ids)])


def retire_group_qr(connection: Connection, group_qr_id: int) -> None:
    """Take a QR out for good."""
    _RETIRE.run(connection, id=group_qr_id)


def join_way_known(connection: Connection, group_qr_id: int, config_id: str | None) -> None:
    """The platform has a join way for it; None: it lost it, and another is needed."""
    _SET_CONFIG.run(connection, id=group_qr_id, config_id=config_id)


def made(connection: Connection, group_qr_id: int, link: str, picture: bytes, chats: Sequence[Chat]) -> None:
    """Its picture is here: it may be shown from now on."""
    _MADE.run(connection, id=group_qr_id, link=link, picture=picture, chats=json.dump(chats))


def failed(connection: Connection, group_qr_id: int, error: str) -> None:
    """The platform will not have it."""
    _FAILED.run(connection, id=group_qr_id, error=error)


def counted(connection: Connection, group_qr_id: int, chats: Sequence[Chat], now: int) -> None:
    """Its groups as the platform counted them."""
    _COUNTED.run(connection, id=group_qr_id, chats=json.dump(chats), now=now)


def was_shown(connection: Connection, code_id: int, visitor: str) -> bool:
    """Whether this visitor was shown a group of the code before: counted then, and not again."""
    return _WAS_SHOWN.row(connection, code_id=code_id, visitor=visitor) is not None


def shown(connection: Connection, group_qr_id: int) -> None:
    """Count one more visitor who saw it."""
    _SHOWN.run(connection, id=group_qr_id)


def picture_of(connection: Connection, group_qr_id: int) -> bytes | None:
    """The picture of a QR."""
    row = _PICTURE.row(connection, id=group_qr_id)
    return None if row is None else row[0]


def open_code_of(connection: Connection, group_qr_id: int) -> int | None:
    """The code behind which a QR stands, None when that is closed or archived."""
    row = _OPEN_CODE_OF.row(connection, id=group_qr_id)
    return None if row is None else int(row[0])


def code_name(connection: Connection, code_id: int) -> str | None:
    """The name of a code in use; None when it is closed, archived, or not there."""
    row = _CODE.row(connection, id=code_id)
    return str(row[0]) if row is not None and row[1] and row[2] is None else None


def _group_qr(row: Row) -> GroupQr:
    *of_group, code_id, config_id, state, counted_at, error, created_at = row
    return GroupQr(of_group[0], code_id, _group(of_group), config_id, state, counted_at, error, created_at)


def _group(columns: Sequence[Any]) -> Group:
    id, name, link, source, status, person_limit, people, chats, makes_rooms, expires_at = columns
    return Group(
        id=id,
        name=name,
        link=link,
        source=source,
        status=status,
        person_limit=person_limit,
        people=people,
        chats=tuple(Chat(**each) for each in json.load(chats)),
        makes_rooms=bool(makes_rooms),
        expires_at=expires_at,
    )

"""What an agent says of themselves: online, paused, offline; and the picture of their face."""

from collections.abc import Collection

from sqlalchemy import Connection

from router.db.sql import Sql

_SET = Sql(
    "UPDATE agent SET presence = :presence, presence_until_at = :until_at,"
    " returned_at = coalesce(:returned_at, returned_at) WHERE id = :id"
)
_RETURNED = Sql("UPDATE agent SET returned_at = :now WHERE id = :id")
_PHOTO = Sql("SELECT photo FROM agent WHERE id = :id")
_WITH_PHOTO = Sql("SELECT id FROM agent WHERE id {among:agents} AND photo IS NOT NULL")
_SET_PHOTO = Sql("UPDATE agent SET photo = :photo WHERE id = :id")


def set_presence(
    connection: Connection, agent_id: int, presence: str, until_at: int | None, returned_at: int | None
) -> None:
    """Write the agent's word, until when it holds, and the instant of a return (None: it stays as it is)."""
    _SET.run(connection, id=agent_id, presence=presence, until_at=until_at, returned_at=returned_at)


def set_returned(connection: Connection, agent_id: int, now: int) -> None:
    """The agent takes part again from ``now`` on."""
    _RETURNED.run(connection, id=agent_id, now=now)


def photo_of(connection: Connection, agent_id: int) -> bytes | None:
    """The square PNG of an agent's face, if one was uploaded."""
    row = _PHOTO.row(connection, id=agent_id)
    return None if row is None or row[0] is None else bytes(row[0])


def with_photo(connection: Connection, agent_ids: Collection[int]) -> frozenset[int]:
    """Those of the agents who have a photo."""
    return frozenset(row[0] for row in _WITH_PHOTO.rows(connection, agents=list(agent_ids)))


def set_photo(connection: Connection, agent_id: int, photo: bytes | None) -> None:
    """Keep a photo, or none."""
    _SET_PHOTO.run(connection, id=agent_id, photo=photo)

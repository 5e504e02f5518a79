"""Settings stored by the console; secrets sealed with the master key."""

from dataclasses import dataclass

from sqlalchemy import Connection

from router.db.sql import Sql
from router.secret_box import SecretBox, SecretUnreadableError

_ALL = Sql("SELECT name, value, secret, updated_at, updated_by FROM setting ORDER BY name")
_PUT = Sql(
    "INSERT INTO setting (name, value, secret, updated_at, updated_by)"
    " VALUES (:name, :value, :secret, :now, :actor) ON CONFLICT (name) DO UPDATE SET value = excluded.value,"
    " secret = excluded.secret, updated_at = excluded.updated_at, updated_by = excluded.updated_by"
)
_DROP = Sql("DELETE FROM setting WHERE name = :name")


@dataclass(frozen=True, slots=True)
class StoredSetting:
    """``text`` is None when the value was sealed with another master key: it must be entered again."""

    name: str
    text: str | None
    secret: bool
    updated_at: int
    updated_by: str


def stored_settings(connection: Connection, box: SecretBox) -> dict[str, StoredSetting]:
    """Everything stored, opened, by name."""
    return {
        name: StoredSetting(name, _opened(box, name, value) if secret else value, bool(secret), updated_at, updated_by)
        for name, value, secret, updated_at, updated_by in _ALL.rows(connection)
    }


def stored_texts(connection: Connection, box: SecretBox) -> dict[str, str]:
    """What `read_settings` takes: the texts that can be opened, by name."""
    stored = stored_settings(connection, box)
    return {name: setting.text for name, setting in stored.items() if setting.text is not None}


def put_setting(
    connection: Connection, box: SecretBox, name: str, text: str, *, secret: bool, actor: str, now: int
) -> None:
    """Store a value, sealed when it is a secret."""
    value = box.seal(name, text) if secret else text
    _PUT.run(connection, name=name, value=value, secret=secret, now=now, actor=actor[:64])


def drop_setting(connection: Connection, name: str) -> bool:
    """Forget a stored value, so that environment or default holds; False when there was none."""
    return bool(_DROP.run(connection, name=name))


def _opened(box: SecretBox, name: str, value: str) -> str | None:
    try:
        return box.open(name, value)
    except SecretUnreadableError:
        return None

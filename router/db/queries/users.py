"""Users of the console and their signed-in browsers."""

from dataclasses import dataclass

from sqlalchemy import Connection

from router.db.sql import Row, Sql
from router.domain.roles import ROLES, Role, as_role

_COLUMNS = "u.id, u.username, u.role, u.agent_id, u.language, u.created_at, u.disabled_at"
_USERS = Sql(f"SELECT {_COLUMNS} FROM console_user AS u ORDER BY u.disabled_at IS NOT NULL, u.username")
_USER = Sql(f"SELECT {_COLUMNS} FROM console_user AS u WHERE u.id = :id")
_SIGNED_IN = Sql(
    f"SELECT {_COLUMNS} FROM console_user AS u JOIN sign_in AS s ON s.user_id = u.id"
    " WHERE s.token_hash = :token_hash AND s.expires_at > :now AND u.disabled_at IS NULL"
)
_CREDENTIALS = Sql("SELECT id, password_hash FROM console_user WHERE username = :username AND disabled_at IS NULL")
_ANY = Sql("SELECT 1 FROM console_user LIMIT 1")
_OTHER_ADMIN = Sql("SELECT 1 FROM console_user WHERE role = 'admin' AND disabled_at IS NULL AND id <> :id LIMIT 1")
_INSERT = Sql(
    "INSERT INTO console_user (username, password_hash, role, agent_id, language, created_at)"
    " VALUES (:username, :password_hash, :role, :agent_id, :language, :now) ON CONFLICT DO NOTHING RETURNING id"
)
_SET_ROLE = Sql("UPDATE console_user SET role = :role, agent_id = :agent_id WHERE id = :id")
_SET_DISABLED = Sql("UPDATE console_user SET disabled_at = :disabled_at WHERE id = :id")
_SET_PASSWORD = Sql("UPDATE console_user SET password_hash = :password_hash WHERE id = :id")
_SET_LANGUAGE = Sql("UPDATE console_user SET language = :language WHERE id = :id")
_ADOPT_LANGUAGE = Sql("UPDATE console_user SET language = :language WHERE username = :username AND language = ''")
_INSERT_SIGN_IN = Sql(
    "INSERT INTO sign_in (token_hash, user_id, created_at, expires_at)"
    " VALUES (:token_hash, :user_id, :now, :expires_at)"
)
_DELETE_SIGN_IN = Sql("DELETE FROM sign_in WHERE token_hash = :token_hash")
_DELETE_SIGN_INS_OF = Sql("DELETE FROM sign_in WHERE user_id = :user_id")
_DELETE_EXPIRED = Sql("DELETE FROM sign_in WHERE expires_at <= :now")
_AGENTS = Sql("SELECT id, name FROM agent WHERE archived_at IS NULL ORDER BY name")
_AGENT = Sql("SELECT 1 FROM agent WHERE id = :id")


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who signs in; ``agent_id`` names the agent whose customers a user of that role sees.

    ``language`` is empty until they chose one.
    """

    id: int
    username: str
    role: Role
    agent_id: int | None
    language: str
    created_at: int
    disabled_at: int | None


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a password is verified against."""

    user_id: int
    password_hash: str


def list_users(connection: Connection) -> list[User]:
    """All users, those who may sign in first."""
    return [_user(row) for row in _USERS.rows(connection)]


def get_user(connection: Connection, user_id: int) -> User | None:
    """One user, disabled or not."""
    row = _USER.row(connection, id=user_id)
    return None if row is None else _user(row)


def get_credentials(connection: Connection, username: str) -> Credentials | None:
    """Of a user who may sign in; user names are compared in lower case."""
    row = _CREDENTIALS.row(connection, username=username.lower())
    return None if row is None else Credentials(*row)


def is_anybody_there(connection: Connection) -> bool:
    """Whether there is a user at all, disabled or not."""
    return _ANY.row(connection) is not None


def is_there_another_admin(connection: Connection, user_id: int) -> bool:
    """Whether somebody else may sign in as admin."""
    return _OTHER_ADMIN.row(connection, id=user_id) is not None


def insert_user(
    connection: Connection,
    username: str,
    password_hash: str,
    role: Role,
    agent_id: int | None,
    language: str,
    now: int,
) -> int | None:
    """The new user's id, or None when the name is taken."""
    row = _INSERT.row(
        connection,
        username=username,
        password_hash=password_hash,
        role=role,
        agent_id=agent_id,
        language=language,
        now=now,
    )
    return None if row is None else int(row[0])


def set_role(connection: Connection, user_id: int, role: Role, agent_id: int | None) -> None:
    """Write a user's role and, for the role agent, whose customers they see."""
    _SET_ROLE.run(connection, id=user_id, role=role, agent_id=agent_id)


def set_disabled(connection: Connection, user_id: int, disabled_at: int | None) -> None:
    """Keep a user out, or let them in again with None."""
    _SET_DISABLED.run(connection, id=user_id, disabled_at=disabled_at)


def set_password_hash(connection: Connection, user_id: int, password_hash: str) -> None:
    """Replace what a user's password is verified against."""
    _SET_PASSWORD.run(connection, id=user_id, password_hash=password_hash)


def set_language(connection: Connection, user_id: int, language: str) -> None:
    """Remember the language a user reads."""
    _SET_LANGUAGE.run(connection, id=user_id, language=language)


def adopt_language(connection: Connection, username: str, language: str) -> None:
    """Remember the language a user reads, if they have none yet; user names are compared in lower case."""
    _ADOPT_LANGUAGE.run(connection, username=username.lower(), language=language)


# --- signed-in browsers ----------------------------------------------------------------------------------------------


def get_signed_in(connection: Connection, token_hash: str, now: int) -> User | None:
    """Whose browser it is; None once it expired, was signed out, or the user is disabled."""
    row = _SIGNED_IN.row(connection, token_hash=token_hash, now=now)
    return None if row is None else _user(row)


def insert_sign_in(connection: Connection, token_hash: str, user_id: int, now: int, expires_at: int) -> None:
    """Remember one more signed-in browser."""
    _INSERT_SIGN_IN.run(connection, token_hash=token_hash, user_id=user_id, now=now, expires_at=expires_at)


def delete_sign_in(connection: Connection, token_hash: str) -> None:
    """Forget one signed-in browser."""
    _DELETE_SIGN_IN.run(connection, token_hash=token_hash)


def delete_sign_ins_of(connection: Connection, user_id: int) -> None:
    """Forget every signed-in browser of a user."""
    _DELETE_SIGN_INS_OF.run(connection, user_id=user_id)


def delete_expired_sign_ins(connection: Connection, now: int) -> None:
    """Forget browsers whose time is over."""
    _DELETE_EXPIRED.run(connection, now=now)


# --- agents a user can be tied to ------------------------------------------------------------------------------------


def list_agent_choices(connection: Connection) -> list[tuple[int, str]]:
    """Id and name of every agent a user can be tied to."""
    return [(row[0], row[1]) for row in _AGENTS.rows(connection)]


def is_agent(connection: Connection, agent_id: int | None) -> bool:
    """Whether an agent has that id, archived or not."""
    return agent_id is not None and _AGENT.row(connection, id=agent_id) is not None


def _user(row: Row) -> User:
    user_id, username, role_name, agent_id, language, created_at, disabled_at = row
    role = as_role(role_name)
    if role is None:
        raise ValueError(f"console_user {user_id} has the role {role_name!r}, which is none of {', '.join(ROLES)}")
    return User(user_id, username, role, agent_id, language, created_at, disabled_at)

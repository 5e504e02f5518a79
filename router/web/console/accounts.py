"""Users of the console and their signed-in browsers: the statements and the use cases on them.

Functions take the connection of the caller's transaction. A refusal is returned as the problem of the field it belongs
to (an empty path: the whole form).
"""

import hashlib
import secrets
from dataclasses import dataclass
from typing import Any, assert_never

from sqlalchemy import Connection, delete, func, insert, select, update

from router.db import json
from router.db.tables import AgentRow, ChangeRow, SignInRow, UserRow
from router.web.console.passwords import LONGEST, SHORTEST, hash_password
from router.web.console.roles import ROLES, Role, as_role
from tagtree.wording import Problem, Wording

USERS = UserRow.__table__  # type: ignore[attr-defined]
SIGN_INS = SignInRow.__table__  # type: ignore[attr-defined]
AGENTS = AgentRow.__table__  # type: ignore[attr-defined]
CHANGES = ChangeRow.__table__  # type: ignore[attr-defined]

SIGN_IN_LIFETIME = 12 * 3_600_000  # ms: one working day
FIRST_ADMIN = "admin"

LAST_ADMIN = Problem(
    "role",
    Wording("This is the last admin.", "这是最后一位管理员。"),
    Wording("Make somebody else an admin first.", "请先把另一位用户设为管理员。"),
)
USERNAME_UNREADABLE = Problem(
    "username",
    Wording("This is not a user name.", "用户名格式不对。"),
    Wording("Use 2 to 64 letters, digits, dots, dashes or underscores.", "请用 2–64 位字母、数字、点、短横或下划线。"),
)
USERNAME_TAKEN = Problem(
    "username", Wording("This name is taken.", "用户名已被使用。"), Wording("Choose another one.", "请换一个。")
)
ROLE_UNKNOWN = Problem(
    "role", Wording("This is not a role.", "没有这个角色。"), Wording("Choose one of the list.", "请从列表中选择。")
)
AGENT_MISSING = Problem(
    "agent_id",
    Wording("No agent is chosen.", "还没有选择接待员工。"),
    Wording("Choose the agent whose customers this user may see.", "请选择这位用户可以查看哪位员工的客户。"),
)
PASSWORD_TOO_SHORT = Problem(
    "password",
    Wording(f"The password has fewer than {SHORTEST} characters.", f"密码不足 {SHORTEST} 个字符。"),
    Wording("Use a longer one; several words are fine.", "请加长，可以用几个词组成。"),
)
PASSWORD_TOO_LONG = Problem(
    "password",
    Wording(f"The password has more than {LONGEST} characters.", f"密码超过 {LONGEST} 个字符。"),
    Wording("Use a shorter one.", "请缩短。"),
)


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who signs in; ``agent_id`` names the agent whose customers a user of that role sees."""

    id: int
    username: str
    role: Role
    agent_id: int | None
    language: str
    created_at: int
    disabled_at: int | None


@dataclass(frozen=True, slots=True)
class NewUser:
    """What an admin fills in for a new user."""

    username: str
    role: str
    agent_id: int | None
    language: str = "zh"


# --- reading ---------------------------------------------------------------------------------------------------------


def list_users(connection: Connection) -> list[User]:
    """All users, those who may sign in first."""
    rows = connection.execute(select(USERS).order_by(USERS.c.disabled_at.is_not(None), USERS.c.username))
    return [_user(row) for row in rows.mappings()]


def find_user(connection: Connection, user_id: int) -> User | None:
    """The user with that id."""
    row = connection.execute(select(USERS).where(USERS.c.id == user_id)).mappings().first()
    return _user(row) if row else None


def find_credentials(connection: Connection, username: str) -> tuple[int, str] | None:
    """Id and password hash of a user who may sign in; user names are compared in lower case."""
    statement = select(USERS.c.id, USERS.c.password_hash).where(
        USERS.c.username == username.lower(), USERS.c.disabled_at.is_(None)
    )
    row = connection.execute(statement).first()
    return (row.id, row.password_hash) if row else None


def find_signed_in(connection: Connection, token: str, now: int) -> User | None:
    """The user whose browser holds ``token``; None once it expired, was signed out, or the user is disabled."""
    statement = (
        select(USERS)
        .join(SIGN_INS, SIGN_INS.c.user_id == USERS.c.id)
        .where(SIGN_INS.c.token_hash == _digest(token), SIGN_INS.c.expires_at > now, USERS.c.disabled_at.is_(None))
    )
    row = connection.execute(statement).mappings().first()
    return _user(row) if row else None


def list_agent_choices(connection: Connection) -> list[tuple[int, str]]:
    """Id and name of every agent a user can be tied to."""
    statement = select(AGENTS.c.id, AGENTS.c.name).where(AGENTS.c.archived_at.is_(None)).order_by(AGENTS.c.name)
    return [(row.id, row.name) for row in connection.execute(statement)]


# --- signing in and out ----------------------------------------------------------------------------------------------


def begin_sign_in(connection: Connection, user_id: int, now: int) -> str:
    """Remember one more signed-in browser; returns the token for its cookie, of which only the digest is kept."""
    token = secrets.token_urlsafe(32)
    connection.execute(delete(SIGN_INS).where(SIGN_INS.c.expires_at <= now))
    row = {
        "token_hash": _digest(token),
        "user_id": user_id,
        "created_at": now,
        "expires_at": now + SIGN_IN_LIFETIME,
    }
    connection.execute(insert(SIGN_INS).values(row))
    return token


def end_sign_in(connection: Connection, token: str) -> None:
    """Forget one signed-in browser."""
    connection.execute(delete(SIGN_INS).where(SIGN_INS.c.token_hash == _digest(token)))


def end_all_sign_ins(connection: Connection, user_id: int) -> None:
    """Forget every signed-in browser of a user."""
    connection.execute(delete(SIGN_INS).where(SIGN_INS.c.user_id == user_id))


# --- changing --------------------------------------------------------------------------------------------------------


def create_first_admin(connection: Connection, now: int, password: str) -> bool:
    """Create the user ``admin`` when there is nobody yet; returns whether it did. Takes about 0.2 s (argon2)."""
    if connection.execute(select(func.count()).select_from(USERS)).scalar_one():
        return False
    return not isinstance(
        create_user(connection, NewUser(FIRST_ADMIN, "admin", None), hash_password(password), now, "liveqr"), Problem
    )


def create_user(connection: Connection, new: NewUser, password_hash: str, now: int, actor: str) -> User | Problem:
    """Add a user; refuses a name in use, an unknown role, and the role agent without an agent."""
    username = new.username.strip().lower()
    if refusal := _refuse_username(connection, username) or _refuse_role(connection, new.role, new.agent_id):
        return refusal
    row = {
        "username": username,
        "password_hash": password_hash,
        "role": new.role,
        "agent_id": new.agent_id if new.role == "agent" else None,
        "language": new.language,
        "created_at": now,
    }
    user_id = connection.execute(insert(USERS).values(row).returning(USERS.c.id)).scalar_one()
    user = _known(connection, user_id)
    _record(connection, now, actor, "user.create", user, None)
    return user


def change_role(
    connection: Connection, user_id: int, role: str, agent_id: int | None, now: int, actor: str
) -> User | Problem:
    """Give a user another role; the last admin keeps theirs."""
    before = _known(connection, user_id)
    if refusal := _refuse_role(connection, role, agent_id):
        return refusal
    if role != "admin" and _is_last_admin(connection, before):
        return LAST_ADMIN
    return _change(
        connection, before, "user.role", now, actor, role=role, agent_id=agent_id if role == "agent" else None
    )


def disable_user(connection: Connection, user_id: int, now: int, actor: str) -> User | Problem:
    """Stop a user from signing in and end their sessions at once; the last admin stays."""
    before = _known(connection, user_id)
    if _is_last_admin(connection, before):
        return LAST_ADMIN
    end_all_sign_ins(connection, user_id)
    return _change(connection, before, "user.disable", now, actor, disabled_at=now)


def enable_user(connection: Connection, user_id: int, now: int, actor: str) -> User | Problem:
    """Let a disabled user sign in again."""
    return _change(connection, _known(connection, user_id), "user.enable", now, actor, disabled_at=None)


def set_password(connection: Connection, user_id: int, password_hash: str, now: int, actor: str) -> User:
    """Replace a user's password; every browser of theirs has to sign in again."""
    end_all_sign_ins(connection, user_id)
    return _change(connection, _known(connection, user_id), "user.password", now, actor, password_hash=password_hash)


def set_language(connection: Connection, user_id: int, language: str) -> None:
    """Remember the language a user reads."""
    connection.execute(update(USERS).where(USERS.c.id == user_id).values(language=language))


def refuse_password(password: str) -> Problem | None:
    """Why a new password is not taken, or None."""
    if len(password) < SHORTEST:
        return PASSWORD_TOO_SHORT
    if len(password) > LONGEST:
        return PASSWORD_TOO_LONG
    return None


# --- within ----------------------------------------------------------------------------------------------------------


def _refuse_username(connection: Connection, username: str) -> Problem | None:
    if not 2 <= len(username) <= 64 or not all(
        each.isascii() and (each.isalnum() or each in "._-") for each in username
    ):
        return USERNAME_UNREADABLE
    if connection.execute(select(USERS.c.id).where(USERS.c.username == username)).first():
        return USERNAME_TAKEN
    return None


def _refuse_role(connection: Connection, role: str, agent_id: int | None) -> Problem | None:
    match as_role(role):
        case None:
            return ROLE_UNKNOWN
        case "agent":
            if connection.execute(select(AGENTS.c.id).where(AGENTS.c.id == agent_id)).first() is None:
                return AGENT_MISSING
            return None
        case "admin" | "marketer":
            return None
        case unreachable:
            assert_never(unreachable)


def _is_last_admin(connection: Connection, user: User) -> bool:
    others = select(func.count()).where(USERS.c.role == "admin", USERS.c.disabled_at.is_(None), USERS.c.id != user.id)
    return user.role == "admin" and user.disabled_at is None and connection.execute(others).scalar_one() == 0


def _change(connection: Connection, before: User, what: str, now: int, actor: str, **values: Any) -> User:
    connection.execute(update(USERS).where(USERS.c.id == before.id).values(values))
    after = _known(connection, before.id)
    _record(connection, now, actor, what, after, before)
    return after


def _record(connection: Connection, now: int, actor: str, what: str, after: User, before: User | None) -> None:
    row = {
        "at": now,
        "actor": actor,
        "what": what,
        "subject": f"user:{after.id}",
        "before": json.dump(before) if before else "",
        "after": json.dump(after),
    }
    connection.execute(insert(CHANGES).values(row))


def _known(connection: Connection, user_id: int) -> User:
    user = find_user(connection, user_id)
    if user is None:
        raise LookupError(f"no user {user_id}")
    return user


def _user(row: Any) -> User:
    role = as_role(row["role"])
    if role is None:
        raise ValueError(f"console_user {row['id']} has the role {row['role']!r}, which is none of {', '.join(ROLES)}")
    return User(
        id=row["id"],
        username=row["username"],
        role=role,
        agent_id=row["agent_id"],
        language=row["language"],
        created_at=row["created_at"],
        disabled_at=row["disabled_at"],
    )


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()

"""Create users of the console, change what they may do, sign their browsers in and out."""

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import UTC
from typing import assert_never

from sqlalchemy import Connection

from router.db.queries import changes, users
from router.db.queries.customers import Customer
from router.db.queries.users import User
from router.domain.roles import Role, as_role
from router.handlers.admin.act import Act
from router.handlers.admin.passwords import hash_password
from router.handlers.admin.refusal import USER, Invalid, Missing, Refusal, conflict, name_taken, problem

SIGN_IN_LIFETIME = 12 * 3_600_000  # ms: one working day
FIRST_ADMIN = "admin"
USERNAME = re.compile(r"[a-z0-9._-]{2,64}")

LAST_ADMIN = conflict(
    "role",
    ("This is the last admin.", "这是最后一位管理员。"),
    ("Make somebody else an admin first.", "请先把另一位用户设为管理员。"),
)
USERNAME_UNREADABLE = problem(
    "username",
    ("This is not a user name.", "用户名格式不对。"),
    ("Use 2 to 64 letters, digits, dots, dashes or underscores.", "请用 2–64 位字母、数字、点、短横或下划线。"),
)
ROLE_UNKNOWN = problem(
    "role", ("This is not a role.", "没有这个角色。"), ("Choose one of the list.", "请从列表中选择。")
)
AGENT_MISSING = problem(
    "agent_id",
    ("No agent is chosen.", "还没有选择接待员工。"),
    ("Choose the agent whose customers this user may see.", "请选择这位用户可以查看哪位员工的客户。"),
)


@dataclass(frozen=True, slots=True)
class NewUser:
    """What an admin fills in for a new user; ``agent_id`` counts for the role agent only.

    Without a ``language`` of their own they read what they choose at sign-in, else what their browser asks for.
    """

    username: str
    role: str
    agent_id: int | None
    language: str = ""


def create_first_admin(connection: Connection, now: int, password: str) -> bool:
    """Create the user ``admin`` when there is nobody yet; returns whether it did. Takes about 0.2 s (argon2)."""
    if users.is_anybody_there(connection):
        return False
    act = Act("liveqr", now, UTC)
    return isinstance(create_user(connection, act, NewUser(FIRST_ADMIN, "admin", None), hash_password(password)), User)


def create_user(connection: Connection, act: Act, new: NewUser, password_hash: str) -> User | Refusal:
    """A new user, who signs in with the password of ``password_hash``; names are kept in lower case."""
    username = new.username.strip().lower()
    if not USERNAME.fullmatch(username):
        return Invalid((USERNAME_UNREADABLE,))
    allowed = _role(connection, new.role, new.agent_id)
    if isinstance(allowed, Invalid):
        return allowed
    role, agent_id = allowed
    user_id = users.insert_user(connection, username, password_hash, role, agent_id, new.language, act.now)
    if user_id is None:
        return name_taken("username", username)
    return _saved(connection, act, "user.create", user_id, None)


def change_role(connection: Connection, act: Act, user_id: int, role: str, agent_id: int | None) -> User | Refusal:
    """Give a user another role; the last admin keeps theirs."""
    before = users.get_user(connection, user_id)
    if before is None:
        return Missing(USER)
    allowed = _role(connection, role, agent_id)
    if isinstance(allowed, Invalid):
        return allowed
    if allowed[0] != "admin" and _is_last_admin(connection, before):
        return LAST_ADMIN
    users.set_role(connection, user_id, *allowed)
    return _saved(connection, act, "user.role", user_id, before)


def disable_user(connection: Connection, act: Act, user_id: int) -> User | Refusal:
    """Stop a user from signing in and end their sessions at once; the last admin stays."""
    before = users.get_user(connection, user_id)
    if before is None:
        return Missing(USER)
    if _is_last_admin(connection, before):
        return LAST_ADMIN
    users.delete_sign_ins_of(connection, user_id)
    users.set_disabled(connection, user_id, act.now)
    return _saved(connection, act, "user.disable", user_id, before)


def enable_user(connection: Connection, act: Act, user_id: int) -> User | Refusal:
    """Let a disabled user sign in again."""
    before = users.get_user(connection, user_id)
    if before is None:
        return Missing(USER)
    users.set_disabled(connection, user_id, None)
    return _saved(connection, act, "user.enable", user_id, before)


def set_password(connection: Connection, act: Act, user_id: int, password_hash: str) -> User | Refusal:
    """Replace a user's password; every browser of theirs has to sign in again."""
    before = users.get_user(connection, user_id)
    if before is None:
        return Missing(USER)
    users.delete_sign_ins_of(connection, user_id)
    users.set_password_hash(connection, user_id, password_hash)
    return _saved(connection, act, "user.password", user_id, before)


def may_see(user: User, customer: Customer) -> bool:
    """Whether a user may see this customer: an admin all of them, an agent their own."""
    match user.role:
        case "admin":
            return True
        case "agent":
            return user.agent_id in {follow.agent_id for follow in customer.follows}
        case "marketer":
            return False
        case unreachable:
            assert_never(unreachable)


# --- signed-in browsers ----------------------------------------------------------------------------------------------


def begin_sign_in(connection: Connection, user_id: int, now: int) -> str:
    """Remember one more signed-in browser; returns the token for its cookie, of which only the digest is kept."""
    token = secrets.token_urlsafe(32)
    users.delete_expired_sign_ins(connection, now)
    users.insert_sign_in(connection, _digest(token), user_id, now, now + SIGN_IN_LIFETIME)
    return token


def find_signed_in(connection: Connection, token: str, now: int) -> User | None:
    """The user whose browser holds ``token``; None once it expired, was signed out, or the user is disabled."""
    return users.get_signed_in(connection, _digest(token), now)


def end_sign_in(connection: Connection, token: str) -> None:
    """Forget one signed-in browser."""
    users.delete_sign_in(connection, _digest(token))


# --- within ----------------------------------------------------------------------------------------------------------


def _role(connection: Connection, name: str, agent_id: int | None) -> tuple[Role, int | None] | Invalid:
    """The role with the agent it needs, or why that cannot be."""
    role = as_role(name)
    if role is None:
        return Invalid((ROLE_UNKNOWN,))
    if role != "agent":
        return role, None
    return (role, agent_id) if users.is_agent(connection, agent_id) else Invalid((AGENT_MISSING,))


def _is_last_admin(connection: Connection, user: User) -> bool:
    is_admin = user.role == "admin" and user.disabled_at is None
    return is_admin and not users.is_there_another_admin(connection, user.id)


def _saved(connection: Connection, act: Act, what: str, user_id: int, before: User | None) -> User:
    after = users.get_user(connection, user_id)
    assert after is not None
    changes.record(connection, what, f"user:{user_id}", before, after, actor=act.actor, now=act.now)
    return after


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()

"""People who sign in, settings, and who changed what."""

from sqlalchemy import BigInteger, Text
from sqlmodel import Field

from router.db.tables.table import Id, Table


class UserRow(Table, table=True):
    """Somebody who signs in to the console."""

    __tablename__ = "console_user"

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    username: str = Field(max_length=64, unique=True)
    password_hash: str = Field(sa_type=Text)
    role: str = Field(max_length=12)  # admin | marketer | agent
    agent_id: int | None = Field(default=None, foreign_key="agent.id", sa_type=Id)
    language: str = Field(default="", max_length=8)  # empty: none chosen, the browser's is spoken
    created_at: int = Field(sa_type=BigInteger)
    disabled_at: int | None = Field(default=None, sa_type=BigInteger)


class SignInRow(Table, table=True):
    """One signed-in browser; the cookie holds the secret, the row only its SHA-256."""

    __tablename__ = "sign_in"

    token_hash: str = Field(max_length=64, primary_key=True)
    user_id: int = Field(foreign_key="console_user.id", sa_type=Id, index=True)
    created_at: int = Field(sa_type=BigInteger)
    expires_at: int = Field(sa_type=BigInteger)


class SettingRow(Table, table=True):
    """A setting stored from the console; secrets are encrypted with the master key."""

    __tablename__ = "setting"

    name: str = Field(max_length=80, primary_key=True)
    value: str = Field(sa_type=Text)
    secret: bool = False
    updated_at: int = Field(sa_type=BigInteger)
    updated_by: str = Field(max_length=64)


class ChangeRow(Table, table=True):
    """Who changed what in console or API, with before and after (secrets never appear)."""

    __tablename__ = "change"

    id: int | None = Field(default=None, primary_key=True, sa_type=Id)
    at: int = Field(sa_type=BigInteger)
    actor: str = Field(max_length=64)
    what: str = Field(max_length=64)
    subject: str = Field(max_length=128)
    before: str = Field(default="", sa_type=Text)
    after: str = Field(default="", sa_type=Text)

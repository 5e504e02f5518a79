"""Webhooks: addresses outside that rules call by name; their secrets sealed with the master key."""

from dataclasses import dataclass

from sqlalchemy import Connection

from router.db.queries.page import Page, page_of
from router.db.sql import Sql
from router.secret_box import SecretBox

_PAGE = Sql(
    "SELECT id, name, url, created_at, archived_at FROM webhook WHERE id > :after"
    " AND (archived_at IS NOT NULL) = :archived ORDER BY id LIMIT :rows"
)
_GET = Sql("SELECT id, name, url, created_at, archived_at FROM webhook WHERE id = :id")
_TARGET = Sql("SELECT url, secret FROM webhook WHERE name = :name AND archived_at IS NULL")
_NAMES = Sql("SELECT name FROM webhook WHERE archived_at IS NULL")
_INSERT = Sql(
    "INSERT INTO webhook (name, url, secret, created_at) VALUES (:name, :url, :secret, :now)"
    " ON CONFLICT DO NOTHING RETURNING id"
)
_SET_URL = Sql("UPDATE webhook SET url = :url WHERE id = :id")
_SET_SECRET = Sql("UPDATE webhook SET secret = :secret WHERE id = :id")
_ARCHIVE = Sql("UPDATE webhook SET archived_at = :archived_at WHERE id = :id")


@dataclass(frozen=True, slots=True)
class Webhook:
    """Rules call it by ``name``, which stays; its secret is never shown again."""

    id: int
    name: str
    url: str
    created_at: int
    archived_at: int | None


@dataclass(frozen=True, slots=True)
class Target:
    """Where a call goes, and what it is signed with."""

    url: str
    secret: str


def list_webhooks(connection: Connection, *, archived: bool = False, after: int = 0, limit: int = 100) -> Page[Webhook]:
    """By id; ``after`` continues a page."""
    rows = _PAGE.rows(connection, archived=archived, after=after, rows=limit + 1)
    return page_of([Webhook(*row) for row in rows], limit, lambda each: each.id)


def get_webhook(connection: Connection, webhook_id: int) -> Webhook | None:
    """One webhook, archived or not."""
    row = _GET.row(connection, id=webhook_id)
    return None if row is None else Webhook(*row)


def webhook_names(connection: Connection) -> frozenset[str]:
    """The names that rules may call."""
    return frozenset(row[0] for row in _NAMES.rows(connection))


def target_of(connection: Connection, name: str, box: SecretBox) -> Target | None:
    """Where calls of this name go; None when there is none. Raises `SecretUnreadableError`."""
    row = _TARGET.row(connection, name=name)
    return None if row is None else Target(row[0], box.open(_sealed_as(name), row[1]))


def insert_webhook(connection: Connection, box: SecretBox, name: str, url: str, secret: str, now: int) -> int | None:
    """The new webhook's id, or None when the name is taken."""
    row = _INSERT.row(connection, name=name, url=url, secret=box.seal(_sealed_as(name), secret), now=now)
    return None if row is None else int(row[0])


def set_url(connection: Connection, webhook_id: int, url: str) -> None:
    _SET_URL.run(connection, id=webhook_id, url=url)


def set_secret(connection: Connection, box: SecretBox, webhook: Webhook, secret: str) -> None:
    """Calls are signed with the new one from now on, those that wait included."""
    _SET_SECRET.run(connection, id=webhook.id, secret=box.seal(_sealed_as(webhook.name), secret))


def set_webhook_archived(connection: Connection, webhook_id: int, archived_at: int | None) -> None:
    """Take out of use, or back with None."""
    _ARCHIVE.run(connection, id=webhook_id, archived_at=archived_at)


def _sealed_as(name: str) -> str:
    return f"webhook:{name}"

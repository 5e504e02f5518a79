"""活码 (live codes) as administration sees them: with pool, tags and the numbers of today."""

from dataclasses import dataclass
from datetime import tzinfo

from sqlalchemy import Connection

from router.db.queries.capacity import bounds
from router.db.queries.caps import Caps, caps_of
from router.db.queries.page import Page, like, page_of
from router.db.sql import Row, Sql
from router.domain.capacity import period
from router.domain.code_kinds import CodeKind

_CODES = Sql(
    "SELECT c.id, c.slug, c.name, c.kind, c.pool_id, p.name, c.active, c.hold_minutes, c.welcome, c.created_at,"
    " c.archived_at,"
    " coalesce(v.scans, 0), coalesce(v.visitors, 0), coalesce(r.reservations, 0), coalesce(v.adds, 0)"
    " FROM live_code AS c JOIN pool AS p ON p.id = c.pool_id"
    " LEFT JOIN (SELECT code_id, sum(CASE WHEN measure = 'scan' THEN times ELSE 0 END) AS scans,"
    "  sum(CASE WHEN measure = 'visitor' THEN times ELSE 0 END) AS visitors,"
    "  sum(CASE WHEN measure = 'add' THEN times ELSE 0 END) AS adds"
    "  FROM tally WHERE hour >= :first_hour AND NOT test GROUP BY code_id) AS v ON v.code_id = c.id"
    " LEFT JOIN (SELECT code_id, count(*) AS reservations FROM reservation WHERE held_at >= :since AND NOT test"
    "  GROUP BY code_id) AS r ON r.code_id = c.id"
    " WHERE (:id = 0 OR c.id = :id) AND c.id < :before AND (:id <> 0 OR (c.archived_at IS NOT NULL) = :archived)"
    " AND (:search = '' OR lower(c.name) LIKE :like ESCAPE '!' OR c.slug LIKE :like ESCAPE '!')"
    " ORDER BY c.id DESC LIMIT :rows"
)
_TAGS = Sql("SELECT code_id, tag_id FROM live_code_tag WHERE code_id {among:codes} ORDER BY code_id, tag_id")
_INSERT = Sql(
    "INSERT INTO live_code (slug, name, kind, pool_id, active, hold_minutes, welcome, created_at)"
    " VALUES (:slug, :name, :kind, :pool_id, :active, :hold_minutes, :welcome, :now)"
    " ON CONFLICT DO NOTHING RETURNING id"
)
_UPDATE = Sql(
    "UPDATE live_code SET name = :name, pool_id = :pool_id, active = :active, hold_minutes = :hold_minutes,"
    " welcome = :welcome WHERE id = :id"
)
_ARCHIVE = Sql("UPDATE live_code SET archived_at = :archived_at WHERE id = :id")
_CLEAR_TAGS = Sql("DELETE FROM live_code_tag WHERE code_id = :code_id")
_ADD_TAG = Sql("INSERT INTO live_code_tag (code_id, tag_id) VALUES (:code_id, :tag_id)")
_SLUG = Sql("SELECT id FROM live_code WHERE slug = :slug")
_FIND = Sql(
    "SELECT id, slug, name, archived_at IS NOT NULL FROM live_code"
    " WHERE slug = :slug OR name = :name OR lower(name) LIKE :like ESCAPE '!' OR lower(slug) LIKE :like ESCAPE '!'"
    " ORDER BY slug <> :slug, name <> :name, archived_at IS NOT NULL, id DESC LIMIT :rows"
)
_FOUND = Sql("SELECT id, slug, name, archived_at IS NOT NULL FROM live_code WHERE id = :id")
_NAMES = Sql("SELECT slug, name FROM live_code WHERE archived_at IS NULL ORDER BY name, slug")


@dataclass(frozen=True, slots=True)
class FoundCode:
    """A code as far as it takes to choose it."""

    id: int
    slug: str
    name: str
    archived: bool


@dataclass(frozen=True, slots=True)
class CodeNumbers:
    """One code since midnight in the corporation's zone."""

    scans: int
    visitors: int
    reservations: int
    adds: int


@dataclass(frozen=True, slots=True)
class LiveCode:
    id: int
    slug: str
    name: str
    kind: CodeKind
    pool_id: int
    pool_name: str
    active: bool
    hold_minutes: int
    welcome: str
    tag_ids: tuple[int, ...]
    caps: Caps
    today: CodeNumbers
    created_at: int
    archived_at: int | None


def list_live_codes(
    connection: Connection,
    now: int,
    zone: tzinfo,
    *,
    search: str = "",
    archived: bool = False,
    before: int = 0,
    limit: int = 50,
) -> Page[LiveCode]:
    """Latest first, in three queries; ``before`` continues a page."""
    rows = _CODES.rows(
        connection,
        id=0,
        since=bounds("day", now, zone)[0],
        first_hour=100 * period("day", now, zone),
        before=before or 2**62,
        archived=archived,
        search=search,
        like=like(search),
        rows=limit + 1,
    )
    return page_of(_codes(connection, rows), limit, lambda code: code.id)


def get_live_code(connection: Connection, code_id: int, now: int, zone: tzinfo) -> LiveCode | None:
    """One code, closed and archived ones included."""
    rows = _CODES.rows(
        connection,
        id=code_id,
        since=bounds("day", now, zone)[0],
        first_hour=100 * period("day", now, zone),
        before=2**62,
        archived=False,
        search="",
        like="",
        rows=1,
    )
    return next(iter(_codes(connection, rows)), None)


def insert_live_code(
    connection: Connection,
    slug: str,
    name: str,
    kind: CodeKind,
    pool_id: int,
    hold_minutes: int,
    welcome: str,
    now: int,
) -> int | None:
    """The new code's id, or None when the slug is taken."""
    row = _INSERT.row(
        connection,
        slug=slug,
        name=name,
        kind=kind,
        pool_id=pool_id,
        active=True,
        hold_minutes=hold_minutes,
        welcome=welcome,
        now=now,
    )
    return None if row is None else int(row[0])


def update_live_code(
    connection: Connection, code_id: int, *, name: str, pool_id: int, active: bool, hold_minutes: int, welcome: str
) -> None:
    """Write what a marketer may edit; the slug is printed and never changes."""
    _UPDATE.run(
        connection, id=code_id, name=name, pool_id=pool_id, active=active, hold_minutes=hold_minutes, welcome=welcome
    )


def set_code_tags(connection: Connection, code_id: int, tag_ids: tuple[int, ...]) -> None:
    """Replace the tags that customers of this code get."""
    _CLEAR_TAGS.run(connection, code_id=code_id)
    _ADD_TAG.run_many(connection, [{"code_id": code_id, "tag_id": tag_id} for tag_id in tag_ids])


def set_code_archived(connection: Connection, code_id: int, archived_at: int | None) -> None:
    """Take out of sight, or back with None."""
    _ARCHIVE.run(connection, id=code_id, archived_at=archived_at)


def is_slug_taken(connection: Connection, slug: str) -> bool:
    """Whether any code, archived ones included, was printed with this slug."""
    return _SLUG.row(connection, slug=slug) is not None


def code_names(connection: Connection) -> tuple[tuple[str, str], ...]:
    """Slug and name of every code in use: what there is to choose from, never only a page of it."""
    return tuple((row[0], row[1]) for row in _NAMES.rows(connection))


def find_codes(connection: Connection, text: str, limit: int, *, slug: str = "") -> tuple[FoundCode, ...]:
    """Codes whose name or slug holds ``text``, or whose slug is ``slug``, archived ones included.

    Exact ones come first, then those in use.
    """
    rows = _FIND.rows(connection, slug=slug or text, name=text, like=like(text), rows=limit)
    return tuple(_found(row) for row in rows)


def found_code(connection: Connection, code_id: int) -> FoundCode | None:
    """One code to show as chosen, archived or not."""
    row = _FOUND.row(connection, id=code_id)
    return None if row is None else _found(row)


def _found(row: Row) -> FoundCode:
    id, slug, name, archived = row
    return FoundCode(id, slug, name, bool(archived))


def _codes(connection: Connection, rows: list[Row]) -> list[LiveCode]:
    ids = [row[0] for row in rows]
    tags: dict[int, list[int]] = {code_id: [] for code_id in ids}
    for code_id, tag_id in _TAGS.rows(connection, codes=ids):
        tags[code_id].append(tag_id)
    caps = caps_of(connection, [f"code:{code_id}" for code_id in ids])
    return [_code(row, tuple(tags[row[0]]), caps[f"code:{row[0]}"]) for row in rows]


def _code(row: Row, tag_ids: tuple[int, ...], caps: Caps) -> LiveCode:
    id, slug, name, kind, pool_id, pool_name, active, hold_minutes, welcome, created_at, archived_at, *numbers = row
    return LiveCode(
        id=id,
        slug=slug,
        name=name,
        kind=kind,
        pool_id=pool_id,
        pool_name=pool_name,
        active=bool(active),
        hold_minutes=hold_minutes,
        welcome=welcome,
        tag_ids=tag_ids,
        caps=caps,
        today=CodeNumbers(*(int(number) for number in numbers)),
        created_at=created_at,
        archived_at=archived_at,
    )

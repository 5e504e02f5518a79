"""门店 (stores): places with a pool of their own, as administration and as the choice by place see them."""

from dataclasses import dataclass

from sqlalchemy import Connection

from router.db.queries.page import Page, like, page_of
from router.db.sql import Row, Sql
from router.domain.place import Point
from router.domain.place import Store as PlacedStore

_STORES = Sql(
    "SELECT s.id, s.name, s.region, s.address, s.latitude, s.longitude, s.pool_id, p.name, s.created_at, s.archived_at"
    " FROM store AS s JOIN pool AS p ON p.id = s.pool_id"
    " WHERE (:id = 0 OR s.id = :id) AND s.id > :after AND (:id <> 0 OR (s.archived_at IS NOT NULL) = :archived)"
    " AND (:search = '' OR lower(s.name) LIKE :like ESCAPE '!' OR lower(s.region) LIKE :like ESCAPE '!'"
    " OR lower(s.address) LIKE :like ESCAPE '!') ORDER BY s.id LIMIT :rows"
)
_INSERT = Sql(
    "INSERT INTO store (name, region, address, latitude, longitude, pool_id, created_at)"
    " VALUES (:name, :region, :address, :latitude, :longitude, :pool_id, :now) ON CONFLICT DO NOTHING RETURNING id"
)
_UPDATE = Sql(
    "UPDATE store SET name = :name, region = :region, address = :address, latitude = :latitude, longitude = :longitude,"
    " pool_id = :pool_id WHERE id = :id"
)
_ARCHIVE = Sql("UPDATE store SET archived_at = :archived_at WHERE id = :id")
_NAMED = Sql("SELECT id FROM store WHERE name = :name")
_OF_POOL = Sql("SELECT name FROM store WHERE pool_id = :pool_id AND archived_at IS NULL ORDER BY id LIMIT 20")
_OPEN = Sql(
    "SELECT s.id, s.name, s.region, s.address, s.latitude, s.longitude, s.pool_id FROM store AS s"
    " JOIN pool AS p ON p.id = s.pool_id WHERE s.archived_at IS NULL AND p.archived_at IS NULL"
    " ORDER BY s.region, s.name, s.id"
)
_BY_PLACE = Sql("SELECT slug FROM live_code WHERE by_place AND active AND archived_at IS NULL AND kind = 'hosted'")
_HAS_PLACE = Sql(
    "SELECT 1 FROM reservation AS r JOIN live_code AS c ON c.id = r.code_id"
    " LEFT JOIN follow AS f ON f.agent_id = r.agent_id AND f.customer_id = r.customer_id"
    " WHERE c.slug = :slug AND r.visitor = :visitor AND ((r.status = 'held' AND r.expires_at > :now)"
    " OR (r.status = 'confirmed' AND f.status IN ('half', 'full'))) LIMIT 1"
)


@dataclass(frozen=True, slots=True)
class Store:
    """``region`` is the province or city as the IP data names it; ``point`` None where only the address is known."""

    id: int
    name: str
    region: str
    address: str
    point: Point | None
    pool_id: int
    pool_name: str
    created_at: int
    archived_at: int | None


@dataclass(frozen=True, slots=True)
class OfferedStore:
    """What a visitor may choose, with what the choice by place needs."""

    name: str
    address: str
    placed: PlacedStore


def list_stores(
    connection: Connection, *, search: str = "", archived: bool = False, after: int = 0, limit: int = 200
) -> Page[Store]:
    """Stores by id; ``after`` continues a page."""
    rows = _STORES.rows(
        connection, id=0, after=after, archived=archived, search=search, like=like(search), rows=limit + 1
    )
    return page_of([_store(row) for row in rows], limit, lambda store: store.id)


def get_store(connection: Connection, store_id: int) -> Store | None:
    """One store, archived or not."""
    row = _STORES.row(connection, id=store_id, after=0, archived=False, search="", like="", rows=1)
    return None if row is None else _store(row)


def insert_store(
    connection: Connection, name: str, region: str, address: str, point: Point | None, pool_id: int, now: int
) -> int | None:
    """The new store's id, or None when the name is taken."""
    given = _written(name, region, address, point, pool_id)
    row = _INSERT.row(connection, **given, now=now)
    return None if row is None else int(row[0])


def update_store(
    connection: Connection, store_id: int, name: str, region: str, address: str, point: Point | None, pool_id: int
) -> None:
    """Write what an admin may edit."""
    _UPDATE.run(connection, id=store_id, **_written(name, region, address, point, pool_id))


def set_store_archived(connection: Connection, store_id: int, archived_at: int | None) -> None:
    """Take out of sight, or back with None."""
    _ARCHIVE.run(connection, id=store_id, archived_at=archived_at)


def store_named(connection: Connection, name: str) -> int | None:
    """The id of the store with this name, archived or not."""
    row = _NAMED.row(connection, name=name)
    return None if row is None else int(row[0])


def stores_of_pool(connection: Connection, pool_id: int) -> tuple[str, ...]:
    """Names of the stores in use whose customers the pool receives (at most 20)."""
    return tuple(row[0] for row in _OF_POOL.rows(connection, pool_id=pool_id))


def offered_stores(connection: Connection) -> tuple[OfferedStore, ...]:
    """Every store in use with a pool in use, by region and name."""
    return tuple(
        OfferedStore(name, address, PlacedStore(id, region, pool_id, _point(latitude, longitude)))
        for id, name, region, address, latitude, longitude, pool_id in _OPEN.rows(connection)
    )


def slugs_by_place(connection: Connection) -> frozenset[str]:
    """Slugs of the open codes that receive by place."""
    return frozenset(row[0] for row in _BY_PLACE.rows(connection))


def has_a_place(connection: Connection, slug: str, visitor: str, now: int) -> bool:
    """Whether this visitor has an agent on this code already, so that nobody needs to ask where they are."""
    return _HAS_PLACE.row(connection, slug=slug, visitor=visitor, now=now) is not None


def _written(name: str, region: str, address: str, point: Point | None, pool_id: int) -> dict[str, object]:
    return {
        "name": name,
        "region": region,
        "address": address,
        "latitude": None if point is None else point.latitude,
        "longitude": None if point is None else point.longitude,
        "pool_id": pool_id,
    }


def _store(row: Row) -> Store:
    id, name, region, address, latitude, longitude, pool_id, pool_name, created_at, archived_at = row
    point = _point(latitude, longitude)
    return Store(id, name, region, address, point, pool_id, pool_name, created_at, archived_at)


def _point(latitude: int | None, longitude: int | None) -> Point | None:
    return None if latitude is None or longitude is None else Point(latitude, longitude)

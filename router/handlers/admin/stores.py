"""Create, edit, archive and restore stores (门店)."""

from dataclasses import dataclass

from sqlalchemy import Connection

from router.db.ledger import wake
from router.db.queries import changes, pools, stores
from router.db.queries.edits import begin_edit
from router.db.queries.stores import Store
from router.domain.place import MICRO, Point
from router.handlers.admin.act import Act
from router.handlers.admin.refusal import (
    Invalid,
    Missing,
    Refusal,
    archived,
    conflict,
    name_taken,
    problem,
    text_problems,
)
from tagtree.wording import Problem, Wording

STORE = Wording("store", "门店")
MAX_REGION_CHARACTERS = 64
MAX_ADDRESS_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class NewStore:
    """``latitude`` and ``longitude`` in degrees (WGS 84), both or neither; ``region`` as 上海 or 广东深圳."""

    name: str
    pool_id: int
    region: str = ""
    address: str = ""
    latitude: float | None = None
    longitude: float | None = None


def create_store(connection: Connection, act: Act, new: NewStore) -> Store | Refusal:
    """A new store; codes by place send customers to it from the next scan on."""
    begin_edit(connection)
    refusal = _refusal(connection, 0, new)
    if refusal is not None:
        return refusal
    store_id = stores.insert_store(connection, new.name, new.region, new.address, _point(new), new.pool_id, act.now)
    if store_id is None:
        return name_taken("name", new.name)
    return _saved(connection, act, "store.create", store_id, None)


def update_store(connection: Connection, act: Act, store_id: int, edit: NewStore) -> Store | Refusal:
    """Write all of a store anew."""
    begin_edit(connection)
    before = stores.get_store(connection, store_id)
    if before is None:
        return Missing(STORE)
    if before.archived_at is not None:
        return archived(STORE)
    refusal = _refusal(connection, store_id, edit)
    if refusal is not None:
        return refusal
    stores.update_store(connection, store_id, edit.name, edit.region, edit.address, _point(edit), edit.pool_id)
    return _saved(connection, act, "store.update", store_id, before)


def archive_store(connection: Connection, act: Act, store_id: int) -> Store | Refusal:
    """Offer the store to nobody any more."""
    begin_edit(connection)
    before = stores.get_store(connection, store_id)
    if before is None:
        return Missing(STORE)
    stores.set_store_archived(connection, store_id, act.now)
    return _saved(connection, act, "store.archive", store_id, before)


def restore_store(connection: Connection, act: Act, store_id: int) -> Store | Refusal:
    """Undo `archive_store`; refused when its pool was archived meanwhile."""
    begin_edit(connection)
    before = stores.get_store(connection, store_id)
    if before is None:
        return Missing(STORE)
    refusal = _pool_refusal(connection, before.pool_id)
    if refusal is not None:
        return refusal
    stores.set_store_archived(connection, store_id, None)
    return _saved(connection, act, "store.restore", store_id, before)


def degrees(store: Store) -> tuple[float, float] | None:
    """Latitude and longitude of a store, if it has them."""
    return None if store.point is None else (store.point.latitude / MICRO, store.point.longitude / MICRO)


def _refusal(connection: Connection, store_id: int, new: NewStore) -> Refusal | None:
    problems = text_problems("name", new.name) + _coordinate_problems(new)
    problems += text_problems("region", new.region, MAX_REGION_CHARACTERS) if new.region else []
    problems += text_problems("address", new.address, MAX_ADDRESS_CHARACTERS) if new.address else []
    if problems:
        return Invalid(tuple(problems))
    if stores.store_named(connection, new.name) not in (None, store_id):
        return name_taken("name", new.name)
    return _pool_refusal(connection, new.pool_id)


def _pool_refusal(connection: Connection, pool_id: int) -> Refusal | None:
    pool = pools.get_pool(connection, pool_id)
    if pool is not None and pool.archived_at is None:
        return None
    return conflict(
        "pool_id",
        (f"There is no pool {pool_id}.", f"没有接待池 {pool_id}。"),
        ("Choose a pool from the list, or create one first.", "请从列表中选择，或先创建接待池。"),
    )


def _coordinate_problems(new: NewStore) -> list[Problem]:
    found = [
        _no_coordinate(path, most)
        for path, degrees, most in (("latitude", new.latitude, 90), ("longitude", new.longitude, 180))
        if degrees is not None and not -most <= degrees <= most
    ]
    if (new.latitude is None) != (new.longitude is None):
        missing = "latitude" if new.latitude is None else "longitude"
        found.append(
            problem(
                missing,
                ("One coordinate without the other.", "经纬度只填写了一个。"),
                ("Write both, or neither.", "请两个都填，或都不填。"),
            )
        )
    return found


def _no_coordinate(path: str, most: int) -> Problem:
    return problem(
        path,
        (f"Not between -{most} and {most} degrees.", f"不在 -{most} 到 {most} 度之间。"),
        ("Copy it from a map, in degrees such as 31.2304.", "请从地图复制，以度为单位，例如 31.2304。"),
    )


def _point(new: NewStore) -> Point | None:
    if new.latitude is None or new.longitude is None:
        return None
    return Point(round(new.latitude * MICRO), round(new.longitude * MICRO))


def _saved(connection: Connection, act: Act, what: str, store_id: int, before: Store | None) -> Store:
    after = stores.get_store(connection, store_id)
    assert after is not None
    changes.record(connection, what, f"store:{store_id}", before, after, actor=act.actor, now=act.now)
    wake(connection, "codes")
    return after

"""Operations on stores (门店)."""

from typing import Annotated

from pydantic import Field
from sqlalchemy import Connection

from router.db.queries import stores as query
from router.handlers.admin import stores
from router.handlers.admin.refusal import Missing, Refusal
from router.handlers.admin.stores import STORE
from router.web.api.fields import (
    SEARCHABLE,
    Body,
    Id,
    Instant,
    ListOf,
    Name,
    NoQuery,
    Paging,
    QueryTruth,
    Resource,
    Search,
)
from router.web.api.operation import Call, Operation

Region = Annotated[str, Field(max_length=stores.MAX_REGION_CHARACTERS, pattern=SEARCHABLE)]
Address = Annotated[str, Field(max_length=stores.MAX_ADDRESS_CHARACTERS, pattern=SEARCHABLE)]
Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]


class StoreResource(Resource):
    """A place with a pool of its own; coordinates in degrees, WGS 84."""

    id: int
    name: str
    region: str
    address: str
    latitude: float | None
    longitude: float | None
    pool_id: int
    pool_name: str
    created_at: Instant
    archived_at: Instant | None


class ListStores(Paging):
    search: Search = ""
    archived: QueryTruth = False


class StoreBody(Body):
    """All of a store: what is left out of a PUT is emptied. Coordinates come both or not at all."""

    name: Name
    pool_id: Id
    region: Region = ""
    address: Address = ""
    latitude: Latitude | None = None
    longitude: Longitude | None = None


def list_stores(connection: Connection, call: Call[ListStores, None]) -> ListOf[StoreResource]:
    page = query.list_stores(
        connection,
        search=call.query.search,
        archived=call.query.archived,
        after=call.after,
        limit=call.query.limit,
    )
    return call.page_of([_resource(store) for store in page.items], page.next)


def get_store(connection: Connection, call: Call[NoQuery, None]) -> StoreResource | Refusal:
    store = query.get_store(connection, call.ids["store_id"])
    return Missing(STORE) if store is None else _resource(store)


def create_store(connection: Connection, call: Call[NoQuery, StoreBody]) -> StoreResource | Refusal:
    return _outcome(stores.create_store(connection, call.act, _given(call.body)))


def replace_store(connection: Connection, call: Call[NoQuery, StoreBody]) -> StoreResource | Refusal:
    return _outcome(stores.update_store(connection, call.act, call.ids["store_id"], _given(call.body)))


def archive_store(connection: Connection, call: Call[NoQuery, None]) -> StoreResource | Refusal:
    return _outcome(stores.archive_store(connection, call.act, call.ids["store_id"]))


def restore_store(connection: Connection, call: Call[NoQuery, None]) -> StoreResource | Refusal:
    return _outcome(stores.restore_store(connection, call.act, call.ids["store_id"]))


def _given(body: StoreBody) -> stores.NewStore:
    return stores.NewStore(body.name, body.pool_id, body.region, body.address, body.latitude, body.longitude)


def _outcome(outcome: query.Store | Refusal) -> StoreResource | Refusal:
    return _resource(outcome) if isinstance(outcome, query.Store) else outcome


def _resource(store: query.Store) -> StoreResource:
    latitude, longitude = stores.degrees(store) or (None, None)
    return StoreResource(
        id=store.id,
        name=store.name,
        region=store.region,
        address=store.address,
        latitude=latitude,
        longitude=longitude,
        pool_id=store.pool_id,
        pool_name=store.pool_name,
        created_at=store.created_at,
        archived_at=store.archived_at,
    )


ONE = "/v1/stores/{store_id}"
OPERATIONS = (
    Operation(
        "GET",
        "/v1/stores",
        "Stores with the pools that receive for them",
        list_stores,
        ListOf[StoreResource],
        ListStores,
    ),
    Operation(
        "POST", "/v1/stores", "Create a store", create_store, StoreResource, body=StoreBody, writes=True, status=201
    ),
    Operation("GET", ONE, "One store", get_store, StoreResource),
    Operation("PUT", ONE, "Write a store anew", replace_store, StoreResource, body=StoreBody, writes=True),
    Operation("POST", f"{ONE}/archive", "Offer a store no more", archive_store, StoreResource, writes=True),
    Operation("POST", f"{ONE}/restore", "Restore a store", restore_store, StoreResource, writes=True),
)

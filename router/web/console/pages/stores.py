"""门店 (stores): the places that receive the customers near them, and what is known of regions."""

from dataclasses import dataclass

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response

from router.db.queries.page import Page
from router.db.queries.pools import pool_names
from router.db.queries.stores import Store, get_store, list_stores
from router.handlers.admin import stores as use_cases
from router.handlers.admin.stores import NewStore, degrees
from router.web.console.asking import Refused, change, found, now_of, read, services_of
from router.web.console.forms import Form, read_form, read_query
from router.web.console.render import go, page
from router.web.regions import is_old, regions_of


@dataclass(frozen=True, slots=True)
class Draft:
    """What the form shows; coordinates as they were typed."""

    name: str = ""
    pool_id: int = 0
    region: str = ""
    address: str = ""
    latitude: str = ""
    longitude: str = ""


async def show_list(request: Request) -> Response:
    """Stores with their pools; archived ones on a page of their own."""
    query = read_query(request)
    search, archived, after = query.text("search"), query.ticked("archived"), query.integer("after") or 0
    stores: Page[Store] = await read(
        request, lambda c: list_stores(c, search=search, archived=archived, after=after, limit=100)
    )
    regions = await to_thread.run_sync(regions_of(services_of(request).settings.region_file).state)
    return page(
        request,
        "stores.html",
        stores=stores.items,
        next=stores.next,
        search=search,
        archived=archived,
        started=after > 0,
        regions=regions,
        is_old=is_old(regions, now_of(request)),
    )


async def show_new(request: Request) -> Response:
    """The form for a new store."""
    return await _form(request, Draft(), None)


async def create(request: Request) -> Response:
    """Make a store."""
    draft = _draft(await read_form(request))
    outcome = await change(request, lambda connection, act: use_cases.create_store(connection, act, _given(draft)))
    if isinstance(outcome, Refused):
        return await _form(request, draft, None, outcome)
    return go("/stores", said="created")


async def show(request: Request) -> Response:
    """One store with the form to edit."""
    store = await _store(request)
    return await _form(request, _shown(store), store)


async def edit(request: Request) -> Response:
    """Save a store; it holds from the next scan on."""
    store_id: int = request.path_params["id"]
    draft = _draft(await read_form(request))
    outcome = await change(
        request, lambda connection, act: use_cases.update_store(connection, act, store_id, _given(draft))
    )
    if isinstance(outcome, Refused):
        return await _form(request, draft, await _store(request), outcome)
    return go(f"/stores/{store_id}", said="saved")


async def archive(request: Request) -> Response:
    """Offer the store to nobody any more."""
    store_id: int = request.path_params["id"]
    await change(request, lambda connection, act: use_cases.archive_store(connection, act, store_id))
    return go(f"/stores/{store_id}", said="archived")


async def restore(request: Request) -> Response:
    """Undo ``archive``, unless its pool is archived."""
    store_id: int = request.path_params["id"]
    outcome = await change(request, lambda connection, act: use_cases.restore_store(connection, act, store_id))
    if isinstance(outcome, Refused):
        store = await _store(request)
        return await _form(request, _shown(store), store, outcome)
    return go(f"/stores/{store_id}", said="restored")


async def _form(request: Request, draft: Draft, store: Store | None, refusal: Refused | None = None) -> Response:
    return page(
        request,
        "store_form.html",
        422 if refusal else 200,
        draft=draft,
        store=store,
        pools=await read(request, pool_names),
        problems=refusal.problems if refusal else (),
    )


async def _store(request: Request) -> Store:
    store_id: int = request.path_params["id"]
    return found(await read(request, lambda connection: get_store(connection, store_id)))


def _shown(store: Store) -> Draft:
    latitude, longitude = (
        (f"{each:.6f}".rstrip("0").rstrip(".") for each in degrees(store) or ()) if store.point else ("", "")
    )
    return Draft(store.name, store.pool_id, store.region, store.address, latitude, longitude)


def _draft(form: Form) -> Draft:
    return Draft(
        name=form.text("name"),
        pool_id=form.integer("pool_id") or 0,
        region=form.text("region"),
        address=form.text("address"),
        latitude=form.text("latitude"),
        longitude=form.text("longitude"),
    )


def _given(draft: Draft) -> NewStore:
    return NewStore(
        draft.name,
        draft.pool_id,
        draft.region,
        draft.address,
        _degrees(draft.latitude),
        _degrees(draft.longitude),
    )


def _degrees(text: str) -> float | None:
    """The number, None for an empty field; what is no number is out of every range, and so refused."""
    if not text:
        return None
    try:
        return float(text)
    except ValueError:
        return float("nan")

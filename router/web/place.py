"""Asking a visitor where they are, before anything is held, and reading the answer.

Three ways, each a choice of the visitor: the browser's location (rounded to about a kilometre before it is sent, used
to find the nearest store, written down nowhere), a store from the list, or no answer. Without an answer the region that
the network address suggests decides, if it is known, and else the code's own pool receives. What goes on
from here is a store's number alone: it stands in the address of the page, so that a waiting page keeps to it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from urllib.parse import parse_qs

from starlette.datastructures import QueryParams
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from router.db.queries.stores import OfferedStore, has_a_place, offered_stores
from router.domain.place import AtStore, InRegion, Near, Where, choose_store, coarse
from router.services import Services
from router.web import landing
from router.web.carried import STORE, carried, query_string
from router.web.language import preferred_language
from router.web.region_table import LONGEST_REGION
from router.web.regions import regions_of

MOST_BYTES = 1_024  # of an answer
MOST_DIGITS = 16


@dataclass(frozen=True, slots=True)
class Unsaid:
    """The request says nothing about a place."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """The visitor was asked and gave no place, and the network address suggested none."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """The request says something that is no place; ``reason`` says what to send instead."""

    reason: str


Said = Where | Unsaid | Skipped | Unreadable


def read_where(query: QueryParams | Mapping[str, str]) -> Said:
    """The place in a query string or form: ``store``, or ``lat`` and ``lng`` in degrees, or ``region``."""
    store, region = query.get("store", ""), query.get("region", "").strip()
    latitude, longitude = query.get("lat", ""), query.get("lng", "")
    if store:
        return _store(store)
    if latitude or longitude:
        return _near(latitude, longitude)
    if region:
        return InRegion(region) if len(region) <= LONGEST_REGION else Unreadable("region is too long; write 上海")
    return Unsaid()


async def where_of(request: Request, *, as_json: bool, visitor: str | None) -> Where | Response | None:
    """Where this visitor is received, None for the code's own pool; or the page that asks, with nothing held yet.

    ``visitor`` is None for somebody whom this page has never seen. A program that asks for JSON is not asked back.
    """
    slug = request.path_params["slug"]
    if slug not in (await _services(request).slugs_by_place.get(None) or ()):
        return None
    match read_where(request.query_params):
        case Unsaid():
            return await _region_of(request) if as_json else await _ask(request, slug, visitor)
        case Skipped():
            return None
        case Unreadable(reason=reason):
            return None if as_json else _page(landing.render_refused(reason, _visit(request)), 400)
        case where:
            return where


async def take_place(request: Request) -> Response:
    """``POST /q/{slug}/place``: what the visitor answered becomes a store's number in the code's address."""
    said = read_where(await _answer(request))
    stores = await _services(request).ledger.read(offered_stores)
    where = await _region_of(request) if isinstance(said, Unsaid | Skipped | Unreadable) else said
    chosen = choose_store([each.placed for each in stores], where).store if where is not None else None
    further = carried({**request.query_params, STORE: str(chosen.id if chosen else 0)})
    address = f"../{request.path_params['slug']}{query_string(further)}"
    return RedirectResponse(address, 303, {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})


async def _ask(request: Request, slug: str, visitor: str | None) -> Response | None:
    """The page that asks, unless there is nothing to choose or the visitor has an agent here already."""
    services = _services(request)
    if visitor is not None:
        known = partial(has_a_place, slug=slug, visitor=visitor, now=services.clock())
        if await services.ledger.read(known):
            return None
    stores = await services.ledger.read(offered_stores)
    return _page(landing.render_place(by_region(stores), _visit(request))) if stores else None


def by_region(stores: tuple[OfferedStore, ...]) -> dict[str, list[OfferedStore]]:
    """Stores under their regions, those without one last."""
    grouped: dict[str, list[OfferedStore]] = {}
    for store in sorted(stores, key=lambda each: not each.placed.region):
        grouped.setdefault(store.placed.region, []).append(store)
    return grouped


async def _region_of(request: Request) -> InRegion | None:
    address = request.client.host if request.client else ""
    region = await regions_of(_services(request).settings.region_file).region_of(address)
    return InRegion(region) if region else None


async def _answer(request: Request) -> dict[str, str]:
    """The fields of a short form; one that is too long says nothing."""
    content = bytearray()
    try:
        async for chunk in request.stream():
            content += chunk
            if len(content) > MOST_BYTES:
                return {}
    except ClientDisconnect:
        return {}
    return {name: values[0] for name, values in parse_qs(content.decode("utf-8", "replace")).items()}


def _store(text: str) -> Said:
    if not (text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS):
        return Unreadable("store is not the number of a store")
    return AtStore(int(text)) if int(text) else Skipped()


def _near(latitude: str, longitude: str) -> Said:
    try:
        point = coarse(float(latitude), float(longitude))
    except ValueError:
        point = None
    return Near(point) if point else Unreadable("lat and lng are not degrees such as 31.23 and 121.47")


def _page(text: str, status: int = 200) -> Response:
    return HTMLResponse(text, status, landing.HEADERS)


def _visit(request: Request) -> landing.Visit:
    services = _services(request)
    return landing.Visit(
        slug=request.path_params["slug"],
        language=preferred_language(request.headers.get("accept-language", "")),
        now=services.clock(),
        zone=services.settings.time_zone,
        carried=carried(request.query_params),
    )


def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services

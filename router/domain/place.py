"""就近 (place): which store receives a visitor who says where they are, or of whom only the region is known.

Coordinates are WGS 84, as browsers give them, in millionths of a degree. A visitor's are coarsened to a hundredth of a
degree (about a kilometre) before anything is done with them: near enough to choose a store, too coarse to find a home.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt
from typing import Literal, assert_never

EARTH_RADIUS = 6_371_000  # m, mean
MICRO = 1_000_000
COARSE = 10_000  # millionths of a degree that a visitor's coordinates are rounded to

Why = Literal["chosen", "nearest", "region", "no_such_store", "no_store_in_region", "no_store_with_coordinates"]


@dataclass(frozen=True, slots=True)
class Point:
    """A place on the earth in millionths of a degree."""

    latitude: int
    longitude: int


@dataclass(frozen=True, slots=True)
class AtStore:
    """The visitor chose a store from the list."""

    store_id: int


@dataclass(frozen=True, slots=True)
class Near:
    """The visitor agreed to say where they are; already coarse."""

    point: Point


@dataclass(frozen=True, slots=True)
class InRegion:
    """Only the province or city is known, from the network address."""

    region: str


Where = AtStore | Near | InRegion


@dataclass(frozen=True, slots=True)
class Store:
    """门店: a place with a pool of its own; ``point`` None for a store that has only an address."""

    id: int
    region: str
    pool_id: int
    point: Point | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """The store that receives, or None with the reason why the code's own pool does; ``distance`` in metres."""

    store: Store | None
    why: Why
    distance: int | None = None


def coarse(latitude: float, longitude: float) -> Point | None:
    """A visitor's coordinates, rounded to a hundredth of a degree; None for what is no place on the earth."""
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        return None  # also for NaN, of which every comparison is false
    return Point(_rounded(latitude), _rounded(longitude))


def choose_store(stores: Sequence[Store], where: Where) -> Choice:
    """The store for somebody who is there: the chosen one, the nearest, or the first of the region.

    Of stores equally near, and of several in one region, the one created first.
    """
    match where:
        case AtStore(store_id=store_id):
            found = next((store for store in stores if store.id == store_id), None)
            return Choice(found, "chosen" if found else "no_such_store")
        case Near(point=point):
            return _nearest(stores, point)
        case InRegion(region=region):
            found = next((store for store in _by_age(stores) if is_in(store.region, region)), None)
            return Choice(found, "region" if found else "no_store_in_region")
        case _:
            assert_never(where)


def is_in(store_region: str, region: str) -> bool:
    """Whether a store of one region serves a visitor of the other: 上海 is 上海市, and 广东 contains 广东深圳."""
    ours, theirs = _plain(store_region), _plain(region)
    return bool(ours and theirs) and (ours.startswith(theirs) or theirs.startswith(ours))


def distance(a: Point, b: Point) -> int:
    """Metres along the great circle (haversine formula); the earth is no sphere, so up to 0.6 % off."""
    latitudes = radians(a.latitude / MICRO), radians(b.latitude / MICRO)
    north = sin((latitudes[1] - latitudes[0]) / 2)
    east = sin(radians((b.longitude - a.longitude) / MICRO) / 2)
    chord = north * north + cos(latitudes[0]) * cos(latitudes[1]) * east * east
    return round(2 * EARTH_RADIUS * asin(sqrt(min(1.0, chord))))


def _nearest(stores: Sequence[Store], point: Point) -> Choice:
    far = [(distance(point, store.point), store.id, store) for store in stores if store.point is not None]
    if not far:
        return Choice(None, "no_store_with_coordinates")
    metres, _, store = min(far, key=lambda each: each[:2])
    return Choice(store, "nearest", metres)


def _by_age(stores: Sequence[Store]) -> list[Store]:
    return sorted(stores, key=lambda store: store.id)


def _plain(region: str) -> str:
    """Without the words for province and city, which one source writes and another leaves out."""
    kept = "".join(region.split())
    for word in ("特别行政区", "维吾尔自治区", "壮族自治区", "回族自治区", "自治区", "省", "市"):
        kept = kept.replace(word, "")
    return kept.casefold()


def _rounded(degrees: float) -> int:
    return round(degrees * MICRO / COARSE) * COARSE

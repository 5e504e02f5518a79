"""Which store receives a visitor: by choice, by distance, by region, or none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.domain.place import (
    AtStore,
    Choice,
    InRegion,
    Near,
    Point,
    Store,
    choose_store,
    coarse,
    distance,
    is_in,
)

BUND = Store(1, "上海", 11, Point(31_240_000, 121_490_000))
HONGQIAO = Store(2, "上海", 12, Point(31_200_000, 121_330_000))
NANSHAN = Store(3, "广东深圳", 13, Point(22_530_000, 113_930_000))
BY_POST = Store(4, "北京", 14)
STORES = (NANSHAN, HONGQIAO, BUND, BY_POST)

POINTS = st.builds(Point, st.integers(-90_000_000, 90_000_000), st.integers(-180_000_000, 180_000_000))


def test_whoever_chooses_a_store_gets_it() -> None:
    assert choose_store(STORES, AtStore(4)) == Choice(BY_POST, "chosen")


def test_a_store_that_is_gone_leaves_the_pool_of_the_code() -> None:
    assert choose_store(STORES, AtStore(9)) == Choice(None, "no_such_store")


def test_whoever_says_where_they_are_gets_the_nearest_store() -> None:
    people_square = Point(31_230_000, 121_470_000)

    assert choose_store(STORES, Near(people_square)) == Choice(BUND, "nearest", 2203)


def test_of_stores_equally_near_the_older_one_receives() -> None:
    twin = Store(7, "上海", 17, BUND.point)

    choice = choose_store((twin, BUND), Near(Point(31_000_000, 121_000_000)))

    assert choice.store == BUND


def test_without_coordinates_of_any_store_nobody_is_nearest() -> None:
    assert choose_store((BY_POST,), Near(Point(0, 0))) == Choice(None, "no_store_with_coordinates")


@pytest.mark.parametrize(
    ("region", "store"), [("上海市", BUND), ("广东省深圳市", NANSHAN), ("广东省", NANSHAN), ("北京", BY_POST)]
)
def test_of_a_region_the_oldest_store_receives(region: str, store: Store) -> None:
    assert choose_store(STORES, InRegion(region)) == Choice(store, "region")


@pytest.mark.parametrize("region", ["四川", "", "广东广州"])
def test_a_region_without_a_store_leaves_the_pool_of_the_code(region: str) -> None:
    assert choose_store(STORES, InRegion(region)) == Choice(None, "no_store_in_region")


def test_a_store_without_a_region_serves_none() -> None:
    assert not is_in("", "上海")


def test_a_visitors_coordinates_are_coarsened_to_a_hundredth_of_a_degree() -> None:
    assert coarse(31.2345678, -121.4987654) == Point(31_230_000, -121_500_000)


@pytest.mark.parametrize("place", [(90.1, 0.0), (0.0, -180.5), (float("nan"), 0.0), (0.0, float("inf"))])
def test_what_is_no_place_on_the_earth_is_refused(place: tuple[float, float]) -> None:
    assert coarse(*place) is None


@pytest.mark.parametrize(
    ("a", "b", "metres"),
    [
        pytest.param(Point(39_904_200, 116_407_400), Point(31_230_400, 121_473_700), 1_067_311, id="Beijing-Shanghai"),
        pytest.param(Point(0, 179_990_000), Point(0, -179_990_000), 2_224, id="over the date line"),
        pytest.param(Point(90_000_000, 0), Point(-90_000_000, 0), 20_015_087, id="pole to pole"),
    ],
)
def test_distances_are_those_of_the_great_circle(a: Point, b: Point, metres: int) -> None:
    assert distance(a, b) == pytest.approx(metres, rel=1e-4)


@given(POINTS, POINTS, POINTS)
def test_a_distance_is_a_metric(a: Point, b: Point, c: Point) -> None:
    assert distance(a, a) == 0
    assert distance(a, b) == distance(b, a)
    assert distance(a, c) <= distance(a, b) + distance(b, c) + 2


@given(POINTS, st.lists(POINTS, min_size=1, max_size=8))
def test_no_store_is_nearer_than_the_nearest(here: Point, points: list[Point]) -> None:
    stores = [Store(number, "", number, point) for number, point in enumerate(points, start=1)]

    choice = choose_store(stores, Near(here))

    assert choice.distance == min(distance(here, point) for point in points)

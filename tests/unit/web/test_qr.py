"""Pictures of live codes: what is offered is what a camera reads."""

import io
import re

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from starlette.datastructures import QueryParams

from router.web.qr import LARGEST, SMALLEST, Picture, Print, Refused, draw, read_print

LINK = "https://go.example.com/q/spring-sale"


def drawn(wanted: Print) -> Picture:
    picture = draw(wanted)
    assert isinstance(picture, Picture)
    return picture


def modules_of_svg(svg: str) -> Image.Image:
    """Paints the runs of the SVG's path: an independent reading of what print software will draw."""
    side = int(re.search(r'viewBox="0 0 (\d+) ', svg)[1])  # type: ignore[index]
    image = Image.new("L", (side, side), 255)
    for x, y, length in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\d+z", svg):
        image.paste(0, (int(x), int(y), int(x) + int(length), int(y) + 1))
    return image


@pytest.mark.parametrize("level", ["Q", "H"])
@pytest.mark.parametrize("size", [SMALLEST, 333, LARGEST])
def test_a_png_has_exactly_the_size_asked_for_and_reads_back(size: int, level: str) -> None:
    wanted = read_print(LINK, "png", QueryParams({"size": str(size), "level": level}))
    assert isinstance(wanted, Print)

    image = Image.open(io.BytesIO(drawn(wanted).content))

    barcode = zxingcpp.read_barcode(image.convert("L"))
    assert barcode is not None
    assert (image.size, barcode.text) == ((size, size), LINK)


def test_an_svg_draws_the_modules_of_the_png() -> None:
    svg = drawn(Print(LINK, "svg")).content.decode()

    image = modules_of_svg(svg)

    barcode = zxingcpp.read_barcode(image.resize((image.width * 8, image.height * 8), Image.Resampling.NEAREST))
    assert barcode is not None
    assert barcode.text == LINK
    assert svg.startswith('<svg xmlns="http://www.w3.org/2000/svg" width="600" height="600"')


@settings(max_examples=25, deadline=None)
@given(st.integers(200, 700), st.integers(4, 20))
def test_the_quiet_zone_is_never_narrower_than_asked_for(size: int, border: int) -> None:
    image = Image.open(io.BytesIO(drawn(Print(LINK, "png", size, border)).content)).convert("L")

    left, top, right, bottom = Image.eval(image, lambda level: 255 - level).getbbox() or (0, 0, 0, 0)

    module = (right - left) // 33  # this link makes a symbol of 33 modules
    assert min(left, top, size - right, size - bottom) >= border * module


def test_a_code_too_small_for_its_modules_is_refused_and_told_the_smallest_size() -> None:
    answer = draw(Print(LINK + "x" * 90, "png", SMALLEST))

    assert answer == Refused("size: this code has 53 modules a side; ask for at least 122 pixels")


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("size=0", "size: write a whole number from 120 to 2048"),
        ("size=99999999999999999999", "size: write a whole number from 120 to 2048"),
        ("size=1e3", "size: write a whole number from 120 to 2048"),
        ("size=٣٠٠", "size: write a whole number from 120 to 2048"),
        ("size=", "size: write a whole number from 120 to 2048"),
        ("border=3", "border: write a whole number from 4 to 20"),
        ("border=21", "border: write a whole number from 4 to 20"),
        ("level=L", "level: write Q (25 % may be damaged) or H (30 %)"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_what_to_write(query: str, reason: str) -> None:
    assert read_print(LINK, "png", QueryParams(query)) == Refused(reason)


def test_equal_pictures_carry_equal_etags_and_different_ones_different() -> None:
    etags = [drawn(Print(LINK)).etag, drawn(Print(LINK)).etag, drawn(Print(LINK, size=601)).etag]

    assert etags[0] == etags[1]
    assert etags[0] != etags[2]

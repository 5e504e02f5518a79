"""Pictures of a live code for print: PNG and SVG of its permanent URL, decoded again before anyone gets them."""

import hashlib
import io
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import zxingcpp
from PIL import Image
from qrcode import constants
from qrcode.main import QRCode
from starlette.datastructures import QueryParams

Level = Literal["Q", "H"]
Format = Literal["png", "svg"]

QUIET_ZONE = 4  # modules, ISO/IEC 18004: scanners need them
LARGEST_QUIET_ZONE = 20
SMALLEST, USUAL, LARGEST = 120, 600, 2048  # pixels
PIXELS_PER_MODULE = 2  # below that, phone cameras and JPEG prints blur it
REMEMBERED = 128  # pictures of one to thirty KiB

_LEVELS = {"Q": constants.ERROR_CORRECT_Q, "H": constants.ERROR_CORRECT_H}
_MEDIA_TYPES = {"png": "image/png", "svg": "image/svg+xml"}

Matrix = tuple[tuple[bool, ...], ...]


@dataclass(frozen=True, slots=True)
class Print:
    """One picture asked for: ``size`` in pixels (PNG: exactly; SVG: its natural size), ``border`` in modules."""

    text: str
    format: Format = "png"
    size: int = USUAL
    border: int = QUIET_ZONE
    level: Level = "Q"


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that was read back successfully; ``etag`` is a hash of its content."""

    content: bytes
    media_type: str
    etag: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The picture cannot be made as asked; ``reason`` says what to ask for."""

    reason: str


def read_print(text: str, picture_format: Format, query: QueryParams) -> Print | Refused:
    """What the query asks for, within bounds."""
    size = _whole_number(query, "size", USUAL, SMALLEST, LARGEST)
    border = _whole_number(query, "border", QUIET_ZONE, QUIET_ZONE, LARGEST_QUIET_ZONE)
    if isinstance(size, Refused):
        return size
    if isinstance(border, Refused):
        return border
    match query.get("level", "Q"):
        case "Q" | "H" as level:
            return Print(text, picture_format, size, border, level)
        case _:
            return Refused("level: write Q (25 % may be damaged) or H (30 %)")


@lru_cache(maxsize=REMEMBERED)
def draw(wanted: Print) -> Picture | Refused:
    """Draw and read back. CPU-bound, some 10 ms: call it off the event loop."""
    matrix = _matrix(wanted.text, wanted.level)
    smallest = (len(matrix) + 2 * wanted.border) * PIXELS_PER_MODULE
    if wanted.size < smallest:
        return Refused(f"size: this code has {len(matrix)} modules a side; ask for at least {smallest} pixels")
    image = _image(matrix, wanted.size, wanted.border)
    _check_reads(image, wanted.text)
    content = _png(image) if wanted.format == "png" else _svg(matrix, wanted.size, wanted.border)
    return Picture(content, _MEDIA_TYPES[wanted.format], f'"{hashlib.sha256(content).hexdigest()[:32]}"')


def _whole_number(query: QueryParams, name: str, usual: int, least: int, most: int) -> int | Refused:
    text = query.get(name)
    if text is None:
        return usual
    if text.isascii() and text.isdigit() and len(text) <= 6 and least <= int(text) <= most:
        return int(text)
    return Refused(f"{name}: write a whole number from {least} to {most}")


def _matrix(text: str, level: Level) -> Matrix:
    code = QRCode(error_correction=_LEVELS[level], border=0)
    code.add_data(text)
    code.make(fit=True)
    return tuple(tuple(bool(module) for module in row) for row in code.get_matrix())


def _image(matrix: Matrix, size: int, border: int) -> Image.Image:
    """Whole pixels per module, so that edges stay sharp; what is left over widens the quiet zone."""
    side = len(matrix)
    scale = size // (side + 2 * border)
    modules = Image.new("1", (side, side))
    modules.putdata([0 if module else 1 for row in matrix for module in row])
    picture = Image.new("1", (size, size), 1)
    offset = (size - side * scale) // 2
    picture.paste(modules.resize((side * scale, side * scale), Image.Resampling.NEAREST), (offset, offset))
    return picture


def _png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _svg(matrix: Matrix, size: int, border: int) -> bytes:
    """One path with a rectangle per run of dark modules: small, and one shape for print software."""
    side = len(matrix) + 2 * border
    path = "".join(
        f"M{start + border} {y + border}h{length}v1h-{length}z"
        for y, row in enumerate(matrix)
        for start, length in _dark_runs(row)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{size}" height="{size}" viewBox="0 0 {side} {side}"'
        f' shape-rendering="crispEdges"><path fill="#fff" d="M0 0h{side}v{side}H0z"/><path d="{path}"/></svg>\n'
    ).encode()


def _dark_runs(row: tuple[bool, ...]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for x, is_dark in enumerate(row):
        if is_dark and runs and sum(runs[-1]) == x:
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        elif is_dark:
            runs.append((x, 1))
    return runs


def _check_reads(image: Image.Image, text: str) -> None:
    """Raises RuntimeError if what we are about to hand to a printer does not say ``text``."""
    found = zxingcpp.read_barcode(image.convert("L"))
    if found is None or found.text != text:
        raise RuntimeError(f"a QR picture of {text!r} reads back as {found.text if found else None!r}")

"""Tables as files for spreadsheets: CSV that Excel reads as UTF-8, and XLSX. No cell of either is ever a formula.

What customers call themselves ends up in these cells. A spreadsheet runs text that begins like a formula; such text is
written with an apostrophe before it, which spreadsheets take as "this is text" (OWASP, CSV injection).
"""

import csv
import io
import re
import unicodedata
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import datetime
from tempfile import SpooledTemporaryFile
from typing import Any, Literal, TypeAlias, get_args

from anyio import CancelScope, to_thread

Cell: TypeAlias = str | int | float | datetime | None  # a datetime is on the corporation's clocks, without a zone
Format = Literal["csv", "xlsx"]
FORMATS: tuple[Format, ...] = get_args(Format)

MEDIA_TYPES: dict[Format, str] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
BYTE_ORDER_MARK = "\ufeff"  # without it Excel reads Chinese as the machine's own code page
LONGEST_CELL = 32_767  # characters that Excel takes
IN_MEMORY = 8 * 2**20  # bytes of a spreadsheet before it moves to a temporary file
PIECE = 64 * 2**10  # bytes sent at once
WIDEST, NARROWEST = 40, 10  # characters of a column

_BEGINS_FORMULA = "=+-@|%"  # after normalisation, so that ＝ ＋ － ＠ are among them; | and % begin DDE commands
_PASSED_OVER = frozenset({"Cf", "Cc", "Zs", "Zl", "Zp"})  # general categories of Unicode
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def neutral(text: str) -> str:
    """The text as a spreadsheet may hold it: bounded, printable, and never the beginning of a formula."""
    printable = _UNPRINTABLE.sub("\ufffd", text)[: LONGEST_CELL - 1]
    if printable[:1] in ("\t", "\r", "\n") or _bare(printable)[:1] in tuple(_BEGINS_FORMULA):
        return f"'{printable}"
    return printable


def _bare(text: str) -> str:
    """Without what a spreadsheet passes over before it looks for a formula: spaces, marks without width, quotes."""
    head = unicodedata.normalize("NFKC", text[:64])
    return "".join(each for each in head if unicodedata.category(each) not in _PASSED_OVER).lstrip("\"'")


async def csv_file(header: Sequence[str], batches: AsyncIterator[Sequence[Sequence[Cell]]]) -> AsyncIterator[bytes]:
    """The file piece by piece, as the batches come: lines end with CR LF (RFC 4180)."""
    yield (BYTE_ORDER_MARK + _lines([header])).encode()
    async for rows in batches:
        yield _lines(rows).encode()


def _lines(rows: Iterable[Sequence[Cell]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows([_plain(cell) for cell in row] for row in rows)
    return text.getvalue()


def _plain(cell: Cell) -> str | int | float:
    match cell:
        case None:
            return ""
        case str():
            return neutral(cell)
        case datetime():
            return cell.isoformat(" ", "seconds")
        case number:
            return number


async def xlsx_file(
    title: str, header: Sequence[str], batches: AsyncIterator[Sequence[Sequence[Cell]]]
) -> AsyncIterator[bytes]:
    """The file piece by piece. It can only be packed once its last row is known; until then it waits on disk."""
    from openpyxl import Workbook  # here, so that a process that never exports does not carry it
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    book = Workbook(write_only=True)
    sheet = book.create_sheet(neutral(title)[:31])
    sheet.freeze_panes = "A2"
    for position, name in enumerate(header, start=1):
        width = 2 * len(name) + 2  # Chinese characters are two wide
        sheet.column_dimensions[get_column_letter(position)].width = max(NARROWEST, min(WIDEST, width))
    names = [WriteOnlyCell(sheet, neutral(name)) for name in header]
    for each in names:
        each.font = Font(bold=True)
    sheet.append(names)
    with SpooledTemporaryFile(IN_MEMORY) as file:
        try:
            async for rows in batches:
                await to_thread.run_sync(_append, sheet, rows)
        finally:  # also when nobody waits for it any more: saving is what removes the sheet's temporary file
            with CancelScope(shield=True):
                await to_thread.run_sync(book.save, file)
        file.seek(0)
        while piece := await to_thread.run_sync(file.read, PIECE):
            yield piece


def _append(sheet: Any, rows: Sequence[Sequence[Cell]]) -> None:
    for row in rows:
        sheet.append([neutral(cell) if isinstance(cell, str) else cell for cell in row])

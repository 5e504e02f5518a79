"""An uploaded table as rows of text: XLSX, or CSV in UTF-8 or GB 18030; bounded before it is read."""

import csv
import io
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Final
from zipfile import BadZipFile, ZipFile

from tagtree.wording import Problem, Wording

LARGEST: Final = 4 * 1024 * 1024  # bytes uploaded
UNPACKED: Final = 64 * 1024 * 1024  # bytes that a spreadsheet may unpack to
COLUMNS: Final = 20
CELL: Final = 4_000  # characters kept of a cell

Rows = list[tuple[str, ...]]

_ZIP: Final = b"PK\x03\x04"


def read_sheet(content: bytes, most_rows: int) -> Rows | Problem:
    """The rows of the first sheet, empty ones included, so that their numbers are those people see."""
    if not content or len(content) > LARGEST:
        return Problem("file", *_NO_FILE) if not content else Problem("file", *_TOO_LARGE)
    try:
        cells = _xlsx(content, most_rows) if content.startswith(_ZIP) else _csv(content)
        rows = [_texts(row) for row in islice(cells, most_rows + 1)]
    except Exception:  # whatever a damaged file makes the reader raise, it is a file we cannot read
        return Problem("file", *_UNREADABLE)
    if len(rows) > most_rows:
        return Problem("file", *_too_many(most_rows))
    return rows


def _csv(content: bytes) -> Iterator[list[str]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("gb18030")  # as Excel saves CSV on a Chinese system
    separator = "\t" if "\t" in text.partition("\n")[0] else ","
    return csv.reader(io.StringIO(text, newline=""), delimiter=separator)


def _xlsx(content: bytes, most_rows: int) -> Iterable[Iterable[Any]]:
    from openpyxl import load_workbook  # here, so that a process that never imports does not carry it

    with ZipFile(io.BytesIO(content)) as packed:
        if sum(each.file_size for each in packed.infolist()) > UNPACKED:
            raise BadZipFile("unpacks to more than we read")
    book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    rows: Iterable[Iterable[Any]] = book.worksheets[0].iter_rows(
        max_row=most_rows + 1, max_col=COLUMNS, values_only=True
    )
    return rows


def _texts(row: Iterable[Any]) -> tuple[str, ...]:
    """The cells up to the last that says something."""
    texts = [_text(cell) for cell in islice(row, COLUMNS)]
    while texts and not texts[-1]:
        texts.pop()
    return tuple(texts)


def _text(cell: object) -> str:
    return "" if cell is None else str(cell).replace("\x00", "")[:CELL].removeprefix("'")


def _too_many(most: int) -> tuple[Wording, Wording]:
    return (
        Wording(f"The file has more than {most} rows.", f"文件超过 {most} 行。"),
        Wording("Split it into several files.", "请拆成多个文件。"),
    )


_NO_FILE: Final = (
    Wording("No file was chosen.", "没有选择文件。"),
    Wording("Choose an XLSX or CSV file.", "请选择 XLSX 或 CSV 文件。"),
)
_TOO_LARGE: Final = (
    Wording(f"The file is larger than {LARGEST // 2**20} MB.", f"文件超过 {LARGEST // 2**20} MB。"),
    Wording("Split it into several files.", "请拆成多个文件。"),
)
_UNREADABLE: Final = (
    Wording("This is no XLSX or CSV file that can be read.", "无法读取，不是 XLSX 或 CSV 文件。"),
    Wording("Save it again as XLSX, or as CSV in UTF-8.", "请另存为 XLSX，或 UTF-8 编码的 CSV。"),
)

"""Uploaded tables as rows of text: XLSX and CSV as people save them, bounded, refused with what to do."""

import io
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from openpyxl import Workbook

from router.web.sheet_rows import LARGEST, UNPACKED, read_sheet
from tagtree.wording import Problem

ROWS: list[tuple[str, ...]] = [("类别", "名称", "同义词"), ("商品", "衬衫", "衬衣、shirt")]


def xlsx(rows: list[tuple[object, ...]]) -> bytes:
    book = Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def csv(rows: list[tuple[str, ...]], encoding: str, separator: str = ",") -> bytes:
    return "".join(f"{separator.join(row)}\r\n" for row in rows).encode(encoding)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(xlsx(list(ROWS)), id="a spreadsheet"),
        pytest.param(csv(ROWS, "utf-8"), id="CSV"),
        pytest.param(csv(ROWS, "utf-8-sig"), id="CSV with a byte order mark"),
        pytest.param(csv(ROWS, "gb18030"), id="CSV of a Chinese Excel"),
        pytest.param(csv(ROWS, "utf-8", "\t"), id="text with tabs"),
    ],
)
def test_a_table_is_read_however_it_was_saved(content: bytes) -> None:
    assert read_sheet(content, 10) == ROWS


def test_cells_that_are_no_text_become_text() -> None:
    assert read_sheet(xlsx([("名称", 38, None, "'=1+1", "a\tb")]), 10) == [("名称", "38", "", "=1+1", "a\tb")]


def test_more_rows_than_wanted_are_refused() -> None:
    found = read_sheet(csv([("a",)] * 4, "utf-8"), 3)

    assert isinstance(found, Problem)
    assert found.reason.en == "The file has more than 3 rows."


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"x" * (LARGEST + 1), id="too large"),
        pytest.param(b"\xff\xfe\x81", id="no encoding of ours"),
        pytest.param(b"PK\x03\x04 and no more", id="a damaged spreadsheet"),
        pytest.param(xlsx(list(ROWS))[:400], id="half a spreadsheet"),
    ],
)
def test_what_cannot_be_read_is_refused(content: bytes) -> None:
    assert isinstance(read_sheet(content, 10), Problem)


def test_a_spreadsheet_that_unpacks_to_gigabytes_is_not_unpacked() -> None:
    file = io.BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as packed, packed.open("xl/workbook.xml", "w") as bomb:
        for _ in range(UNPACKED // 2**20 + 1):
            bomb.write(b"\0" * 2**20)

    assert isinstance(read_sheet(file.getvalue(), 10), Problem)

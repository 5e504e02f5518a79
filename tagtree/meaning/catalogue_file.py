"""The catalogue as rows of a file: kind, name, synonyms; read with every bad row named, compared with what is there."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tagtree.meaning.catalogue import COLOUR, MAX_ITEMS, PRODUCT, SIZE, CatalogueItem, check_items
from tagtree.wording import Wording

COLUMNS: Final = ("kind", "name", "synonyms")
MAX_BAD_ROWS: Final = 200
"""Told at once."""

_HEADERS: Final[Mapping[str, str]] = {
    "kind": "kind",
    "类别": "kind",
    "类型": "kind",
    "name": "name",
    "名称": "name",
    "商品": "name",
    "synonyms": "synonyms",
    "同义词": "synonyms",
    "别名": "synonyms",
}
_KINDS: Final[Mapping[str, str]] = {
    "": PRODUCT,
    "商品": PRODUCT,
    "产品": PRODUCT,
    "颜色": COLOUR,
    "尺码": SIZE,
    "尺寸": SIZE,
}
_BETWEEN: Final = re.compile(r"[,，、;；|\n]+")


@dataclass(frozen=True, slots=True)
class BadRow:
    """Row as a spreadsheet counts it, from 1; the column's name, empty for the whole row."""

    row: int
    column: str
    reason: Wording
    hint: Wording


@dataclass(frozen=True, slots=True)
class ReadCatalogue:
    """The good rows, and why each other one is not among them."""

    items: tuple[CatalogueItem, ...]
    bad_rows: tuple[BadRow, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What an import would do to the catalogue."""

    added: tuple[CatalogueItem, ...]
    changed: tuple[tuple[CatalogueItem, CatalogueItem], ...]
    unchanged: int


def read_rows(rows: Iterable[Sequence[str]]) -> ReadCatalogue:
    """Read rows under a header row; without a known header the columns stand in the order of `COLUMNS`."""
    columns: Sequence[str] = COLUMNS
    items: list[tuple[int, CatalogueItem]] = []
    for number, row in enumerate(rows, start=1):
        cells = [str(cell).strip() for cell in row]
        if number == 1 and (named := _columns(cells)):
            columns = named
        elif any(cells):
            items.append((number, _item(dict(zip(columns, cells, strict=False)))))
    return _checked(items)


def row_of(item: CatalogueItem) -> tuple[str, str, str]:
    """The row that `read_rows` reads back."""
    return item.kind, item.name, "、".join(item.synonyms)


def split_words(text: str) -> tuple[str, ...]:
    """Words between commas or on lines, each once."""
    return tuple(dict.fromkeys(word.strip() for word in _BETWEEN.split(text) if word.strip()))


def compare(present: Iterable[CatalogueItem], given: Iterable[CatalogueItem]) -> Comparison:
    """Items are the same by kind and name; what a file leaves out stays as it is."""
    known = {(each.kind, each.name): each for each in present}
    added: list[CatalogueItem] = []
    changed: list[tuple[CatalogueItem, CatalogueItem]] = []
    unchanged = 0
    for item in given:
        before = known.get((item.kind, item.name))
        if before is None:
            added.append(item)
        elif before == item:
            unchanged += 1
        else:
            changed.append((before, item))
    return Comparison(tuple(added), tuple(changed), unchanged)


def merged(present: Iterable[CatalogueItem], given: Iterable[CatalogueItem]) -> tuple[CatalogueItem, ...]:
    """The catalogue after an import."""
    after = {(each.kind, each.name): each for each in present}
    after.update({(each.kind, each.name): each for each in given})
    return tuple(after.values())


def _columns(cells: Sequence[str]) -> list[str]:
    named = [_HEADERS.get(cell.casefold(), "") for cell in cells]
    return named if "name" in named else []


def _item(cells: Mapping[str, str]) -> CatalogueItem:
    kind, name = cells.get("kind", ""), cells.get("name", "")
    synonyms = tuple(word for word in split_words(cells.get("synonyms", "")) if word != name)
    return CatalogueItem(_KINDS.get(kind, kind), name, synonyms)


def _checked(items: Sequence[tuple[int, CatalogueItem]]) -> ReadCatalogue:
    problems = check_items([item for _, item in items])
    if len(items) > MAX_ITEMS:
        return ReadCatalogue((), tuple(BadRow(0, "", each.reason, each.hint) for each in problems))
    bad: dict[int, BadRow] = {}
    for each in problems:
        place, _, column = each.path.removeprefix("items[").partition("].")
        number = items[int(place)][0]
        bad.setdefault(number, BadRow(number, column.partition("[")[0], each.reason, each.hint))
    good = tuple(item for number, item in items if number not in bad)
    return ReadCatalogue(good, tuple(bad[number] for number in sorted(bad))[:MAX_BAD_ROWS])

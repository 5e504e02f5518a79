"""The tag tree as a file: one row per tag, as JSON or as the cells of a table; and back, with what is wrong per cell.

A row names its tag by the path from the root. In a cell the path is written "产品 / 衬衫" and aliases "报价 ; 价钱"; a
slash or semicolon that belongs to a name is doubled.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from tagtree.fields import FieldReader
from tagtree.tree import MAX_ALIASES, MAX_DEPTH, MAX_EXPIRY_DAYS, MAX_NAME_CHARACTERS, MAX_TAGS, Tag, TagTree
from tagtree.wording import Wording

MAX_WEIGHT: Final = 1_000
MAX_CELL_CHARACTERS: Final = 2_000

COLUMNS: Final[Mapping[str, Wording]] = {
    "id": Wording("Id", "编号"),
    "path": Wording("Path", "路径"),
    "aliases": Wording("Aliases", "别名"),
    "weight": Wording("Weight", "权重"),
    "colour": Wording("Colour", "颜色"),
    "exclusive": Wording("Only one below", "下级互斥"),
    "internal": Wording("Internal", "仅内部"),
    "expires_after_days": Wording("Expires after days", "有效天数"),
}

Cell: TypeAlias = str | int | None


@dataclass(frozen=True, slots=True)
class FileTag:
    """One row that can be read; `row` counts from 1 as people see it, the header of a table included.

    `given`: the fields of a `Tag` that the row speaks of, by name; the others stay as they are.
    """

    row: int
    id: int | None
    path: tuple[str, ...]
    given: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class BadRow:
    """Why a row, or with an empty `column` all of it, cannot be taken. Row 0: the file as a whole."""

    row: int
    column: str
    reason: Wording


@dataclass(frozen=True, slots=True)
class TreeFile:
    """What a file says: the rows that can be read and the others."""

    tags: tuple[FileTag, ...]
    bad: tuple[BadRow, ...] = ()


def content_of(tree: TagTree) -> list[dict[str, Any]]:
    """The tree as JSON, parents first; the same tree gives the same content."""
    return [_member(tree, tag) for tag in _from_the_top(tree)]


def table_of(tree: TagTree) -> list[list[Cell]]:
    """The tree as the rows of a table under the columns of `COLUMNS`, without the header."""
    return [_cells(member) for member in content_of(tree)]


def read_content(value: object) -> TreeFile:
    """A list of objects as `content_of` writes them; only `path` is required. Never raises."""
    if not isinstance(value, list):
        return TreeFile((), (BadRow(0, "", _NO_LIST),))
    if len(value) > MAX_TAGS:
        return TreeFile((), (BadRow(0, "", _too_many(len(value))),))
    return _file(_read_member(row, member) for row, member in enumerate(value, start=1))


def read_table(header: Sequence[object], rows: Sequence[Sequence[object]]) -> TreeFile:
    """Rows under a header that names columns of `COLUMNS`, in either language and any order. Never raises.

    Columns with other names are left alone, rows without anything in them passed over.
    """
    columns = [_column_named(name) for name in header]
    if "path" not in columns:
        return TreeFile((), (BadRow(1, "path", _NO_PATH_COLUMN),))
    if len(set(columns) - {None}) < sum(column is not None for column in columns):
        return TreeFile((), (BadRow(1, "", _COLUMN_TWICE),))
    if len(rows) > MAX_TAGS:
        return TreeFile((), (BadRow(0, "", _too_many(len(rows))),))
    return _file(
        _read_cells(number, {column: cell for column, cell in zip(columns, row, strict=False) if column})
        for number, row in enumerate(rows, start=2)
        if any(_text(cell) for cell in row)
    )


def joined(names: Iterable[str], mark: str) -> str:
    """Names in one cell with `mark` between them; a mark within a name is doubled."""
    return f" {mark} ".join(name.replace(mark, mark * 2) for name in names)


def parted(text: str, mark: str) -> tuple[str, ...]:
    """The names of a cell; blanks around them do not count."""
    return tuple(part.strip().replace(mark * 2, mark) for part in re.split(f"(?<!{mark}){mark}(?!{mark})", text))


def _from_the_top(tree: TagTree) -> Iterable[Tag]:
    for root in tree.children(None):
        yield root
        yield from tree.descendants(root.id)


def _member(tree: TagTree, tag: Tag) -> dict[str, Any]:
    return {
        "id": tag.id,
        "path": [step.name for step in tree.path(tag.id)],
        "aliases": list(tag.aliases),
        "weight": tag.weight,
        "colour": tag.colour,
        "exclusive": tag.exclusive,
        "internal": tag.internal,
        "expires_after_days": tag.expires_after_days,
    }


def _cells(member: Mapping[str, Any]) -> list[Cell]:
    written = {
        "path": joined(member["path"], "/"),
        "aliases": joined(member["aliases"], ";"),
        "exclusive": _YES if member["exclusive"] else None,
        "internal": _YES if member["internal"] else None,
    }
    return [(written[column] or None) if column in written else member[column] for column in COLUMNS]


def _file(rows: Iterable[FileTag | list[BadRow]]) -> TreeFile:
    tags: list[FileTag] = []
    bad: list[BadRow] = []
    for row in rows:
        if isinstance(row, FileTag):
            tags.append(row)
        else:
            bad.extend(row)
    return TreeFile(tuple(tags), tuple(bad))


def _read_member(row: int, value: object) -> FileTag | list[BadRow]:
    fields = FieldReader()
    given = fields.members(value, "", frozenset({"path"}), frozenset(COLUMNS) - {"path"})
    if given is None:
        return _bad(row, fields)
    read: dict[str, Any] = {column: _READERS[column](fields, given[column]) for column in given}
    return _bad(row, fields) if fields.problems else FileTag(row, read.pop("id", None), read.pop("path"), read)


def _bad(row: int, fields: FieldReader) -> list[BadRow]:
    return [
        BadRow(row, each.path, Wording(f"{each.reason.en} {each.hint.en}", f"{each.reason.zh}{each.hint.zh}"))
        for each in fields.problems
    ]


def _read_id(fields: FieldReader, value: object) -> int | None:
    return None if value is None else fields.integer(value, "id", 1, 2**53)


def _read_path(fields: FieldReader, value: object) -> tuple[str, ...] | None:
    if value == []:
        fields.refuse("path", _NO_NAME, _WRITE_A_PATH)
    return fields.texts(value, "path", MAX_DEPTH, MAX_NAME_CHARACTERS)


def _read_aliases(fields: FieldReader, value: object) -> tuple[str, ...] | None:
    return fields.texts(value, "aliases", MAX_ALIASES, MAX_NAME_CHARACTERS)


def _read_expiry(fields: FieldReader, value: object) -> int | None:
    return None if value is None else fields.integer(value, "expires_after_days", 1, MAX_EXPIRY_DAYS)


_READERS: Final[Mapping[str, Callable[[FieldReader, object], object]]] = {
    "id": _read_id,
    "path": _read_path,
    "aliases": _read_aliases,
    "weight": lambda fields, value: fields.integer(value, "weight", 0, MAX_WEIGHT),
    "colour": lambda fields, value: fields.text(value, "colour", 7, least=0),
    "exclusive": lambda fields, value: fields.flag(value, "exclusive"),
    "internal": lambda fields, value: fields.flag(value, "internal"),
    "expires_after_days": _read_expiry,
}


def _column_named(name: object) -> str | None:
    text = _text(name).casefold()
    return next(
        (column for column, wording in COLUMNS.items() if text in (column, wording.en.casefold(), wording.zh)), None
    )


def _read_cells(row: int, cells: Mapping[str, object]) -> FileTag | list[BadRow]:
    long = [column for column, cell in cells.items() if len(_text(cell)) > MAX_CELL_CHARACTERS]
    if long:
        return [BadRow(row, column, _LONG_CELL) for column in long]
    return _read_member(row, {column: _value(column, _text(cell)) for column, cell in cells.items()})


def _text(cell: object) -> str:
    return "" if cell is None else str(cell).strip()


def _value(column: str, text: str) -> object:
    return _VALUES.get(column, _number)(text) if text else _EMPTY[column]


def _number(text: str) -> object:
    """The number, or the text as it is: the reader says what is wrong with it."""
    return int(text.partition(".")[0]) if _WHOLE.fullmatch(text) else text


def _truth(text: str) -> object:
    return _TRUTHS.get(text.casefold(), text)


_VALUES: Final[Mapping[str, Callable[[str], object]]] = {
    "path": lambda text: list(parted(text, "/")),
    "aliases": lambda text: list(parted(text.replace("；", ";"), ";")),
    "colour": str,
    "exclusive": _truth,
    "internal": _truth,
}
_EMPTY: Final[Mapping[str, object]] = {
    "id": None,
    "path": [],
    "aliases": [],
    "weight": 0,
    "colour": "",
    "exclusive": False,
    "internal": False,
    "expires_after_days": None,
}
_YES: Final = "✓"
_TRUTHS: Final = dict.fromkeys(("✓", "√", "是", "yes", "y", "true", "1"), True) | dict.fromkeys(
    ("否", "no", "n", "false", "0", "-"), False
)
_WHOLE: Final = re.compile(r"-?[0-9]{1,15}(\.0+)?")  # a table keeps 3 as 3.0
_NO_LIST: Final = Wording(
    "The file is not a list of tags. Take an exported file as the pattern.", "文件不是标签列表，请以导出的文件为样本。"
)
_NO_PATH_COLUMN: Final = Wording(
    "The first row names no column “Path”. Take an exported file as the pattern.",
    "首行没有“路径”列，请以导出的文件为样本。",
)
_COLUMN_TWICE: Final = Wording("A column occurs twice. Keep one of them.", "有重复的列，请只保留一个。")
_LONG_CELL: Final = Wording(
    f"The cell is longer than {MAX_CELL_CHARACTERS} characters. Shorten it.",
    f"单元格超过 {MAX_CELL_CHARACTERS} 个字符，请缩短。",
)
_NO_NAME: Final = Wording("The path is empty.", "路径为空。")
_WRITE_A_PATH: Final = Wording("Write the names from the root to the tag.", "请填写从根到该标签的名称。")


def _too_many(rows: int) -> Wording:
    return Wording(
        f"The file has {rows} rows, more than {MAX_TAGS}. Split it.", f"文件有 {rows} 行，超过 {MAX_TAGS} 行，请拆分。"
    )

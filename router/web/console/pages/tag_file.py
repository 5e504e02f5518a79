"""The tag tree as a file: sent as XLSX or JSON, taken in after a look at what it would do."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from anyio import to_thread
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from router.db.queries.tags import load_tree
from router.handlers.admin.tag_import import Imported, import_tags, preview_import
from router.web.console.asking import Refused, change, read, words_of
from router.web.console.forms import Form, read_form
from router.web.console.render import go, page
from router.web.sheet_rows import LARGEST, read_sheet
from router.web.sheets import MEDIA_TYPES, Cell, xlsx_file
from tagtree.tree_file import COLUMNS, FileTag, TreeFile, content_of, read_content, read_table, table_of
from tagtree.tree_import import Recognition
from tagtree.wording import Problem, Wording

MOST_ROWS = 10_000  # a larger file goes through the API
SHOWN = 200  # lines of the preview

_NOT_JSON = Problem(
    "file",
    Wording("This is no JSON that can be read.", "无法读取，不是 JSON 文件。"),
    Wording("Take an exported file as the pattern.", "请以导出的文件为样本。"),
)


@dataclass(frozen=True, slots=True)
class Given:
    """What the preview hands on: the rows that can be read, as JSON, and how they find their tags."""

    file: TreeFile
    by: Recognition

    @property
    def rows(self) -> str:
        """The readable rows, to be sent back by the form that confirms."""
        return orjson.dumps([_member(tag) for tag in self.file.tags]).decode()


async def export(request: Request) -> Response:
    """The whole tree; the import reads either form back."""
    tree = await read(request, load_tree)
    form = request.path_params["format"]
    headers = {"Content-Disposition": f'attachment; filename="tags.{form}"'}
    match form:
        case "json":
            content = orjson.dumps({"tags": content_of(tree)}, option=orjson.OPT_INDENT_2)
            return Response(content, media_type="application/json", headers=headers)
        case "xlsx":
            is_chinese = words_of(request).language.code == "zh"
            header = [wording.zh if is_chinese else wording.en for wording in COLUMNS.values()]
            file = xlsx_file("tags", header, _once(table_of(tree)))
            return StreamingResponse(file, media_type=MEDIA_TYPES["xlsx"], headers=headers)
    raise HTTPException(404)


async def show_import(request: Request) -> Response:
    """Choose a file."""
    return page(request, "tag_import.html", most=MOST_ROWS)


async def preview(request: Request) -> Response:
    """What the file would add, change and move, and its bad rows; nothing is written yet."""
    async with request.form(max_files=1, max_fields=4, max_part_size=LARGEST) as form:
        upload, by = form.get("file"), form.get("by")
        content = await upload.read(LARGEST + 1) if isinstance(upload, UploadFile) else b""
    file = await to_thread.run_sync(_read_file, content)
    if isinstance(file, Problem):
        return page(request, "tag_import.html", 422, most=MOST_ROWS, problems=(file,))
    return await _preview(request, Given(file, "id" if by == "id" else "path"))


async def import_rows(request: Request) -> Response:
    """Write the rows that the preview showed as good."""
    form = await read_form(request)
    given = _handed_on(form)
    good_rows = form.ticked("good_rows")
    outcome = await change(
        request, lambda connection, act: import_tags(connection, act, given.file, given.by, good_rows=good_rows)
    )
    match outcome:
        case Refused(problems):
            return await _preview(request, given, problems)
        case Imported():
            return go("/tags", said="tags_imported")


async def _preview(request: Request, given: Given, problems: tuple[Problem, ...] = ()) -> Response:
    plan = await read(request, lambda connection: preview_import(connection, given.file, given.by))
    order = ("moved", "changed", "added", "unchanged")
    return page(
        request,
        "tag_import_preview.html",
        422 if problems else 200,
        given=given,
        plan=plan,
        paths={tag.id: plan.tree.path_name(tag.id) for tag in plan.tree.tags} if plan.tree else {},
        lines=sorted(plan.lines, key=lambda line: (order.index(line.outcome), line.row))[:SHOWN],
        columns=COLUMNS,
        shown=SHOWN,
        problems=problems,
    )


def _read_file(content: bytes) -> TreeFile | Problem:
    if content.lstrip()[:1] in (b"{", b"["):
        return _read_json(content)
    rows = read_sheet(content, MOST_ROWS)
    if isinstance(rows, Problem):
        return rows
    return read_table(rows[0], rows[1:]) if rows else TreeFile(())


def _read_json(content: bytes) -> TreeFile | Problem:
    try:
        value: Any = orjson.loads(content)
    except orjson.JSONDecodeError:
        return _NOT_JSON
    return read_content(value.get("tags") if isinstance(value, dict) else value)


def _handed_on(form: Form) -> Given:
    file = _read_json(form.text("rows").encode())
    if isinstance(file, Problem):
        raise HTTPException(400)
    return Given(file, "id" if form.text("by") == "id" else "path")


def _member(tag: FileTag) -> dict[str, Any]:
    return {"id": tag.id, "path": tag.path, **tag.given}


async def _once(rows: Sequence[Sequence[Cell]]) -> AsyncIterator[Sequence[Sequence[Cell]]]:
    yield rows

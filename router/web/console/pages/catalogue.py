"""商品目录 (catalogue): what customers name, by hand and from a file, and the words it does not know yet."""

from collections.abc import AsyncIterator, Sequence
from urllib.parse import urlencode

from anyio import to_thread
from sqlalchemy import Connection
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from router.db.queries import catalogue as query
from router.db.queries.catalogue import Entry, UnknownWord
from router.db.queries.page import Page
from router.handlers.admin import catalogue as use_cases
from router.handlers.admin.act import Act
from router.handlers.admin.catalogue import AddAs, Imported
from router.handlers.admin.refusal import REFUSALS, Conflict, Invalid, Refusal
from router.web.console.asking import Refused, change, found, read
from router.web.console.forms import Form, read_form, read_query
from router.web.console.render import go, page
from router.web.sheet_rows import LARGEST, Rows, read_sheet
from router.web.sheets import FORMATS, MEDIA_TYPES, csv_file, xlsx_file
from tagtree.meaning.catalogue import COLOUR, MAX_ITEMS, PRODUCT, SIZE, CatalogueItem
from tagtree.meaning.catalogue_file import COLUMNS, ReadCatalogue, read_rows, row_of, split_words
from tagtree.wording import Problem

KINDS = (PRODUCT, COLOUR, SIZE)
EXPORT_BATCH = 500  # rows written at once
OFFERED = 500  # names that complete what is typed; any other can be typed in full


async def show_list(request: Request) -> Response:
    """Items by kind, name or synonym."""
    return await _list(request, CatalogueItem(PRODUCT, ""))


async def create(request: Request) -> Response:
    """Add one item."""
    item = _item(await read_form(request))
    outcome = await change(request, lambda connection, act: use_cases.create_item(connection, act, item))
    if isinstance(outcome, Refused):
        return await _list(request, item, outcome.problems)
    return go("/catalogue", said="created")


async def show(request: Request) -> Response:
    """One item with the form to edit."""
    entry = await _entry(request)
    return _form(request, entry, entry.item)


async def edit(request: Request) -> Response:
    """Save an item; the next message is read with it."""
    entry, item = await _entry(request), _item(await read_form(request))
    outcome = await change(request, lambda connection, act: use_cases.update_item(connection, act, entry.id, item))
    if isinstance(outcome, Refused):
        return _form(request, entry, item, outcome.problems)
    return go("/catalogue", said="saved")


async def archive(request: Request) -> Response:
    """Know an item no more."""
    entry_id: int = request.path_params["id"]
    await change(request, lambda connection, act: use_cases.archive_item(connection, act, entry_id))
    return go("/catalogue", said="archived")


async def restore(request: Request) -> Response:
    """Undo ``archive``."""
    entry = await _entry(request)
    outcome = await change(request, lambda connection, act: use_cases.restore_item(connection, act, entry.id))
    if isinstance(outcome, Refused):
        return _form(request, entry, entry.item, outcome.problems)
    return go("/catalogue", said="restored")


async def show_import(request: Request) -> Response:
    """Choose a file."""
    return page(request, "catalogue_import.html", most=MAX_ITEMS)


async def preview(request: Request) -> Response:
    """What the file would add and change, and its bad rows; nothing is written yet."""
    rows = await _uploaded(request)
    if isinstance(rows, Problem):
        return page(request, "catalogue_import.html", 422, most=MAX_ITEMS, problems=(rows,))
    return await _preview(request, await to_thread.run_sync(read_rows, rows))


async def import_rows(request: Request) -> Response:
    """Write the rows that the preview showed."""
    content = (await read_form(request)).text("rows")
    read_back = read_rows([COLUMNS, *(line.split("\t") for line in content.splitlines())])
    outcome = await change(request, lambda c, act: use_cases.import_items(c, act, read_back))
    if isinstance(outcome, Refused):
        return page(request, "catalogue_import.html", 422, most=MAX_ITEMS, problems=outcome.problems)
    return go("/catalogue", said="imported")


async def export(request: Request) -> Response:
    """Every item in use as a file that the import reads back."""
    form = request.path_params["format"]
    if form not in FORMATS:
        raise HTTPException(404)
    rows = await read(request, query.rows_in_force)
    items = [query.item_of(row) for row in rows]
    write = csv_file if form == "csv" else lambda header, batches: xlsx_file("catalogue", header, batches)
    headers = {"Content-Disposition": f'attachment; filename="catalogue.{form}"'}
    return StreamingResponse(write(COLUMNS, _batches(items)), headers=headers, media_type=MEDIA_TYPES[form])


async def show_unknown(request: Request) -> Response:
    """Words that stood where a product would, the most frequent first."""
    return await _unknown(request)


async def add_unknown(request: Request) -> Response:
    """Take a word into the catalogue."""
    form = await read_form(request)
    word, name = form.text("word"), form.text("item")
    add_as: AddAs = "synonym" if name else "colour" if form.text("as") == "colour" else "product"

    def add(connection: Connection, act: Act) -> Entry | Refusal:
        item = query.entry_in_use_named(connection, name) if name else None
        return use_cases.add_unknown_word(connection, act, word, add_as, item.id if item else None)

    outcome = await change(request, add)
    if isinstance(outcome, Refused):
        return await _unknown(request, outcome.problems)
    return go("/catalogue/unknown", said="saved")


async def dismiss_unknown(request: Request) -> Response:
    """Report a word no more."""
    word = (await read_form(request)).text("word")
    await change(request, lambda connection, act: use_cases.dismiss_unknown_word(connection, act, word))
    return go("/catalogue/unknown", said="done")


async def _list(request: Request, draft: CatalogueItem, problems: tuple[Problem, ...] = ()) -> Response:
    asked = read_query(request)
    search, kind, archived = asked.text("search"), asked.text("kind"), asked.ticked("archived")
    after = asked.integer("after") or 0

    def around(connection: Connection) -> tuple[Page[Entry], dict[str, int]]:
        entries = query.list_entries(connection, search=search, kind=kind, archived=archived, after=after)
        return entries, query.kinds(connection)

    entries, kinds = await read(request, around)
    filters = {"search": search, "kind": kind, **({"archived": "yes"} if archived else {})}
    return page(
        request,
        "catalogue.html",
        422 if problems else 200,
        listed=entries,
        kinds=kinds,
        kind_choices=tuple(dict.fromkeys((*KINDS, *kinds))),
        kind=kind,
        search=search,
        archived=archived,
        address=urlencode(filters) + "&",
        started=after > 0,
        draft=draft,
        problems=problems,
    )


def _form(request: Request, entry: Entry, item: CatalogueItem, problems: tuple[Problem, ...] = ()) -> Response:
    return page(request, "catalogue_item.html", 422 if problems else 200, entry=entry, draft=item, problems=problems)


async def _preview(request: Request, given: ReadCatalogue) -> Response:
    outcome = await read(request, lambda connection: use_cases.preview_import(connection, given))
    problems = outcome.problems if isinstance(outcome, Invalid | Conflict) else ()
    return page(
        request,
        "catalogue_preview.html",
        422 if problems else 200,
        given=given,
        outcome=outcome if isinstance(outcome, Imported) else None,
        rows="\n".join("\t".join(_one_line(cell) for cell in row_of(item)) for item in given.items),
        problems=problems if isinstance(outcome, REFUSALS) else (),
    )


async def _unknown(request: Request, problems: tuple[Problem, ...] = ()) -> Response:
    passed = max(0, read_query(request).integer("after") or 0)

    def around(connection: Connection) -> tuple[Page[UnknownWord], list[str]]:
        entries = query.list_entries(connection, limit=OFFERED).items
        return query.unknown_words(connection, passed=passed), [each.item.name for each in entries]

    words, items = await read(request, around)
    return page(
        request,
        "unknown_words.html",
        422 if problems else 200,
        words=words,
        items=items,
        started=passed > 0,
        problems=problems,
    )


async def _uploaded(request: Request) -> Rows | Problem:
    async with request.form(max_files=1, max_fields=10, max_part_size=LARGEST) as form:
        upload = form.get("file")
        content = await upload.read(LARGEST + 1) if isinstance(upload, UploadFile) else b""
    return await to_thread.run_sync(read_sheet, content, MAX_ITEMS + 1)


async def _batches(items: Sequence[CatalogueItem]) -> AsyncIterator[Sequence[Sequence[str]]]:
    for start in range(0, len(items), EXPORT_BATCH):
        yield [row_of(item) for item in items[start : start + EXPORT_BATCH]]


async def _entry(request: Request) -> Entry:
    entry_id: int = request.path_params["id"]
    return found(await read(request, lambda connection: query.get_entry(connection, entry_id)))


def _item(form: Form) -> CatalogueItem:
    return CatalogueItem(form.text("kind"), form.text("name"), split_words(form.text("synonyms")))


def _one_line(cell: str) -> str:
    return " ".join(cell.splitlines()).replace("\t", " ")

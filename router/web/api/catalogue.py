"""Operations on the catalogue (商品目录) and the words it does not know."""

from typing import Annotated, Literal

from pydantic import Field
from sqlalchemy import Connection

from router.db.queries import catalogue as query
from router.handlers.admin import catalogue
from router.handlers.admin.catalogue import ITEM, Imported
from router.handlers.admin.refusal import Conflict, Missing, Refusal, conflict
from router.web.api.fields import (
    ONE_LINE,
    SEARCHABLE,
    Body,
    Id,
    Instant,
    ListOf,
    NoQuery,
    Paging,
    QueryTruth,
    Resource,
    Search,
    TextPair,
)
from router.web.api.operation import RULES_BYTES, Call, Operation
from tagtree.meaning.catalogue import MAX_ITEMS, MAX_KIND_CHARACTERS, MAX_SYNONYMS, MAX_WORD_CHARACTERS, CatalogueItem
from tagtree.meaning.catalogue_file import ReadCatalogue, read_rows

Kind = Annotated[str, Field(min_length=1, max_length=MAX_KIND_CHARACTERS, pattern=ONE_LINE)]
Word = Annotated[str, Field(min_length=1, max_length=MAX_WORD_CHARACTERS, pattern=ONE_LINE)]
Cell = Annotated[str, Field(max_length=4_000, pattern=SEARCHABLE)]
UnknownText = Annotated[str, Field(min_length=1, max_length=32, pattern=ONE_LINE)]


class ItemResource(Resource):
    """``kind`` is product, colour, size or a word of your own."""

    id: int
    kind: str
    name: str
    synonyms: list[str]
    created_at: Instant
    archived_at: Instant | None


class ListItems(Paging):
    search: Search = ""
    kind: Annotated[str, Field(max_length=MAX_KIND_CHARACTERS, pattern=SEARCHABLE)] = ""
    archived: QueryTruth = False


class ItemBody(Body):
    kind: Kind = "product"
    name: Word
    synonyms: Annotated[list[Word], Field(max_length=MAX_SYNONYMS, default_factory=list)]


class ImportBody(Body):
    """Rows of cells as in a file: kind, name, synonyms between commas. With ``apply`` false nothing is written."""

    rows: Annotated[list[Annotated[list[Cell], Field(max_length=20)]], Field(max_length=MAX_ITEMS + 1)]
    apply: bool = False
    good_rows_only: bool = False


class BadRowResource(Resource):
    row: int
    column: str
    reason: TextPair
    hint: TextPair


class ImportResource(Resource):
    """How many items the rows add and change, and which rows are bad."""

    added: int
    changed: int
    unchanged: int
    bad_rows: list[BadRowResource]
    applied: bool


class UnknownWordResource(Resource):
    word: str
    times: int
    example: str
    first_at: Instant
    last_at: Instant


class AddWordBody(Body):
    """``item_id`` is the item for which the word is a synonym."""

    word: UnknownText
    add_as: Literal["product", "colour", "synonym"] = "product"
    item_id: Id | None = None


class DismissWordBody(Body):
    word: UnknownText


class DismissedResource(Resource):
    word: str


def list_catalogue(connection: Connection, call: Call[ListItems, None]) -> ListOf[ItemResource]:
    asked = call.query
    page = query.list_entries(
        connection,
        search=asked.search,
        kind=asked.kind,
        archived=asked.archived,
        after=call.after,
        limit=asked.limit,
    )
    return call.page_of([_resource(entry) for entry in page.items], page.next)


def get_item(connection: Connection, call: Call[NoQuery, None]) -> ItemResource | Refusal:
    return _outcome(query.get_entry(connection, call.ids["item_id"]) or Missing(ITEM))


def create_item(connection: Connection, call: Call[NoQuery, ItemBody]) -> ItemResource | Refusal:
    return _outcome(catalogue.create_item(connection, call.act, _given(call.body)))


def replace_item(connection: Connection, call: Call[NoQuery, ItemBody]) -> ItemResource | Refusal:
    return _outcome(catalogue.update_item(connection, call.act, call.ids["item_id"], _given(call.body)))


def archive_item(connection: Connection, call: Call[NoQuery, None]) -> ItemResource | Refusal:
    return _outcome(catalogue.archive_item(connection, call.act, call.ids["item_id"]))


def restore_item(connection: Connection, call: Call[NoQuery, None]) -> ItemResource | Refusal:
    return _outcome(catalogue.restore_item(connection, call.act, call.ids["item_id"]))


def import_catalogue(connection: Connection, call: Call[NoQuery, ImportBody]) -> ImportResource | Refusal:
    body = call.body
    read = read_rows(body.rows)
    outcome = (
        catalogue.import_items(connection, call.act, read, good_rows_only=body.good_rows_only)
        if body.apply
        else catalogue.preview_import(connection, read)
    )
    return _imported(outcome, read, body.apply) if isinstance(outcome, Imported) else outcome


def list_unknown_words(connection: Connection, call: Call[Paging, None]) -> ListOf[UnknownWordResource]:
    return call.page(
        query.unknown_words(connection, passed=call.after, limit=call.query.limit),
        UnknownWordResource,
    )


def add_unknown_word(connection: Connection, call: Call[NoQuery, AddWordBody]) -> ItemResource | Refusal:
    body = call.body
    outcome = catalogue.add_unknown_word(connection, call.act, body.word, body.add_as, body.item_id)
    return _no_such_word() if isinstance(outcome, Missing) else _outcome(outcome)


def dismiss_unknown_word(connection: Connection, call: Call[NoQuery, DismissWordBody]) -> DismissedResource | Refusal:
    refusal = catalogue.dismiss_unknown_word(connection, call.act, call.body.word)
    return _no_such_word() if refusal is not None else DismissedResource(word=call.body.word)


def _no_such_word() -> Conflict:
    return conflict(
        "word",
        ("No such word waits for a decision.", "没有这个待定的词。"),
        ("Read the list of unknown words again.", "请重新读取未知词列表。"),
    )


def _given(body: ItemBody) -> CatalogueItem:
    return CatalogueItem(body.kind, body.name, tuple(body.synonyms))


def _outcome(outcome: query.Entry | Refusal) -> ItemResource | Refusal:
    return _resource(outcome) if isinstance(outcome, query.Entry) else outcome


def _imported(outcome: Imported, read: ReadCatalogue, applied: bool) -> ImportResource:
    compared = outcome.comparison
    return ImportResource(
        added=len(compared.added),
        changed=len(compared.changed),
        unchanged=compared.unchanged,
        bad_rows=[BadRowResource.model_validate(bad) for bad in read.bad_rows],
        applied=applied,
    )


def _resource(entry: query.Entry) -> ItemResource:
    return ItemResource(
        id=entry.id,
        kind=entry.item.kind,
        name=entry.item.name,
        synonyms=list(entry.item.synonyms),
        created_at=entry.created_at,
        archived_at=entry.archived_at,
    )


ALL = "/v1/catalogue"
ONE = f"{ALL}/{{item_id}}"
UNKNOWN = "/v1/unknown-words"
OPERATIONS = (
    Operation("GET", ALL, "Items of the catalogue", list_catalogue, ListOf[ItemResource], ListItems),
    Operation("POST", ALL, "Add an item", create_item, ItemResource, body=ItemBody, writes=True, status=201),
    Operation(
        "POST",
        f"{ALL}/import",
        "Add and change items by rows of a file, or see what they would do",
        import_catalogue,
        ImportResource,
        body=ImportBody,
        writes=True,
        body_bytes=RULES_BYTES,
    ),
    Operation("GET", ONE, "One item", get_item, ItemResource),
    Operation("PUT", ONE, "Write an item anew", replace_item, ItemResource, body=ItemBody, writes=True),
    Operation("POST", f"{ONE}/archive", "Know an item no more", archive_item, ItemResource, writes=True),
    Operation("POST", f"{ONE}/restore", "Restore an item", restore_item, ItemResource, writes=True),
    Operation(
        "GET",
        UNKNOWN,
        "Words that customers used for what the catalogue does not know",
        list_unknown_words,
        ListOf[UnknownWordResource],
        Paging,
    ),
    Operation(
        "POST",
        f"{UNKNOWN}/add",
        "Take an unknown word into the catalogue",
        add_unknown_word,
        ItemResource,
        body=AddWordBody,
        writes=True,
    ),
    Operation(
        "POST",
        f"{UNKNOWN}/dismiss",
        "Report an unknown word no more",
        dismiss_unknown_word,
        DismissedResource,
        body=DismissWordBody,
        writes=True,
    ),
)

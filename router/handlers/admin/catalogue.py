"""Keep the catalogue (商品目录) of what customers name: one item at a time, from a file, or from words they used."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from sqlalchemy import Connection

from router.db.ledger import wake
from router.db.queries import catalogue, changes
from router.db.queries.catalogue import Entry
from router.db.queries.edits import begin_edit
from router.handlers.admin.act import Act
from router.handlers.admin.refusal import Conflict, Invalid, Missing, Refusal, archived, conflict, name_taken
from router.handlers.meaning import CHANGED
from tagtree.meaning.catalogue import COLOUR, PRODUCT, CatalogueItem, check_items
from tagtree.meaning.catalogue_file import Comparison, ReadCatalogue, compare, merged
from tagtree.wording import Problem, Wording

ITEM = Wording("catalogue item", "目录项")
UNKNOWN_WORD = Wording("unknown word", "未知词")
MOST_PROBLEMS = 50  # told at once

AddAs = Literal["product", "colour", "synonym"]


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did, or would do; ``bad_rows`` were left out."""

    comparison: Comparison
    bad_rows: int


def create_item(connection: Connection, act: Act, item: CatalogueItem) -> Entry | Refusal:
    """A new item, known from the next message on."""
    begin_edit(connection)
    before = catalogue.entry_named(connection, item.kind, item.name)
    if before is not None and before.archived_at is None:
        return name_taken("name", item.name)
    refusal = _refusal(connection, [item])
    if refusal is not None:
        return refusal
    catalogue.write_items(connection, [item], act.now)
    return _saved(connection, act, "catalogue.create", item, None)


def update_item(connection: Connection, act: Act, entry_id: int, item: CatalogueItem) -> Entry | Refusal:
    """Write an item anew."""
    begin_edit(connection)
    before = catalogue.get_entry(connection, entry_id)
    if before is None:
        return Missing(ITEM)
    if before.archived_at is not None:
        return archived(ITEM)
    other = catalogue.entry_named(connection, item.kind, item.name)
    if other is not None and other.id != entry_id:
        return name_taken("name", item.name)
    refusal = _refusal(connection, [item], without=before)
    if refusal is not None:
        return refusal
    catalogue.update_item(connection, entry_id, item)
    return _saved(connection, act, "catalogue.update", item, before)


def archive_item(connection: Connection, act: Act, entry_id: int) -> Entry | Refusal:
    """Know the item no more; messages keep what was read."""
    begin_edit(connection)
    before = catalogue.get_entry(connection, entry_id)
    if before is None:
        return Missing(ITEM)
    catalogue.set_item_archived(connection, entry_id, act.now)
    return _saved(connection, act, "catalogue.archive", before.item, before)


def restore_item(connection: Connection, act: Act, entry_id: int) -> Entry | Refusal:
    """Undo `archive_item`; refused when another item took one of its words meanwhile."""
    begin_edit(connection)
    before = catalogue.get_entry(connection, entry_id)
    if before is None:
        return Missing(ITEM)
    refusal = _refusal(connection, [before.item], without=before)
    if refusal is not None:
        return refusal
    catalogue.set_item_archived(connection, entry_id, None)
    return _saved(connection, act, "catalogue.restore", before.item, before)


def preview_import(connection: Connection, read: ReadCatalogue) -> Imported | Refusal:
    """What the good rows would add and change; nothing is written."""
    return _refusal(connection, read.items) or Imported(compare(_present(connection), read.items), len(read.bad_rows))


def import_items(
    connection: Connection, act: Act, read: ReadCatalogue, *, good_rows_only: bool = False
) -> Imported | Refusal:
    """Add and change items by a file: all rows or none, or the good ones. What the file leaves out stays."""
    begin_edit(connection)
    if read.bad_rows and not good_rows_only:
        return Invalid(
            tuple(Problem(f"rows[{each.row}].{each.column}", each.reason, each.hint) for each in read.bad_rows)
        )
    outcome = preview_import(connection, read)
    if not isinstance(outcome, Imported):
        return outcome
    catalogue.write_items(connection, read.items, act.now)
    after = {"added": len(outcome.comparison.added), "changed": len(outcome.comparison.changed)}
    changes.record(connection, "catalogue.import", "catalogue", None, after, actor=act.actor, now=act.now)
    wake(connection, CHANGED)
    return outcome


def add_unknown_word(
    connection: Connection, act: Act, word: str, add_as: AddAs, entry_id: int | None = None
) -> Entry | Refusal:
    """Take a word that customers used into the catalogue: as a product, a colour, or another word for ``entry_id``."""
    if catalogue.get_unknown(connection, word) is None:
        return Missing(UNKNOWN_WORD)
    outcome = _taken_in(connection, act, word, add_as, entry_id)
    if isinstance(outcome, Entry):
        catalogue.dismiss_unknown(connection, [word], act.now)
    return outcome


def dismiss_unknown_word(connection: Connection, act: Act, word: str) -> Refusal | None:
    """Report a word no more: it names nothing that belongs in the catalogue."""
    begin_edit(connection)
    before = catalogue.get_unknown(connection, word)
    if before is None:
        return Missing(UNKNOWN_WORD)
    catalogue.dismiss_unknown(connection, [word], act.now)
    changes.record(connection, "unknown_word.dismiss", f"word:{word}", before, None, actor=act.actor, now=act.now)
    return None


def _taken_in(connection: Connection, act: Act, word: str, add_as: AddAs, entry_id: int | None) -> Entry | Refusal:
    if add_as != "synonym":
        return create_item(connection, act, CatalogueItem(COLOUR if add_as == "colour" else PRODUCT, word))
    entry = catalogue.get_entry(connection, entry_id or 0)
    if entry is None:
        return conflict(
            "item_id",
            ("There is no such item.", "没有这个目录项。"),
            ("Choose the item for which this is another word.", "请选择它是哪一项的同义词。"),
        )
    item = CatalogueItem(entry.item.kind, entry.item.name, (*entry.item.synonyms, word))
    return update_item(connection, act, entry.id, item)


def _present(connection: Connection) -> list[CatalogueItem]:
    return [catalogue.item_of(row) for row in catalogue.rows_in_force(connection)]


def _refusal(
    connection: Connection, given: Sequence[CatalogueItem], without: Entry | None = None
) -> Invalid | Conflict | None:
    """Why the catalogue cannot hold these items, which stand last, as paths of the item given."""
    present = [each for each in _present(connection) if without is None or each != without.item]
    after = merged(present, given)
    changed = {(each.kind, each.name) for each in given}
    problems = [
        Problem(_path(each.path), each.reason, each.hint)
        for each in check_items(sorted(after, key=lambda item: (item.kind, item.name) in changed))
    ]
    return Invalid(tuple(problems[:MOST_PROBLEMS])) if problems else None


def _path(path: str) -> str:
    return path.partition("].")[2]


def _saved(connection: Connection, act: Act, what: str, item: CatalogueItem, before: Entry | None) -> Entry:
    after = catalogue.entry_named(connection, item.kind, item.name)
    assert after is not None
    told = asdict(before) if before else None
    changes.record(connection, what, f"catalogue:{after.id}", told, asdict(after), actor=act.actor, now=act.now)
    wake(connection, CHANGED)
    return after

"""Take a file of tags into the tree: all of it, or the good rows, as asked."""

from dataclasses import dataclass, replace

from sqlalchemy import Connection

from router.db.queries import changes, tags
from router.db.queries.edits import begin_edit
from router.handlers.admin.act import Act
from router.handlers.admin.refusal import Conflict, Refusal
from router.handlers.admin.tags import settle
from tagtree.tree_file import BadRow, TreeFile
from tagtree.tree_import import ImportLine, Recognition, TreeImport, plan_import
from tagtree.wording import Problem, Wording

MOST_PROBLEMS = 100


@dataclass(frozen=True, slots=True)
class Imported:
    """How many tags a file added, changed, moved and found as they were; and the rows left out."""

    added: int
    changed: int
    moved: int
    unchanged: int
    bad: tuple[BadRow, ...]


def preview_import(connection: Connection, file: TreeFile, by: Recognition) -> TreeImport:
    """What `import_tags` would do; changes nothing."""
    return plan_import(tags.load_tree(connection), file, by)


def import_tags(
    connection: Connection, act: Act, file: TreeFile, by: Recognition, *, good_rows: bool
) -> Imported | Refusal:
    """Add and edit tags as the file says; it removes none. With ``good_rows`` bad rows are left out, else refused."""
    begin_edit(connection)
    tree = tags.load_tree(connection)
    plan = plan_import(tree, file, by)
    if plan.tree is None or (plan.bad and not good_rows):
        return Conflict(tuple(_problem(each) for each in plan.bad[:MOST_PROBLEMS]))
    written = _write(connection, plan.lines, act.now)
    settle(connection, act, tree)
    if written:
        changes.record(connection, "tag.import", "tags", None, written, actor=act.actor, now=act.now)
    counts = (plan.count("added"), plan.count("changed"), plan.count("moved"), plan.count("unchanged"))
    return Imported(*counts, plan.bad)


def _write(connection: Connection, lines: tuple[ImportLine, ...], now: int) -> list[ImportLine]:
    """Write what is new or other; returns those lines with the ids that new tags got."""
    given: dict[int | None, int] = {}
    written: list[ImportLine] = []
    for line in lines:
        after = replace(line.after, parent_id=given.get(line.after.parent_id, line.after.parent_id))
        if line.before is None:
            given[after.id] = tags.insert_tag(connection, after, now)
            after = replace(after, id=given[after.id])
        elif line.outcome != "unchanged":
            tags.update_tag(connection, after)
        if line.outcome != "unchanged":
            written.append(replace(line, after=after))
    return written


def _problem(bad: BadRow) -> Problem:
    path = f"rows[{bad.row}].{bad.column}" if bad.row else bad.column
    return Problem(path, bad.reason, _HINT)


_HINT = Wording("Correct the row, or import the good rows only.", "请修改该行，或选择只导入正确的行。")

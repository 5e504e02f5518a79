"""What a file would make of a tree, row by row, before anything is changed. An import adds and edits, never removes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from tagtree.refusals import TreeRefusal, wording_of
from tagtree.tree import Tag, TagTree, reading_of
from tagtree.tree_file import BadRow, FileTag, TreeFile
from tagtree.wording import Wording

Recognition: TypeAlias = Literal["path", "id"]
"""How a row finds its tag. By path: the file may come from anywhere, its ids mean nothing, no tag moves. By id: the
file was exported here, a row with an id may give its tag another name and another place."""

Outcome: TypeAlias = Literal["added", "changed", "moved", "unchanged"]


@dataclass(frozen=True, slots=True)
class ImportLine:
    """What becomes of one row; `before` is None for a new tag, whose id in `after` is only a provisional one."""

    row: int
    outcome: Outcome
    before: Tag | None
    after: Tag


@dataclass(frozen=True, slots=True)
class TreeImport:
    """Good rows in an order in which they can be written, bad rows with reasons, and the tree the good ones give.

    `tree` is None when the good rows together give no tree; the reason is then among the bad rows.
    """

    lines: tuple[ImportLine, ...]
    bad: tuple[BadRow, ...]
    tree: TagTree | None

    def count(self, outcome: Outcome) -> int:
        return sum(line.outcome == outcome for line in self.lines)


def plan_import(tree: TagTree, file: TreeFile, by: Recognition) -> TreeImport:
    """Compare a file with a tree; deterministic, and changes nothing."""
    plan = _Plan(tree)
    rows = sorted(file.tags, key=lambda each: (len(each.path), each.row))
    if by == "id":
        plan.free_names(each.id for each in rows)
    for each in rows:
        plan.take(each, by)
    after = TagTree.checked(plan.tags.values())
    bad = sorted((*file.bad, *plan.bad), key=lambda each: (each.row, each.column))
    if isinstance(after, TagTree):
        return TreeImport(tuple(plan.lines), tuple(bad), after)
    return TreeImport(tuple(plan.lines), (*bad, plan.blamed(after)), None)


class _Plan:
    """One comparison under way: `tags` as they stand so far; `_names`: who holds a name among its siblings."""

    def __init__(self, tree: TagTree) -> None:
        self.tags = {tag.id: tag for tag in tree.tags}
        self.lines: list[ImportLine] = []
        self.bad: list[BadRow] = []
        self._before = tree
        self._names: dict[tuple[int | None, str], int] = {}
        self._rows: dict[int, int] = {}
        self._next_id = max(self.tags, default=0) + 1
        for tag in tree.tags:
            self._hold(tag)

    def free_names(self, tag_ids: Iterable[int | None]) -> None:
        """Let go the names of all tags that rows speak of, so that two tags can exchange theirs.

        No path leads to such a tag before its own row is taken, so none can come to stand under itself.
        """
        for tag_id in tag_ids:
            if tag_id is not None and tag_id in self.tags:
                self._let_go(self.tags[tag_id])

    def take(self, given: FileTag, by: Recognition) -> None:
        """One row; the rows that may stand above its tag were taken before."""
        parent_id = self._at(given.path[:-1])
        before = self._known(given, parent_id, by)
        after = self._after(given, before, parent_id, by)
        objection = self._objection(given, before, after, by)
        if objection is None:
            return self._accept(given.row, before, after)
        if before is not None:
            self._hold(before)
        return self.bad.append(BadRow(given.row, *objection))

    def blamed(self, refusal: TreeRefusal) -> BadRow:
        """The row of the tag that a refusal is about, 0 when none of them is."""
        tag_id = getattr(refusal, "tag_id", None) or getattr(refusal, "sibling_id", None)
        return BadRow(
            self._rows.get(tag_id or 0, 0),
            "path",
            wording_of(refusal, {tag.id: tag.name for tag in self.tags.values()}),
        )

    def _known(self, given: FileTag, parent_id: int | None, by: Recognition) -> Tag | None:
        if by == "id" and given.id is not None:
            return self.tags.get(given.id) if given.id in self._before else None
        tag_id = self._names.get((parent_id, reading_of(given.path[-1])))
        return None if tag_id is None else self.tags[tag_id]

    def _after(self, given: FileTag, before: Tag | None, parent_id: int | None, by: Recognition) -> Tag:
        named = given.path[-1]
        if before is None:
            return replace(Tag(self._next_id, parent_id, named), **given.given)
        renamed = by == "id" and given.id is not None
        return replace(before, parent_id=parent_id, name=named if renamed else before.name, **given.given)

    def _objection(self, given: FileTag, before: Tag | None, after: Tag, by: Recognition) -> tuple[str, Wording] | None:
        if len(given.path) > 1 and after.parent_id is None:
            return "path", _NO_PARENT
        if by == "id" and given.id is not None and before is None:
            return "id", _UNKNOWN_ID
        if after.id in self._rows:
            return "path", _row_twice(self._rows[after.id])
        looks = TagTree.checked([replace(after, parent_id=None)])
        if not isinstance(looks, TagTree):
            return _column(looks), wording_of(looks, {after.id: after.name})
        for name in after.names:
            holder_id = self._names.get((after.parent_id, reading_of(name)), after.id)
            if holder_id != after.id:
                column = "path" if name == after.name else "aliases"
                return column, _taken(name, self.tags[holder_id].name)
        return None

    def _accept(self, row: int, before: Tag | None, after: Tag) -> None:
        if before is not None:
            self._let_go(before)
        self._next_id += before is None
        self.tags[after.id] = after
        self._hold(after)
        self._rows[after.id] = row
        self.lines.append(ImportLine(row, _outcome(before, after), before, after))

    def _at(self, path: Sequence[str]) -> int | None:
        tag_id: int | None = None
        for name in path:
            tag_id = self._names.get((tag_id, reading_of(name)))
            if tag_id is None:
                return None
        return tag_id

    def _hold(self, tag: Tag) -> None:
        for name in tag.names:
            self._names.setdefault((tag.parent_id, reading_of(name)), tag.id)

    def _let_go(self, tag: Tag) -> None:
        for name in tag.names:
            if self._names.get((tag.parent_id, reading_of(name))) == tag.id:
                del self._names[tag.parent_id, reading_of(name)]


def _outcome(before: Tag | None, after: Tag) -> Outcome:
    if before is None:
        return "added"
    if before.parent_id != after.parent_id:
        return "moved"
    return "unchanged" if before == after else "changed"


def _column(refusal: TreeRefusal) -> str:
    match type(refusal).__name__:
        case "AliasRepeated" | "TooManyAliases":
            return "aliases"
        case "BadColour":
            return "colour"
        case "BadExpiry":
            return "expires_after_days"
        case _:
            return "path"


def _row_twice(row: int) -> Wording:
    return Wording(f"Row {row} speaks of the same tag. Keep one of them.", f"与第 {row} 行是同一个标签，请只保留一行。")


def _taken(name: str, holder: str) -> Wording:
    return Wording(
        f"“{name}” reads the same as a name of its sibling “{holder}”. Choose another.",
        f"“{name}”与同级标签“{holder}”的名称或别名相同，请换一个。",
    )


_NO_PARENT = Wording(
    "There is no tag at the path above it. Add a row for that tag too.", "上级路径的标签不存在，请为上级也加一行。"
)
_UNKNOWN_ID = Wording(
    "The tree has no tag with this id. Empty the cell to add a new tag.", "标签树里没有这个编号，清空该单元格即为新增。"
)

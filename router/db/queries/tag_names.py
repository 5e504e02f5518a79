"""Tags as chips show them."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import Connection

from router.db.sql import Sql
from tagtree.tree import MAX_DEPTH, TagTree

# From the root down to each tag. A tag that left the tree stands under one that may have moved since: at most as deep
# again; and no rows, whatever they are, keep it climbing.
_UPWARDS = Sql(
    "WITH RECURSIVE step (tag_id, id, up) AS (SELECT id, id, 0 FROM tag WHERE id {among:ids} UNION ALL"
    " SELECT s.tag_id, t.parent_id, s.up + 1 FROM step AS s JOIN tag AS t ON t.id = s.id"
    " WHERE t.parent_id IS NOT NULL AND s.up < :most)"
    " SELECT s.tag_id, t.name, t.colour, t.weight FROM step AS s JOIN tag AS t ON t.id = s.id"
    " ORDER BY s.tag_id, s.up DESC"
)


@dataclass(frozen=True, slots=True)
class TagName:
    """A tag as a chip shows it; ``path`` reads "产品 / 衬衫"."""

    id: int
    name: str
    path: str
    colour: str
    weight: int


def tag_names(tree: TagTree, tag_ids: Iterable[int]) -> tuple[TagName, ...]:
    """Chips in the order of the card."""
    return tuple(
        TagName(tag.id, tag.name, tree.path_name(tag.id), tag.colour, tag.weight)
        for tag in tree.sorted_for_card(tag_ids)
    )


def names_also_archived(connection: Connection, tag_ids: Collection[int]) -> dict[int, TagName]:
    """Tags by id, those that have left the tree under the tags where they stood last."""
    if not tag_ids:
        return {}
    steps: dict[int, list[str]] = {}
    found: dict[int, TagName] = {}
    for tag_id, name, colour, weight in _UPWARDS.rows(connection, ids=sorted(tag_ids), most=MAX_DEPTH * 2):
        path = steps.setdefault(tag_id, [])
        path.append(name)
        found[tag_id] = TagName(tag_id, name, " / ".join(path), colour, weight)
    return found

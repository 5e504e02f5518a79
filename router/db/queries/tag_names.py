"""Tags as chips show them."""

from collections.abc import Iterable
from dataclasses import dataclass

from tagtree.tree import TagTree


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

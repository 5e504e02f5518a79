"""Trees and the changes that can be tried on them, for the laws of the tag tree."""

from hypothesis import strategies as st

from tagtree.merge import Merged, merge
from tagtree.tree import Tag, TagTree, reading_of

NAMES = st.text(st.sampled_from("价格衬衫VipX/; ;高"), min_size=1, max_size=5).map(str.strip).filter(reading_of)


@st.composite
def full_trees(draw: st.DrawFn, most: int = 8) -> TagTree:
    """Valid trees with every field in use; names hold the marks that files write between names."""
    tree = TagTree()
    for tag_id in range(1, draw(st.integers(0, most)) + 1):
        grown = tree.add(
            Tag(
                tag_id,
                draw(st.sampled_from([None, *(tag.id for tag in tree.tags)])),
                draw(NAMES),
                draw(st.integers(0, 6)),
                draw(st.sampled_from(["", "#0b6b5c"])),
                draw(st.booleans()),
                draw(st.booleans()),
                tuple(draw(st.lists(NAMES, max_size=2))),
                draw(st.sampled_from([None, 1, 30])),
            )
        )
        tree = grown if isinstance(grown, TagTree) else tree
    return tree


@st.composite
def changes(draw: st.DrawFn, tree: TagTree) -> TagTree:
    """The tree after one change, or the same tree when the change is refused."""
    ids = [tag.id for tag in tree.tags]
    if not ids:
        return tree
    tag_id, other_id = draw(st.sampled_from(ids)), draw(st.sampled_from([None, *ids]))
    match draw(st.sampled_from(["move", "merge", "rename", "remove", "alias"])):
        case "move":
            after = tree.move(tag_id, other_id)
        case "merge":
            merged = merge(tree, tag_id, other_id or tag_id)
            after = merged.tree if isinstance(merged, Merged) else merged
        case "rename":
            after = tree.rename(tag_id, draw(NAMES))
        case "remove":
            after = tree.remove(tag_id, whole_branch=draw(st.booleans()))
        case _:
            after = tree.edited(Tag(tag_id, tree.get(tag_id).parent_id, "别名", aliases=(draw(NAMES),)))
    return after if isinstance(after, TagTree) else tree

import pytest

from tagtree.tree import Tag, TagTree
from tagtree.tree_search import search

TREE = TagTree.of(
    [
        Tag(1, None, "产品"),
        Tag(2, 1, "衬衫", aliases=("Shirt",)),
        Tag(3, 1, "T恤"),
        Tag(4, None, "意向"),
        Tag(5, 4, "价格敏感"),
        Tag(6, 4, "问过价格", weight=3),
        Tag(7, 4, "价格"),
    ]
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("價格", [7, 5, 6], id="the name, its beginning, a part"),
        pytest.param("SHIRT", [2], id="an alias in any case"),
        pytest.param("jg", [7, 5, 6], id="initials"),
        pytest.param("chenshan", [2], id="pinyin"),
        pytest.param("txu", [3], id="pinyin beside letters"),
        pytest.param("产品 cs", [2], id="a tag under another"),
        pytest.param("意向 cs", [], id="not under another"),
        pytest.param("  ", [], id="nothing"),
        pytest.param("没有", [], id="no such tag"),
    ],
)
def test_a_tag_is_found_as_people_type(text: str, found: list[int]) -> None:
    assert [tag.id for tag in search(TREE, text, 10)] == found


def test_no_more_tags_are_found_than_asked_for() -> None:
    assert [tag.id for tag in search(TREE, "jg", 2)] == [7, 5]

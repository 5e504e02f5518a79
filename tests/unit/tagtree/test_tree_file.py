import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagtree.tree import MAX_TAGS, Tag, TagTree
from tagtree.tree_file import COLUMNS, FileTag, TreeFile, content_of, joined, parted, read_content, read_table, table_of
from tagtree.tree_import import Recognition, plan_import
from tests.unit.tagtree.tree_strategies import NAMES, full_trees

TREE = TagTree.of(
    [
        Tag(1, None, "产品", exclusive=True),
        Tag(2, 1, "T恤/衬衫", 5, "#0b6b5c", internal=True, aliases=("衬衣", "a;b"), expires_after_days=30),
    ]
)


def test_a_tree_is_written_as_one_row_per_tag_with_the_marks_within_names_doubled() -> None:
    assert table_of(TREE) == [
        [1, "产品", None, 0, "", "✓", None, None],
        [2, "产品 / T恤//衬衫", "衬衣 ; a;;b", 5, "#0b6b5c", None, "✓", 30],
    ]


def test_a_table_is_read_by_the_names_of_its_columns_in_either_language_and_any_order() -> None:
    rows: list[list[object]] = [["是", " 产品/衬衫 ", "随便"], [None, "  ", None], ["NO", "产品", 3.0]]

    read = read_table(["仅内部", "PATH", "备注"], rows)

    assert read == TreeFile(
        (FileTag(2, None, ("产品", "衬衫"), {"internal": True}), FileTag(4, None, ("产品",), {"internal": False}))
    )


def test_every_bad_cell_is_told_with_its_row_its_column_and_what_to_do() -> None:
    rows: list[list[object]] = [["产品", "重", None], ["", 1, "yes"], ["产品 / ", 5000, "也许"], ["好", None, "✓"]]

    read = read_table(["path", "weight", "exclusive"], rows)

    assert [tag.row for tag in read.tags] == [5]
    assert [(each.row, each.column) for each in read.bad] == [
        (2, "weight"),
        (3, "path"),
        (4, "path[1]"),
        (4, "weight"),
        (4, "exclusive"),
    ]
    assert all(each.reason.en.endswith(".") and each.reason.zh.endswith("。") for each in read.bad)


@pytest.mark.parametrize(
    ("header", "rows"),
    [
        pytest.param(["name"], [["产品"]], id="no path"),
        pytest.param(["path", "路径"], [["产品", "产品"]], id="column twice"),
        pytest.param(["path"], [["产品"]] * (MAX_TAGS + 1), id="too many rows"),
        pytest.param(["path"], [["长" * 2_001]], id="a cell too long"),
    ],
)
def test_a_table_that_cannot_be_read_is_refused_with_the_reason(header: list[object], rows: list[list[object]]) -> None:
    read = read_table(header, rows)

    assert read.tags == ()
    assert len(read.bad) == 1


@pytest.mark.parametrize("value", [None, {"tags": []}, "x", [1], [{}], [{"path": []}], [{"path": ["a"], "oops": 1}]])
def test_json_of_another_shape_is_refused_with_the_reason(value: object) -> None:
    read = read_content(value)

    assert read.tags == ()
    assert read.bad


ROWS = st.dictionaries(
    st.sampled_from([*COLUMNS, "x"]), st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.text())
)


@given(st.lists(ROWS | st.integers()) | ROWS)
def test_whatever_json_says_it_is_read_or_refused_row_by_row(value: object) -> None:
    read = read_content(value)

    assert len({tag.row for tag in read.tags} | {each.row for each in read.bad}) == (
        len(value) if isinstance(value, list) else 1
    )


@given(st.lists(NAMES, min_size=1), st.sampled_from("/;"))
def test_names_joined_in_a_cell_are_parted_again(names: list[str], mark: str) -> None:
    assert parted(joined(names, mark), mark) == tuple(names)


@given(full_trees(), st.sampled_from(["path", "id"]))
def test_a_tree_imported_from_its_own_export_stays_what_it_is(tree: TagTree, by: Recognition) -> None:
    header = list(COLUMNS)

    from_json = plan_import(tree, read_content(json.loads(json.dumps(content_of(tree)))), by)
    from_table = plan_import(tree, read_table(header, table_of(tree)), by)

    assert from_json.tree == from_table.tree == tree
    assert from_json.bad == from_table.bad == ()
    assert from_json.count("unchanged") == from_table.count("unchanged") == len(tree.tags)


@given(full_trees())
def test_an_export_gives_the_same_tree_elsewhere(tree: TagTree) -> None:
    exported = content_of(tree)

    imported = plan_import(TagTree(), read_content(exported), "path").tree

    assert imported is not None
    assert [{**row, "id": 0} for row in content_of(imported)] == [{**row, "id": 0} for row in exported]

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tagtree.tree import MAX_DEPTH, Tag, TagTree
from tagtree.tree_file import FileTag, TreeFile, content_of, read_content
from tagtree.tree_import import ImportLine, Recognition, TreeImport, plan_import
from tests.unit.tagtree.tree_strategies import changes, full_trees

PRODUCT = Tag(1, None, "产品")
SHIRT = Tag(2, 1, "衬衫", weight=5, aliases=("衬衣",))
TROUSERS = Tag(3, 1, "裤子")
SERVICE = Tag(4, None, "售后")
TREE = TagTree.of([PRODUCT, SHIRT, TROUSERS, SERVICE])


def planned(by: Recognition, *rows: dict[str, Any], tree: TagTree = TREE) -> TreeImport:
    tags = [
        FileTag(number, row.pop("id", None), tuple(row.pop("path").split("/")), row)
        for number, row in enumerate(rows, start=2)
    ]
    return plan_import(tree, TreeFile(tuple(tags)), by)


def test_a_row_finds_its_tag_by_the_path_and_changes_only_what_it_speaks_of() -> None:
    plan = planned("path", {"path": "产品/襯衣", "colour": "#0b6b5c"}, {"path": "产品/裤子"})

    coloured = Tag(2, 1, "衬衫", weight=5, aliases=("衬衣",), colour="#0b6b5c")
    assert plan == TreeImport(
        (ImportLine(2, "changed", SHIRT, coloured), ImportLine(3, "unchanged", TROUSERS, TROUSERS)),
        (),
        TagTree.of([PRODUCT, coloured, TROUSERS, SERVICE]),
    )


def test_new_tags_may_stand_in_any_order_of_rows() -> None:
    plan = planned("path", {"path": "会员/金卡/年费"}, {"path": "会员/金卡"}, {"path": "会员"})

    assert plan.tree is not None
    assert [(line.row, line.outcome, plan.tree.path_name(line.after.id)) for line in plan.lines] == [
        (4, "added", "会员"),
        (3, "added", "会员 / 金卡"),
        (2, "added", "会员 / 金卡 / 年费"),
    ]


def test_by_id_a_tag_takes_another_name_and_another_place() -> None:
    plan = planned("id", {"id": 3, "path": "售后/长裤"}, {"id": 1, "path": "商品"})

    assert plan.tree is not None
    assert [(line.row, line.outcome) for line in plan.lines] == [(3, "changed"), (2, "moved")]
    assert plan.tree.path_name(3) == "售后 / 长裤"
    assert plan.tree.path_name(2) == "商品 / 衬衫"


def test_by_id_two_tags_exchange_their_names() -> None:
    plan = planned("id", {"id": 2, "path": "产品/裤子", "aliases": ()}, {"id": 3, "path": "产品/衬衫"})

    assert plan.bad == ()
    assert plan.tree == TagTree.of([PRODUCT, Tag(2, 1, "裤子", weight=5), Tag(3, 1, "衬衫"), SERVICE])


def test_by_path_an_id_means_nothing() -> None:
    plan = planned("path", {"id": 2, "path": "售后"}, {"id": 77, "path": "产品"})

    assert [(line.before, line.outcome) for line in plan.lines] == [(SERVICE, "unchanged"), (PRODUCT, "unchanged")]


def test_each_bad_row_is_told_with_its_column_and_the_good_ones_remain() -> None:
    plan = planned(
        "id",
        {"id": 99, "path": "谁"},
        {"path": "没有/下级"},
        {"path": "产品/帽子", "aliases": ("衬衫",)},
        {"path": "售后/退货", "expires_after_days": 0},
        {"path": "售后/退货", "colour": "red"},
        {"path": "售后/换货"},
        {"path": "售后/換貨"},
        {"id": 3, "path": "售后/换货/裤子"},
        {"path": "产品/长" + "长" * 30},
        {"id": 3, "path": "售后/裤子"},
    )

    assert [(each.row, each.column) for each in plan.bad] == [
        (2, "id"),
        (3, "path"),
        (4, "aliases"),
        (5, "expires_after_days"),
        (6, "colour"),
        (8, "path"),
        (9, "path"),
        (10, "path"),
    ]
    assert [(line.row, line.outcome) for line in plan.lines] == [(7, "added"), (11, "moved")]
    assert plan.tree is not None


def test_by_id_a_tag_that_would_stand_under_itself_stays_where_it_was() -> None:
    plan = planned("id", {"id": 1, "path": "产品/衬衫/产品"}, {"path": "售后/退货"})

    assert [(each.row, each.column) for each in plan.bad] == [(2, "path")]
    assert plan.tree == TREE.add(Tag(5, 4, "退货"))


def test_rows_that_together_give_no_tree_leave_nothing_to_import() -> None:
    chain = [Tag(level, level - 1 or None, f"第{level}层") for level in range(1, MAX_DEPTH + 1)]
    deep = TagTree.of([*chain, Tag(90, None, "顶")])

    plan = planned("id", {"id": 1, "path": "顶/第1层"}, tree=deep)

    assert plan.tree is None
    assert [(each.row, each.column) for each in plan.bad] == [(0, "path")]


@given(full_trees(), st.data())
def test_a_tree_edited_elsewhere_comes_back_by_id_as_it_was_edited(tree: TagTree, data: st.DataObject) -> None:
    edited = data.draw(changes(data.draw(changes(tree))))

    plan = plan_import(tree, read_content(content_of(edited)), "id")

    if plan.tree is not None and not plan.bad:
        for tag in edited.tags:
            assert plan.tree.get(tag.id) == tag
        assert len(plan.lines) == len(edited.tags)
    else:
        gone = {tag.id for tag in tree.tags} - {tag.id for tag in edited.tags}
        assert gone, "only names that tags outside the file still hold may stand in the way"

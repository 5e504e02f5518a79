from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagtree.errors import InvalidTreeError, UnknownTagError
from tagtree.refusals import (
    AliasRepeated,
    BadColour,
    BadExpiry,
    Cycle,
    HasChildren,
    IdTaken,
    NameEmpty,
    NameTaken,
    NameTooLong,
    NoSuchParent,
    NoSuchTag,
    TooDeep,
    TooManyAliases,
    TooManyTags,
    TreeRefusal,
    wording_of,
)
from tagtree.tree import MAX_DEPTH, MAX_TAGS, Tag, TagTree

PRODUCT = Tag(1, None, "产品")
SHIRT = Tag(2, 1, "衬衫", weight=5)
TROUSERS = Tag(3, 1, "裤子", weight=5)
STAGE = Tag(10, None, "阶段", exclusive=True)
INTERESTED = Tag(11, 10, "意向")
STRONG = Tag(12, 11, "高意向", weight=9)
BOUGHT = Tag(13, 10, "已购")
AGAIN = Tag(14, 13, "复购")
TAGS = (PRODUCT, SHIRT, TROUSERS, STAGE, INTERESTED, STRONG, BOUGHT, AGAIN)


@pytest.fixture
def tree() -> TagTree:
    return TagTree.of(TAGS)


@st.composite
def trees(draw: st.DrawFn) -> TagTree:
    tags: list[Tag] = []
    for tag_id in range(1, draw(st.integers(1, 12)) + 1):
        parent_id = draw(st.sampled_from([None, *range(1, tag_id)]))
        tags.append(
            Tag(tag_id, parent_id, f"标签{tag_id}", weight=draw(st.integers(0, 3)), exclusive=draw(st.booleans()))
        )
    return TagTree.of(tags)


def test_a_path_runs_from_the_root_to_the_tag(tree: TagTree) -> None:
    assert tree.path(12) == (STAGE, INTERESTED, STRONG)
    assert tree.path_name(2) == "产品 / 衬衫"


def test_children_stand_heavier_first_then_by_name(tree: TagTree) -> None:
    assert tree.children(1) == (SHIRT, TROUSERS)
    assert tree.children(None) == (PRODUCT, STAGE)
    assert tree.children(14) == ()


def test_descendants_are_all_below_each_parent_before_its_children(tree: TagTree) -> None:
    assert tree.descendants(10) == (BOUGHT, AGAIN, INTERESTED, STRONG)


def test_a_tag_excludes_the_sibling_branches_of_an_exclusive_parent(tree: TagTree) -> None:
    assert tree.excluded_by(12) == frozenset({13, 14})
    assert tree.excluded_by(13) == frozenset({11, 12})
    assert tree.excluded_by(2) == frozenset()
    assert tree.excluded_by(10) == frozenset()


def test_a_tag_under_an_internal_branch_is_internal_too(tree: TagTree) -> None:
    hidden = tree.edited(Tag(11, 10, "意向", internal=True))

    assert isinstance(hidden, TagTree)
    assert [tag.id for tag in hidden.tags if hidden.is_internal(tag.id)] == [11, 12]
    assert hidden.shown() == {1, 2, 3, 10, 13, 14}


def test_a_tag_is_found_by_its_name_and_by_its_aliases_wherever_it_stands() -> None:
    shirt, price, other = Tag(1, None, "衬衫", aliases=("Shirt",)), Tag(2, 1, "价格"), Tag(3, None, "价格")
    tree = TagTree.of([shirt, price, other])

    assert tree.named("ｓｈｉｒｔ") == (shirt,)
    assert tree.named("價格") == (price, other)
    assert tree.at_path(["襯衫", "价格"]) == price
    assert tree.at_path(["shirt", "价格"]) == price
    assert (tree.at_path(["价格", "衬衫"]), tree.at_path([])) == (None, None)


def test_the_card_shows_the_heaviest_first_and_then_along_the_tree(tree: TagTree) -> None:
    assert tree.sorted_for_card([14, 3, 2, 12, 999, 2]) == (STRONG, SHIRT, TROUSERS, AGAIN)


def test_the_order_of_entry_does_not_distinguish_trees(tree: TagTree) -> None:
    assert TagTree.of(reversed(TAGS)) == tree


def test_a_question_about_an_unknown_tag_raises(tree: TagTree) -> None:
    with pytest.raises(UnknownTagError, match="tag 99"):
        tree.path(99)
    with pytest.raises(UnknownTagError):
        tree.children(99)


def test_a_new_tag_makes_a_new_tree_and_leaves_the_old_one(tree: TagTree) -> None:
    hat = Tag(4, 1, "帽子")

    grown = tree.add(hat)

    assert grown == TagTree.of([*TAGS, hat])
    assert 4 not in tree


def test_a_branch_moves_with_everything_under_it(tree: TagTree) -> None:
    moved = tree.move(11, 1)

    assert isinstance(moved, TagTree)
    assert moved.path_name(12) == "产品 / 意向 / 高意向"


def test_a_renamed_tag_keeps_its_place(tree: TagTree) -> None:
    renamed = tree.rename(2, "上衣")

    assert isinstance(renamed, TagTree)
    assert renamed.path_name(2) == "产品 / 上衣"


def test_a_whole_branch_is_removed_when_that_is_said(tree: TagTree) -> None:
    assert tree.remove(10, whole_branch=True) == TagTree.of([PRODUCT, SHIRT, TROUSERS])


Change = Callable[[TagTree], TagTree | TreeRefusal]


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        pytest.param(lambda tree: tree.add(Tag(2, None, "新")), IdTaken(2), id="id twice"),
        pytest.param(lambda tree: tree.add(Tag(4, 77, "新")), NoSuchParent(4, 77), id="unknown parent"),
        pytest.param(
            lambda tree: tree.add(Tag(4, 1, "襯衫 ")), NameTaken("襯衫 ", 2, SHIRT.name), id="sibling in other script"
        ),
        pytest.param(lambda tree: tree.add(Tag(4, 1, "\u200b ")), NameEmpty(4), id="invisible name"),
        pytest.param(lambda tree: tree.add(Tag(4, 1, "长" * 31)), NameTooLong(4, 30), id="long name"),
        pytest.param(lambda tree: tree.add(Tag(4, 1, "新", colour="red;")), BadColour(4, "red;"), id="colour"),
        pytest.param(
            lambda tree: tree.add(Tag(4, 1, "上衣", aliases=("襯衫",))),
            NameTaken("襯衫", 2, SHIRT.name),
            id="alias of its sibling",
        ),
        pytest.param(
            lambda tree: tree.add(Tag(4, 1, "上衣", aliases=("Top", "ＴＯＰ"))),
            AliasRepeated(4, "ＴＯＰ"),
            id="alias twice",
        ),
        pytest.param(lambda tree: tree.add(Tag(4, 1, "新", aliases=("",))), NameEmpty(4), id="invisible alias"),
        pytest.param(
            lambda tree: tree.add(Tag(4, 1, "新", aliases=tuple("甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌"))),
            TooManyAliases(4, 20),
            id="too many aliases",
        ),
        pytest.param(
            lambda tree: tree.add(Tag(4, 1, "新", expires_after_days=0)), BadExpiry(4, 0, 3650), id="expires at once"
        ),
        pytest.param(lambda tree: tree.edited(Tag(99, None, "新")), NoSuchTag(99), id="unknown edited"),
        pytest.param(lambda tree: tree.add(Tag(4, 4, "新")), Cycle(4), id="own parent"),
        pytest.param(lambda tree: tree.move(10, 14), Cycle(10), id="under its own descendant"),
        pytest.param(lambda tree: tree.move(99, 1), NoSuchTag(99), id="unknown moved"),
        pytest.param(lambda tree: tree.rename(99, "新"), NoSuchTag(99), id="unknown renamed"),
        pytest.param(
            lambda tree: tree.rename(3, "衬衫"), NameTaken("衬衫", 2, SHIRT.name), id="renamed to its sibling"
        ),
        pytest.param(lambda tree: tree.remove(99), NoSuchTag(99), id="unknown removed"),
        pytest.param(lambda tree: tree.remove(10), HasChildren(10, 4), id="with children"),
    ],
)
def test_a_change_that_breaks_the_tree_is_refused_with_the_reason(
    tree: TagTree, change: Change, refusal: TreeRefusal
) -> None:
    assert change(tree) == refusal
    assert wording_of(refusal).en
    assert wording_of(refusal).zh


def test_a_tree_is_at_most_thirty_two_levels_deep() -> None:
    chain = [Tag(level, level - 1 or None, f"第{level}层") for level in range(1, MAX_DEPTH + 1)]
    deepest = TagTree.of(chain)

    refused = deepest.add(Tag(99, MAX_DEPTH, "太深"))

    assert len(deepest.path(MAX_DEPTH)) == 32
    assert refused == TooDeep(99, 32)


def test_a_refusal_calls_a_tag_by_its_name_where_it_has_one() -> None:
    refusal, long = TooDeep(99, 32), "很" * 21

    said = [wording_of(refusal, names) for names in ({99: "太深"}, {99: long}, {99: " "}, {})]

    assert [each.zh.removesuffix("会超过 32 层，请选择更靠近根的上级。") for each in said] == [
        "标签“太深”",
        f"标签“{long[:20]}…”",
        "标签 99 ",
        "标签 99 ",
    ]
    assert said[0].en == "Tag “太深” would be deeper than 32 levels. Choose a parent nearer the root."


def test_a_tree_holds_a_bounded_number_of_tags() -> None:
    tags = [Tag(number, None, str(number)) for number in range(MAX_TAGS + 1)]

    assert TagTree.checked(tags) == TooManyTags(MAX_TAGS)
    assert "20000" in wording_of(TooManyTags(MAX_TAGS)).en


def test_an_invalid_tree_cannot_be_made() -> None:
    with pytest.raises(InvalidTreeError) as raised:
        TagTree((SHIRT,))

    assert raised.value.refusal == NoSuchParent(2, 1)


def test_two_tags_of_one_parent_may_not_read_the_same_even_when_both_are_new() -> None:
    assert TagTree.checked([Tag(1, None, "ＶＩＰ"), Tag(2, None, "vip")]) == NameTaken("vip", 1, "ＶＩＰ")


@given(trees())
def test_exclusion_is_mutual_and_never_hits_the_tag_its_ancestors_or_its_descendants(tree: TagTree) -> None:
    for tag in tree.tags:
        excluded = tree.excluded_by(tag.id)
        kin = {step.id for step in tree.path(tag.id)} | {below.id for below in tree.descendants(tag.id)}

        assert excluded.isdisjoint(kin)
        assert all(tag.id in tree.excluded_by(other) for other in excluded)


@given(trees(), st.data())
def test_any_change_gives_a_valid_tree_or_a_refusal_and_nothing_else(tree: TagTree, data: st.DataObject) -> None:
    tag_id = data.draw(st.sampled_from([tag.id for tag in tree.tags]))
    parent_id = data.draw(st.sampled_from([None, *(tag.id for tag in tree.tags)]))

    moved = tree.move(tag_id, parent_id)

    into_itself = parent_id == tag_id or parent_id in {below.id for below in tree.descendants(tag_id)}
    if into_itself:
        assert isinstance(moved, Cycle)
    else:
        assert isinstance(moved, TagTree)
        assert moved.get(tag_id).parent_id == parent_id
        assert moved.descendants(tag_id) == tree.descendants(tag_id)

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagtree.merge import Merged, merge, tags_named, with_tags_replaced
from tagtree.refusals import MergeIntoItself, NoSuchTag, TooDeep, TreeRefusal, wording_of
from tagtree.tree import MAX_ALIASES, MAX_DEPTH, Tag, TagTree
from tests.unit.tagtree.tree_strategies import changes, full_trees

PRICE = Tag(1, None, "价格", aliases=("报价",))
CHEAP = Tag(2, 1, "便宜")
HAGGLES = Tag(3, 1, "砍价", aliases=("还价",))
COST = Tag(4, None, "费用", weight=7, colour="#0b6b5c")
CHEAP_COST = Tag(5, 4, "便宜", aliases=("实惠",))
FREE = Tag(6, 5, "免费")
TREE = TagTree.of([PRICE, CHEAP, HAGGLES, COST, CHEAP_COST, FREE])


def merged(tree: TagTree, tag_id: int, into_id: int) -> Merged:
    outcome = merge(tree, tag_id, into_id)
    assert isinstance(outcome, Merged)
    return outcome


def test_children_move_and_those_of_one_name_become_one() -> None:
    outcome = merged(TREE, 1, 4)

    assert outcome == Merged(
        TagTree.of(
            [
                Tag(4, None, "费用", weight=7, colour="#0b6b5c", aliases=("价格", "报价")),
                CHEAP_COST,
                FREE,
                Tag(3, 4, "砍价", aliases=("还价",)),
            ]
        ),
        {1: 4, 2: 5},
    )


def test_a_child_is_found_by_an_alias_of_the_other_branch() -> None:
    tree = TagTree.of([PRICE, Tag(2, 1, "實惠"), COST, CHEAP_COST, FREE])

    assert merged(tree, 1, 4).replaced == {1: 4, 2: 5}


def test_an_alias_that_the_other_branch_has_already_is_left_out_of_a_child_that_moves() -> None:
    tree = TagTree.of([PRICE, Tag(2, 1, "特价", aliases=("实惠",)), COST, CHEAP_COST])

    assert merged(tree, 1, 4).tree.get(2) == Tag(2, 4, "特价")


def test_a_tag_merges_into_the_one_above_it_even_when_its_child_has_its_name() -> None:
    tree = TagTree.of([Tag(1, None, "产品"), Tag(2, 1, "衬衫"), Tag(3, 2, "衬衫"), Tag(4, 3, "棉")])

    outcome = merged(tree, 2, 1)

    assert outcome.replaced == {2: 1}
    assert [outcome.tree.path_name(tag.id) for tag in outcome.tree.tags] == ["产品", "产品 / 衬衫", "产品 / 衬衫 / 棉"]


def test_a_tag_takes_no_more_aliases_than_a_tag_may_have() -> None:
    full = Tag(1, None, "满", aliases=tuple(f"别名{number}" for number in range(MAX_ALIASES)))

    assert merged(TagTree.of([full, COST]), 4, 1).tree.get(1) == full


@pytest.mark.parametrize(
    ("tag_id", "into_id", "refusal"),
    [
        pytest.param(99, 1, NoSuchTag(99), id="unknown"),
        pytest.param(1, 99, NoSuchTag(99), id="into unknown"),
        pytest.param(1, 1, MergeIntoItself(1), id="into itself"),
        pytest.param(4, 6, MergeIntoItself(4), id="into its own branch"),
    ],
)
def test_a_merge_that_makes_no_sense_is_refused_with_the_reason(
    tag_id: int, into_id: int, refusal: TreeRefusal
) -> None:
    assert merge(TREE, tag_id, into_id) == refusal
    assert wording_of(refusal).zh


def test_children_that_would_stand_too_deep_keep_a_merge_from_happening() -> None:
    chain = [Tag(level, level - 1 or None, f"第{level}层") for level in range(1, MAX_DEPTH + 1)]
    tree = TagTree.of([*chain, Tag(90, None, "浅"), Tag(91, 90, "下")])

    assert merge(tree, 90, MAX_DEPTH) == TooDeep(91, MAX_DEPTH)


def test_rules_that_named_a_merged_tag_name_the_one_in_its_place_and_say_nothing_twice() -> None:
    rules = {
        "rules": [
            {"when": {"tag_ids": [1, 4, 2]}, "then": [{"do": "add_tag", "tag_id": 1}, {"do": "add_tag", "tag_id": 4}]},
            {"when": {"kind": "text", "words": ["1"]}, "then": [{"do": "remove_tag", "tag_id": 2, "tag_name": "价格"}]},
        ]
    }

    replaced = with_tags_replaced(rules, {1: 4, 2: 5})

    assert tags_named(rules) == {1, 2, 4}
    assert replaced == {
        "rules": [
            {"when": {"tag_ids": [4, 5]}, "then": [{"do": "add_tag", "tag_id": 4}]},
            {"when": {"kind": "text", "words": ["1"]}, "then": [{"do": "remove_tag", "tag_id": 5}]},
        ]
    }


class Compared:
    """A value of decoded JSON that counts how often it is compared."""

    times = 0

    def __eq__(self, other: object) -> bool:
        Compared.times += 1
        return self is other

    __hash__ = None  # type: ignore[assignment]  # as dicts of JSON have none


def test_rules_without_a_merged_tag_are_compared_once_each_and_stay_as_they_are() -> None:
    rules = {"rules": [Compared() for _ in range(300)], "words": ["价格", "价格"]}

    replaced = with_tags_replaced(rules, {1: 4})

    assert replaced == rules
    assert Compared.times <= 600


@given(full_trees(), st.data())
def test_a_merge_loses_no_tag_each_stands_in_the_tree_or_has_one_in_its_place(
    tree: TagTree, data: st.DataObject
) -> None:
    ids = [tag.id for tag in tree.tags] or [1]
    outcome = merge(tree, data.draw(st.sampled_from(ids)), data.draw(st.sampled_from(ids)))

    if isinstance(outcome, Merged):
        standing = {tag.id for tag in outcome.tree.tags}
        assert standing | outcome.replaced.keys() == {tag.id for tag in tree.tags}
        assert standing.isdisjoint(outcome.replaced)
        assert set(outcome.replaced.values()) <= standing


@given(full_trees(), st.data())
def test_a_tree_stays_a_tree_under_any_moves_merges_renames_and_removals(tree: TagTree, data: st.DataObject) -> None:
    for _ in range(data.draw(st.integers(1, 6))):
        tree = data.draw(changes(tree))

    assert TagTree.checked(tree.tags) == tree
    assert sum(len(tree.children(each)) for each in [None, *(tag.id for tag in tree.tags)]) == len(tree.tags)

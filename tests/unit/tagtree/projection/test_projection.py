import pytest

from tagtree.projection.drift import (
    Appeared,
    Forecast,
    Gone,
    GroupRenamed,
    Regrouped,
    Renamed,
    drift,
    forecast,
    touched,
)
from tagtree.projection.placement import CORP_TAGS, FAN_TAGS, Placement, SameName, Shape, TooLong, Twin, branches, place
from tagtree.projection.plan import left_behind, plan, restricted
from tagtree.projection.steps import (
    Adopt,
    CountExceeded,
    Create,
    Delete,
    Move,
    NameTaken,
    Quota,
    Release,
    RemoteTag,
    Rename,
    RenameGroup,
)
from tagtree.tree import Tag, TagTree

TREE = TagTree.of(
    [
        Tag(1, None, "产品"),
        Tag(2, 1, "衬衫"),
        Tag(3, 2, "黑色"),
        Tag(4, None, "内部", internal=True),
        Tag(5, 4, "欠款"),
    ]
)
OURS = (
    RemoteTag("et1", "g0", "liveqr", "产品", True),
    RemoteTag("et2", "g1", "产品", "衬衫", True),
    RemoteTag("et3", "g1", "产品", "衬衫/黑色", True),
)
LINKS = {1: "et1", 2: "et2", 3: "et3"}
DAY = 86_400_000


def test_the_top_of_a_path_is_the_group_and_the_rest_the_name_without_internal_branches() -> None:
    placed = place(TREE, CORP_TAGS)

    assert placed == Placement(
        (Twin(1, "liveqr", "产品"), Twin(2, "产品", "衬衫"), Twin(3, "产品", "衬衫/黑色")), conflicts=()
    )


def test_a_path_too_long_loses_its_first_parts_and_a_name_too_long_is_a_conflict() -> None:
    tree = TagTree.of([Tag(1, None, "产品"), Tag(2, 1, "一二三四五"), Tag(3, 2, "六七八"), Tag(4, 2, "一二三四五六七")])

    placed = place(tree, Shape(2, 10, 6))

    assert placed == Placement(
        (Twin(1, "liveqr", "产品"), Twin(2, "产品", "一二三四五"), Twin(3, "产品", "六七八")),
        (TooLong(4, "一二三四五六七", 6, "characters"),),
    )


def test_two_tags_that_shorten_to_one_name_are_a_conflict_for_the_younger() -> None:
    tree = TagTree.of([Tag(1, None, "A"), Tag(2, 1, "长长长"), Tag(3, 1, "短短短"), Tag(4, 2, "同"), Tag(5, 3, "同")])

    placed = place(tree, Shape(2, 10, 4))

    assert placed.conflicts == (TooLong(1, "liveqr", 4, "characters"), SameName(5, 4, "A", "同"))


def test_one_level_holds_chosen_branches_by_bytes() -> None:
    tree = TagTree.of([Tag(1, None, "意向"), Tag(2, 1, "高"), Tag(3, None, "来源于线下门店的客户"), Tag(4, 3, "展")])

    placed = place(tree, FAN_TAGS, branches(tree, frozenset({4, 99}), frozenset({1})))

    assert placed == Placement((Twin(1, "", "意向"), Twin(2, "", "意向/高"), Twin(4, "", "展")), conflicts=())


def test_an_empty_platform_gets_every_tag_heaviest_first() -> None:
    tree = TagTree.of([Tag(1, None, "产品"), Tag(2, 1, "衬衫", weight=5), Tag(3, 1, "裤子")])

    planned = plan(tree, [], {}, CORP_TAGS)

    assert planned.steps == (Create(2, "产品", "衬衫"), Create(1, "liveqr", "产品"), Create(3, "产品", "裤子"))
    assert planned.quota == Quota(used=0, after=3, limit=10_000)


def test_a_renamed_root_renames_its_group_and_moves_nobody() -> None:
    renamed = TREE.rename(1, "商品")
    assert isinstance(renamed, TagTree)

    planned = plan(renamed, OURS, LINKS, CORP_TAGS)

    assert planned.steps == (RenameGroup("g1", "产品", "商品"), Rename(1, "et1", "liveqr", "商品"))


def test_a_group_that_holds_a_tag_of_others_keeps_its_name_and_ours_move_out() -> None:
    renamed = TREE.rename(1, "商品")
    assert isinstance(renamed, TagTree)
    theirs = (*OURS, RemoteTag("et9", "g1", "产品", "鞋", False))

    planned = plan(renamed, theirs, LINKS, CORP_TAGS)

    assert planned.steps == (
        Rename(1, "et1", "liveqr", "商品"),
        Move(2, "et2", "商品", "衬衫"),
        Move(3, "et3", "商品", "衬衫/黑色"),
        Delete("et2", "产品", "衬衫"),
        Delete("et3", "产品", "衬衫/黑色"),
    )


def test_two_tags_that_exchange_their_names_do_so_with_one_set_aside() -> None:
    tree = TagTree.of([Tag(1, None, "A"), Tag(2, 1, "乙"), Tag(3, 1, "甲")])
    theirs = (
        RemoteTag("et1", "g0", "liveqr", "A", True),
        RemoteTag("et2", "g1", "A", "甲", True),
        RemoteTag("et3", "g1", "A", "乙", True),
    )

    planned = plan(tree, theirs, LINKS, CORP_TAGS)

    assert planned.steps == (Rename(3, "et3", "A", "·3"), Rename(2, "et2", "A", "乙"), Rename(3, "et3", "A", "甲"))


def test_tags_that_each_take_the_name_of_the_next_are_renamed_from_the_last_on_with_none_set_aside() -> None:
    names = [f"{number:04}" for number in range(3_001)]
    theirs = [RemoteTag(f"et{n}", "g1", "产品", names[n], True) for n in range(3_000)]
    links = {n + 2: f"et{n}" for n in range(3_000)}
    ours = TagTree.of([Tag(1, None, "产品"), *(Tag(n + 2, 1, names[n + 1]) for n in range(3_000))])

    steps = plan(ours, theirs, links, CORP_TAGS).steps

    renames = tuple(Rename(n + 2, f"et{n}", "产品", names[n + 1]) for n in reversed(range(3_000)))
    assert steps == (*renames, Create(1, "liveqr", "产品"))


def test_somebody_elses_tag_of_the_wanted_name_is_a_conflict_until_a_person_chooses_to_use_it() -> None:
    tree = TagTree.of([Tag(1, None, "产品")])
    foreign = RemoteTag("et9", "g0", "liveqr", "产品", False)

    left = plan(tree, [foreign], {}, CORP_TAGS)
    used = plan(tree, [foreign], {}, CORP_TAGS, uses=frozenset({1}))
    no_longer = plan(tree, [foreign], {1: "et9"}, CORP_TAGS)

    taken = NameTaken(1, "et9", "liveqr", "产品")
    assert (left.steps, left.conflicts) == ((), (taken,))
    assert (used.steps, used.conflicts) == ((Adopt(1, "et9", "liveqr", "产品"),), ())
    assert (no_longer.steps, no_longer.conflicts) == ((Release(1, "et9"),), (taken,))


def test_a_full_platform_takes_the_heaviest() -> None:
    tree = TagTree.of([Tag(1, None, "轻"), Tag(2, None, "重", weight=9)])
    foreign = RemoteTag("et9", "g0", "别处", "别人的", False)

    planned = plan(tree, [foreign], {}, Shape(2, 2, 30))

    assert planned.steps == (Create(2, "liveqr", "重"),)
    assert (planned.conflicts, planned.quota) == ((CountExceeded(1, 2),), Quota(1, 2, 2))


def test_a_tag_that_left_the_tree_is_deleted_when_we_made_it() -> None:
    pruned = TREE.remove(3)
    assert isinstance(pruned, TagTree)

    planned = plan(pruned, OURS, LINKS, CORP_TAGS)

    assert planned.steps == (Delete("et3", "产品", "衬衫/黑色"),)


def test_drift_tells_renames_deletions_and_strangers_of_ours_and_others() -> None:
    foreign = RemoteTag("et8", "g8", "别处", "别人的", False)
    after = (
        RemoteTag("et2", "g1", "货品", "衬衣", True),
        RemoteTag("et3", "g1", "货品", "衬衫/黑色", True),
        RemoteTag("et8", "g8", "别处", "改了", False),
        RemoteTag("et9", "g1", "货品", "新来的", False),
    )

    differences = drift((*OURS, foreign), after)

    assert differences == (
        GroupRenamed("g1", True, "产品", "货品"),
        Renamed("et2", True, "货品", "衬衫", "衬衣"),
        Renamed("et8", False, "别处", "别人的", "改了"),
        Appeared("et9", "货品", "新来的"),
        Gone("et1", True, "liveqr", "产品"),
    )
    assert touched(differences, after, LINKS) == {1, 2, 3}
    assert drift(after, reversed(after)) == ()


def test_a_tag_in_another_group_has_drifted() -> None:
    moved = RemoteTag("et2", "g0", "liveqr", "衬衫", True)

    assert drift(OURS[:2], (OURS[0], moved)) == (Regrouped("et2", True, "产品", "liveqr", "衬衫"),)


@pytest.mark.parametrize(
    ("ages", "used", "expected"),
    [
        ([1, 2, 29, 31], 70, Forecast(3, 300)),
        ([31, 400], 70, Forecast(0, None)),
        ([1], 100, Forecast(1, 0)),
    ],
)
def test_the_forecast_follows_the_growth_of_the_last_thirty_days(
    ages: list[int], used: int, expected: Forecast
) -> None:
    now = 1_000 * DAY

    assert forecast([now - age * DAY for age in ages], used, 100, now) == expected


def test_the_part_of_a_plan_about_some_tags_brings_its_group_and_what_it_leaves_behind() -> None:
    steps = (
        RenameGroup("g1", "产品", "商品"),
        Rename(2, "et2", "商品", "衬衣"),
        Move(3, "et3", "别处", "黑色"),
        Create(9, "别处", "白色"),
        Delete("et3", "商品", "衬衫/黑色"),
        Delete("et7", "商品", "没人用"),
    )

    assert restricted(steps, frozenset({3}), OURS, LINKS) == (steps[0], steps[2], steps[4])
    assert restricted(steps, frozenset({9}), OURS, LINKS) == (steps[3],)
    assert left_behind((*steps, Adopt(2, "et9", "商品", "衬衣")), LINKS) == {"et3": 3, "et2": 2}

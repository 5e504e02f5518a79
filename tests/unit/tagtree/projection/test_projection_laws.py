"""Laws of `plan`, on any tree and any platform, held against a model of the platform's rules."""

import random
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from tagtree.projection.placement import Shape, place
from tagtree.projection.plan import plan
from tagtree.projection.steps import CountExceeded, Plan, RemoteTag
from tagtree.tree import Tag, TagTree
from tests.unit.tagtree.projection.platform_model import PlatformModel

NAMES = ("甲", "乙", "丙", "很长的标签名", "a/b")
SHAPES = (Shape(2, 100, 9), Shape(2, 8, 9), Shape(1, 100, 18, "bytes"), Shape(1, 6, 18, "bytes"), Shape(2, 100, 4))


@dataclass(frozen=True, slots=True)
class Case:
    """A tree, a platform with tags of ours and of others, and the choices of a person."""

    tree: TagTree
    theirs: tuple[RemoteTag, ...]
    links: dict[int, str]
    shape: Shape
    uses: frozenset[int]

    def planned(self) -> Plan:
        return plan(self.tree, self.theirs, self.links, self.shape, uses=self.uses)


@st.composite
def trees(draw: st.DrawFn) -> TagTree:
    tags: list[Tag] = []
    taken: set[tuple[int | None, str]] = set()
    for tag_id in range(1, draw(st.integers(0, 9)) + 1):
        parent_id = draw(st.sampled_from([None, *(tag.id for tag in tags)]))
        name = draw(st.sampled_from(NAMES))
        if (parent_id, name) not in taken:
            taken.add((parent_id, name))
            internal = draw(st.integers(0, 9)) == 0
            tags.append(Tag(tag_id, parent_id, name, weight=draw(st.integers(0, 2)), internal=internal))
    return TagTree.of(tags)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    tree, shape = draw(trees()), draw(st.sampled_from(SHAPES))
    groups = ("",) if shape.levels == 1 else ("甲", "乙", "丙", "liveqr", "别处")
    places = [(group, name) for group in groups for name in (*NAMES, "甲/乙", "·1", "·2")]
    taken = draw(st.lists(st.sampled_from(places), unique=True, max_size=min(shape.tags, 12)))
    theirs = tuple(
        RemoteTag(f"et{number}", f"g{group}", group, name, draw(st.booleans()))
        for number, (group, name) in enumerate(taken)
    )
    known = [*range(1, 12)]
    links = {tag_id: tag.id for tag_id, tag in zip(draw(st.permutations(known)), theirs, strict=False)}
    links = {tag_id: remote_id for tag_id, remote_id in links.items() if draw(st.booleans())}
    uses = draw(st.frozensets(st.sampled_from(known)))
    return Case(tree, theirs, links, shape, uses)


@given(cases())
def test_a_plan_applied_to_theirs_gives_ours(case: Case) -> None:
    planned, model = case.planned(), PlatformModel(case.theirs, case.links, case.shape)

    model.take(planned.steps)

    in_conflict = {conflict.tag_id for conflict in planned.conflicts}
    placed = place(case.tree, case.shape).twins
    wanted = {twin.tag_id: (twin.group, twin.name) for twin in placed if twin.tag_id not in in_conflict}
    stand = {tag_id: (model.tags[id].group, model.tags[id].name) for tag_id, id in model.links.items()}
    assert {tag_id: stand.get(tag_id) for tag_id in wanted} == wanted
    assert {id for id, tag in model.tags.items() if tag.ours} <= set(model.links.values())
    assert set(model.links) <= wanted.keys() | in_conflict
    assert planned.quota.after == len(model.tags)


@given(cases())
def test_a_plan_applied_leaves_nothing_to_do(case: Case) -> None:
    planned, model = case.planned(), PlatformModel(case.theirs, case.links, case.shape)

    model.take(planned.steps)
    again = plan(case.tree, model.tags.values(), model.links, case.shape, uses=case.uses)

    no_room = any(isinstance(conflict, CountExceeded) for conflict in planned.conflicts)
    assert again.steps == () or no_room  # what had no room while others moved may have it now


@given(cases())
def test_tags_of_others_are_untouched_by_any_plan(case: Case) -> None:
    model = PlatformModel(case.theirs, case.links, case.shape)

    model.take(case.planned().steps)

    assert [tag for tag in case.theirs if not tag.ours] == [model.tags[tag.id] for tag in case.theirs if not tag.ours]


@given(cases(), st.randoms(use_true_random=False))
def test_a_plan_does_not_depend_on_the_order_of_listing(case: Case, source: random.Random) -> None:
    tags, theirs, links = list(case.tree.tags), list(case.theirs), list(case.links.items())
    for each in (tags, theirs, links):
        source.shuffle(each)

    planned = plan(TagTree.of(tags), theirs, dict(links), case.shape, uses=case.uses)

    assert planned == case.planned()

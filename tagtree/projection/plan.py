"""映射 (projection): the steps that bring a platform's tags in line with the tag tree."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from heapq import heappop, heappush

from tagtree.projection.placement import Placement, SameName, Shape, Twin, place
from tagtree.projection.steps import (
    Adopt,
    Conflict,
    CountExceeded,
    Create,
    Delete,
    Move,
    NameTaken,
    Plan,
    Quota,
    Release,
    RemoteTag,
    Rename,
    RenameGroup,
    Step,
)
from tagtree.tree import TagTree


def plan(
    ours: TagTree,
    theirs: Iterable[RemoteTag],
    links: Mapping[int, str],
    shape: Shape,
    *,
    chosen: frozenset[int] | None = None,
    uses: frozenset[int] = frozenset(),
) -> Plan:
    """Plan how ``theirs`` becomes ``ours``. ``links``: the platform's id of the tag that stands for one of ours.

    ``chosen``: the only tags of ours to show, all when None. ``uses``: tags of ours for which somebody else's tag of
    the same group and name is to be used. The same input gives the same plan, in whatever order it is listed.
    """
    placement = place(ours, shape, chosen)
    planner = _Planner(placement, shape, uses)
    return planner.plan(sorted(theirs, key=lambda tag: tag.id), links)


@dataclass(slots=True, eq=False)
class _Board:
    """The platform's tags by id and by place; were a place taken twice, the first one counts."""

    tags: dict[str, RemoteTag] = field(default_factory=dict)
    places: dict[tuple[str, str], dict[str, None]] = field(default_factory=lambda: defaultdict(dict))

    def put(self, tag: RemoteTag) -> None:
        if tag.id in self.tags:
            self._leave(self.tags[tag.id])
        self.tags[tag.id] = tag
        self.places[_place_of(tag)][tag.id] = None

    def pop(self, remote_id: str) -> RemoteTag:
        tag = self.tags.pop(remote_id)
        self._leave(tag)
        return tag

    def at(self, group: str, name: str) -> RemoteTag | None:
        first = next(iter(self.places.get((group, name), ())), None)
        return None if first is None else self.tags[first]

    def _leave(self, tag: RemoteTag) -> None:
        del self.places[_place_of(tag)][tag.id]


@dataclass(slots=True, eq=False)
class _Planner:
    """The platform as it will be after the steps so far."""

    placement: Placement
    shape: Shape
    uses: frozenset[int]
    board: _Board = field(default_factory=_Board)
    links: dict[int, str] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    leaving: dict[str, int] = field(default_factory=dict)  # tags whose place gets free, and ours they stand for
    left_behind: list[str] = field(default_factory=list)  # deleted at the end, when their successors are in use

    def plan(self, theirs: list[RemoteTag], links: Mapping[int, str]) -> Plan:
        for tag in theirs:
            self.board.put(tag)
        self.links = {tag_id: links[tag_id] for tag_id in sorted(links) if links[tag_id] in self.board.tags}
        self.conflicts += self.placement.conflicts
        twins = {twin.tag_id: twin for twin in self.placement.twins}
        self._drop_unwanted(twins)
        self._rename_groups(twins)
        self._change(twins)
        self._create([twin for twin in _heaviest_first(twins.values()) if twin.tag_id not in self.links])
        for remote_id in self.left_behind:
            self._delete(remote_id)
        quota = Quota(len(theirs), len(self.board.tags), self.shape.tags)
        return Plan(tuple(self.steps), tuple(self.conflicts), quota, self.placement)

    def _drop_unwanted(self, twins: Mapping[int, Twin]) -> None:
        """Delete what we made and nothing needs; a tag in conflict keeps what it has."""
        known = twins.keys() | {conflict.tag_id for conflict in self.placement.conflicts}
        for tag_id, remote_id in list(self.links.items()):
            if tag_id not in known or self._is_strange(tag_id, twins.get(tag_id)):
                del self.links[tag_id]
                if not self.board.tags[remote_id].ours:
                    self.steps.append(Release(tag_id, remote_id))
        linked = set(self.links.values())
        for tag in [tag for tag in self.board.tags.values() if tag.ours and tag.id not in linked]:
            self._delete(tag.id)

    def _is_strange(self, tag_id: int, twin: Twin | None) -> bool:
        """Somebody else's tag that nobody chose (any more), or that its maker has renamed: it means something else."""
        tag = self._linked(tag_id)
        return not tag.ours and (tag_id not in self.uses or (twin is not None and _place_of(tag) != _place_of(twin)))

    def _rename_groups(self, twins: Mapping[int, Twin]) -> None:
        """Groups of ours alone whose tags, most of them, want another name that no group has."""
        wishes = self._group_wishes(twins)
        while True:
            names = {tag.group for tag in self.board.tags.values()}
            free = next((group_id for group_id in sorted(wishes) if wishes[group_id] not in names), None)
            if free is None:
                return
            self._rename_group(free, wishes.pop(free))

    def _group_wishes(self, twins: Mapping[int, Twin]) -> dict[str, str]:
        tag_of = {remote_id: tag_id for tag_id, remote_id in self.links.items()}
        members: dict[str, list[RemoteTag]] = defaultdict(list)
        for tag in self.board.tags.values():
            members[tag.group_id].append(tag)
        wishes: dict[str, str] = {}
        for group_id, tags in members.items():
            if not all(tag.ours for tag in tags):
                continue
            wanted = (twins.get(tag_of[tag.id]) for tag in tags)
            votes = Counter(twin.group for twin in wanted if twin is not None)
            current = tags[0].group
            best = min(votes, key=lambda name: (-votes[name], name != current, name), default=current)
            if best != current:
                wishes[group_id] = best
        return wishes

    def _rename_group(self, group_id: str, name: str) -> None:
        members = [tag for tag in self.board.tags.values() if tag.group_id == group_id]
        self.steps.append(RenameGroup(group_id, members[0].group, name))
        for tag in members:
            self.board.put(replace(tag, group=name))

    def _change(self, twins: Mapping[int, Twin]) -> None:
        """Rename within groups, move between them; whoever's place does not get free stays as it is."""
        pending = {
            tag_id: twin
            for tag_id, twin in sorted(twins.items())
            if tag_id in self.links and _place_of(self._linked(tag_id)) != _place_of(twin)
        }
        self._leave_out_moves_without_room(pending)
        self._leave_out_blocked(pending)
        self.leaving = {self.links[tag_id]: tag_id for tag_id in pending}
        renames = {tag_id: twin for tag_id, twin in pending.items() if self._is_near(twin)}
        moves = [twin for twin in pending.values() if not self._is_near(twin)]
        self._rename_each(renames)
        for twin in moves:
            self._move(twin)

    def _rename_each(self, renames: dict[int, Twin]) -> None:
        """Whoever's place is free is first; where each waits for another, one is put aside."""
        waiting_for = {_place_of(twin): tag_id for tag_id, twin in renames.items()}
        free = [tag_id for tag_id, twin in renames.items() if self._holder(twin) is None]
        while renames:
            tag_id = heappop(free) if free else next(iter(renames))
            left = _place_of(self._linked(tag_id))
            self._rename(renames.pop(tag_id))
            next_id = waiting_for.get(left)
            if next_id in renames and self._holder(renames[next_id]) is None:
                heappush(free, next_id)

    def _leave_out_moves_without_room(self, pending: dict[int, Twin]) -> None:
        """A tag that moves is there twice until everybody carries the new one."""
        room = self.shape.tags - len(self.board.tags)
        for twin in _heaviest_first(list(pending.values())):
            if self._is_near(twin) or self._is_used(twin):
                continue
            room -= 1
            if room < 0:
                del pending[twin.tag_id]
                self.conflicts.append(CountExceeded(twin.tag_id, self.shape.tags))

    def _leave_out_blocked(self, pending: dict[int, Twin]) -> None:
        """Take out whoever's place stays taken, until nobody waits for one that does."""
        while True:
            places = {self.links[tag_id] for tag_id in pending}
            blocked = [
                (twin, holder)
                for twin in pending.values()
                if (holder := self._holder(twin)) is not None and holder.id not in places and not self._is_used(twin)
            ]
            if not blocked:
                return
            for twin, holder in blocked:
                del pending[twin.tag_id]
                self.conflicts.append(self._taken(twin, holder))

    def _rename(self, twin: Twin) -> None:
        remote_id = self.links[twin.tag_id]
        if self._used_instead(twin):
            self.left_behind.append(remote_id)
            return
        self._clear(twin)
        del self.leaving[remote_id]
        self._rename_to(twin.tag_id, remote_id, twin.name)

    def _move(self, twin: Twin) -> None:
        remote_id = self.links[twin.tag_id]
        self.left_behind.append(remote_id)  # its place gets free, even before it is deleted
        if self._used_instead(twin):
            return
        self._clear(twin)
        self.steps.append(Move(twin.tag_id, remote_id, twin.group, twin.name))
        self._add(twin)

    def _create(self, twins: list[Twin]) -> None:
        for twin in twins:
            if self._used_instead(twin):
                continue
            holder = self._holder(twin)
            if holder is not None and holder.id not in self.leaving:
                self.conflicts.append(self._taken(twin, holder))
            elif len(self.board.tags) >= self.shape.tags:
                self.conflicts.append(CountExceeded(twin.tag_id, self.shape.tags))
            else:
                self._clear(twin)
                self.steps.append(Create(twin.tag_id, twin.group, twin.name))
                self._add(twin)

    def _add(self, twin: Twin) -> None:
        new_id = f"new {twin.tag_id}"
        self.board.put(RemoteTag(new_id, f"new {twin.group}", twin.group, twin.name, True))
        self.links[twin.tag_id] = new_id

    def _is_used(self, twin: Twin) -> bool:
        """A person chose somebody else's tag for it, and it is there."""
        holder = self._holder(twin)
        return holder is not None and not holder.ours and twin.tag_id in self.uses

    def _used_instead(self, twin: Twin) -> bool:
        holder = self._holder(twin)
        if holder is None or not self._is_used(twin):
            return False
        self.steps.append(Adopt(twin.tag_id, holder.id, twin.group, twin.name))
        self.links[twin.tag_id] = holder.id
        return True

    def _clear(self, twin: Twin) -> None:
        """Put a tag of ours that is about to leave this place aside."""
        holder = self._holder(twin)
        if holder is None:
            return
        tag_id = self.leaving[holder.id]
        aside = f"·{tag_id}"
        while self.board.at(holder.group, aside) is not None:
            aside = f"·{aside}"
        self._rename_to(tag_id, holder.id, aside)

    def _rename_to(self, tag_id: int, remote_id: str, name: str) -> None:
        tag = self.board.tags[remote_id]
        self.steps.append(Rename(tag_id, remote_id, tag.group, name))
        self.board.put(replace(tag, name=name))

    def _delete(self, remote_id: str) -> None:
        tag = self.board.pop(remote_id)
        self.steps.append(Delete(remote_id, tag.group, tag.name))

    def _taken(self, twin: Twin, holder: RemoteTag) -> NameTaken | SameName:
        if not holder.ours:
            return NameTaken(twin.tag_id, holder.id, twin.group, twin.name)
        other_id = next(tag_id for tag_id, remote_id in self.links.items() if remote_id == holder.id)
        return SameName(twin.tag_id, other_id, twin.group, twin.name)

    def _is_near(self, twin: Twin) -> bool:
        """A new name is enough; another group is a move."""
        return self._linked(twin.tag_id).group == twin.group

    def _linked(self, tag_id: int) -> RemoteTag:
        return self.board.tags[self.links[tag_id]]

    def _holder(self, twin: Twin) -> RemoteTag | None:
        return self.board.at(twin.group, twin.name)


def _place_of(tag: RemoteTag | Twin) -> tuple[str, str]:
    return tag.group, tag.name


def _heaviest_first(twins: Iterable[Twin]) -> list[Twin]:
    return sorted(twins, key=lambda twin: (-twin.weight, twin.group, twin.name, twin.tag_id))


def restricted(
    steps: Iterable[Step],
    tag_ids: frozenset[int],
    theirs: Iterable[RemoteTag],
    links: Mapping[int, str],
    awaited: Collection[str] = (),
) -> tuple[Step, ...]:
    """The steps of a plan that concern these tags of ours; what they leave behind is deleted with them.

    ``awaited``: the platform's tags that an earlier plan has left behind.
    """
    groups = {tag.id: tag.group_id for tag in theirs}
    concerned = {groups[links[tag_id]] for tag_id in tag_ids if links.get(tag_id) in groups}
    kept: list[Step] = []
    for step in steps:
        match step:
            case RenameGroup(group_id):
                concerns = group_id in concerned
            case Delete(remote_id):
                concerns = remote_id in awaited or remote_id in left_behind(kept, links)
            case _:
                concerns = step.tag_id in tag_ids
        if concerns:
            kept.append(step)
    return tuple(kept)


def left_behind(steps: Iterable[Step], links: Mapping[int, str]) -> dict[str, int]:
    """The platform's tags that stay in use until everybody carries what takes their place, and the tag of ours."""
    found: dict[str, int] = {}
    for step in steps:
        match step:
            case Move(tag_id, remote_id):
                found[remote_id] = tag_id
            case Adopt(tag_id) if tag_id in links:
                found[links[tag_id]] = tag_id
            case _:
                pass
    return found

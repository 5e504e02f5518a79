"""A platform with tags, reduced to its rules: what it refuses is an error of the plan."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from tagtree.projection.placement import Shape
from tagtree.projection.steps import Adopt, Create, Delete, Move, Release, RemoteTag, Rename, RenameGroup, Step


class PlatformModel:
    """Takes the steps of a plan; raises AssertionError where the platform would refuse."""

    def __init__(self, tags: Iterable[RemoteTag], links: Mapping[int, str], shape: Shape) -> None:
        self.tags = {tag.id: tag for tag in tags}
        self.links = {tag_id: remote_id for tag_id, remote_id in links.items() if remote_id in self.tags}
        self.shape = shape
        self._made = 0

    def take(self, steps: Iterable[Step]) -> None:
        for step in steps:
            self._take(step)

    def _take(self, step: Step) -> None:
        match step:
            case Create(tag_id, group, name) | Move(tag_id, _, group, name):
                self.links[tag_id] = self._add(group, name)
            case Rename(_, remote_id, group, name):
                tag = self._own(remote_id)
                assert tag.group == group
                self._check_free(group, name)
                self.tags[remote_id] = replace(tag, name=name)
            case RenameGroup(group_id, was, name):
                self._rename_group(group_id, was, name)
            case Delete(remote_id, _, _):
                self._own(remote_id)
                del self.tags[remote_id]
                self.links = {tag_id: linked for tag_id, linked in self.links.items() if linked != remote_id}
            case Adopt(tag_id, remote_id, group, name):
                assert (self.tags[remote_id].group, self.tags[remote_id].name) == (group, name)
                self.links[tag_id] = remote_id
            case Release(tag_id, _):
                del self.links[tag_id]

    def _rename_group(self, group_id: str, was: str, name: str) -> None:
        assert all(tag.group != name for tag in self.tags.values()), f"the group {name} is there"
        members = [tag for tag in self.tags.values() if tag.group_id == group_id]
        assert members
        assert all(tag.ours and tag.group == was for tag in members)
        for tag in members:
            self.tags[tag.id] = replace(tag, group=name)

    def _own(self, remote_id: str) -> RemoteTag:
        tag = self.tags[remote_id]
        assert tag.ours, f"{remote_id} is somebody else's"
        return tag

    def _add(self, group: str, name: str) -> str:
        assert self.shape.fits(name)
        assert self.shape.fits(group)
        assert len(self.tags) < self.shape.tags, "full"
        self._check_free(group, name)
        self._made += 1
        remote_id = f"made{self._made}"
        group_id = next((tag.group_id for tag in self.tags.values() if tag.group == group), f"g-{remote_id}")
        self.tags[remote_id] = RemoteTag(remote_id, group_id, group, name, True)
        return remote_id

    def _check_free(self, group: str, name: str) -> None:
        assert all((tag.group, tag.name) != (group, name) for tag in self.tags.values()), f"{group}/{name} is there"

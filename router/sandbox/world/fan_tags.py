"""Tags of an Official Account's fans: one level, at most 100, ids 0 to 2 the platform's own."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from router.sandbox.refusal import RefusalError

MOST = 100
NAME_BYTES = 30
FANS_PER_CALL = 50
TAGS_PER_FAN = 20
FIRST_ID = 100

NAME_TAKEN, NAME_LENGTH, UNKNOWN, RESERVED, FULL, FAN_FULL, LIST_SIZE = 45157, 45158, 45159, 45058, 45056, 45059, 40032


@dataclass(frozen=True, slots=True)
class FanTag:
    id: int
    name: str
    openids: tuple[str, ...] = ()


@dataclass(slots=True)
class FanTags:
    """The tags of one account by id."""

    tags: dict[int, FanTag]

    def create(self, name: str) -> FanTag:
        self._check_name(name)
        if len(self.tags) >= MOST:
            raise RefusalError(FULL, "tags over limit")
        tag = FanTag(max(self.tags, default=FIRST_ID - 1) + 1, name)
        self.tags[tag.id] = tag
        return tag

    def update(self, tag_id: int, name: str) -> None:
        tag = self.require(tag_id)
        if name != tag.name:
            self._check_name(name)
        self.tags[tag_id] = replace(tag, name=name)

    def delete(self, tag_id: int) -> None:
        del self.tags[self.require(tag_id).id]

    def put_on(self, tag_id: int, openids: Sequence[str]) -> None:
        tag = self.require(tag_id)
        self._check_list(openids)
        for openid in openids:
            if sum(openid in each.openids for each in self.tags.values() if each.id != tag_id) >= TAGS_PER_FAN:
                raise RefusalError(FAN_FULL, "a fan carries at most 20 tags")
        self.tags[tag_id] = replace(tag, openids=tuple(dict.fromkeys((*tag.openids, *openids))))

    def take_off(self, tag_id: int, openids: Sequence[str]) -> None:
        tag = self.require(tag_id)
        self._check_list(openids)
        self.tags[tag_id] = replace(tag, openids=tuple(each for each in tag.openids if each not in openids))

    def require(self, tag_id: int) -> FanTag:
        if tag_id in (0, 1, 2):
            raise RefusalError(RESERVED, "a tag of the platform itself")
        if tag_id not in self.tags:
            raise RefusalError(UNKNOWN, f"no such tag: {tag_id}")
        return self.tags[tag_id]

    def _check_name(self, name: str) -> None:
        if not name or len(name.encode()) > NAME_BYTES:
            raise RefusalError(NAME_LENGTH, "the name of the tag is empty or over 30 bytes")
        if any(tag.name == name for tag in self.tags.values()):
            raise RefusalError(NAME_TAKEN, f"tag name exists: {name}")

    def _check_list(self, openids: Sequence[str]) -> None:
        if not 0 < len(openids) <= FANS_PER_CALL:
            raise RefusalError(LIST_SIZE, "1 to 50 fans in one call")

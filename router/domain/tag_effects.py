"""Effects about the platforms' tags as a whole: reading them, changing them, marking everybody anew."""

from dataclasses import dataclass
from typing import ClassVar, Literal, TypeAlias

Target: TypeAlias = Literal["wecom", "official_account"]


@dataclass(frozen=True, slots=True)
class ReadTags:
    """Read the list of a platform's tags and compare it with what we know; ``target`` as in `remote_tag`.

    Of one target one effect at a time reads or changes tags, so that what it met is what is there.
    """

    kind: ClassVar[str] = "read_tags"
    lane: ClassVar[Literal["platform"]] = "platform"
    target: Target
    cause: str  # person | night | event | refused | replan

    @property
    def key(self) -> str:
        return f"read_tags:{self.target}"

    @property
    def stream(self) -> str:
        return f"tags:{self.target}"


@dataclass(frozen=True, slots=True)
class TakeTagStep:
    """Take one step of a plan for a platform's tags."""

    kind: ClassVar[str] = "take_tag_step"
    lane: ClassVar[Literal["platform"]] = "platform"
    target: Target
    run_id: int
    number: int

    @property
    def key(self) -> str:
        return f"tag_step:{self.run_id}:{self.number}"

    @property
    def stream(self) -> str:
        return f"tags:{self.target}"


@dataclass(frozen=True, slots=True)
class RemarkTag:
    """Mark everybody who should carry a tag, page by page; then the steps that wait for that may be taken."""

    kind: ClassVar[str] = "remark_tag"
    lane: ClassVar[Literal["platform"]] = "platform"
    tag_id: int
    after: int = 0  # follow id

    @property
    def key(self) -> str:
        return f"remark_tag:{self.tag_id}"

    @property
    def stream(self) -> str:
        return ""

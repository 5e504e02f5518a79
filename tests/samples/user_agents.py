"""The labelled requests of ``user_agents.jsonl``; ``user_agents.md`` tells where they come from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import orjson

Kind = Literal["in_app", "browser", "preview", "crawler", "program"]
PEOPLE: tuple[Kind, ...] = ("in_app", "browser")


@dataclass(frozen=True, slots=True)
class LabelledRequest:
    """A request by its shape, and who sends it."""

    kind: Kind
    name: str
    user_agent: str
    source: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_person(self) -> bool:
        return self.kind in PEOPLE


def labelled_requests() -> Sequence[LabelledRequest]:
    """All of them, in the order of the file."""
    lines = Path(__file__).with_suffix(".jsonl").read_text().splitlines()
    return [LabelledRequest(**orjson.loads(line)) for line in lines]

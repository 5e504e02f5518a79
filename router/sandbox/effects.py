"""What the platform was asked to do: every accepted effect, and every refused call, in order."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

KEPT_EFFECTS = 500_000
KEPT_CALLS = 20_000


@dataclass(frozen=True, slots=True)
class Effect:
    """One accepted call. `body` is the request; `result` what the answer told beyond errcode, ids for instance."""

    seq: int
    at: int
    kind: str
    path: str
    external_userid: str
    userid: str
    body: Mapping[str, Any]
    result: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RefusedCall:
    seq: int
    at: int
    path: str
    errcode: int
    reason: str


@dataclass(slots=True)
class Journal:
    """Numbers what happened from 1; numbers go on after a clear, so that a reader's position stays good."""

    effects: deque[Effect] = field(default_factory=lambda: deque(maxlen=KEPT_EFFECTS))
    calls: deque[RefusedCall] = field(default_factory=lambda: deque(maxlen=KEPT_CALLS))
    next_effect: int = 1
    next_call: int = 1

    def accepted(
        self,
        at: int,
        kind: str,
        path: str,
        body: Mapping[str, Any],
        result: Mapping[str, Any],
        external_userid: str = "",
        userid: str = "",
    ) -> Effect:
        effect = Effect(self.next_effect, at, kind, path, external_userid, userid, body, result)
        self.effects.append(effect)
        self.next_effect += 1
        return effect

    def refused(self, at: int, path: str, errcode: int, reason: str) -> None:
        self.calls.append(RefusedCall(self.next_call, at, path, errcode, reason))
        self.next_call += 1

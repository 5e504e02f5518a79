"""Faults the sandbox can be told to have. The values are the JSON of `/control/faults`."""

from dataclasses import dataclass, field
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Milliseconds = Annotated[int, Field(ge=0, le=600_000)]
ANY_PATH = "*"


class _Faults(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class CallFault(_Faults):
    """Calls of `path` (`externalcontact/mark_tag`, or `*`) go wrong: all of them, or the next `times`, or each
    `every`-th.

    The answer is the errcode, or `http_status` with `body`, after `hang_ms`. With `executes` the call takes effect
    all the same, so that the caller cannot know the outcome. A fault of `hang_ms` alone answers normally, late.
    """

    path: Annotated[str, Field(min_length=1, max_length=100)]
    errcode: int | None = None
    http_status: Annotated[int, Field(ge=400, le=599)] | None = None
    body: Annotated[str, Field(max_length=100_000)] | None = None
    hang_ms: Milliseconds = 0
    times: Annotated[int, Field(ge=1)] | None = None
    every: Annotated[int, Field(ge=1)] = 1
    executes: bool = False

    def concerns(self, path: str) -> bool:
        return self.path == ANY_PATH or self.path.removeprefix("/cgi-bin/").strip("/") == path

    @property
    def replaces_the_answer(self) -> bool:
        return self.errcode is not None or self.http_status is not None or self.body is not None


class CallbackFaults(_Faults):
    """How callbacks misbehave. `duplicate` is how often each event is sent in all; `drop_every` n loses each n-th
    event.

    Events of one `shuffle_window_ms` are sent in random order at its end. `hold` keeps events back until it is
    lifted, then they come in one burst.
    """

    duplicate: Annotated[int, Field(ge=1, le=100)] = 1
    drop_every: Annotated[int, Field(ge=0)] = 0
    delay_ms: Milliseconds = 0
    shuffle_window_ms: Milliseconds = 0
    hold: bool = False
    retry_identical: bool = False
    retry_non_200: bool = True


class KfFaults(_Faults):
    """`empty_pages`: that many `kf/sync_msg` answers are empty with has_more 1. `send_fails`: that many messages are
    accepted and reported later by a `msg_send_fail` event of `fail_type`."""

    empty_pages: Annotated[int, Field(ge=0, le=1000)] = 0
    send_fails: Annotated[int, Field(ge=0)] = 0
    fail_type: Annotated[int, Field(ge=0, le=13)] = 0


class RateFaults(_Faults):
    per_minute: Annotated[int, Field(ge=0)] | None = None
    per_hour: Annotated[int, Field(ge=0)] | None = None


class Faults(_Faults):
    """Everything at once; what is not given is as in a healthy platform."""

    down: bool = False
    latency_ms: Milliseconds = 0
    edit_latency_ms: Milliseconds = 0  # until phones obey a changed member list of a contact way
    errors: Annotated[tuple[CallFault, ...], Field(max_length=100, strict=False)] = ()
    callbacks: CallbackFaults = CallbackFaults()
    kf: KfFaults = KfFaults()
    rates: RateFaults = RateFaults()
    concurrency: Annotated[int, Field(ge=0)] | None = None


@dataclass(slots=True)
class FaultBoard:
    """The faults in force and how much of each has been used up."""

    faults: Faults = field(default_factory=Faults)
    met: list[int] = field(default_factory=list)
    empty_pages_left: int = 0
    send_fails_left: int = 0

    def install(self, faults: Faults) -> None:
        self.faults = faults
        self.met = [0] * len(faults.errors)
        self.empty_pages_left = faults.kf.empty_pages
        self.send_fails_left = faults.kf.send_fails

    def meet(self, path: str) -> CallFault | None:
        """The fault this call runs into, counted; the first that applies."""
        for index, fault in enumerate(self.faults.errors):
            if fault.concerns(path) and self._strikes(index, fault):
                return fault
        return None

    def try_empty_page(self) -> bool:
        if self.empty_pages_left == 0:
            return False
        self.empty_pages_left -= 1
        return True

    def try_send_fail(self) -> int | None:
        """The fail_type the message being sent will be reported with, or None when it arrives."""
        if self.send_fails_left == 0:
            return None
        self.send_fails_left -= 1
        return self.faults.kf.fail_type

    def _strikes(self, index: int, fault: CallFault) -> bool:
        self.met[index] += 1
        strikes = self.met[index] % fault.every == 0
        return strikes and (fault.times is None or self.met[index] // fault.every <= fault.times)

"""The way of one event in steps with their time: opened, read, stored until decided, effects sent."""

from dataclasses import dataclass

from router.db.queries.events import EventTrace
from router.web.i18n import mark

_OPENED = {
    "opened_us": mark("verified and decrypted"),
    "read_us": mark("read and recognised"),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step: a source string and how long it took, in milliseconds."""

    label: str
    milliseconds: float


def trace_steps(trace: EventTrace) -> tuple[Step, ...]:
    """What is known of the time that an event took; effects not yet sent are left out."""
    event = trace.event
    steps = [Step(_OPENED.get(name, name), took / 1000) for name, took in trace.timings.items()]
    if event.decided_at is not None:
        steps.append(Step(mark("stored and decided"), event.decided_at - event.received_at))
    sent = [effect.sent_at for effect in trace.effects if effect.sent_at is not None]
    if sent:
        steps.append(Step(mark("last effect sent"), max(sent) - event.received_at))
    return tuple(steps)

"""The operation that runs a past day again with other caps, weights, policies and schedules."""

from datetime import date
from functools import partial
from typing import Annotated

from pydantic import Field

from router.db.queries.past import Edits
from router.domain.whatif import Outcome
from router.handlers import whatif
from router.handlers.admin.refusal import Refusal
from router.web.api.fields import Body, NoQuery, Resource
from router.web.api.operation import Call, Operation

Ids = Annotated[str, Field(pattern=r"^[0-9]{1,16}$")]
Places = Annotated[int, Field(ge=0, le=1_000_000)]


class WhatIfBody(Body):
    """Subjects of ``caps`` are written ``agent:3``, ``pool:2``, ``code:5``, ``agent:3@pool:2``; null lifts a cap."""

    day: str = Field(pattern=r"^\d{4}-\d\d-\d\d$")
    caps: dict[str, dict[str, Places | None]] = Field(default={}, max_length=1000)
    weights: dict[Ids, Annotated[int, Field(ge=1, le=1000)]] = Field(default={}, max_length=1000)
    schedules: dict[Ids, int | None] = Field(default={}, max_length=1000)
    policies: dict[Ids, str] = Field(default={}, max_length=1000)


class OutcomeResource(Resource):
    """Customers received in all, by agent and by live code; ``full`` are those nobody could receive, by live code."""

    received: int
    by_agent: dict[int, int]
    by_code: dict[int, int]
    full: dict[int, int]


class WhatIfResource(Resource):
    """``recorded`` is what happened; ``present`` the day run as things stand now; ``edited`` with the edits."""

    day: str
    arrivals: int
    recorded: OutcomeResource
    present: OutcomeResource
    edited: OutcomeResource


async def run_day_again(call: Call[NoQuery, WhatIfBody]) -> WhatIfResource | Refusal:
    """Read the day, run it outside every transaction, and write nothing."""
    edits = whatif.read_edits(call.body.model_dump())
    if not isinstance(edits, Edits):
        return edits
    day = whatif.read_day(call.body.day)
    if not isinstance(day, date):
        return day
    services = call.services
    question = await services.ledger.read(partial(whatif.ask, day=day, zone=services.settings.time_zone, edits=edits))
    answer = await whatif.answer(question)
    return WhatIfResource(
        day=call.body.day,
        arrivals=answer.arrivals,
        recorded=_outcome(answer.recorded),
        present=_outcome(answer.present),
        edited=_outcome(answer.edited),
    )


def _outcome(outcome: Outcome) -> OutcomeResource:
    return OutcomeResource(
        received=outcome.received,
        by_agent=dict(outcome.by_agent),
        by_code=dict(outcome.by_live_code),
        full=dict(outcome.full),
    )


OPERATIONS = (
    Operation(
        "POST",
        "/v1/whatif",
        "Run a past day again with other caps, weights, policies and schedules; nothing is written",
        run_day_again,
        WhatIfResource,
        body=WhatIfBody,
        waits=True,
    ),
)

"""Numbers (数字) of a range of days: the same filters and figures as the console's page."""

from datetime import date

from pydantic import Field
from sqlalchemy import Connection

from router.db.queries.numbers import AgentCounts, Scope, numbers_of
from router.domain.fairness import Fairness
from router.domain.numbers import Range, day_of_hour, read_range
from router.handlers.admin.refusal import Invalid, Refusal
from router.web.api.fields import Body, QueryId, QueryTruth, Resource
from router.web.api.operation import Call, Operation


class CountsResource(Resource):
    """``visitors`` are counted once per code and day; ``beyond`` are those of the ``adds`` that passed a cap; ``lost``
    deleted the agent, ``removed`` were deleted by them."""

    scans: int
    visitors: int
    adds: int
    beyond: int
    lost: int
    removed: int
    replies: int


class DayResource(Resource):
    day: date
    counts: CountsResource


class HourResource(Resource):
    """An hour (0 to 23) on the clocks of the corporation, in which anything happened."""

    day: date
    hour: int
    counts: CountsResource


class NamedCountsResource(Resource):
    """``id`` is null for what concerns no code."""

    id: int | None
    name: str
    counts: CountsResource


class AgentCountsResource(Resource):
    """``share_by_weight`` is what the weight gives of the adds of all agents compared, ``difference`` how many more
    (or fewer) were taken; null for who is not compared. ``id`` is null for what concerns no agent."""

    id: int | None
    name: str
    counts: CountsResource
    weight: int | None
    share_by_weight: float | None
    difference: float | None


class FairnessResource(Resource):
    """The greatest distance of an agent's adds from their share by weight, in adds and as a part of all adds, and
    Jain's fairness index of adds per weight: 1 when all took alike, 1 / agents when one took everything."""

    agents: int
    furthest_agent_id: int
    max_deviation: float
    max_deviation_share: float
    jain_index: float


class FunnelResource(Resource):
    """What became of the reservations held in the range, and of the ``given``: those of ``added`` whom WeCom gave
    through native codes and links, without a reservation. Of ``undecided`` the seven days are not over yet.

    A step is null where ``code_id`` names a code for which it does not exist: a native code has neither scans nor
    reservations, an acquisition link no reservations (``added`` is then what WeCom gave), a group code nothing after
    ``visitors``.
    """

    scans: int | None
    visitors: int | None
    reserved: int | None
    added: int | None
    stayed: int | None
    given: int
    undecided: int


class NumbersResource(Resource):
    first: date
    last: date
    time_zone: str
    with_test: bool
    total: CountsResource
    funnel: FunnelResource
    days: list[DayResource]
    hours: list[HourResource]
    codes: list[NamedCountsResource]
    agents: list[AgentCountsResource]
    fairness: FairnessResource | None


class AskNumbers(Body):
    """Days such as 2026-11-21, both included; the last seven when left out."""

    first: str = Field(default="", max_length=10)
    last: str = Field(default="", max_length=10)
    code_id: QueryId | None = None
    agent_id: QueryId | None = None
    with_test: QueryTruth = False


def get_numbers(connection: Connection, call: Call[AskNumbers, None]) -> NumbersResource | Refusal:
    days = read_range(call.query.first, call.query.last, call.act.now, call.act.zone)
    if not isinstance(days, Range):
        return Invalid((days,))
    scope = Scope(days, call.query.code_id or 0, call.query.agent_id or 0, call.query.with_test)
    numbers = numbers_of(connection, scope, call.act.now, call.act.zone)
    return NumbersResource(
        first=days.first,
        last=days.last,
        time_zone=str(call.act.zone),
        with_test=scope.with_test,
        total=CountsResource.model_validate(numbers.total),
        funnel=FunnelResource.model_validate(numbers.funnel),
        days=[DayResource.model_validate({"day": day, "counts": counts}) for day, counts in numbers.days.items()],
        hours=[
            HourResource.model_validate({"day": day_of_hour(hour), "hour": hour % 100, "counts": counts})
            for hour, counts in numbers.hours.items()
        ],
        codes=[_named(each.id, each.name, each.counts) for each in numbers.codes],
        agents=[_agent(each) for each in numbers.agents],
        fairness=None if numbers.fairness is None else _fairness(numbers.fairness),
    )


def _named(id: int, name: str, counts: object) -> NamedCountsResource:
    return NamedCountsResource.model_validate({"id": id or None, "name": name, "counts": counts})


def _agent(each: AgentCounts) -> AgentCountsResource:
    return AgentCountsResource(
        id=each.id or None,
        name=each.name,
        counts=CountsResource.model_validate(each.counts),
        weight=each.weight,
        share_by_weight=None if each.share is None else each.share.expected,
        difference=None if each.share is None else each.share.difference,
    )


def _fairness(found: Fairness) -> FairnessResource:
    return FairnessResource(
        agents=len(found.shares),
        furthest_agent_id=found.furthest,
        max_deviation=found.deviation,
        max_deviation_share=found.deviation_share,
        jain_index=found.jain,
    )


OPERATIONS = (
    Operation(
        "GET",
        "/v1/numbers",
        "Scans, visitors, adds, losses and replies of a range of days",
        get_numbers,
        NumbersResource,
        AskNumbers,
    ),
)

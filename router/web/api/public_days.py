"""Public holidays and the days worked for them, for whoever keeps schedules by a program."""

import datetime
from typing import Annotated

from pydantic import BeforeValidator, Field
from sqlalchemy import Connection

from router.handlers.admin.refusal import Invalid, Refusal
from router.web.api.fields import Body, Resource, TextPair, whole_number
from router.web.api.operation import Call, Operation
from router.web.public_days import public_days, source, unknown_year

QueryYear = Annotated[int, BeforeValidator(whole_number), Field(ge=2000, le=2199)]


class PublicDayResource(Resource):
    """``is_worked``: a weekend day that is worked instead of another; else a day off."""

    date: datetime.date
    name: TextPair
    is_worked: bool


class PublicDaysResource(Resource):
    """All days of one year, by date."""

    year: int
    source: str
    days: list[PublicDayResource]


class AskPublicDays(Body):
    """Which year."""

    year: QueryYear


def list_public_days(connection: Connection, call: Call[AskPublicDays, None]) -> PublicDaysResource | Refusal:
    days = public_days(call.query.year)
    if not days:
        return Invalid((unknown_year("year"),))
    found = [PublicDayResource.model_validate(day) for day in days]
    return PublicDaysResource(year=call.query.year, source=source(), days=found)


OPERATIONS = (
    Operation(
        "GET",
        "/v1/public-days",
        "The public holidays of China in a year, and the days worked for them",
        list_public_days,
        PublicDaysResource,
        AskPublicDays,
    ),
)

"""复核 (review): messages whose class is not certain, and how often lexicon and model agree with people."""

from datetime import timedelta

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from router.db.queries.meanings import (
    Agreement,
    StoredMeaning,
    agreement,
    count_open,
    open_reviews,
)
from router.db.queries.message_classes import list_classes
from router.db.queries.page import Page
from router.handlers.admin.reviews import dismiss_review, review_message
from router.handlers.suggestion import state_of
from router.web.console.asking import Refused, change, now_of, read, services_of
from router.web.console.forms import read_form, read_query
from router.web.console.render import go, page
from tagtree.wording import Problem

DAYS = 30  # of decisions that the rates are counted over
DAY = timedelta(days=1) // timedelta(milliseconds=1)


async def show(request: Request) -> Response:
    """The queue, latest first."""
    return await _show(request)


async def review(request: Request) -> Response:
    """One click: the message is of this class, or of none."""
    inbox_id: int = request.path_params["id"]
    class_name = (await read_form(request)).text("class")
    outcome = await change(request, lambda c, act: review_message(c, act, inbox_id, class_name))
    if isinstance(outcome, Refused):
        return await _show(request, outcome.problems)
    return go("/reviews", said="reviewed")


async def dismiss(request: Request) -> Response:
    """Off the queue without a word about its class."""
    inbox_id: int = request.path_params["id"]
    await change(request, lambda c, act: dismiss_review(c, act, inbox_id))
    return go("/reviews", said="done")


async def _show(request: Request, problems: tuple[Problem, ...] = ()) -> Response:
    before = read_query(request).integer("before") or 0
    since = now_of(request) - DAYS * DAY

    def around(connection: Connection) -> tuple[Page[StoredMeaning], int, Agreement, list[str]]:
        names = [each.name for each in list_classes(connection)]
        return open_reviews(connection, before=before), count_open(connection), agreement(connection, since), names

    waiting, how_many, rates, names = await read(request, around)
    return page(
        request,
        "reviews.html",
        422 if problems else 200,
        waiting=waiting,
        how_many=how_many,
        rates=rates,
        classes=names,
        days=DAYS,
        model=state_of(services_of(request).settings.intent_model),
        started=before > 0,
        problems=problems,
    )

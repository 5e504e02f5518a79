"""Operations on what messages were read as, and on the review of what is not certain (人工复核)."""

from typing import Annotated

from pydantic import Field
from sqlalchemy import Connection

from router.db.queries import meanings as query
from router.handlers.admin import reviews
from router.handlers.admin.refusal import Missing, Refusal
from router.handlers.admin.reviews import MESSAGE
from router.web.api.fields import SEARCHABLE, Body, Instant, ListOf, NoQuery, Paging, Resource, Since
from router.web.api.operation import Call, Operation
from tagtree.rules.actions import MAX_CLASS_NAME_CHARACTERS


class StoredSlotResource(Resource):
    """Characters ``start`` to ``end`` of the text."""

    kind: str
    value: str
    words: str
    start: int
    end: int


class MeaningResource(Resource):
    """``class_name`` is in force, ``read_as`` the lexicon's best, ``suggested`` the model's; empty: none."""

    event_id: int = Field(validation_alias="inbox_id")
    external_userid: str
    customer_name: str
    at: Instant
    text: str
    class_name: str
    read_as: str
    margin: int
    intent: str
    slots: list[StoredSlotResource]
    suggested: str
    suggested_margin: int | None
    review: str
    reviewed_by: str
    reviewed_at: Instant | None


class ReviewBody(Body):
    """``class_name`` is the name of a class in use; empty: the message is of none."""

    class_name: Annotated[str, Field(max_length=MAX_CLASS_NAME_CHARACTERS, pattern=SEARCHABLE)]


class ConfusionResource(Resource):
    """How often messages read as one class were decided to be another."""

    read_as: str
    decided: str
    times: int


class AgreementResource(Resource):
    """Of messages that were reviewed: how often lexicon and model were right. ``suggested`` had a model's word."""

    since: Instant
    reviewed: int
    lexicon_right: int
    suggested: int
    model_right: int
    both_alike: int
    confusion: list[ConfusionResource]


def list_reviews(connection: Connection, call: Call[Paging, None]) -> ListOf[MeaningResource]:
    return call.page(query.open_reviews(connection, before=call.after, limit=call.query.limit), MeaningResource)


def get_agreement(connection: Connection, call: Call[Since, None]) -> AgreementResource:
    since = call.query.from_instant(call.act.now)
    found = query.agreement(connection, since)
    return AgreementResource(
        since=since,
        reviewed=found.reviewed,
        lexicon_right=found.lexicon_right,
        suggested=found.suggested,
        model_right=found.model_right,
        both_alike=found.both_alike,
        confusion=[
            ConfusionResource(read_as=read_as, decided=decided, times=times)
            for (read_as, decided), times in sorted(found.confusion.items())
        ],
    )


def get_meaning(connection: Connection, call: Call[NoQuery, None]) -> MeaningResource | Refusal:
    return _outcome(query.get_meaning(connection, call.ids["event_id"]) or Missing(MESSAGE))


def review_message(connection: Connection, call: Call[NoQuery, ReviewBody]) -> MeaningResource | Refusal:
    return _outcome(reviews.review_message(connection, call.act, call.ids["event_id"], call.body.class_name))


def dismiss_review(connection: Connection, call: Call[NoQuery, None]) -> MeaningResource | Refusal:
    return _outcome(reviews.dismiss_review(connection, call.act, call.ids["event_id"]))


def _outcome(outcome: query.StoredMeaning | Refusal) -> MeaningResource | Refusal:
    return MeaningResource.model_validate(outcome) if isinstance(outcome, query.StoredMeaning) else outcome


ONE = "/v1/reviews/{event_id}"
OPERATIONS = (
    Operation(
        "GET", "/v1/reviews", "Messages whose class is not certain", list_reviews, ListOf[MeaningResource], Paging
    ),
    Operation(
        "GET",
        "/v1/reviews/agreement",
        "How often lexicon and model were right",
        get_agreement,
        AgreementResource,
        Since,
    ),
    Operation("GET", ONE, "What one message was read as", get_meaning, MeaningResource),
    Operation(
        "POST", ONE, "Say which class a message is of", review_message, MeaningResource, body=ReviewBody, writes=True
    ),
    Operation(
        "POST", f"{ONE}/dismiss", "Take a message off the review queue", dismiss_review, MeaningResource, writes=True
    ),
)

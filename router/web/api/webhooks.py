"""Operations on webhooks: the addresses outside that rules call by name."""

from typing import Annotated

from pydantic import Field
from sqlalchemy import Connection

from router.db.queries import webhooks as query
from router.handlers.admin import webhooks
from router.handlers.admin.refusal import WEBHOOK, Missing, Refusal
from router.web.api.fields import SEARCHABLE, Body, Instant, ListOf, Name, NoQuery, Paging, QueryTruth, Resource
from router.web.api.operation import Call, Operation

Url = Annotated[str, Field(min_length=1, max_length=500, pattern=SEARCHABLE)]
Secret = Annotated[str, Field(max_length=webhooks.MAX_SECRET_CHARACTERS, pattern=SEARCHABLE)]


class WebhookResource(Resource):
    id: int
    name: str
    url: str
    created_at: Instant
    archived_at: Instant | None


class NewWebhookResource(Resource):
    """``secret`` is told once: calls are signed with it."""

    webhook: WebhookResource
    secret: str


class ListWebhooks(Paging):
    archived: QueryTruth = False


class CreateWebhookBody(Body):
    """``secret`` empty: one is made up."""

    name: Name
    url: Url
    secret: Secret = ""


class EditWebhookBody(Body):
    """``secret`` empty: it stays as it is."""

    url: Url
    secret: Secret = ""


def list_webhooks(connection: Connection, call: Call[ListWebhooks, None]) -> ListOf[WebhookResource]:
    page = query.list_webhooks(connection, archived=call.query.archived, after=call.after, limit=call.query.limit)
    return call.page(page, WebhookResource)


def get_webhook(connection: Connection, call: Call[NoQuery, None]) -> WebhookResource | Refusal:
    found = query.get_webhook(connection, call.ids["webhook_id"])
    return Missing(WEBHOOK) if found is None else WebhookResource.model_validate(found)


def create_webhook(connection: Connection, call: Call[NoQuery, CreateWebhookBody]) -> NewWebhookResource | Refusal:
    body, box = call.body, call.services.secret_box
    made = webhooks.create_webhook(connection, call.act, box, body.name, body.url, body.secret)
    return NewWebhookResource.model_validate(made) if isinstance(made, webhooks.NewWebhook) else made


def edit_webhook(connection: Connection, call: Call[NoQuery, EditWebhookBody]) -> WebhookResource | Refusal:
    body, box = call.body, call.services.secret_box
    webhook_id = call.ids["webhook_id"]
    return _resource(webhooks.edit_webhook(connection, call.act, box, webhook_id, body.url, body.secret))


def try_webhook(connection: Connection, call: Call[NoQuery, None]) -> WebhookResource | Refusal:
    return _resource(webhooks.try_webhook(connection, call.act, call.ids["webhook_id"]))


def archive_webhook(connection: Connection, call: Call[NoQuery, None]) -> WebhookResource | Refusal:
    return _resource(webhooks.archive_webhook(connection, call.act, call.ids["webhook_id"]))


def restore_webhook(connection: Connection, call: Call[NoQuery, None]) -> WebhookResource | Refusal:
    return _resource(webhooks.restore_webhook(connection, call.act, call.ids["webhook_id"]))


def _resource(outcome: query.Webhook | Refusal) -> WebhookResource | Refusal:
    return WebhookResource.model_validate(outcome) if isinstance(outcome, query.Webhook) else outcome


ALL = "/v1/webhooks"
ONE = "/v1/webhooks/{webhook_id}"
OPERATIONS = (
    Operation("GET", ALL, "Webhooks", list_webhooks, ListOf[WebhookResource], ListWebhooks),
    Operation(
        "POST",
        ALL,
        "Create a webhook",
        create_webhook,
        NewWebhookResource,
        body=CreateWebhookBody,
        writes=True,
        status=201,
    ),
    Operation("GET", ONE, "One webhook", get_webhook, WebhookResource),
    Operation(
        "PATCH",
        ONE,
        "Change where a webhook leads, or what it signs with",
        edit_webhook,
        WebhookResource,
        body=EditWebhookBody,
        writes=True,
    ),
    Operation("POST", f"{ONE}/test", "Call a webhook once as a test", try_webhook, WebhookResource, writes=True),
    Operation("POST", f"{ONE}/archive", "Take a webhook out of use", archive_webhook, WebhookResource, writes=True),
    Operation("POST", f"{ONE}/restore", "Restore a webhook", restore_webhook, WebhookResource, writes=True),
)

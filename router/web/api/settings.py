"""Operations on settings (设置), the parts they switch on, and the record of changes."""

from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import Connection

from router.db.queries import changes as change_query
from router.handlers.admin import settings
from router.handlers.admin.refusal import Refusal
from router.handlers.outbound.probe import probe_secrets
from router.setting_kinds import MAX_CHARACTERS
from router.web.api.fields import SEARCHABLE, Body, Instant, ListOf, NoQuery, Paging, Resource, TextPair
from router.web.api.operation import Call, Operation

SettingName = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]{1,79}$")]
SettingText = Annotated[str, Field(max_length=MAX_CHARACTERS)]


class SettingResource(Resource):
    """``text`` is null for a secret and for what is absent; ``is_lost``: stored under another master key."""

    name: str
    doc: TextPair
    secret: bool
    source: str
    is_set: bool
    is_editable: bool
    is_lost: bool
    text: str | None
    default: str
    updated_at: Instant | None
    updated_by: str | None


class PartResource(Resource):
    """A part of the product that settings switch on or off."""

    name: str
    on: bool
    reason: TextPair


class SecretProbeResource(Resource):
    """``setting`` is where the secret in force comes from; ``reason`` is the platform's refusal in a sentence."""

    setting: str
    works: bool
    reason: TextPair


class ChangeResource(Resource):
    """Who changed what; secrets never appear."""

    id: int
    at: Instant
    actor: str
    what: str
    subject: str
    before: Any
    after: Any


class SettingsBody(Body):
    """Values by name, all or none; null forgets the stored value."""

    values: Annotated[dict[SettingName, SettingText | None], Field(max_length=100)]


class ListChanges(Paging):
    subject: Annotated[str, Field(max_length=128, pattern=SEARCHABLE)] = ""


def list_settings(connection: Connection, call: Call[NoQuery, None]) -> ListOf[SettingResource]:
    services = call.services
    return _settings(settings.list_settings(connection, services.secret_box, services.settings))


def write_settings(connection: Connection, call: Call[NoQuery, SettingsBody]) -> ListOf[SettingResource] | Refusal:
    services = call.services
    outcome = settings.write_settings(connection, call.act, services.secret_box, services.settings, call.body.values)
    return _settings(outcome) if isinstance(outcome, tuple) else outcome


def list_parts(_connection: Connection, call: Call[NoQuery, None]) -> ListOf[PartResource]:
    parts = [PartResource.model_validate(part) for part in call.services.settings.parts()]
    return ListOf[PartResource](items=parts, next=None)


async def probe_parts(call: Call[NoQuery, None]) -> ListOf[SecretProbeResource]:
    services = call.services
    probes = await probe_secrets(services.platforms.by_setting(services.settings))
    return ListOf[SecretProbeResource](items=[SecretProbeResource.model_validate(each) for each in probes], next=None)


def list_changes(connection: Connection, call: Call[ListChanges, None]) -> ListOf[ChangeResource]:
    page = change_query.list_changes(
        connection, subject=call.query.subject, before_id=call.after, limit=call.query.limit
    )
    return call.page(page, ChangeResource)


def _settings(shown: tuple[settings.ShownSetting, ...]) -> ListOf[SettingResource]:
    return ListOf[SettingResource](items=[SettingResource.model_validate(each) for each in shown], next=None)


OPERATIONS = (
    Operation(
        "GET",
        "/v1/settings",
        "Settings and where each comes from",
        list_settings,
        ListOf[SettingResource],
    ),
    Operation(
        "PATCH",
        "/v1/settings",
        "Store settings",
        write_settings,
        ListOf[SettingResource],
        body=SettingsBody,
        writes=True,
    ),
    Operation("GET", "/v1/parts", "Parts switched on or off, with the reason", list_parts, ListOf[PartResource]),
    Operation(
        "POST",
        "/v1/parts/probe",
        "Try each secret in force on the platform",
        probe_parts,
        ListOf[SecretProbeResource],
        waits=True,
    ),
    Operation(
        "GET",
        "/v1/changes",
        "Who changed what, latest first",
        list_changes,
        ListOf[ChangeResource],
        ListChanges,
    ),
)

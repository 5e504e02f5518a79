"""Operations that compare two versions of a rule set: their rules, and what they say about stored messages."""

from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import Connection

from router.db.queries import version_diffs as query
from router.handlers.admin import version_diffs
from router.handlers.admin.refusal import VERSION_DIFF, Missing, Refusal
from router.web.api.fields import Body, Id, Instant, ListOf, NoQuery, Paging, QueryId, Resource
from router.web.api.operation import Call, Operation

Messages = Annotated[int, Field(ge=1, le=version_diffs.MOST_MESSAGES)]


class RuleChangeResource(Resource):
    """``kind`` is added, removed or changed; ``fields`` names what was changed."""

    kind: str
    rule_id: str
    name: str
    fields: list[str]
    before: dict[str, Any] | None
    after: dict[str, Any] | None


class RuleChangesResource(Resource):
    items: list[RuleChangeResource]


class SidesQuery(Body):
    """``before`` left out: the version in force; ``after`` left out: the draft."""

    before: QueryId | None = None
    after: QueryId | None = None


class DiffBody(Body):
    """Sides as with the changes; ``messages``: at most so many, the newest ones."""

    before: Id | None = None
    after: Id | None = None
    messages: Messages = version_diffs.MOST_MESSAGES


class DiffResource(Resource):
    """``result`` is empty until ``status`` is done; in it ``unknown`` names the facts that no stored message tells."""

    id: int
    rule_set_id: int
    before_number: int | None
    after_number: int | None
    messages: int
    status: str
    compared: int
    result: dict[str, Any]
    error: str
    asked_at: Instant
    asked_by: str
    ended_at: Instant | None


def list_rule_changes(connection: Connection, call: Call[SidesQuery, None]) -> RuleChangesResource | Refusal:
    sides = call.query
    found = version_diffs.changes_between(connection, call.ids["rule_set_id"], sides.before, sides.after)
    if not isinstance(found, tuple):
        return found
    return RuleChangesResource(items=[RuleChangeResource.model_validate(each) for each in found])


def start_diff(connection: Connection, call: Call[NoQuery, DiffBody]) -> DiffResource | Refusal:
    body, rule_set_id = call.body, call.ids["rule_set_id"]
    return _resource(
        version_diffs.start_diff(connection, call.act, rule_set_id, body.before, body.after, body.messages)
    )


def list_diffs(connection: Connection, call: Call[Paging, None]) -> ListOf[DiffResource]:
    page = query.list_diffs(connection, call.ids["rule_set_id"], before=call.after, limit=call.query.limit)
    return call.page(page, DiffResource)


def get_diff(connection: Connection, call: Call[NoQuery, None]) -> DiffResource | Refusal:
    found = query.get_diff(connection, call.ids["rule_set_id"], call.ids["diff_id"])
    return Missing(VERSION_DIFF) if found is None else _resource(found)


def cancel_diff(connection: Connection, call: Call[NoQuery, None]) -> DiffResource | Refusal:
    rule_set_id, diff_id = call.ids["rule_set_id"], call.ids["diff_id"]
    return _resource(version_diffs.cancel_diff(connection, call.act, rule_set_id, diff_id))


def _resource(outcome: query.VersionDiff | Refusal) -> DiffResource | Refusal:
    return DiffResource.model_validate(outcome) if isinstance(outcome, query.VersionDiff) else outcome


OF_SET = "/v1/rule-sets/{rule_set_id}"
ONE = f"{OF_SET}/diffs/{{diff_id}}"
OPERATIONS = (
    Operation(
        "GET",
        f"{OF_SET}/changes",
        "Which rules differ between two versions",
        list_rule_changes,
        RuleChangesResource,
        SidesQuery,
    ),
    Operation(
        "GET",
        f"{OF_SET}/diffs",
        "Comparisons over stored messages, latest first",
        list_diffs,
        ListOf[DiffResource],
        Paging,
    ),
    Operation(
        "POST",
        f"{OF_SET}/diffs",
        "Compare two versions over stored messages",
        start_diff,
        DiffResource,
        body=DiffBody,
        writes=True,
        status=202,
    ),
    Operation("GET", ONE, "How far a comparison is, and what came out", get_diff, DiffResource),
    Operation("POST", f"{ONE}/cancel", "Stop a comparison", cancel_diff, DiffResource, writes=True),
)

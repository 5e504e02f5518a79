"""Operations on rule sets (规则集): draft, publish, roll back."""

from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import Connection

from router.db.queries import rule_sets as query
from router.handlers.admin import rule_sets
from router.handlers.admin.refusal import RULE_SET, RULE_SET_VERSION, Missing, Refusal
from router.handlers.admin.rule_checks import Finding
from router.handlers.admin.rule_hits import hits_of_rules
from router.handlers.admin.rule_sets import findings_of_draft
from router.handlers.compilation import Refused, StateName, name_of
from router.services import Services
from router.web.api.fields import Body, Id, Instant, ListOf, Name, NoQuery, Paging, QueryTruth, Resource, TextPair
from router.web.api.operation import RULES_BYTES, Call, Operation
from router.web.api.problem import FieldProblem


class VersionResource(Resource):
    """A published version; ``rules`` as in a draft; ``copy_of``: the version that a roll-back put in force again."""

    number: int
    rules: list[dict[str, Any]]
    published_at: Instant
    published_by: str
    note: str
    copy_of: int | None


class RuleSetResource(Resource):
    """``draft`` holds the rules being edited; ``is_changed`` tells whether they differ from those published.

    ``state`` of the published version: ``compiling`` or ``refused`` while the version before it decides, for
    ``problems``; ``in_force``; null where another process decides.
    """

    id: int
    name: str
    draft: list[dict[str, Any]]
    published: VersionResource | None
    is_changed: bool
    state: StateName | None
    problems: list[FieldProblem]
    created_at: Instant
    archived_at: Instant | None


class ListRuleSets(Paging):
    archived: QueryTruth = False


class RuleSetNameBody(Body):
    name: Name


class DraftBody(Body):
    """Rules as JSON objects: ``id``, ``name``, ``priority``, ``when``, ``then``, ``stop``; docs/api.md shows one."""

    rules: list[dict[str, Any]]
    create_tags: bool = False


Note = Annotated[str, Field(max_length=rule_sets.MAX_NOTE_CHARACTERS)]


class PublishBody(Body):
    """``confirm``: publish although something is doubtful. ``create_tags``: create missing tags that rules name."""

    confirm: bool = False
    note: Note = ""
    create_tags: bool = False


class RollBackBody(Body):
    number: Id
    confirm: bool = False
    note: Note = ""


class RuleHitsResource(Resource):
    """How often a rule fired in the last 30 days, on which day last (2026-11-22), and how many of its tags stand."""

    rule_id: str
    times: int
    last_day: str | None
    standing_tags: int
    in_force: bool


class FindingResource(Resource):
    """``severity``: problem (refused), caution (wants ``confirm``) or information; ``path`` within the rules.

    ``rule_ids``: the rules that get in each other's way, if that is what it is about.
    """

    severity: str
    path: str
    rule_ids: list[str]
    reason: TextPair
    hint: TextPair


class FindingsList(Resource):
    items: list[FindingResource]


class RuleHitsList(Resource):
    items: list[RuleHitsResource]


def list_rule_sets(connection: Connection, call: Call[ListRuleSets, None]) -> ListOf[RuleSetResource]:
    page = query.list_rule_sets(connection, archived=call.query.archived, after=call.after, limit=call.query.limit)
    return call.page_of([_shown(call.services, each) for each in page.items], page.next)


def get_rule_set(connection: Connection, call: Call[NoQuery, None]) -> RuleSetResource | Refusal:
    found = query.get_rule_set(connection, call.ids["rule_set_id"])
    return Missing(RULE_SET) if found is None else _shown(call.services, found)


def create_rule_set(connection: Connection, call: Call[NoQuery, RuleSetNameBody]) -> RuleSetResource | Refusal:
    return _resource(call.services, rule_sets.create_rule_set(connection, call.act, call.body.name))


def rename_rule_set(connection: Connection, call: Call[NoQuery, RuleSetNameBody]) -> RuleSetResource | Refusal:
    return _resource(
        call.services, rule_sets.rename_rule_set(connection, call.act, call.ids["rule_set_id"], call.body.name)
    )


def save_draft(connection: Connection, call: Call[NoQuery, DraftBody]) -> RuleSetResource | Refusal:
    body, rule_set_id = call.body, call.ids["rule_set_id"]
    return _resource(
        call.services, rule_sets.save_draft(connection, call.act, rule_set_id, body.rules, create_tags=body.create_tags)
    )


def publish_rule_set(connection: Connection, call: Call[NoQuery, PublishBody]) -> RuleSetResource | Refusal:
    body, most_memory = call.body, call.services.settings.rule_memory_mib << 20
    return _resource(
        call.services,
        rule_sets.publish(
            connection,
            call.act,
            call.ids["rule_set_id"],
            confirm=body.confirm,
            note=body.note,
            create_tags=body.create_tags,
            most_memory=most_memory,
        ),
    )


def roll_back_rule_set(connection: Connection, call: Call[NoQuery, RollBackBody]) -> RuleSetResource | Refusal:
    body, most_memory = call.body, call.services.settings.rule_memory_mib << 20
    return _resource(
        call.services,
        rule_sets.roll_back(
            connection,
            call.act,
            call.ids["rule_set_id"],
            body.number,
            confirm=body.confirm,
            note=body.note,
            most_memory=most_memory,
        ),
    )


def check_draft(connection: Connection, call: Call[NoQuery, None]) -> FindingsList | Refusal:
    most_memory = call.services.settings.rule_memory_mib << 20
    found = findings_of_draft(connection, call.ids["rule_set_id"], most_memory)
    if not isinstance(found, tuple):
        return found
    return FindingsList(items=[_finding(each) for each in found])


def list_rule_hits(connection: Connection, call: Call[NoQuery, None]) -> RuleHitsList | Refusal:
    rule_set = query.get_rule_set(connection, call.ids["rule_set_id"])
    if rule_set is None:
        return Missing(RULE_SET)
    return RuleHitsList(
        items=[RuleHitsResource.model_validate(each) for each in hits_of_rules(connection, call.act, rule_set)]
    )


def list_versions(connection: Connection, call: Call[Paging, None]) -> ListOf[VersionResource] | Refusal:
    rule_set_id = call.ids["rule_set_id"]
    if query.get_rule_set(connection, rule_set_id) is None:
        return Missing(RULE_SET)
    page = query.list_versions(connection, rule_set_id, before=call.after, limit=call.query.limit)
    return call.page_of([_version(each) for each in page.items], page.next)


def get_version(connection: Connection, call: Call[NoQuery, None]) -> VersionResource | Refusal:
    found = query.get_version(connection, call.ids["rule_set_id"], call.ids["number"])
    return Missing(RULE_SET_VERSION) if found is None else _version(found)


def archive_rule_set(connection: Connection, call: Call[NoQuery, None]) -> RuleSetResource | Refusal:
    return _resource(call.services, rule_sets.archive_rule_set(connection, call.act, call.ids["rule_set_id"]))


def restore_rule_set(connection: Connection, call: Call[NoQuery, None]) -> RuleSetResource | Refusal:
    return _resource(call.services, rule_sets.restore_rule_set(connection, call.act, call.ids["rule_set_id"]))


def _resource(services: Services, outcome: query.EditedRuleSet | Refusal) -> RuleSetResource | Refusal:
    return _shown(services, outcome) if isinstance(outcome, query.EditedRuleSet) else outcome


def _shown(services: Services, rule_set: query.EditedRuleSet) -> RuleSetResource:
    state = None if rule_set.published is None else services.rules.state_of(rule_set.published.id)
    return RuleSetResource(
        id=rule_set.id,
        name=rule_set.name,
        draft=rule_set.draft.get("rules", []),
        published=None if rule_set.published is None else _version(rule_set.published),
        is_changed=rule_set.is_changed,
        state=None if state is None or rule_set.archived_at is not None else name_of(state),
        problems=[FieldProblem.model_validate(each) for each in state.problems] if isinstance(state, Refused) else [],
        created_at=rule_set.created_at,
        archived_at=rule_set.archived_at,
    )


def _version(version: query.RuleSetVersion) -> VersionResource:
    return VersionResource(
        number=version.number,
        rules=version.content.get("rules", []),
        published_at=version.published_at,
        published_by=version.published_by,
        note=version.note,
        copy_of=version.copy_of,
    )


def _finding(found: Finding) -> FindingResource:
    said = found.problem
    reason, hint = TextPair.model_validate(said.reason), TextPair.model_validate(said.hint)
    return FindingResource(
        severity=found.severity, path=said.path, rule_ids=list(found.rule_ids), reason=reason, hint=hint
    )


ALL = "/v1/rule-sets"
ONE = "/v1/rule-sets/{rule_set_id}"
OPERATIONS = (
    Operation("GET", ALL, "Rule sets", list_rule_sets, ListOf[RuleSetResource], ListRuleSets),
    Operation(
        "POST",
        ALL,
        "Create a rule set",
        create_rule_set,
        RuleSetResource,
        body=RuleSetNameBody,
        writes=True,
        status=201,
    ),
    Operation("GET", ONE, "One rule set with its draft", get_rule_set, RuleSetResource),
    Operation(
        "PATCH",
        ONE,
        "Rename a rule set",
        rename_rule_set,
        RuleSetResource,
        body=RuleSetNameBody,
        writes=True,
    ),
    Operation(
        "PUT",
        f"{ONE}/draft",
        "Replace the draft",
        save_draft,
        RuleSetResource,
        body=DraftBody,
        writes=True,
        ahead=lambda call, _: rule_sets.read_rules(call.ids["rule_set_id"], call.body.rules),
        body_bytes=RULES_BYTES,
    ),
    Operation(
        "POST",
        f"{ONE}/publish",
        "Put the draft in force as the next version",
        publish_rule_set,
        RuleSetResource,
        body=PublishBody,
        writes=True,
        ahead=lambda call, connection: rule_sets.read_ahead(connection, call.ids["rule_set_id"]),
    ),
    Operation(
        "POST",
        f"{ONE}/roll-back",
        "Put an earlier version in force again",
        roll_back_rule_set,
        RuleSetResource,
        body=RollBackBody,
        writes=True,
        ahead=lambda call, connection: rule_sets.read_ahead(connection, call.ids["rule_set_id"], call.body.number),
    ),
    Operation(
        "GET",
        f"{ONE}/versions",
        "Published versions, latest first",
        list_versions,
        ListOf[VersionResource],
        Paging,
    ),
    Operation(
        "GET", f"{ONE}/hits", "How often each rule fired, and how many of its tags stand", list_rule_hits, RuleHitsList
    ),
    Operation(
        "GET",
        f"{ONE}/check",
        "What would be refused, asked about or told when the draft is published",
        check_draft,
        FindingsList,
    ),
    Operation("GET", f"{ONE}/versions/{{number}}", "One published version", get_version, VersionResource),
    Operation(
        "POST",
        f"{ONE}/archive",
        "Take a rule set out of force",
        archive_rule_set,
        RuleSetResource,
        writes=True,
    ),
    Operation(
        "POST",
        f"{ONE}/restore",
        "Restore a rule set",
        restore_rule_set,
        RuleSetResource,
        writes=True,
    ),
)

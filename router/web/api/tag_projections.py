"""Operations on the tags of WeCom and of an Official Account (映射): plan, apply, read again, choose."""

from dataclasses import asdict
from typing import Any, Literal

from pydantic import Field
from sqlalchemy import Connection

from router.db.queries import projection, tag_runs
from router.db.queries.page import page_of
from router.db.queries.projection import TARGETS, Reading
from router.db.queries.tag_runs import STEPS, Run
from router.domain.tag_effects import Target
from router.handlers.admin import projection as use_cases
from router.handlers.admin.refusal import REFUSALS, TAG_TARGET, Missing, Refusal
from router.handlers.projection import Preview, preview
from router.web.api.fields import Body, Id, Instant, ListOf, NoQuery, Paging, Resource, TextPair
from router.web.api.operation import Call, Operation
from tagtree.projection.steps import Step
from tagtree.projection.wording import hint_of, reason_of

AT_MOST = 200  # steps and conflicts in one answer; their number is told besides

StepKind = Literal["create", "rename", "rename_group", "move", "delete", "adopt", "release"]
_KIND_OF = {step: kind for kind, step in STEPS.items()}


class TagStepResource(Resource):
    """``group`` and ``name`` are as they will be; of a deletion, as they are."""

    kind: StepKind
    tag_id: int | None = None
    remote_id: str | None = None
    group: str = ""
    name: str = ""
    status: str = "planned"
    error: str = ""


class TagConflictResource(Resource):
    """A tag that gets no twin: why, and what to do. ``remote_id``: somebody else's tag that has the name."""

    tag_id: int
    kind: str
    remote_id: str | None
    reason: TextPair
    hint: TextPair


class TagQuotaResource(Resource):
    """Tags now, after the plan and at most; ``days_left`` until full at the pace of the last 30 days, null: never."""

    used: int
    after: int
    limit: int
    grown_in_30_days: int
    days_left: int | None


class TagReadingResource(Resource):
    """``differences``: what had changed without us since the reading before; ``run_id`` repairs it."""

    cause: str
    read_at: Instant
    tags: int
    differences: list[dict[str, Any]]
    run_id: int | None


class TagRunResource(Resource):
    """A plan being applied."""

    id: int
    cause: str
    status: Literal["applying", "done", "overtaken"]
    ordered_at: Instant
    ordered_by: str
    open: int
    done: int
    refused: int
    dropped: int


class TagProjectionResource(Resource):
    """``digest`` names the plan, to apply this one and no other. At most 200 steps and conflicts are listed."""

    target: Target
    switched_on: bool
    digest: str
    steps: list[TagStepResource]
    step_count: int
    conflicts: list[TagConflictResource]
    conflict_count: int
    quota: TagQuotaResource
    reading: TagReadingResource | None
    run: TagRunResource | None


class RemoteTagResource(Resource):
    """``ours``: we made it, and only then edit it. ``tag_id``: the tag of ours it stands for."""

    remote_id: str
    group: str
    name: str
    ours: bool
    tag_id: int | None


class ApplyPlanBody(Body):
    digest: str = Field(min_length=16, max_length=16)


class TagChoiceBody(Body):
    """``scope``: show the tag or its branch (on an Official Account); ``uses_foreign``: mark with somebody else's tag
    of the same name. Fields left out, or null, stay as they are.
    """

    tag_id: Id
    scope: Literal["", "tag", "branch"] | None = None
    uses_foreign: bool | None = None


class TagMarkResource(Resource):
    """What one agent's customer should carry on WeCom (``desired``) and what WeCom acknowledged (``confirmed``).

    ``error`` says what stands against it; empty: on its way.
    """

    userid: str
    external_userid: str
    tag_id: int
    desired: bool
    confirmed: bool
    error: str
    changed_at: Instant


class RetriedMarks(Resource):
    """Tags whose marks are tried again."""

    tags: int


class Answered(Resource):
    """What was asked for is ordered."""

    target: Target


def get_tag_projection(connection: Connection, call: Call[Any, Any]) -> TagProjectionResource | Refusal:
    target = _target(call)
    return Missing(TAG_TARGET) if target is None else _shown(connection, target, call)


def apply_tag_plan(connection: Connection, call: Call[NoQuery, ApplyPlanBody]) -> TagProjectionResource | Refusal:
    target = _target(call)
    if target is None:
        return Missing(TAG_TARGET)
    rules = call.services.platform().tag_rules
    outcome = use_cases.apply_plan(connection, call.act, target, rules, call.body.digest)
    return outcome if isinstance(outcome, REFUSALS) else _shown(connection, target, call)


def read_remote_tags(connection: Connection, call: Call[NoQuery, None]) -> Answered | Refusal:
    target = _target(call)
    if target is None:
        return Missing(TAG_TARGET)
    use_cases.read_now(connection, call.act, target)
    return Answered(target=target)


def choose_remote_tag(connection: Connection, call: Call[NoQuery, TagChoiceBody]) -> TagProjectionResource | Refusal:
    target, body = _target(call), call.body
    if target is None:
        return Missing(TAG_TARGET)
    refusal: Refusal | None = None
    if body.scope is not None:
        refusal = use_cases.choose_scope(connection, call.act, target, body.tag_id, body.scope)
    if refusal is None and body.uses_foreign is not None:
        refusal = use_cases.use_foreign(connection, call.act, target, body.tag_id, body.uses_foreign)
    return refusal if refusal is not None else _shown(connection, target, call)


def list_remote_tags(connection: Connection, call: Call[Paging, None]) -> ListOf[RemoteTagResource] | Refusal:
    target = _target(call)
    if target is None:
        return Missing(TAG_TARGET)
    tag_of = {remote_id: tag_id for tag_id, remote_id in projection.links(connection, target).items()}
    listed = list(enumerate(projection.remote_tags(connection, target), start=1))
    page = page_of(listed[call.after : call.after + call.query.limit + 1], call.query.limit, lambda each: each[0])
    items = [
        RemoteTagResource(remote_id=tag.id, group=tag.group, name=tag.name, ours=tag.ours, tag_id=tag_of.get(tag.id))
        for _, tag in page.items
    ]
    return call.page_of(items, page.next)


def list_tag_steps(connection: Connection, call: Call[Paging, None]) -> ListOf[TagStepResource]:
    states = tag_runs.steps(connection, call.ids["run_id"], after=call.after - 1, limit=call.query.limit + 1)
    page = page_of(list(states), call.query.limit, lambda each: each.number + 1)
    items = [_step(each.step, status=each.status, error=each.error) for each in page.items]
    return call.page_of(items, page.next)


def list_tag_marks(connection: Connection, call: Call[Paging, None]) -> ListOf[TagMarkResource]:
    found = projection.list_open_marks(connection, call.after, call.query.limit + 1)
    page = page_of(list(enumerate(found, start=call.after + 1)), call.query.limit, lambda each: each[0])
    return call.page_of([TagMarkResource.model_validate(mark) for _, mark in page.items], page.next)


def retry_tag_marks(connection: Connection, call: Call[NoQuery, None]) -> RetriedMarks:
    return RetriedMarks(tags=use_cases.retry_marks(connection, call.act))


def _target(call: Call[Any, Any]) -> Target | None:
    return next((target for target in TARGETS if target == call.names["target"]), None)


def _shown(connection: Connection, target: Target, call: Call[Any, Any]) -> TagProjectionResource:
    rules = call.services.platform().tag_rules
    seen = preview(connection, target, rules, call.act.now)
    run = tag_runs.latest_run(connection, target)
    return TagProjectionResource(
        target=target,
        switched_on=target in rules.targets,
        digest=seen.digest,
        steps=[_step(step) for step in seen.plan.steps[:AT_MOST]],
        step_count=len(seen.plan.steps),
        conflicts=_conflicts(seen),
        conflict_count=len(seen.plan.conflicts),
        quota=_quota(seen),
        reading=_reading(seen.reading),
        run=None if run is None else _run(connection, run),
    )


def _step(step: Step, status: str = "planned", error: str = "") -> TagStepResource:
    known = {name: value for name, value in asdict(step).items() if name in TagStepResource.model_fields}
    return TagStepResource(kind=_kind(step), status=status, error=error, **known)


def _kind(step: Step) -> StepKind:
    kind: Any = _KIND_OF[type(step)]
    found: StepKind = kind
    return found


def _conflicts(seen: Preview) -> list[TagConflictResource]:
    return [
        TagConflictResource(
            tag_id=each.tag_id,
            kind=type(each).__name__,
            remote_id=getattr(each, "remote_id", None),
            reason=TextPair.model_validate(reason_of(each, seen.tree)),
            hint=TextPair.model_validate(hint_of(each)),
        )
        for each in seen.plan.conflicts[:AT_MOST]
    ]


def _quota(seen: Preview) -> TagQuotaResource:
    quota, forecast = seen.plan.quota, seen.forecast
    return TagQuotaResource(
        used=quota.used,
        after=quota.after,
        limit=quota.limit,
        grown_in_30_days=forecast.grown,
        days_left=forecast.days_left,
    )


def _reading(reading: Reading | None) -> TagReadingResource | None:
    if reading is None:
        return None
    differences = [{"kind": type(each).__name__, **asdict(each)} for each in reading.differences[:AT_MOST]]
    return TagReadingResource(
        cause=reading.cause, read_at=reading.read_at, tags=reading.tags, differences=differences, run_id=reading.run_id
    )


def _run(connection: Connection, run: Run) -> TagRunResource:
    progress = tag_runs.progress(connection, run.id)
    return TagRunResource.model_validate({**asdict(run), **asdict(progress)})


ONE = "/v1/tag-projections/{target}"
OPERATIONS = (
    Operation(
        "GET",
        "/v1/tag-projections/marks",
        "Tag marks that WeCom does not have yet",
        list_tag_marks,
        ListOf[TagMarkResource],
        Paging,
    ),
    Operation(
        "POST",
        "/v1/tag-projections/marks/retry",
        "Try failed tag marks again",
        retry_tag_marks,
        RetriedMarks,
        writes=True,
    ),
    Operation(
        "GET",
        "/v1/tag-projections/runs/{run_id}/steps",
        "Steps of a tag plan being applied",
        list_tag_steps,
        ListOf[TagStepResource],
        Paging,
    ),
    Operation("GET", ONE, "What applying would change on a platform's tags", get_tag_projection, TagProjectionResource),
    Operation(
        "GET", f"{ONE}/tags", "A platform's tags as last read", list_remote_tags, ListOf[RemoteTagResource], Paging
    ),
    Operation("POST", f"{ONE}/read", "Read a platform's tags again", read_remote_tags, Answered, writes=True),
    Operation(
        "POST",
        f"{ONE}/apply",
        "Apply a tag plan",
        apply_tag_plan,
        TagProjectionResource,
        body=ApplyPlanBody,
        writes=True,
    ),
    Operation(
        "POST",
        f"{ONE}/choices",
        "Choose how a tag is shown on a platform",
        choose_remote_tag,
        TagProjectionResource,
        body=TagChoiceBody,
        writes=True,
    ),
)

"""映射 (projection): our tree beside the platform's tags, the plan between them, and how far it is applied."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from router.db.queries import outbox, projection, tag_runs
from router.db.queries.projection import TARGETS, Reading, Scope
from router.db.queries.tag_runs import Progress, Run, StepState
from router.domain.tag_effects import ReadTags, Target
from router.handlers.admin import projection as use_cases
from router.handlers.admin.act import Act
from router.handlers.projection import Preview, preview
from router.web.console.asking import Refused, change, now_of, read, services_of
from router.web.console.forms import read_form
from router.web.console.render import go, page
from tagtree.projection.placement import branches
from tagtree.projection.steps import Conflict, RemoteTag, Step
from tagtree.projection.wording import hint_of, reason_of
from tagtree.tree import TagTree
from tagtree.wording import Wording

SHOWN = 200  # lines of each list; the numbers above tell how many there are, the API pages through all

CHOOSABLE = 2_000  # tags offered in one list; of a larger tree the API takes any

ADDRESS = {"wecom": "/wecom-tags", "official_account": "/fan-tags"}


@dataclass(frozen=True, slots=True)
class TreeLine:
    """A tag of ours, where it stands on the platform, and what the plan does to it."""

    id: int
    name: str
    colour: str
    depth: int
    place: str
    state: str  # there | planned | conflict | internal | left_out
    scope: str


@dataclass(frozen=True, slots=True)
class RemoteLine:
    """A tag of the platform: ours, somebody else's that we use, or somebody else's."""

    name: str
    whose: str  # ours | used | foreign


@dataclass(frozen=True, slots=True)
class ConflictLine:
    tag_id: int
    path: str
    reason: Wording
    hint: Wording
    usable: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """Everything the page reads in one go."""

    preview: Preview
    run: Run | None
    progress: Progress | None
    steps: tuple[StepState, ...]
    readings: tuple[Reading, ...]
    marks: list[tuple[str, int]]
    is_reading: bool


async def show(request: Request) -> Response:
    """Plan and progress, from the last reading."""
    return await _show(request)


async def read_again(request: Request) -> Response:
    """Have the platform's list read."""
    target = _target(request)
    await change(request, lambda c, act: use_cases.read_now(c, act, target))
    return go(ADDRESS[target], said="retried")


async def apply(request: Request) -> Response:
    """Apply the plan that the page showed."""
    target, digest = _target(request), (await read_form(request)).text("digest")
    rules = services_of(request).platform().tag_rules
    outcome = await change(request, lambda c, act: use_cases.apply_plan(c, act, target, rules, digest))
    if isinstance(outcome, Refused):
        return await _show(request, outcome)
    return go(ADDRESS[target], said="saved")


async def choose(request: Request) -> Response:
    """Show a tag or its branch on the Official Account."""
    target, form = _target(request), await read_form(request)
    tag_id = form.integer("tag_id") or 0
    scope: Scope = "branch" if form.text("scope") == "branch" else "tag" if form.text("scope") == "tag" else ""
    return await _chosen(request, lambda c, act: use_cases.choose_scope(c, act, target, tag_id, scope))


async def use_foreign(request: Request) -> Response:
    """Mark with somebody else's tag of the same name."""
    target, form = _target(request), await read_form(request)
    tag_id, uses = form.integer("tag_id") or 0, form.text("uses") == "yes"
    return await _chosen(request, lambda c, act: use_cases.use_foreign(c, act, target, tag_id, uses))


async def retry_marks(request: Request) -> Response:
    """Try failed marks again."""
    await change(request, use_cases.retry_marks)
    return go(ADDRESS["wecom"], said="retried")


async def _chosen(request: Request, use_case: Callable[[Connection, Act], Any]) -> Response:
    outcome = await change(request, use_case)
    if isinstance(outcome, Refused):
        return await _show(request, outcome)
    return go(ADDRESS[_target(request)], said="saved")


def _target(request: Request) -> Target:
    path = request.url.path
    found = next((target for target in TARGETS if ADDRESS[target] in path), None)
    if found is None:
        raise HTTPException(404)
    return found


async def _show(request: Request, refusal: Refused | None = None) -> Response:
    target, now = _target(request), now_of(request)
    services = services_of(request)
    rules = services.platform().tag_rules

    def around(connection: Connection) -> Shown:
        run = tag_runs.latest_run(connection, target)
        return Shown(
            preview=preview(connection, target, rules, now),
            run=run,
            progress=tag_runs.progress(connection, run.id) if run else None,
            steps=tag_runs.steps(connection, run.id, limit=SHOWN) if run else (),
            readings=projection.readings(connection, target, 5),
            marks=projection.open_marks(connection) if target == "wecom" else [],
            is_reading=outbox.is_open(connection, ReadTags(target, "").key),
        )

    shown = await read(request, around)
    seen = shown.preview
    lines = _tree_lines(seen)
    return page(
        request,
        "tags_on_wecom.html",
        422 if refusal else 200,
        shown=shown,
        target=target,
        address=ADDRESS[target],
        is_on=target in rules.targets,
        busy=shown.is_reading or (shown.run is not None and shown.run.status == "applying"),
        repairs=rules.repairs,
        plan=seen.plan,
        steps=[_step_line(step, seen.tree) for step in seen.plan.steps[:SHOWN]],
        run_steps=[(state, _step_line(state.step, seen.tree)) for state in shown.steps],
        conflicts=[_conflict_line(each, seen) for each in seen.plan.conflicts[:SHOWN]],
        lines=lines[:SHOWN],
        line_count=len(lines),
        choosable=[(line.id, seen.tree.path_name(line.id)) for line in lines if line.state != "internal"][:CHOOSABLE],
        groups=_groups(seen),
        used=[(tag_id, seen.tree.path_name(tag_id)) for tag_id in sorted(seen.choices.uses) if tag_id in seen.tree],
        problems=refusal.problems if refusal else (),
    )


def _tree_lines(seen: Preview) -> list[TreeLine]:
    tree, chosen = seen.tree, seen.choices
    places = {twin.tag_id: _place(twin.group, twin.name) for twin in seen.plan.placement.twins}
    in_conflict = {conflict.tag_id for conflict in seen.plan.conflicts}
    changed = {tag_id for step in seen.plan.steps if (tag_id := getattr(step, "tag_id", None)) is not None}
    shown_by_branch = branches(tree, frozenset(), chosen.branches)

    def state(tag_id: int) -> str:
        if tree.is_internal(tag_id):
            return "internal"
        if tag_id in in_conflict:
            return "conflict"
        if tag_id not in places:
            return "left_out"
        return "planned" if tag_id in changed else "there"

    def scope(tag_id: int) -> str:
        if tag_id in chosen.branches:
            return "branch"
        return "tag" if tag_id in chosen.tags else "inherited" if tag_id in shown_by_branch else ""

    return [
        TreeLine(
            tag.id, tag.name, tag.colour, len(tree.path(tag.id)), places.get(tag.id, ""), state(tag.id), scope(tag.id)
        )
        for root in tree.children(None)
        for tag in (root, *tree.descendants(root.id))
    ]


def _place(group: str, name: str) -> str:
    return f"{group} / {name}" if group else name


def _groups(seen: Preview) -> list[tuple[str, list[RemoteLine]]]:
    linked = set(seen.links.values())
    groups: dict[str, list[RemoteLine]] = {}
    for tag in sorted(seen.theirs, key=lambda tag: (tag.group, tag.name))[:SHOWN]:
        groups.setdefault(tag.group, []).append(RemoteLine(tag.name, _whose(tag, linked)))
    return list(groups.items())


def _whose(tag: RemoteTag, linked: set[str]) -> str:
    if tag.ours:
        return "ours"
    return "used" if tag.id in linked else "foreign"


def _step_line(step: Step, tree: TagTree) -> dict[str, str]:
    """What the template says of a step: its kind, the tag of ours, and the place it is about."""
    tag_id = getattr(step, "tag_id", None)
    group, name = getattr(step, "group", ""), getattr(step, "name", "")
    return {
        "kind": type(step).__name__,
        "path": tree.path_name(tag_id) if tag_id is not None and tag_id in tree else "",
        "place": _place(group, name),
        "was": getattr(step, "was", ""),
    }


def _conflict_line(conflict: Conflict, seen: Preview) -> ConflictLine:
    path = seen.tree.path_name(conflict.tag_id)
    usable = type(conflict).__name__ == "NameTaken"
    return ConflictLine(conflict.tag_id, path, reason_of(conflict, seen.tree), hint_of(conflict), usable)

"""Tags on the platforms (映射): read again, apply the plan that was looked at, choose, try failed marks again."""

from sqlalchemy import Connection

from router.db.queries import changes, projection, tag_runs, tags
from router.db.queries.edits import begin_edit
from router.db.queries.projection import Scope
from router.db.queries.tag_runs import Run
from router.domain.tag_effects import Target
from router.handlers.admin.act import Act
from router.handlers.admin.refusal import TAG, Missing, Refusal, conflict
from router.handlers.projection import TagRules, apply, mark_anew, preview, read_again, settle


def read_now(connection: Connection, act: Act, target: Target) -> None:
    """Have the platform's list read, and repaired as the settings say."""
    read_again(connection, target, "person", act.now)


def apply_plan(connection: Connection, act: Act, target: Target, rules: TagRules, digest: str) -> Run | Refusal:
    """Apply the plan that was looked at (``digest``); refused when it is another one by now."""
    begin_edit(connection)
    if target not in rules.targets:
        return conflict(
            "",
            ("The Official Account is switched off.", "公众号未启用。"),
            ("Set LIVEQR_OA_APP_ID and LIVEQR_OA_SECRET.", "请设置 LIVEQR_OA_APP_ID 和 LIVEQR_OA_SECRET。"),
        )
    seen = preview(connection, target, rules, act.now)
    if seen.digest != digest:
        return conflict(
            "digest",
            ("The plan has changed since you looked at it.", "方案在您查看之后已发生变化。"),
            ("Look at it as it is now, then apply.", "请查看现在的方案，再应用。"),
        )
    apply(connection, target, rules, act.now, cause="person", actor=act.actor)
    settle(connection, target, act.now)
    run = tag_runs.latest_run(connection, target)
    assert run is not None
    applied = {"steps": len(seen.plan.steps), "conflicts": len(seen.plan.conflicts)}
    changes.record(connection, "tags.apply", f"tags:{target}", None, applied, actor=act.actor, now=act.now)
    return run


def choose_scope(connection: Connection, act: Act, target: Target, tag_id: int, scope: Scope) -> Refusal | None:
    """Show a tag, or it with everything under it, where only chosen tags are shown; empty: neither."""
    chosen = projection.choices(connection, target)
    before = "branch" if tag_id in chosen.branches else "tag" if tag_id in chosen.tags else ""
    return _choose(connection, act, target, tag_id, ("scope", before, scope), scope, tag_id in chosen.uses)


def use_foreign(connection: Connection, act: Act, target: Target, tag_id: int, uses: bool) -> Refusal | None:
    """Mark with somebody else's tag of the same name, or not any more; it is never edited."""
    chosen = projection.choices(connection, target)
    scope: Scope = "branch" if tag_id in chosen.branches else "tag" if tag_id in chosen.tags else ""
    before = tag_id in chosen.uses
    return _choose(connection, act, target, tag_id, ("uses_foreign", before, uses), scope, uses)


def _choose(
    connection: Connection,
    act: Act,
    target: Target,
    tag_id: int,
    told: tuple[str, object, object],
    scope: Scope,
    uses: bool,
) -> Refusal | None:
    begin_edit(connection)
    if tag_id not in tags.load_tree(connection):
        return Missing(TAG)
    projection.choose(connection, target, tag_id, scope, uses_foreign=uses)
    name, before, after = told
    changes.record(
        connection,
        "tags.choose",
        f"tag:{tag_id}",
        {"target": target, name: before},
        {"target": target, name: after},
        actor=act.actor,
        now=act.now,
    )
    return None


def retry_marks(connection: Connection, act: Act) -> int:
    """Try the marks again that failed or waited; returns of how many tags."""
    tag_ids = projection.clear_trouble(connection)
    mark_anew(connection, tag_ids, act.now)
    return len(tag_ids)

"""映射 (projection): what to change on the platforms so that their tags are our tree, and watching that it stays so.

The platform is read and changed by effects, one at a time per target; what they met is kept in the ledger, so that a
plan is made from the ledger alone.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta, tzinfo

from sqlalchemy import Connection

from router.db import json
from router.db.queries import alerts, outbox, projection, tag_runs, tags, timers
from router.db.queries.outbox import Order
from router.db.queries.projection import Choices, Reading
from router.db.queries.tag_runs import Run
from router.domain.effects import MarkTags
from router.domain.tag_effects import ReadTags, RemarkTag, TakeTagStep, Target
from tagtree.projection.drift import GROWTH_DAYS, Forecast, drift, forecast, touched
from tagtree.projection.placement import CORP_TAGS, FAN_TAGS, Shape, branches
from tagtree.projection.plan import left_behind, plan, restricted
from tagtree.projection.steps import Create, Delete, Plan, RemoteTag
from tagtree.tree import TagTree

TIMER = "check_tags"
NIGHT_HOUR = 3  # of the corporation's time zone: when nobody edits tags
MOST_REPLANS = 5  # in a row, should somebody edit the platform's tags all the time
MANY = 10  # tags of ours that vanish together,
MANY_PERCENT = 20  # when they are more than this part of them: the platform's list may be wrong
FOLLOWS_AT_ONCE = 500  # relations marked anew in one transaction

KEPT_DAYS = 90  # of readings, runs and tags that are gone,
KEPT = 100  # and the latest of them, however old

CLOCKS_DIFFER = 300_000  # ms by which the platform's clock may be behind ours

DAY = 86_400_000  # ms


@dataclass(frozen=True, slots=True)
class TagRules:
    """What the settings say: how much each platform holds, whether drift is repaired without asking, whether a tag
    that is put on a customer gets its twin without asking, and which platforms are switched on.
    """

    corp: Shape = CORP_TAGS
    fans: Shape = FAN_TAGS
    repairs: bool = True
    at_once: bool = True
    targets: tuple[Target, ...] = ("wecom",)

    def shape(self, target: Target) -> Shape:
        return self.corp if target == "wecom" else self.fans


@dataclass(frozen=True, slots=True)
class Preview:
    """A plan with what it was made from. ``digest`` tells it from any other plan."""

    target: Target
    tree: TagTree
    theirs: tuple[RemoteTag, ...]
    links: dict[int, str]
    choices: Choices
    plan: Plan
    digest: str
    forecast: Forecast
    reading: Reading | None


def preview(connection: Connection, target: Target, rules: TagRules, now: int) -> Preview:
    """What applying would do, from the last reading; nothing is written and nobody is called."""
    tree = tags.load_tree(connection)
    theirs, links = projection.remote_tags(connection, target), projection.links(connection, target)
    chosen = projection.choices(connection, target)
    planned = plan(tree, theirs, links, rules.shape(target), chosen=shown(tree, target, chosen), uses=chosen.uses)
    created = projection.created_since(connection, target, now - GROWTH_DAYS * DAY)
    return Preview(
        target=target,
        tree=tree,
        theirs=theirs,
        links=links,
        choices=chosen,
        plan=planned,
        digest=hashlib.sha256(json.dump([asdict(step) for step in planned.steps]).encode()).hexdigest()[:16],
        forecast=forecast(created, planned.quota.after, planned.quota.limit, now),
        reading=next(iter(projection.readings(connection, target)), None),
    )


def shown(tree: TagTree, target: Target, chosen: Choices) -> frozenset[int] | None:
    """The tags to show: every one on WeCom, where there is room; chosen ones on an Official Account."""
    return None if target == "wecom" else branches(tree, chosen.tags, chosen.branches)


def apply(
    connection: Connection,
    target: Target,
    rules: TagRules,
    now: int,
    *,
    cause: str,
    actor: str,
    only_tags: frozenset[int] | None = None,
    may_delete: frozenset[str] | None = None,
    replans: int = 0,
) -> int:
    """Put the plan of this moment, or its part about ``only_tags``, in force; returns the id of its run.

    ``may_delete``: the tags of the platform that may be deleted, all when None; what is replaced always may.
    """
    seen = preview(connection, target, rules, now)
    steps = seen.plan.steps
    awaited = tag_runs.take_held(connection, target)  # still carried by somebody: not to be deleted at once
    if only_tags is not None:
        steps = restricted(steps, only_tags, seen.theirs, seen.links, awaited)
    if may_delete is not None:
        replaced = awaited.keys() | left_behind(steps, seen.links).keys()
        steps = tuple(step for step in steps if not isinstance(step, Delete) or step.remote_id in may_delete | replaced)
    # Fans are not marked by us: nobody waits for what takes the place of a fan tag.
    successors = {**awaited, **left_behind(steps, seen.links)} if target == "wecom" else {}
    held_for = {
        number: successors[step.remote_id]
        for number, step in enumerate(steps)
        if isinstance(step, Delete) and step.remote_id in successors
    }
    run_id = tag_runs.add_run(
        connection, target, cause, steps, held_for, now, actor=actor, only_tags=only_tags, replans=replans
    )
    orders = [Order(TakeTagStep(target, run_id, number)) for number in range(len(steps)) if number not in held_for]
    outbox.add_all(connection, orders, now)
    mark_anew(connection, sorted(set(awaited.values()) & set(held_for.values())), now)  # which lets them go
    return run_id


def read_again(connection: Connection, target: Target, cause: str, now: int) -> None:
    """Have the platform's list read."""
    outbox.add_all(connection, [Order(ReadTags(target, cause))], now)


def note_reading(
    connection: Connection,
    target: Target,
    cause: str,
    listed: Iterable[tuple[RemoteTag, int]],
    rules: TagRules,
    now: int,
) -> None:
    """Compare what the platform lists (with the instant each tag was made, ms) with what we know, and repair."""
    known, links = projection.remote_tags(connection, target), projection.links(connection, target)
    is_first = not projection.readings(connection, target)
    listed = with_maker(connection, target, listed)
    projection.answer_until(connection, target, now - CLOCKS_DIFFER)
    after = [tag for tag, _ in listed]
    differences = () if is_first else drift(known, after)
    _keep(connection, target, known, listed, links, now)
    reading_id = projection.add_reading(connection, target, cause, len(after), differences, now)
    drifted = touched(differences, after, links) | touched(differences, after, projection.links(connection, target))
    seen = preview(connection, target, rules, now) if drifted else None
    is_to_repair = seen is not None and bool(restricted(seen.plan.steps, drifted, seen.theirs, seen.links))
    run_id = _follow_up(connection, target, cause, drifted if is_to_repair else frozenset(), rules, now)
    if run_id is not None:
        projection.repaired_by(connection, reading_id, run_id)
    if is_to_repair and run_id is None:
        alerts.raise_(connection, "tags_drifted", _subject(target), now, target=target, count=len(differences))
    elif seen is not None and (run_id is not None or _is_in_line(connection, seen)):
        settle(connection, target, now)


def _is_in_line(connection: Connection, seen: Preview) -> bool:
    """What was once shown is as it is to be; what was never shown yet is no drift."""
    is_missing = projection.missing(connection, seen.target, 0) > 0
    return not is_missing and all(isinstance(step, Create) for step in seen.plan.steps)


def with_maker(
    connection: Connection, target: Target, listed: Iterable[tuple[RemoteTag, int]]
) -> list[tuple[RemoteTag, int]]:
    """A platform does not say who made a tag: ours are those we remember making, and those that were made since we
    asked for one of that name without learning what came of it.
    """
    known = projection.made_by_us(connection, target)
    linked, asked = set(projection.links(connection, target).values()), projection.asked(connection, target)

    def is_ours(tag: RemoteTag, made_at: int) -> bool:
        since = asked.get((tag.group, tag.name))
        is_asked_for = since is not None and (made_at == 0 or made_at >= since - CLOCKS_DIFFER)
        return known.get(tag.id, tag.id in linked or is_asked_for)

    return [(replace(tag, ours=is_ours(tag, made_at)), made_at) for tag, made_at in listed]


def _keep(
    connection: Connection,
    target: Target,
    known: Iterable[RemoteTag],
    listed: list[tuple[RemoteTag, int]],
    links: dict[int, str],
    now: int,
) -> None:
    there = {tag.id for tag, _ in listed}
    projection.lose_remote(connection, target, {tag.id for tag in known} - there, now)
    lost = {tag_id for tag_id, remote_id in links.items() if remote_id not in there}
    projection.unlink(connection, target, lost)
    if target == "wecom":
        projection.unconfirm(connection, lost)
    _take_back(connection, target, there, now)
    projection.put_remote(connection, target, listed, now)


def _take_back(connection: Connection, target: Target, there: set[str], now: int) -> None:
    """What comes back stands again for what it stood for, unless something else does by now."""
    returned = projection.stood_for(connection, target, there)
    for tag_id, remote_id in returned.items():
        projection.link(connection, target, tag_id, remote_id)
    if target == "wecom":
        mark_anew(connection, returned, now)


def _follow_up(
    connection: Connection, target: Target, cause: str, drifted: frozenset[int], rules: TagRules, now: int
) -> int | None:
    """Go on with a plan that was met by a change, or repair what has drifted; the id of the run, None: nothing."""
    run = tag_runs.latest_run(connection, target)
    if _are_too_many_missing(connection, target, run):
        return None
    if run is not None and (cause == "replan" or run.status == "overtaken"):  # whoever asked for this reading last
        return _go_on(connection, run, drifted, rules, now) if run.replans < MOST_REPLANS else None
    if not drifted or not rules.repairs:
        return None
    if run is not None and run.status == "applying":
        return _go_on(connection, run, drifted, rules, now)
    return apply(connection, target, rules, now, cause="drift", actor="liveqr", only_tags=drifted)


def _are_too_many_missing(connection: Connection, target: Target, run: Run | None) -> bool:
    """So many of ours vanished since the latest plan that a person must say whether they are to be made anew."""
    missing = projection.missing(connection, target, run.ordered_at if run is not None else 0)
    there = len(projection.links(connection, target))
    return missing >= MANY and missing * 100 > (missing + there) * MANY_PERCENT


def _go_on(connection: Connection, run: Run, drifted: frozenset[int], rules: TagRules, now: int) -> int:
    """Plan anew, and delete nothing that whoever ordered the run did not see in it."""
    only_tags = None if run.only_tags is None else run.only_tags | drifted
    return apply(
        connection,
        run.target,
        rules,
        now,
        cause="replan",
        actor=run.ordered_by,
        only_tags=only_tags,
        may_delete=tag_runs.deleted_by(connection, run.id),
        replans=run.replans + 1,
    )


def settle(connection: Connection, target: Target, now: int) -> None:
    """What had drifted is being repaired, or is not looked after any more."""
    alerts.end_(connection, "tags_drifted", _subject(target), now)


def _subject(target: Target) -> str:
    return f"tags:{target}"


def keep_up(connection: Connection, now: int, zone: tzinfo) -> None:
    """Have the platforms' tags checked every night; called at start."""
    if not timers.is_armed(connection, TIMER):
        timers.arm(connection, TIMER, TIMER, next_night(now, zone), {})


def every_night(connection: Connection, rules: TagRules, now: int, zone: tzinfo) -> None:
    """Read every platform that is switched on, mark again whom a step still waits for, and forget what is old.

    Nothing can be repaired at one that is switched off: its drift is no alert any more.
    """
    timers.arm(connection, TIMER, TIMER, next_night(now, zone), {})
    for target in rules.targets:
        read_again(connection, target, "night", now)
    for target in set(projection.TARGETS) - set(rules.targets):
        settle(connection, target, now)
    mark_anew(connection, tag_runs.held_for(connection), now)
    for target in projection.TARGETS:
        tag_runs.drop_old(connection, target, now - KEPT_DAYS * DAY, KEPT)
        projection.drop_old(connection, target, now - KEPT_DAYS * DAY, KEPT)


def next_night(now: int, zone: tzinfo) -> int:
    """The next instant (ms) at which it is 3 o'clock in ``zone``."""
    local = datetime.fromtimestamp(now / 1000, zone)
    night = local.replace(hour=NIGHT_HOUR, minute=0, second=0, microsecond=0)
    if night <= local:
        night += timedelta(days=1)
    return int(night.timestamp() * 1000)


def mark_anew(connection: Connection, tag_ids: Iterable[int], now: int) -> None:
    """Have everybody marked whose marks of these tags are not as desired."""
    outbox.add_all(connection, [Order(RemarkTag(tag_id)) for tag_id in tag_ids], now)


def marks_of(connection: Connection, effect: RemarkTag) -> list[MarkTags]:
    """The marks to set of the next relations."""
    follows = projection.open_follows(connection, effect.tag_id, effect.after, FOLLOWS_AT_ONCE)
    return [MarkTags(follow_id) for follow_id in follows]


def let_go(connection: Connection, tag_id: int, now: int) -> None:
    """Take the steps that waited until everybody carries the tag anew."""
    steps = tag_runs.let_go(connection, tag_id)
    outbox.add_all(connection, [Order(TakeTagStep("wecom", run_id, number)) for run_id, number in steps], now)

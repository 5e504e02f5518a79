"""Plans for the platforms' tags that are being applied, step by step."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Final, Literal

from sqlalchemy import Connection

from router.db import json
from router.db.sql import Row, Sql
from router.domain.tag_effects import Target
from tagtree.projection.steps import Adopt, Create, Delete, Move, Release, Rename, RenameGroup, Step

StepStatus = Literal["waiting", "held", "done", "refused", "dropped"]

STEPS: Final[Mapping[str, type[Step]]] = {
    "create": Create,
    "rename": Rename,
    "rename_group": RenameGroup,
    "move": Move,
    "delete": Delete,
    "adopt": Adopt,
    "release": Release,
}
_KIND_OF_STEP = {step: kind for kind, step in STEPS.items()}

_ADD_RUN = Sql(
    "INSERT INTO tag_run (target, cause, only_tags, ordered_at, ordered_by, status, replans)"
    " VALUES (:target, :cause, :only_tags, :now, :actor, 'applying', :replans) RETURNING id"
)
_LATEST_RUN = Sql(
    "SELECT id, target, cause, only_tags, ordered_at, ordered_by, status, replans FROM tag_run"
    " WHERE target = :target ORDER BY id DESC LIMIT 1"
)
_OVERTAKE = Sql("UPDATE tag_run SET status = 'overtaken' WHERE target = :target AND status = 'applying'")
_END_RUN = Sql(
    "UPDATE tag_run SET status = 'done' WHERE id = :id AND status = 'applying' AND NOT EXISTS"
    " (SELECT 1 FROM tag_step WHERE run_id = :id AND status IN ('waiting', 'held'))"
)
_DROP_STEPS = Sql(
    "UPDATE tag_step SET status = 'dropped' WHERE status = 'waiting'"
    " AND run_id IN (SELECT id FROM tag_run WHERE target = :target AND status = 'applying')"
)
_TAKE_HELD = Sql(
    "UPDATE tag_step SET status = 'dropped' WHERE status = 'held'"
    " AND run_id IN (SELECT id FROM tag_run WHERE target = :target) RETURNING kind, step, held_for"
)
_ADD_STEP = Sql(
    "INSERT INTO tag_step (run_id, number, kind, step, status, held_for, error)"
    " VALUES (:run_id, :number, :kind, :step, :status, :held_for, '')"
)
_STEP = Sql(
    "SELECT s.number, s.kind, s.step, s.status, s.errcode, s.error, s.finished_at FROM tag_step AS s"
    " JOIN tag_run AS r ON r.id = s.run_id"
    " WHERE s.run_id = :run_id AND s.number = :number AND r.status <> 'overtaken'"
)
_STEPS = Sql(
    "SELECT number, kind, step, status, errcode, error, finished_at FROM tag_step"
    " WHERE run_id = :run_id AND number > :after ORDER BY number LIMIT :rows"
)
_DELETED_BY = Sql("SELECT step FROM tag_step WHERE run_id = :run_id AND kind = 'delete'")
_FINISH_STEP = Sql(
    "UPDATE tag_step SET status = :status, errcode = :errcode, error = :error, finished_at = :now"
    " WHERE run_id = :run_id AND number = :number"
)
_LET_GO = Sql(
    "UPDATE tag_step SET status = 'waiting' WHERE status = 'held' AND held_for = :tag_id RETURNING run_id, number"
)
_HELD_FOR = Sql("SELECT DISTINCT held_for FROM tag_step WHERE status = 'held' ORDER BY held_for")
_BLAME_HELD = Sql("UPDATE tag_step SET error = :error WHERE status = 'held' AND held_for = :tag_id")
# What is still under way or held stays, however old it is.
_OLD_RUNS = (
    "SELECT r.id FROM tag_run AS r WHERE r.target = :target AND r.ordered_at < :before AND r.status <> 'applying'"
    " AND r.id NOT IN (SELECT id FROM tag_run WHERE target = :target ORDER BY id DESC LIMIT :latest)"
    " AND NOT EXISTS (SELECT 1 FROM tag_step AS s WHERE s.run_id = r.id AND s.status = 'held')"
)
_DROP_OLD_STEPS = Sql(f"DELETE FROM tag_step WHERE run_id IN ({_OLD_RUNS})")
_DROP_OLD_RUNS = Sql(f"DELETE FROM tag_run WHERE id IN ({_OLD_RUNS})")
_PROGRESS = Sql("SELECT status, count(*) FROM tag_step WHERE run_id = :run_id GROUP BY status")


@dataclass(frozen=True, slots=True)
class Run:
    """A plan being applied. ``only_tags``: the tags of ours it is about, all when None."""

    id: int
    target: Target
    cause: str
    only_tags: frozenset[int] | None
    ordered_at: int
    ordered_by: str
    status: str
    replans: int


@dataclass(frozen=True, slots=True)
class StepState:
    """One step of a run, and how far it is."""

    number: int
    kind: str
    step: Step
    status: StepStatus
    errcode: int | None
    error: str
    finished_at: int | None


@dataclass(frozen=True, slots=True)
class Progress:
    """Steps of a run by how they ended; ``open``: still to be taken."""

    open: int
    done: int
    refused: int
    dropped: int

    @property
    def total(self) -> int:
        return self.open + self.done + self.refused + self.dropped


def add_run(
    connection: Connection,
    target: Target,
    cause: str,
    steps: Sequence[Step],
    held_for: Mapping[int, int],
    now: int,
    *,
    actor: str,
    only_tags: frozenset[int] | None = None,
    replans: int = 0,
) -> int:
    """Put a plan in force, and the one before out of it; returns its id.

    ``held_for``: by the number of a step, the tag that everybody must carry anew before it is taken. What the one
    before held is to be taken from it first (`take_held`).
    """
    _DROP_STEPS.run(connection, target=target)
    _OVERTAKE.run(connection, target=target)
    told = "" if only_tags is None else json.dump(sorted(only_tags))
    row = _ADD_RUN.row(
        connection, target=target, cause=cause, only_tags=told, now=now, actor=actor[:64], replans=replans
    )
    assert row is not None
    run_id = int(row[0])
    _ADD_STEP.run_many(
        connection,
        [
            {
                "run_id": run_id,
                "number": number,
                "kind": _KIND_OF_STEP[type(step)],
                "step": json.dump(asdict(step)),
                "status": "held" if number in held_for else "waiting",
                "held_for": held_for.get(number),
            }
            for number, step in enumerate(steps)
        ],
    )
    end_run(connection, run_id)
    return run_id


def overtake(connection: Connection, target: Target) -> None:
    """Take the run in force out of it: another plan is to follow, which takes over what this one held."""
    _DROP_STEPS.run(connection, target=target)
    _OVERTAKE.run(connection, target=target)


def end_run(connection: Connection, run_id: int) -> None:
    """Done, when no step is open."""
    _END_RUN.run(connection, id=run_id)


def latest_run(connection: Connection, target: Target) -> Run | None:
    """The newest run, under way or ended."""
    row = _LATEST_RUN.row(connection, target=target)
    if row is None:
        return None
    id, _, cause, only_tags, ordered_at, ordered_by, status, replans = row
    only = frozenset(json.load(only_tags)) if only_tags else None
    return Run(id, target, cause, only, ordered_at, ordered_by, status, replans)


def step_in_force(connection: Connection, run_id: int, number: int) -> StepState | None:
    """One step, unless a newer plan took the place of its run."""
    row = _STEP.row(connection, run_id=run_id, number=number)
    return None if row is None else _step(row)


def steps(connection: Connection, run_id: int, *, after: int = -1, limit: int = 200) -> tuple[StepState, ...]:
    """Steps of a run in their order; ``after`` continues a page."""
    return tuple(_step(row) for row in _STEPS.rows(connection, run_id=run_id, after=after, rows=limit))


def deleted_by(connection: Connection, run_id: int) -> frozenset[str]:
    """The platform's tags that a run deletes, whether it has done so or not."""
    return frozenset(json.load(step)["remote_id"] for (step,) in _DELETED_BY.rows(connection, run_id=run_id))


def finish_step(
    connection: Connection,
    run_id: int,
    number: int,
    status: StepStatus,
    now: int,
    *,
    errcode: int | None = None,
    error: str = "",
) -> None:
    """Note how a step ended, and the run with its last one."""
    _FINISH_STEP.run(connection, run_id=run_id, number=number, status=status, errcode=errcode, error=error, now=now)
    end_run(connection, run_id)


def let_go(connection: Connection, tag_id: int) -> list[tuple[int, int]]:
    """Everybody carries the tag anew: the steps that were held for it, as (run, number), may be taken."""
    return [(run_id, number) for run_id, number in _LET_GO.rows(connection, tag_id=tag_id)]


def held_for(connection: Connection) -> list[int]:
    """The tags that everybody must carry anew before some step is taken."""
    return [row[0] for row in _HELD_FOR.rows(connection)]


def blame_held(connection: Connection, tag_id: int, error: str) -> None:
    """Say why the steps that are held for a tag still are."""
    _BLAME_HELD.run(connection, tag_id=tag_id, error=error)


def take_held(connection: Connection, target: Target) -> dict[str, int]:
    """Drop the steps that are held; returns the platform's tags that they delete, and the tag each is held for."""
    rows = _TAKE_HELD.rows(connection, target=target)
    steps = ((STEPS[kind](**json.load(step)), held_for) for kind, step, held_for in rows)
    return {step.remote_id: held_for for step, held_for in steps if isinstance(step, Delete)}


def drop_old(connection: Connection, target: Target, before: int, latest: int) -> None:
    """Forget runs ordered before this instant (ms), with their steps, but not the ``latest`` of them."""
    _DROP_OLD_STEPS.run(connection, target=target, before=before, latest=latest)
    _DROP_OLD_RUNS.run(connection, target=target, before=before, latest=latest)


def progress(connection: Connection, run_id: int) -> Progress:
    """How far a run is."""
    count: dict[str, int] = dict(_PROGRESS.rows(connection, run_id=run_id))
    return Progress(
        open=count.get("waiting", 0) + count.get("held", 0),
        done=count.get("done", 0),
        refused=count.get("refused", 0),
        dropped=count.get("dropped", 0),
    )


def _step(row: Row) -> StepState:
    number, kind, step, status, errcode, error, finished_at = row
    return StepState(number, kind, STEPS[kind](**json.load(step)), status, errcode, error, finished_at)

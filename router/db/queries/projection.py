"""What is known of the platforms' tags: what was last read, twins, marks, and what people chose."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

from sqlalchemy import Connection

from router.db import json
from router.db.sql import Row, Sql
from router.domain.tag_effects import Target
from tagtree.projection.drift import Appeared, Difference, Gone, GroupRenamed, Regrouped, Renamed
from tagtree.projection.steps import RemoteTag

TARGETS: Final[tuple[Target, ...]] = ("wecom", "official_account")

Scope = Literal["", "tag", "branch"]

DIFFERENCES: Final[Mapping[str, type[Difference]]] = {
    "renamed": Renamed,
    "group_renamed": GroupRenamed,
    "regrouped": Regrouped,
    "gone": Gone,
    "appeared": Appeared,
}
_KIND_OF_DIFFERENCE = {difference: kind for kind, difference in DIFFERENCES.items()}

_REMOTE = Sql(
    "SELECT remote_id, group_id, group_name, name, ours FROM remote_tag WHERE target = :target AND gone_at IS NULL"
    " ORDER BY remote_id"
)
_OURS = Sql("SELECT remote_id, ours FROM remote_tag WHERE target = :target")
_CREATED = Sql("SELECT created_at FROM remote_tag WHERE target = :target AND gone_at IS NULL AND created_at > :since")
_PUT_REMOTE = Sql(
    "INSERT INTO remote_tag (target, remote_id, group_id, group_name, name, ours, created_at, seen_at)"
    " VALUES (:target, :remote_id, :group_id, :group_name, :name, :ours, :created_at, :now)"
    " ON CONFLICT (target, remote_id) DO UPDATE SET group_id = excluded.group_id, group_name = excluded.group_name,"
    " name = excluded.name, ours = excluded.ours, seen_at = excluded.seen_at, gone_at = NULL, stood_for = NULL"
)
_RENAME_REMOTE = Sql("UPDATE remote_tag SET name = :name WHERE target = :target AND remote_id = :remote_id")
_RENAME_GROUP = Sql("UPDATE remote_tag SET group_name = :name WHERE target = :target AND group_id = :group_id")
_LOSE_REMOTE = Sql(
    "UPDATE remote_tag SET gone_at = :now, stood_for = (SELECT w.tag_id FROM tag_twin AS w"
    " WHERE w.target = remote_tag.target AND w.remote_id = remote_tag.remote_id)"
    " WHERE target = :target AND remote_id {among:remote_ids} AND gone_at IS NULL"
)
_STOOD_FOR = Sql(
    "SELECT r.stood_for, r.remote_id FROM remote_tag AS r JOIN tag AS t ON t.id = r.stood_for"
    " WHERE r.target = :target AND r.gone_at IS NOT NULL AND r.remote_id {among:remote_ids}"
    " AND NOT EXISTS (SELECT 1 FROM tag_twin AS w WHERE w.target = :target AND w.tag_id = r.stood_for"
    " AND w.remote_id IS NOT NULL) ORDER BY r.gone_at, r.remote_id"
)
_MISSING = Sql(
    "SELECT count(DISTINCT r.stood_for) FROM remote_tag AS r"
    " WHERE r.target = :target AND r.ours AND r.gone_at > :since AND r.stood_for IS NOT NULL"
    " AND NOT EXISTS (SELECT 1 FROM tag_twin AS w WHERE w.target = :target AND w.tag_id = r.stood_for"
    " AND w.remote_id IS NOT NULL)"
)

_LINKS = Sql("SELECT tag_id, remote_id FROM tag_twin WHERE target = :target AND remote_id IS NOT NULL ORDER BY tag_id")
_LINKED = Sql("SELECT tag_id FROM tag_twin WHERE target = :target AND remote_id = :remote_id")
_TWIN = Sql("SELECT remote_id, error FROM tag_twin WHERE target = :target AND tag_id = :tag_id")
_LINK = Sql(
    "INSERT INTO tag_twin (target, tag_id, remote_id, error) VALUES (:target, :tag_id, :remote_id, '')"
    " ON CONFLICT (target, tag_id) DO UPDATE SET remote_id = excluded.remote_id, error = ''"
)
_UNLINK = Sql("UPDATE tag_twin SET remote_id = NULL WHERE target = :target AND tag_id {among:tag_ids}")
_BLAME = Sql(
    "INSERT INTO tag_twin (target, tag_id, remote_id, error) VALUES (:target, :tag_id, NULL, :error)"
    " ON CONFLICT (target, tag_id) DO UPDATE SET error = excluded.error WHERE tag_twin.remote_id IS NULL"
)
_ASKED = Sql("SELECT group_name, name, since FROM asked_tag WHERE target = :target")
_ASK = Sql(
    "INSERT INTO asked_tag (target, group_name, name, since) VALUES (:target, :group, :name, :now)"
    " ON CONFLICT (target, group_name, name) DO UPDATE SET since = excluded.since"
)
_ANSWERED = Sql("DELETE FROM asked_tag WHERE target = :target AND group_name = :group AND name = :name")
_ANSWERED_UNTIL = Sql("DELETE FROM asked_tag WHERE target = :target AND since < :until")
_UNCONFIRM = Sql("UPDATE tag_mark SET confirmed = false WHERE tag_id {among:tag_ids} AND confirmed")
_BLAME_MARKS = Sql(
    "UPDATE tag_mark SET error = :error WHERE tag_id = :tag_id AND desired <> confirmed AND desired AND error <> :error"
)
_OPEN_FOLLOWS = Sql(
    "SELECT m.follow_id FROM tag_mark AS m JOIN follow AS f ON f.id = m.follow_id"
    " WHERE m.tag_id = :tag_id AND m.desired <> m.confirmed AND f.status = 'full' AND m.follow_id > :after"
    " ORDER BY m.follow_id LIMIT :rows"
)
_AWAITED = Sql(
    "SELECT 1 FROM tag_mark AS m JOIN follow AS f ON f.id = m.follow_id"
    " WHERE m.tag_id = :tag_id AND m.desired <> m.confirmed AND m.desired AND m.error = '' AND f.status = 'full'"
    " AND EXISTS (SELECT 1 FROM tag_step WHERE status = 'held' AND held_for = :tag_id) LIMIT 1"
)
_OPEN_MARKS = Sql(
    "SELECT error, count(*) FROM tag_mark WHERE desired <> confirmed GROUP BY error ORDER BY count(*) DESC LIMIT 20"
)
_MARKS = Sql(
    "SELECT a.userid, c.external_userid, m.tag_id, m.desired, m.confirmed, m.error, m.changed_at FROM tag_mark AS m"
    " JOIN follow AS f ON f.id = m.follow_id JOIN agent AS a ON a.id = f.agent_id"
    " JOIN customer AS c ON c.id = f.customer_id WHERE m.desired <> m.confirmed"
    " ORDER BY m.follow_id, m.tag_id LIMIT :rows OFFSET :skipped"
)
_TAGS_IN_TROUBLE = Sql("SELECT DISTINCT tag_id FROM tag_mark WHERE desired <> confirmed AND error <> ''")
_CLEAR_TROUBLE = Sql("UPDATE tag_mark SET error = '' WHERE desired <> confirmed AND error <> ''")

_CHOICES = Sql("SELECT tag_id, scope, uses_foreign FROM tag_choice WHERE target = :target ORDER BY tag_id")
_CHOOSE = Sql(
    "INSERT INTO tag_choice (target, tag_id, scope, uses_foreign) VALUES (:target, :tag_id, :scope, :uses_foreign)"
    " ON CONFLICT (target, tag_id) DO UPDATE SET scope = excluded.scope, uses_foreign = excluded.uses_foreign"
)

_ADD_READING = Sql(
    "INSERT INTO tag_reading (target, cause, read_at, tags, differences)"
    " VALUES (:target, :cause, :now, :tags, :differences) RETURNING id"
)
_REPAIRED_BY = Sql("UPDATE tag_reading SET run_id = :run_id WHERE id = :id")
_DROP_OLD_READINGS = Sql(
    "DELETE FROM tag_reading WHERE target = :target AND read_at < :before"
    " AND id NOT IN (SELECT id FROM tag_reading WHERE target = :target ORDER BY id DESC LIMIT :latest)"
)
_DROP_GONE = Sql("DELETE FROM remote_tag WHERE target = :target AND gone_at < :before")
_READING_COLUMNS = (
    "SELECT id, target, cause, read_at, tags, differences, run_id FROM tag_reading WHERE target = :target"
)
_READINGS = Sql(f"{_READING_COLUMNS} ORDER BY id DESC LIMIT :rows")


@dataclass(frozen=True, slots=True)
class TwinState:
    """``remote_id`` stands for the tag; without one ``error`` says why, when that is known."""

    remote_id: str | None
    error: str


@dataclass(frozen=True, slots=True)
class OpenMark:
    """A tag that a customer should carry for one agent on WeCom, or no more; ``error`` says what stands against it."""

    userid: str
    external_userid: str
    tag_id: int
    desired: bool
    confirmed: bool
    error: str
    changed_at: int


@dataclass(frozen=True, slots=True)
class Choices:
    """What people chose for single tags of ours."""

    tags: frozenset[int]
    branches: frozenset[int]
    uses: frozenset[int]


@dataclass(frozen=True, slots=True)
class Reading:
    """``tags`` on the platform at ``read_at`` (ms), and what had changed there without us."""

    id: int
    target: Target
    cause: str
    read_at: int
    tags: int
    differences: tuple[Difference, ...]
    run_id: int | None


def remote_tags(connection: Connection, target: Target) -> tuple[RemoteTag, ...]:
    """The platform's tags as last read, our own changes since then included."""
    rows = _REMOTE.rows(connection, target=target)
    return tuple(RemoteTag(id, group_id, group, name, bool(ours)) for id, group_id, group, name, ours in rows)


def made_by_us(connection: Connection, target: Target) -> dict[str, bool]:
    """Whether we made a tag, of every one we have seen, also of those that are gone."""
    return {remote_id: bool(ours) for remote_id, ours in _OURS.rows(connection, target=target)}


def created_since(connection: Connection, target: Target, since: int) -> list[int]:
    """When the platform's tags were made (ms), as far as that was after ``since``."""
    return [row[0] for row in _CREATED.rows(connection, target=target, since=since)]


def put_remote(connection: Connection, target: Target, tags: Iterable[tuple[RemoteTag, int]], now: int) -> None:
    """Remember tags with the instant (ms) each was made, 0 when unknown."""
    _PUT_REMOTE.run_many(
        connection,
        [
            {
                "target": target,
                "remote_id": tag.id,
                "group_id": tag.group_id,
                "group_name": tag.group[:64],
                "name": tag.name[:64],
                "ours": tag.ours,
                "created_at": created_at,
                "now": now,
            }
            for tag, created_at in tags
        ],
    )


def rename_remote(connection: Connection, target: Target, remote_id: str, name: str) -> None:
    """A tag has another name."""
    _RENAME_REMOTE.run(connection, target=target, remote_id=remote_id, name=name)


def rename_group(connection: Connection, target: Target, group_id: str, name: str) -> None:
    """A group has another name."""
    _RENAME_GROUP.run(connection, target=target, group_id=group_id, name=name)


def lose_remote(connection: Connection, target: Target, remote_ids: Collection[str], now: int) -> None:
    """Tags are gone; who made them is remembered, and what they stand for."""
    _LOSE_REMOTE.run(connection, target=target, remote_ids=sorted(remote_ids), now=now)


def stood_for(connection: Connection, target: Target, remote_ids: Collection[str]) -> dict[int, str]:
    """By the tag of ours for which nothing stands now: the one of these, gone till now, that stood for it last."""
    rows = _STOOD_FOR.rows(connection, target=target, remote_ids=sorted(remote_ids))
    return dict(rows)


def missing(connection: Connection, target: Target, since: int) -> int:
    """How many tags of ours lost what we had made for them after ``since`` (ms), and have nothing in its place."""
    row = _MISSING.row(connection, target=target, since=since)
    assert row is not None
    return int(row[0])


def links(connection: Connection, target: Target) -> dict[int, str]:
    """The platform's id of each tag of ours that has a twin."""
    return {row[0]: row[1] for row in _LINKS.rows(connection, target=target)}


def linked_tag(connection: Connection, target: Target, remote_id: str) -> int | None:
    """The tag of ours that a tag of the platform stands for."""
    row = _LINKED.row(connection, target=target, remote_id=remote_id)
    return None if row is None else int(row[0])


def twin(connection: Connection, target: Target, tag_id: int) -> TwinState | None:
    """What stands for one tag; None when nobody asked yet."""
    row = _TWIN.row(connection, target=target, tag_id=tag_id)
    return None if row is None else TwinState(*row)


def ask(connection: Connection, target: Target, group: str, name: str, now: int) -> None:
    """Note that a tag is about to be asked for: should nobody learn the answer, one made since (ms) is ours."""
    _ASK.run(connection, target=target, group=group[:64], name=name[:64], now=now)


def asked(connection: Connection, target: Target) -> dict[tuple[str, str], int]:
    """By group and name, since when (ms) the tags are asked for of which nobody knows whether they were made."""
    return {(group, name): since for group, name, since in _ASKED.rows(connection, target=target)}


def answer(connection: Connection, target: Target, group: str, name: str) -> None:
    """It is known what came of a tag that was asked for."""
    _ANSWERED.run(connection, target=target, group=group[:64], name=name[:64])


def answer_until(connection: Connection, target: Target, until: int) -> None:
    """It is known what came of every tag that was asked for before ``until`` (ms)."""
    _ANSWERED_UNTIL.run(connection, target=target, until=until)


def link(connection: Connection, target: Target, tag_id: int, remote_id: str) -> None:
    """From now on this tag of the platform stands for ours."""
    _LINK.run(connection, target=target, tag_id=tag_id, remote_id=remote_id)


def unlink(connection: Connection, target: Target, tag_ids: Collection[int]) -> None:
    """Nothing stands for these tags any more."""
    _UNLINK.run(connection, target=target, tag_ids=sorted(tag_ids))


def blame(connection: Connection, target: Target, tag_id: int, error: str) -> None:
    """Say why nothing stands for the tag, also to whoever waits for it."""
    _BLAME.run(connection, target=target, tag_id=tag_id, error=error)
    if target == "wecom":
        _BLAME_MARKS.run(connection, tag_id=tag_id, error=error)


def unconfirm(connection: Connection, tag_ids: Collection[int]) -> None:
    """Nobody carries these tags on WeCom: deleting one there takes it off without a word (W-92117)."""
    _UNCONFIRM.run(connection, tag_ids=sorted(tag_ids))


def open_follows(connection: Connection, tag_id: int, after: int, at_most: int) -> list[int]:
    """Relations whose mark of the tag is not as desired, by id."""
    return [row[0] for row in _OPEN_FOLLOWS.rows(connection, tag_id=tag_id, after=after, rows=at_most)]


def is_awaited(connection: Connection, tag_id: int) -> bool:
    """Whether a step waits for marks of the tag, and one against which nothing is known is still to be set."""
    return _AWAITED.row(connection, tag_id=tag_id) is not None


def open_marks(connection: Connection) -> list[tuple[str, int]]:
    """How many marks are not as desired, by reason; the empty reason: on their way."""
    return [(error, count) for error, count in _OPEN_MARKS.rows(connection)]


def list_open_marks(connection: Connection, skipped: int, at_most: int) -> list[OpenMark]:
    """Marks that are not as desired, by relation, without the first ``skipped``."""
    rows = _MARKS.rows(connection, skipped=skipped, rows=at_most)
    return [
        OpenMark(userid, external_userid, tag_id, bool(desired), bool(confirmed), error, changed_at)
        for userid, external_userid, tag_id, desired, confirmed, error, changed_at in rows
    ]


def clear_trouble(connection: Connection) -> list[int]:
    """Forget why marks failed; returns the tags they are of."""
    tag_ids = [row[0] for row in _TAGS_IN_TROUBLE.rows(connection)]
    _CLEAR_TROUBLE.run(connection)
    return sorted(tag_ids)


def choices(connection: Connection, target: Target) -> Choices:
    """What people chose for one platform."""
    rows = _CHOICES.rows(connection, target=target)
    return Choices(
        tags=frozenset(tag_id for tag_id, scope, _ in rows if scope == "tag"),
        branches=frozenset(tag_id for tag_id, scope, _ in rows if scope == "branch"),
        uses=frozenset(tag_id for tag_id, _, uses in rows if uses),
    )


def choose(connection: Connection, target: Target, tag_id: int, scope: Scope, *, uses_foreign: bool) -> None:
    """Write what a person chose for one tag."""
    _CHOOSE.run(connection, target=target, tag_id=tag_id, scope=scope, uses_foreign=uses_foreign)


def add_reading(
    connection: Connection, target: Target, cause: str, tags: int, differences: Sequence[Difference], now: int
) -> int:
    """Note a reading; returns its id."""
    told = json.dump([{"kind": _KIND_OF_DIFFERENCE[type(each)], **asdict(each)} for each in differences])
    row = _ADD_READING.row(connection, target=target, cause=cause, tags=tags, differences=told, now=now)
    assert row is not None
    return int(row[0])


def repaired_by(connection: Connection, reading_id: int, run_id: int) -> None:
    """This run repairs what the reading found."""
    _REPAIRED_BY.run(connection, id=reading_id, run_id=run_id)


def drop_old(connection: Connection, target: Target, before: int, latest: int) -> None:
    """Forget readings, but not the ``latest``, and tags that were gone before this instant (ms)."""
    _DROP_OLD_READINGS.run(connection, target=target, before=before, latest=latest)
    _DROP_GONE.run(connection, target=target, before=before)


def readings(connection: Connection, target: Target, at_most: int = 1) -> tuple[Reading, ...]:
    """The latest readings, newest first."""
    return tuple(_reading(row) for row in _READINGS.rows(connection, target=target, rows=at_most))


def _reading(row: Row) -> Reading:
    id, target, cause, read_at, tags, differences, run_id = row
    return Reading(
        id, target, cause, read_at, tags, tuple(_difference(each) for each in json.load(differences)), run_id
    )


def _difference(told: dict[str, Any]) -> Difference:
    return DIFFERENCES[told.pop("kind")](**told)

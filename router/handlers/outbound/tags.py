"""Bring the platform's tags in line: make the twins of our tags, mark customers with them."""

from dataclasses import dataclass

from sqlalchemy import Connection

from router.db.queries import outbox
from router.db.queries.outbox import Claimed, Order
from router.db.sql import Sql
from router.domain.delivery import Done, Refused
from router.domain.effects import MakeTag, MarkTags
from router.handlers.outbound.platform import Carried, Platform, outcome_of, switched_off, unneeded
from router.platforms.wecom import errors
from router.platforms.wecom.client import WeComClient

NAME_TAKEN = 40071  # W-90313: the tag is there; its id is in the list
NAME_LENGTH = 30  # characters (limits §6)
ROOT_GROUP = "liveqr"  # group of tags that stand at the top of our tree, because the platform has no tag without one

_FOLLOW = Sql(
    "SELECT a.userid, c.external_userid, f.status FROM follow AS f JOIN agent AS a ON a.id = f.agent_id"
    " JOIN customer AS c ON c.id = f.customer_id WHERE f.id = :id"
)
_OPEN_MARKS = Sql(
    "SELECT m.tag_id, m.desired, t.remote_id FROM tag_mark AS m JOIN tag AS t ON t.id = m.tag_id"
    " WHERE m.follow_id = :follow_id AND m.desired <> m.confirmed ORDER BY m.tag_id"
)
_CONFIRM = Sql(
    "UPDATE tag_mark SET confirmed = :confirmed, error = '' WHERE follow_id = :follow_id AND tag_id = :tag_id"
)
_BLAME = Sql("UPDATE tag_mark SET error = :error WHERE follow_id = :follow_id AND desired <> confirmed")
_PATH = Sql(
    "WITH RECURSIVE up (id, parent_id, name, depth) AS (SELECT id, parent_id, name, 0 FROM tag WHERE id = :id"
    " UNION ALL SELECT t.id, t.parent_id, t.name, up.depth + 1 FROM tag AS t JOIN up ON t.id = up.parent_id)"
    " SELECT name FROM up ORDER BY depth DESC"
)
_SET_REMOTE = Sql("UPDATE tag SET remote_id = :remote_id WHERE id = :id")
_REMOTE = Sql("SELECT remote_id FROM tag WHERE id = :id")
_FOLLOWS_WAITING = Sql(
    "SELECT DISTINCT m.follow_id FROM tag_mark AS m JOIN follow AS f ON f.id = m.follow_id"
    " WHERE m.tag_id = :tag_id AND m.desired <> m.confirmed AND f.status = 'full' ORDER BY m.follow_id"
)


@dataclass(frozen=True, slots=True)
class _Mark:
    tag_id: int
    desired: bool
    remote_id: str | None


@dataclass(frozen=True, slots=True)
class _Plan:
    userid: str
    external_userid: str
    marks: tuple[_Mark, ...]

    @property
    def sendable(self) -> tuple[_Mark, ...]:
        return tuple(mark for mark in self.marks if mark.remote_id is not None)

    @property
    def without_twin(self) -> tuple[int, ...]:
        return tuple(mark.tag_id for mark in self.marks if mark.remote_id is None and mark.desired)


async def mark(platform: Platform, effect: MarkTags) -> Carried:
    """One attempt with what is desired at this moment; setting what is set is harmless, so a repeat is too."""
    if platform.contact is None:
        return switched_off("customer contact")
    plan = await platform.ledger.read(lambda c: _plan(c, effect.follow_id))
    if plan is None:
        return unneeded("the relation cannot carry tags now; they stay as intent")
    try:
        if plan.sendable:
            await platform.contact.mark_tag(
                plan.userid,
                plan.external_userid,
                add=[mark.remote_id for mark in plan.sendable if mark.desired and mark.remote_id],
                remove=[mark.remote_id for mark in plan.sendable if not mark.desired and mark.remote_id],
            )
    except errors.PlatformError as error:
        return _not_marked(effect, error)

    def record(connection: Connection, now: int) -> None:
        for mark in plan.sendable:
            _CONFIRM.run(connection, follow_id=effect.follow_id, tag_id=mark.tag_id, confirmed=mark.desired)
        outbox.add_all(connection, [Order(MakeTag(tag_id)) for tag_id in plan.without_twin], now)

    return Carried(Done(), record, sent=bool(plan.sendable))


def _plan(connection: Connection, follow_id: int) -> _Plan | None:
    follow = _FOLLOW.row(connection, id=follow_id)
    if follow is None or follow[2] != "full":
        return None
    marks = (
        _Mark(id, bool(desired), remote) for id, desired, remote in _OPEN_MARKS.rows(connection, follow_id=follow_id)
    )
    return _Plan(follow[0], follow[1], tuple(marks))


def _not_marked(effect: MarkTags, error: errors.PlatformError) -> Carried:
    def record(connection: Connection, _now: int) -> None:
        _BLAME.run(connection, follow_id=effect.follow_id, error=str(error))

    outcome = outcome_of(error)
    return Carried(outcome, record if isinstance(outcome, Refused) else None)


async def make(platform: Platform, effect: MakeTag, claimed: Claimed) -> Carried:
    """One attempt; a tag of that name that is there already is adopted."""
    if platform.contact is None:
        return switched_off("customer contact")
    remote = await platform.ledger.read(lambda c: _REMOTE.row(c, id=effect.tag_id))
    if remote is None:
        return unneeded("the tag is gone")
    path = await platform.ledger.read(lambda c: [row[0] for row in _PATH.rows(c, id=effect.tag_id)])
    group, name = twin_of(path, effect.tag_id)
    try:
        remote_id = remote[0] or await _made(platform.contact, group, name, claimed.attempts)
    except errors.PlatformError as error:
        return Carried(outcome_of(error))

    def record(connection: Connection, now: int) -> None:
        _SET_REMOTE.run(connection, id=effect.tag_id, remote_id=remote_id)
        waiting = [row[0] for row in _FOLLOWS_WAITING.rows(connection, tag_id=effect.tag_id)]
        outbox.add_all(connection, [Order(MarkTags(follow_id)) for follow_id in waiting], now)

    return Carried(Done(remote_id), record)


async def _made(client: WeComClient, group: str, name: str, attempts: int) -> str:
    if attempts > 1 and (found := await _find(client, group, name)) is not None:
        return found
    try:
        made = await client.add_corp_tag([name], group_name=group)
    except errors.Refused as error:
        found = await _find(client, group, name) if error.errcode == NAME_TAKEN else None
        if found is None:
            raise
        return found
    return next((tag.id for tag in made.tags if tag.name == name), made.tags[0].id)


async def _find(client: WeComClient, group: str, name: str) -> str | None:
    groups = await client.get_corp_tag_list()
    return next((tag.id for each in groups if each.name == group for tag in each.tags if tag.name == name), None)


def twin_of(path: list[str], tag_id: int) -> tuple[str, str]:
    """Group and name on the platform, which has two levels: the top of the path, and the rest of it in one name.

    A rest longer than the platform's 30 characters keeps its end and the tag's id, so that no two tags share a name.
    """
    if len(path) == 1:
        return ROOT_GROUP, path[0]
    name = "/".join(path[1:])
    return path[0], name if len(name) <= NAME_LENGTH else f"{path[-1][: NAME_LENGTH - 8]}·{tag_id}"

"""Mark customers on WeCom with the twins of our tags."""

from dataclasses import dataclass

from sqlalchemy import Connection

from router.db.queries import outbox
from router.db.queries.outbox import Order
from router.db.sql import Sql
from router.domain.delivery import Done, Refused, TryAgain
from router.domain.effects import MakeTag, MarkTags
from router.handlers.outbound.platform import Carried, Platform, Record, outcome_of, switched_off, unneeded
from router.handlers.projection import read_again
from router.platforms.wecom import errors

UNKNOWN = 40068  # W-90313: a tag that was deleted since we last looked
LOOKED_AGAIN = 5_000  # ms within which the list has been read anew
ATTEMPTS = 3  # with a tag that is not there
WAITS_FOR_APPROVAL = "its tag is not on WeCom: apply the plan on the page “Tags on WeCom”"

_FOLLOW = Sql(
    "SELECT a.userid, c.external_userid, f.status FROM follow AS f JOIN agent AS a ON a.id = f.agent_id"
    " JOIN customer AS c ON c.id = f.customer_id WHERE f.id = :id"
)
_OPEN_MARKS = Sql(
    "SELECT m.tag_id, m.desired, w.remote_id FROM tag_mark AS m"
    " LEFT JOIN tag_twin AS w ON w.tag_id = m.tag_id AND w.target = 'wecom'"
    " WHERE m.follow_id = :follow_id AND m.desired <> m.confirmed ORDER BY m.tag_id"
)
# What was sent is confirmed only while the same tag of WeCom stands for ours: nobody carries a new one yet.
_CONFIRM = Sql(
    "UPDATE tag_mark SET confirmed = :confirmed, error = '' WHERE follow_id = :follow_id AND tag_id = :tag_id"
    " AND EXISTS (SELECT 1 FROM tag_twin AS w WHERE w.target = 'wecom' AND w.tag_id = :tag_id"
    " AND w.remote_id = :remote_id)"
)
_WAIT = Sql("UPDATE tag_mark SET error = :error WHERE follow_id = :follow_id AND tag_id {among:tag_ids}")
_BLAME = Sql("UPDATE tag_mark SET error = :error WHERE follow_id = :follow_id AND desired <> confirmed")


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
        if isinstance(error, errors.Refused) and error.errcode == UNKNOWN:
            await platform.ledger.write(lambda c: read_again(c, "wecom", "refused", platform.clock()))
        return _not_marked(effect, error)
    at_once = platform.tag_rules.at_once

    def record(connection: Connection, now: int) -> None:
        for mark in plan.sendable:
            _confirm(connection, effect.follow_id, mark)
        after = _plan(connection, effect.follow_id)
        if after is not None and after.sendable:  # something changed while the call was under way
            outbox.add_all(connection, [Order(effect)], now)
        if at_once:
            outbox.add_all(connection, [Order(MakeTag(tag_id)) for tag_id in plan.without_twin], now)
        else:
            _WAIT.run(connection, follow_id=effect.follow_id, tag_ids=list(plan.without_twin), error=WAITS_FOR_APPROVAL)

    return Carried(Done(), record, sent=bool(plan.sendable))


def _plan(connection: Connection, follow_id: int) -> _Plan | None:
    follow = _FOLLOW.row(connection, id=follow_id)
    if follow is None or follow[2] != "full":
        return None
    marks = (
        _Mark(id, bool(desired), remote) for id, desired, remote in _OPEN_MARKS.rows(connection, follow_id=follow_id)
    )
    return _Plan(follow[0], follow[1], tuple(marks))


def _confirm(connection: Connection, follow_id: int, mark: _Mark) -> None:
    _CONFIRM.run(connection, follow_id=follow_id, tag_id=mark.tag_id, confirmed=mark.desired, remote_id=mark.remote_id)


def _not_marked(effect: MarkTags, error: errors.PlatformError) -> Carried:
    outcome = outcome_of(error)
    if isinstance(error, errors.Refused) and error.errcode == UNKNOWN:
        outcome = TryAgain(str(error), error.errcode, pause=LOOKED_AGAIN, at_most=ATTEMPTS)

    blame = if_given_up(effect, str(error))
    return Carried(outcome, blame if isinstance(outcome, Refused) else None, given_up=blame)


def if_given_up(effect: MarkTags, reason: str) -> Record:
    """Say why the marks are not as desired: no step waits for them any more."""

    def record(connection: Connection, _now: int) -> None:
        _BLAME.run(connection, follow_id=effect.follow_id, error=reason)

    return record

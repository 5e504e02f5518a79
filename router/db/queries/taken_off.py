"""移除: the tags that were taken off a customer, when and why."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias, assert_never

from sqlalchemy import Connection

from router.db.queries.rule_sets import RuleSetVersion, rule_name, versions_by_id
from router.db.queries.tag_names import TagName, names_also_archived
from router.db.sql import Sql
from router.domain.taken_off import (
    ByCode,
    ByHand,
    ByRule,
    Cause,
    Excluded,
    Expired,
    MergedInto,
    MergeUndone,
    Unknown,
    WhyTakenOff,
    Withdrawn,
    cause_of,
    read,
)

AT_MOST = 20  # tags of one customer

# Of each tag the edge that went last; a tag whose other edges stand is carried still.
_TAKEN_OFF = Sql(
    "SELECT tag_id, source, rule_set_version_id, put_on_at, removed_at, removed_reason FROM"
    " (SELECT e.id, e.tag_id, e.source, e.rule_set_version_id, e.removed_at, e.removed_reason,"
    " min(e.created_at) OVER (PARTITION BY e.tag_id, e.removed_at) AS put_on_at,"
    " row_number() OVER (PARTITION BY e.tag_id ORDER BY e.removed_at DESC, e.id DESC) AS place"
    " FROM tag_edge AS e WHERE e.customer_id = :customer_id AND e.removed_at IS NOT NULL AND NOT EXISTS"
    " (SELECT 1 FROM tag_edge AS o WHERE o.customer_id = :customer_id AND o.tag_id = e.tag_id"
    " AND o.removed_at IS NULL)) AS went"
    " WHERE place = 1 ORDER BY removed_at DESC, id DESC LIMIT :at_most"
)

Kind: TypeAlias = Literal["manual", "rule", "excluded", "expired", "merged", "merge_undone", "withdrawn", "unknown"]


@dataclass(frozen=True, slots=True)
class TakenOffReason:
    """Why a tag was taken off; of the fields those speak that its kind needs, and the others are None.

    ``tag`` is the one that was put on beside it (excluded), took its place (merged), or stands again (merge_undone).
    ``by``, the rule with its version, or ``code_id`` says who did it: took this tag off, put the excluding one on, or
    withdrew the rule, which then is the one that had put this tag on. ``days`` passed without a renewal (expired).
    """

    kind: Kind
    tag: TagName | None = None
    by: str | None = None
    rule_name: str | None = None
    rule_set_id: int | None = None
    version: int | None = None
    code_id: int | None = None
    days: int | None = None


@dataclass(frozen=True, slots=True)
class TakenOffTag:
    """A tag that the customer carries no more; the instants are those of the time it was carried last."""

    tag: TagName
    put_on_at: int
    taken_off_at: int
    reason: TakenOffReason


@dataclass(frozen=True, slots=True)
class _Gone:
    tag_id: int
    giver: Cause
    put_on_at: int
    taken_off_at: int
    why: WhyTakenOff


def taken_off_tags(connection: Connection, customer_id: int, at_most: int = AT_MOST) -> tuple[TakenOffTag, ...]:
    """What the customer carried and carries no more for any reason, taken off last first."""
    gone = [
        _Gone(tag_id, cause_of(source, version_id), put_on_at, taken_off_at, read(why))
        for tag_id, source, version_id, put_on_at, taken_off_at, why in _TAKEN_OFF.rows(
            connection, customer_id=customer_id, at_most=at_most
        )
    ]
    names = names_also_archived(connection, {tag_id for each in gone for tag_id in _tags_of(each)})
    versions = versions_by_id(connection, sorted({id for each in gone if (id := _version_of(each)) is not None}))
    return tuple(
        TakenOffTag(names[each.tag_id], each.put_on_at, each.taken_off_at, _reason(each, names, versions))
        for each in gone
    )


def _tags_of(gone: _Gone) -> tuple[int, ...]:
    match gone.why:
        case Excluded(tag_id) | MergedInto(tag_id) | MergeUndone(tag_id):
            return gone.tag_id, tag_id
        case _:
            return (gone.tag_id,)


def _version_of(gone: _Gone) -> int | None:
    """The version of the rule that the reason speaks of."""
    match gone.why, gone.giver:
        case (ByRule() as rule, _) | (Excluded(_, ByRule() as rule), _) | (Withdrawn(), ByRule() as rule):
            return rule.version_id
        case _:
            return None


def _reason(gone: _Gone, names: Mapping[int, TagName], versions: Mapping[int, RuleSetVersion]) -> TakenOffReason:
    why = gone.why
    match why:
        case ByHand():
            return _act("manual", why, versions)
        case ByRule():
            return _act("rule", why, versions)
        case Excluded(tag_id, put_on):
            return replace(_act("excluded", put_on, versions), tag=names[tag_id])
        case Expired(days):
            return TakenOffReason("expired", days=days)
        case MergedInto(tag_id):
            return TakenOffReason("merged", tag=names[tag_id])
        case MergeUndone(tag_id):
            return TakenOffReason("merge_undone", tag=names[tag_id])
        case Withdrawn(who):
            return replace(_act("withdrawn", gone.giver, versions), by=who)
        case Unknown():
            return TakenOffReason("unknown")
        case _:
            assert_never(why)


def _act(kind: Kind, cause: Cause, versions: Mapping[int, RuleSetVersion]) -> TakenOffReason:
    match cause:
        case ByHand(who):
            return TakenOffReason(kind, by=who)
        case ByCode(code_id):
            return TakenOffReason(kind, code_id=code_id)
        case ByRule(rule_set_id, version_id, rule_id):
            version = versions.get(version_id)
            return TakenOffReason(
                kind,
                rule_name=rule_name(version, rule_id),
                rule_set_id=rule_set_id,
                version=version.number if version else None,
            )
        case Unknown():
            return TakenOffReason(kind)
        case _:
            assert_never(cause)

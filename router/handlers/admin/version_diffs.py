"""Compare two versions of a rule set over stored messages before one of them is published."""

from typing import Any

from sqlalchemy import Connection

from router.db.queries import rule_sets, version_diffs
from router.db.queries.rule_sets import EditedRuleSet
from router.db.queries.version_diffs import VersionDiff
from router.domain.rule_changes import RuleChange, rule_changes
from router.handlers.admin.act import Act
from router.handlers.admin.refusal import RULE_SET, RULE_SET_VERSION, VERSION_DIFF, Invalid, Missing, Refusal
from router.handlers.admin.rule_sets import read_rules
from tagtree.rules.rule_set import RuleSet

MOST_MESSAGES = 100_000

Rules = list[dict[str, Any]]
Side = tuple[int | None, Rules]


def start_diff(
    connection: Connection, act: Act, rule_set_id: int, before: int | None, after: int | None, messages: int
) -> VersionDiff | Refusal:
    """Have both versions asked about the last ``messages`` stored messages; nothing is written or sent.

    ``before`` None: the version in force, or no rules when there is none; ``after`` None: the draft.
    """
    sides = sides_of(connection, rule_set_id, before, after)
    if not isinstance(sides, tuple):
        return sides
    read = read_rules(rule_set_id, sides[1][1])
    if not isinstance(read, RuleSet):
        return Invalid(tuple(read))
    diff_id = version_diffs.insert_diff(connection, rule_set_id, *sides, messages, act.now, act.actor)
    found = version_diffs.get_diff(connection, rule_set_id, diff_id)
    assert found is not None
    return found


def cancel_diff(connection: Connection, act: Act, rule_set_id: int, diff_id: int) -> VersionDiff | Refusal:
    """Stop a comparison; one that is over stays as it is."""
    version_diffs.cancel(connection, diff_id, act.now)
    return version_diffs.get_diff(connection, rule_set_id, diff_id) or Missing(VERSION_DIFF)


def changes_between(
    connection: Connection, rule_set_id: int, before: int | None, after: int | None
) -> tuple[RuleChange, ...] | Refusal:
    """Which rules differ; ``before`` and ``after`` as in `start_diff`."""
    sides = sides_of(connection, rule_set_id, before, after)
    if not isinstance(sides, tuple):
        return sides
    (_, was), (_, becomes) = sides
    return rule_changes(was, becomes)


def sides_of(
    connection: Connection, rule_set_id: int, before: int | None, after: int | None
) -> tuple[Side, Side] | Refusal:
    """Both sides of a comparison: their numbers and their rules."""
    found = rule_sets.get_rule_set(connection, rule_set_id)
    if found is None:
        return Missing(RULE_SET)
    was = _in_force(found) if before is None else _version(connection, found, before)
    becomes = (None, _rules(found.draft)) if after is None else _version(connection, found, after)
    if was is None or becomes is None:
        return Missing(RULE_SET_VERSION)
    return was, becomes


def _in_force(rule_set: EditedRuleSet) -> Side:
    version = rule_set.published
    return (None, []) if version is None else (version.number, _rules(version.content))


def _version(connection: Connection, rule_set: EditedRuleSet, number: int) -> Side | None:
    version = rule_sets.get_version(connection, rule_set.id, number)
    return None if version is None else (version.number, _rules(version.content))


def _rules(content: dict[str, Any]) -> Rules:
    return list(content.get("rules", []))

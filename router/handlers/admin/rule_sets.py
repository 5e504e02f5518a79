"""Draft, check, publish and roll back rule sets (规则集)."""

from typing import Any

from sqlalchemy import Connection

from router.db.ledger import wake
from router.db.queries import changes, pools, rule_sets
from router.db.queries.edits import begin_edit
from router.db.queries.page import EVERY
from router.db.queries.rule_sets import EditedRuleSet
from router.db.queries.tags import load_tree
from router.handlers.admin.act import Act
from router.handlers.admin.refusal import (
    RULE_SET,
    RULE_SET_VERSION,
    Conflict,
    Invalid,
    Missing,
    NeedsConfirmation,
    Refusal,
    archived,
    conflict,
    name_taken,
    problem,
    text_problems,
)
from tagtree.actions import AddTag, MoveToPool, RemoveTag
from tagtree.codec import read_rule_set
from tagtree.rules import Rule, RuleSet, cautions
from tagtree.wording import Problem

EMPTY_DRAFT: dict[str, Any] = {"rules": []}


def create_rule_set(connection: Connection, act: Act, name: str) -> EditedRuleSet | Refusal:
    """A new rule set with an empty draft; it decides nothing until it is published."""
    problems = text_problems("name", name)
    if problems:
        return Invalid(tuple(problems))
    rule_set_id = rule_sets.insert_rule_set(connection, name, EMPTY_DRAFT, act.now)
    if rule_set_id is None:
        return name_taken("name", name)
    return _saved(connection, act, "rule_set.create", rule_set_id, None, {"name": name})


def rename_rule_set(connection: Connection, act: Act, rule_set_id: int, name: str) -> EditedRuleSet | Refusal:
    """Another name; what it decides stays."""
    before = _editable(connection, rule_set_id)
    if not isinstance(before, EditedRuleSet):
        return before
    problems = text_problems("name", name)
    if problems:
        return Invalid(tuple(problems))
    if rule_sets.rule_set_named(connection, name) not in (None, rule_set_id):
        return name_taken("name", name)
    rule_sets.rename_rule_set(connection, rule_set_id, name)
    return _saved(connection, act, "rule_set.rename", rule_set_id, {"name": before.name}, {"name": name})


def save_draft(connection: Connection, act: Act, rule_set_id: int, rules: object) -> EditedRuleSet | Refusal:
    """Replace the draft by ``rules`` (decoded JSON, shape in `tagtree.codec`); problems carry paths into it."""
    begin_edit(connection)
    before = _editable(connection, rule_set_id)
    if not isinstance(before, EditedRuleSet):
        return before
    read = read_rules(rule_set_id, rules)
    if not isinstance(read, RuleSet):
        return Invalid(tuple(read))
    unmet = _unmet(connection, read)
    if unmet:
        return Conflict(tuple(unmet))
    rule_sets.save_draft(connection, rule_set_id, {"rules": rules})
    return _saved(connection, act, "rule_set.draft", rule_set_id, before.draft, {"rules": rules})


def publish(connection: Connection, act: Act, rule_set_id: int, *, confirm: bool = False) -> EditedRuleSet | Refusal:
    """Put the draft in force as the next version; rules that match everything, or none at all, want ``confirm``."""
    begin_edit(connection)
    before = _editable(connection, rule_set_id)
    if not isinstance(before, EditedRuleSet):
        return before
    if not before.is_changed:
        return conflict(
            "",
            ("The draft is already in force.", "草稿与已发布版本相同。"),
            ("Change the draft before publishing.", "请修改草稿后再发布。"),
        )
    return _put_in_force(connection, act, before, before.draft, "rule_set.publish", confirm)


def roll_back(
    connection: Connection, act: Act, rule_set_id: int, number: int, *, confirm: bool = False
) -> EditedRuleSet | Refusal:
    """Put an earlier version in force again, as a new version; the draft stays as it is."""
    begin_edit(connection)
    before = _editable(connection, rule_set_id)
    if not isinstance(before, EditedRuleSet):
        return before
    version = rule_sets.get_version(connection, rule_set_id, number)
    if version is None:
        return Missing(RULE_SET_VERSION)
    return _put_in_force(connection, act, before, version.content, "rule_set.roll_back", confirm)


def archive_rule_set(connection: Connection, act: Act, rule_set_id: int) -> EditedRuleSet | Refusal:
    """Take a rule set out of force; tags it put on stay, with their reasons."""
    return _set_archived(connection, act, rule_set_id, act.now)


def restore_rule_set(connection: Connection, act: Act, rule_set_id: int) -> EditedRuleSet | Refusal:
    """Undo `archive_rule_set`: its last version is in force again; refused when tags or pools of it are gone."""
    return _set_archived(connection, act, rule_set_id, None)


def read_rules(rule_set_id: int, rules: object) -> RuleSet | list[Problem]:
    """The rules of a draft as a rule set fit to be compiled, or what is wrong with them."""
    return read_rule_set({"id": rule_set_id, "version": 0, "rules": rules})


def _editable(connection: Connection, rule_set_id: int) -> EditedRuleSet | Refusal:
    found = rule_sets.get_rule_set(connection, rule_set_id)
    if found is None:
        return Missing(RULE_SET)
    return found if found.archived_at is None else archived(RULE_SET)


def _put_in_force(
    connection: Connection, act: Act, before: EditedRuleSet, content: dict[str, Any], what: str, confirm: bool
) -> EditedRuleSet | Refusal:
    read = read_rules(before.id, content.get("rules"))
    if not isinstance(read, RuleSet):
        return Conflict(tuple(read))
    unmet = _unmet(connection, read)
    if unmet:
        return Conflict(tuple(unmet))
    doubts = _doubts(read)
    if doubts and not confirm:
        return NeedsConfirmation(doubts)
    number_before = before.published.number if before.published else None
    rule_sets.publish(connection, before.id, content, act.now, act.actor)
    return _saved(connection, act, what, before.id, {"version": number_before}, content)


def _doubts(rule_set: RuleSet) -> tuple[Problem, ...]:
    if rule_set.rules:
        return cautions(rule_set)
    return (
        problem(
            "rules",
            ("There is no rule: nothing would be decided.", "没有任何规则，将不作任何判断。"),
            ("Confirm if that is meant.", "如确有此意，请确认。"),
        ),
    )


def _unmet(connection: Connection, rule_set: RuleSet) -> list[Problem]:
    """Actions that lead to tags or pools that are not there."""
    tag_ids = {tag.id for tag in load_tree(connection).tags}
    pool_ids = {pool.id for pool in pools.list_pools(connection, limit=EVERY).items}
    return [
        each
        for place, rule in enumerate(rule_set.rules)
        for each in _unmet_of_rule(rule, f"rules[{place}]", tag_ids, pool_ids)
    ]


def _unmet_of_rule(rule: Rule, path: str, tag_ids: set[int], pool_ids: set[int]) -> list[Problem]:
    problems = []
    for place, action in enumerate(rule.actions):
        match action:
            case AddTag(tag_id) | RemoveTag(tag_id) if tag_id not in tag_ids:
                problems.append(_no_tag(f"{path}.then[{place}].tag_id", tag_id))
            case MoveToPool(pool_id) if pool_id not in pool_ids:
                problems.append(_no_pool(f"{path}.then[{place}].pool_id", pool_id))
            case _:
                pass
    return problems


def _no_tag(path: str, tag_id: int) -> Problem:
    return problem(
        path,
        (f"There is no tag {tag_id}.", f"没有编号为 {tag_id} 的标签。"),
        ("Create the tag first, then save the rule.", "请先创建该标签，再保存规则。"),
    )


def _no_pool(path: str, pool_id: int) -> Problem:
    return problem(
        path,
        (f"There is no pool {pool_id}.", f"没有编号为 {pool_id} 的接待池。"),
        ("Create the pool first, or choose another.", "请先创建接待池，或选择其他接待池。"),
    )


def _set_archived(
    connection: Connection, act: Act, rule_set_id: int, archived_at: int | None
) -> EditedRuleSet | Refusal:
    begin_edit(connection)
    before = rule_sets.get_rule_set(connection, rule_set_id)
    if before is None:
        return Missing(RULE_SET)
    if archived_at is None and before.published is not None:
        read = read_rules(rule_set_id, before.published.content.get("rules"))
        unmet = _unmet(connection, read) if isinstance(read, RuleSet) else read
        if unmet:
            return Conflict(tuple(unmet))
    rule_sets.set_rule_set_archived(connection, rule_set_id, archived_at)
    what = "rule_set.restore" if archived_at is None else "rule_set.archive"
    was, becomes = {"archived_at": before.archived_at}, {"archived_at": archived_at}
    return _saved(connection, act, what, rule_set_id, was, becomes)


def _saved(
    connection: Connection, act: Act, what: str, rule_set_id: int, before: object, after: object
) -> EditedRuleSet:
    changes.record(connection, what, f"rule_set:{rule_set_id}", before, after, actor=act.actor, now=act.now)
    wake(connection, "catalog")
    saved = rule_sets.get_rule_set(connection, rule_set_id)
    assert saved is not None
    return saved

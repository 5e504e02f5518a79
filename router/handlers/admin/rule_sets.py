"""Draft, check, publish and roll back rule sets (规则集)."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection

from router.db import json
from router.db.ledger import wake
from router.db.queries import changes, rule_sets
from router.db.queries.edits import begin_edit
from router.db.queries.rule_sets import EditedRuleSet
from router.db.queries.tags import heirs, load_tree
from router.handlers.admin.act import Act
from router.handlers.admin.missing_tags import with_tags_created
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
    text_problems,
)
from router.handlers.admin.rule_checks import Finding, failing_samples, findings, oversize, unmet
from router.handlers.compilation import MOST_MEMORY
from tagtree.merge import with_tags_replaced
from tagtree.rules.codec import read_rule_set
from tagtree.rules.rule_set import RuleSet
from tagtree.wording import Problem

EMPTY_DRAFT: dict[str, Any] = {"rules": []}
MAX_NOTE_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Release:
    """What is to be put in force: how it is called in the changes, the rules, and whether doubts are confirmed."""

    what: str
    content: dict[str, Any]
    note: str
    copy_of: int | None
    confirm: bool
    most_memory: int


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


def save_draft(
    connection: Connection, act: Act, rule_set_id: int, rules: object, *, create_tags: bool = False
) -> EditedRuleSet | Refusal:
    """Replace the draft by ``rules`` (decoded JSON, shape in `tagtree.rules.codec`); problems carry paths into it.

    With ``create_tags``, tags that are missing and known by name are created first.
    """
    begin_edit(connection)
    before = _editable(connection, rule_set_id)
    if not isinstance(before, EditedRuleSet):
        return before
    read = read_rules(rule_set_id, rules)
    if not isinstance(read, RuleSet):
        return Invalid(tuple(read))
    if create_tags and not unmet(connection, read, except_named_tags=True):
        assert isinstance(rules, list)
        rules = with_tags_created(connection, act, rules)
        if not isinstance(rules, list):
            return rules
        read = read_rules(rule_set_id, rules)
        assert isinstance(read, RuleSet)
    missing = unmet(connection, read)
    if missing:
        return Conflict(tuple(missing))
    rule_sets.save_draft(connection, rule_set_id, {"rules": rules})
    return _saved(connection, act, "rule_set.draft", rule_set_id, before.draft, {"rules": rules})


def publish(
    connection: Connection,
    act: Act,
    rule_set_id: int,
    *,
    confirm: bool = False,
    note: str = "",
    create_tags: bool = False,
    most_memory: int = MOST_MEMORY,
) -> EditedRuleSet | Refusal:
    """Put the draft in force as the next version, when its samples are met and it fits into ``most_memory`` bytes.

    What is only doubtful, such as rules that match everything or contradict one another, wants ``confirm``. With
    ``create_tags``, tags that are missing and known by name are created first.
    """
    begin_edit(connection)
    before = _editable(connection, rule_set_id)
    if not isinstance(before, EditedRuleSet):
        return before
    if not before.is_changed:
        return _IN_FORCE_ALREADY
    if create_tags:
        saved = save_draft(connection, act, rule_set_id, before.draft.get("rules"), create_tags=True)
        if not isinstance(saved, EditedRuleSet):
            return saved
        before = saved
    release = Release("rule_set.publish", before.draft, note, None, confirm, most_memory)
    return _put_in_force(connection, act, before, release)


def roll_back(
    connection: Connection,
    act: Act,
    rule_set_id: int,
    number: int,
    *,
    confirm: bool = False,
    note: str = "",
    most_memory: int = MOST_MEMORY,
) -> EditedRuleSet | Refusal:
    """Put an earlier version in force again, as a new version; the draft stays as it is.

    Where it names a tag that was merged since, it names the tag in its place.
    """
    begin_edit(connection)
    before = _editable(connection, rule_set_id)
    if not isinstance(before, EditedRuleSet):
        return before
    version = rule_sets.get_version(connection, rule_set_id, number)
    if version is None:
        return Missing(RULE_SET_VERSION)
    content = with_tags_replaced(version.content, heirs(connection))
    release = Release("rule_set.roll_back", content, note, number, confirm, most_memory)
    return _put_in_force(connection, act, before, release)


def findings_of_draft(connection: Connection, rule_set_id: int, most_memory: int) -> tuple[Finding, ...] | Refusal:
    """What publishing the draft would refuse, ask about, or pass over with a word."""
    found = rule_sets.get_rule_set(connection, rule_set_id)
    if found is None:
        return Missing(RULE_SET)
    read = read_rules(rule_set_id, found.draft.get("rules"))
    if not isinstance(read, RuleSet):
        return tuple(Finding("problem", each) for each in read)
    problems = [*unmet(connection, read), *oversize(read, most_memory)]
    problems = problems or [*_failing_samples(rule_set_id, found.draft.get("rules"))]
    return (*(Finding("problem", each) for each in problems), *findings(read, load_tree(connection)))


def archive_rule_set(connection: Connection, act: Act, rule_set_id: int) -> EditedRuleSet | Refusal:
    """Take a rule set out of force; tags it put on stay, with their reasons."""
    return _set_archived(connection, act, rule_set_id, act.now)


def restore_rule_set(connection: Connection, act: Act, rule_set_id: int) -> EditedRuleSet | Refusal:
    """Undo `archive_rule_set`: its last version is in force again; refused when tags or pools of it are gone."""
    return _set_archived(connection, act, rule_set_id, None)


def begin_anew(
    connection: Connection, act: Act, rule_set_id: int, rules: list[Any], *, note: str = ""
) -> EditedRuleSet | Refusal:
    """Put an archived rule set in force again with ``rules`` alone; refused, it stays archived as it was.

    What it held before stays out of force: in its earlier versions, and its last draft in the list of changes.
    """
    begin_edit(connection)
    before = rule_sets.get_rule_set(connection, rule_set_id)
    if before is None:
        return Missing(RULE_SET)
    content = {"rules": rules}
    release = Release("rule_set.publish", content, note, None, confirm=True, most_memory=MOST_MEMORY)
    published = _put_in_force(connection, act, before, release)  # before the rest: it writes nothing if it refuses
    if not isinstance(published, EditedRuleSet):
        return published
    rule_sets.save_draft(connection, rule_set_id, content)
    _saved(connection, act, "rule_set.draft", rule_set_id, before.draft, content)
    rule_sets.set_rule_set_archived(connection, rule_set_id, None)
    was, becomes = {"archived_at": before.archived_at}, {"archived_at": None}
    return _saved(connection, act, "rule_set.restore", rule_set_id, was, becomes)


def read_rules(rule_set_id: int, rules: object) -> RuleSet | list[Problem]:
    """The rules of a draft as a rule set fit to be compiled, or what is wrong with them.

    Large ones take a second. The last are remembered, so that the writer need not read what a reader has just read.
    """
    try:
        written = json.dump(rules)
    except TypeError:  # half a character, a number beyond 64 bits: told with its path
        return read_rule_set({"id": rule_set_id, "version": 0, "rules": rules})
    read = _read(rule_set_id, written)
    return read if isinstance(read, RuleSet) else list(read)


@lru_cache(maxsize=1)
def _read(rule_set_id: int, written: str) -> RuleSet | tuple[Problem, ...]:
    read = read_rule_set({"id": rule_set_id, "version": 0, "rules": json.load(written)})
    return read if isinstance(read, RuleSet) else tuple(read)


@lru_cache(maxsize=1)
def _failing(rule_set_id: int, written: str) -> tuple[Problem, ...]:
    read = _read(rule_set_id, written)
    return tuple(failing_samples(read)) if isinstance(read, RuleSet) else ()


def _failing_samples(rule_set_id: int, rules: object) -> tuple[Problem, ...]:
    """Of rules that `read_rules` takes. Asking thousands takes seconds, so that the last are remembered, too."""
    return _failing(rule_set_id, json.dump(rules))


def read_ahead(connection: Connection, rule_set_id: int, number: int | None = None) -> None:
    """Read the draft, or a version, and ask its samples on a reader, before `publish` or `roll_back` on the writer."""
    if number is None:
        found = rule_sets.get_rule_set(connection, rule_set_id)
        content = found.draft if found is not None else {}
    else:
        version = rule_sets.get_version(connection, rule_set_id, number)
        content = with_tags_replaced(version.content, heirs(connection)) if version is not None else {}
    rules = content.get("rules")
    if isinstance(read_rules(rule_set_id, rules), RuleSet):
        _failing_samples(rule_set_id, rules)


def _editable(connection: Connection, rule_set_id: int) -> EditedRuleSet | Refusal:
    found = rule_sets.get_rule_set(connection, rule_set_id)
    if found is None:
        return Missing(RULE_SET)
    return found if found.archived_at is None else archived(RULE_SET)


def _put_in_force(connection: Connection, act: Act, before: EditedRuleSet, release: Release) -> EditedRuleSet | Refusal:
    if release.note:
        problems = text_problems("note", release.note, MAX_NOTE_CHARACTERS, lines=True)
        if problems:
            return Invalid(tuple(problems))
    read = read_rules(before.id, release.content.get("rules"))
    if not isinstance(read, RuleSet):
        return Conflict(tuple(read))
    faults = [*unmet(connection, read), *oversize(read, release.most_memory)]
    faults = faults or [*_failing_samples(before.id, release.content.get("rules"))]
    if faults:
        return Conflict(tuple(faults))
    doubts = tuple(each.problem for each in findings(read, load_tree(connection)) if each.severity == "caution")
    if doubts and not release.confirm:
        return NeedsConfirmation(doubts)
    number_before = before.published.number if before.published else None
    rule_sets.publish(connection, before.id, release.content, act.now, act.actor, release.note, release.copy_of)
    was = {"version": number_before}
    becomes = {**release.content, "note": release.note} if release.note else release.content
    return _saved(connection, act, release.what, before.id, was, becomes)


def _set_archived(
    connection: Connection, act: Act, rule_set_id: int, archived_at: int | None
) -> EditedRuleSet | Refusal:
    begin_edit(connection)
    before = rule_sets.get_rule_set(connection, rule_set_id)
    if before is None:
        return Missing(RULE_SET)
    if archived_at is None and before.published is not None:
        read = read_rules(rule_set_id, before.published.content.get("rules"))
        missing = unmet(connection, read) if isinstance(read, RuleSet) else read
        if missing:
            return Conflict(tuple(missing))
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


_IN_FORCE_ALREADY = conflict(
    "",
    ("The draft is already in force.", "草稿与已发布版本相同。"),
    ("Change the draft before publishing.", "请修改草稿后再发布。"),
)

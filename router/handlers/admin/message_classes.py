"""Keep the classes of messages (消息类别): by what they are known, who owns them, how soon they are answered."""

from dataclasses import asdict, dataclass

from sqlalchemy import Connection

from router.db.ledger import wake
from router.db.queries import catalogue, changes, meanings, message_classes, pools
from router.db.queries.edits import begin_edit
from router.db.queries.message_classes import EditedClass
from router.domain.reply import SLOTS
from router.handlers.admin.act import Act
from router.handlers.admin.placeholders import placeholder_problems
from router.handlers.admin.refusal import (
    Invalid,
    Missing,
    Refusal,
    archived,
    conflict,
    name_taken,
    problem,
    range_problems,
    text_problems,
)
from router.handlers.admin.rules_in_use import rules_with_class
from router.handlers.meaning import CHANGED
from tagtree.meaning.classes import MAX_CLASSES, check_class
from tagtree.meaning.keyword_lines import read_lines, write_lines
from tagtree.rules.actions import MAX_CLASS_NAME_CHARACTERS
from tagtree.wording import Problem, Wording

MESSAGE_CLASS = Wording("class", "类别")
MAX_TEMPLATE = 500
MAX_KEYWORDS_CHARACTERS = 60_000
MAX_TARGET_MINUTES = 7 * 24 * 60
MAX_PRIORITY = 1_000


@dataclass(frozen=True, slots=True)
class ClassContent:
    """``keywords`` as lines (`tagtree.meaning.keyword_lines`); ``lexicon`` one of the shipped ones, or empty."""

    name: str
    keywords: str = ""
    lexicon: str = ""
    lexicon_percent: int = 100
    template: str = ""
    pool_id: int | None = None
    target_minutes: int | None = None
    priority: int = 0


def create_class(connection: Connection, act: Act, content: ClassContent) -> EditedClass | Refusal:
    """A new class; messages may be read as one from the next on."""
    begin_edit(connection)
    if len(message_classes.list_classes(connection)) >= MAX_CLASSES:
        return _too_many()
    refusal = _refusal(connection, 0, content)
    if refusal is not None:
        return refusal
    class_id = message_classes.insert_class(connection, _edited(0, content, act.now), act.now)
    if class_id is None:
        return name_taken("name", content.name)
    return _saved(connection, act, "class.create", class_id, None)


def update_class(connection: Connection, act: Act, class_id: int, content: ClassContent) -> EditedClass | Refusal:
    """Write a class anew; refused to rename one that rules name.

    Messages keep their class by its name: those that are kept follow a rename, so that what people taught stays with
    the class, and no later one that takes the old name inherits it.
    """
    begin_edit(connection)
    before = message_classes.get_class(connection, class_id)
    if before is None:
        return Missing(MESSAGE_CLASS)
    if before.archived_at is not None:
        return archived(MESSAGE_CLASS)
    refusal = _refusal(connection, class_id, content)
    if refusal is None and content.name != before.name:
        refusal = _in_use(connection, before.name)
    if refusal is not None:
        return refusal
    message_classes.update_class(connection, _edited(class_id, content, before.created_at))
    if content.name != before.name:
        meanings.rename_class(connection, before.name, content.name)
    return _saved(connection, act, "class.update", class_id, before)


def archive_class(connection: Connection, act: Act, class_id: int) -> EditedClass | Refusal:
    """Read no message as this class any more; refused while rules name it."""
    begin_edit(connection)
    before = message_classes.get_class(connection, class_id)
    if before is None:
        return Missing(MESSAGE_CLASS)
    refusal = _in_use(connection, before.name)
    if refusal is not None:
        return refusal
    message_classes.set_class_archived(connection, class_id, act.now)
    return _saved(connection, act, "class.archive", class_id, before)


def restore_class(connection: Connection, act: Act, class_id: int) -> EditedClass | Refusal:
    """Undo `archive_class`; refused when its pool was archived meanwhile."""
    begin_edit(connection)
    before = message_classes.get_class(connection, class_id)
    if before is None:
        return Missing(MESSAGE_CLASS)
    if before.archived_at is not None and len(message_classes.list_classes(connection)) >= MAX_CLASSES:
        return _too_many()
    refusal = _pool_refusal(connection, before.pool_id)
    if refusal is not None:
        return refusal
    message_classes.set_class_archived(connection, class_id, None)
    return _saved(connection, act, "class.restore", class_id, before)


def _edited(class_id: int, content: ClassContent, created_at: int) -> EditedClass:
    return EditedClass(
        id=class_id,
        name=content.name,
        keywords=write_lines(tuple(each.keyword for each in read_lines(content.keywords))),
        lexicon=content.lexicon,
        lexicon_percent=content.lexicon_percent,
        template=content.template,
        pool_id=content.pool_id,
        pool_name="",
        target_minutes=content.target_minutes,
        priority=content.priority,
        created_at=created_at,
        archived_at=None,
    )


def _refusal(connection: Connection, class_id: int, content: ClassContent) -> Refusal | None:
    problems = text_problems("name", content.name, MAX_CLASS_NAME_CHARACTERS)
    problems += text_problems("template", content.template, MAX_TEMPLATE, lines=True) if content.template else []
    problems += placeholder_problems("template", content.template, SLOTS | catalogue.kinds(connection).keys())
    if content.keywords.strip():
        problems += text_problems("keywords", content.keywords, MAX_KEYWORDS_CHARACTERS, lines=True)
    problems += range_problems("priority", content.priority, 0, MAX_PRIORITY)
    if content.target_minutes is not None:
        problems += range_problems("target_minutes", content.target_minutes, 1, MAX_TARGET_MINUTES)
    problems += _word_problems(content)
    if problems:
        return Invalid(tuple(problems))
    if message_classes.class_named(connection, content.name) not in (None, class_id):
        return name_taken("name", content.name)
    return _pool_refusal(connection, content.pool_id)


def _word_problems(content: ClassContent) -> list[Problem]:
    """What the reading refuses, with the line of a keyword in place of its number."""
    lines = read_lines(content.keywords)
    problems = []
    for each in check_class(_edited(0, content, 0).as_class()):
        name, bracket, rest = each.path.partition("[")
        place = lines[int(rest.partition("]")[0])] if bracket else None
        word = Wording(f"Line {place.number}: ", f"第 {place.number} 行：") if place else Wording("", "")
        reason = Wording(word.en + each.reason.en, word.zh + each.reason.zh)
        problems.append(Problem(name, reason, each.hint))
    return problems[:20]


def _pool_refusal(connection: Connection, pool_id: int | None) -> Refusal | None:
    pool = pools.get_pool(connection, pool_id) if pool_id is not None else None
    if pool_id is None or (pool is not None and pool.archived_at is None):
        return None
    return conflict(
        "pool_id",
        (f"There is no pool {pool_id}.", f"没有接待池 {pool_id}。"),
        ("Choose a pool from the list, or none.", "请从列表中选择，或不选。"),
    )


def _in_use(connection: Connection, name: str) -> Refusal | None:
    users = rules_with_class(connection, name)
    if not users:
        return None
    return conflict(
        "name",
        (f"Rules name this class: {', '.join(users)}.", f"有规则用到此类别：{'、'.join(users)}。"),
        ("Take it out of these rules first.", "请先从这些规则中移除。"),
    )


def _too_many() -> Refusal:
    return Invalid(
        (
            problem(
                "",
                (f"There are {MAX_CLASSES} classes already.", f"已有 {MAX_CLASSES} 个类别。"),
                ("Archive one first.", "请先归档一个。"),
            ),
        )
    )


def _saved(connection: Connection, act: Act, what: str, class_id: int, before: EditedClass | None) -> EditedClass:
    after = message_classes.get_class(connection, class_id)
    assert after is not None
    told = asdict(before) if before else None
    changes.record(connection, what, f"class:{class_id}", told, asdict(after), actor=act.actor, now=act.now)
    wake(connection, CHANGED)
    return after

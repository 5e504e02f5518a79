"""Create, edit, archive and restore sets of sensitive words (词库). In force at once: the next message meets them."""

from dataclasses import asdict, dataclass, replace
from functools import lru_cache

from sqlalchemy import Connection

from router.db.ledger import wake
from router.db.queries import changes, word_sets
from router.db.queries.edits import begin_edit
from router.db.queries.word_sets import EditedWordSet
from router.handlers.admin.act import Act
from router.handlers.admin.refusal import (
    Conflict,
    Invalid,
    Missing,
    Refusal,
    archived,
    conflict,
    name_taken,
    problem,
    text_problems,
)
from router.handlers.words_in_force import CHANGED
from tagtree.sensitive.finder import compile_words
from tagtree.sensitive.starter_sets import STARTER_SETS
from tagtree.sensitive.word_list import ReadList, read_list, write_list
from tagtree.sensitive.words import MAX_REPLACEMENT_CHARACTERS, POLICIES, Policy
from tagtree.wording import Problem, Wording

WORD_SET = Wording("word set", "词库")
STARTER_SET = Wording("starter set", "行业词库")
MAX_SETS = 50
MAX_WORDS_IN_FORCE = 100_000  # of all sets together: some 4 s to compile, and 200 MB
MOST_PROBLEMS = 50  # lines told at once


@dataclass(frozen=True, slots=True)
class WordSetContent:
    """``lines`` is one word a line (`tagtree.sensitive.word_list`); ``good_lines_only`` leaves bad ones out."""

    name: str
    policy: Policy = "block"
    replacement: str = ""
    watches_incoming: bool = True
    makes_task: bool = False
    lines: str = ""
    good_lines_only: bool = False


def create_word_set(connection: Connection, act: Act, content: WordSetContent) -> EditedWordSet | Refusal:
    """A new set, in force at once."""
    begin_edit(connection)
    if len(word_sets.sets_in_force(connection)) >= MAX_SETS:
        return _too_many()
    new = _checked(connection, _edited(0, content, act.now), content)
    if not isinstance(new, EditedWordSet):
        return new
    set_id = word_sets.insert_word_set(connection, new, act.now)
    if set_id is None:
        return name_taken("name", content.name)
    return _saved(connection, act, "word_set.create", set_id, None)


def update_word_set(connection: Connection, act: Act, set_id: int, content: WordSetContent) -> EditedWordSet | Refusal:
    """Replace what a set says; the next message meets the new words."""
    begin_edit(connection)
    before = word_sets.get_word_set(connection, set_id)
    if before is None:
        return Missing(WORD_SET)
    if before.archived_at is not None:
        return archived(WORD_SET)
    after = _checked(connection, _edited(set_id, content, before.created_at), content)
    if not isinstance(after, EditedWordSet):
        return after
    if word_sets.word_set_named(connection, content.name) not in (None, set_id):
        return name_taken("name", content.name)
    word_sets.update_word_set(connection, after)
    return _saved(connection, act, "word_set.update", set_id, before)


def add_starter_set(connection: Connection, act: Act, key: str, language: str) -> EditedWordSet | Refusal:
    """Begin with one of the sets that liveqr brings, named in the language of whoever asks."""
    content = _starter(key, language)
    return Missing(STARTER_SET) if content is None else create_word_set(connection, act, content)


def archive_word_set(connection: Connection, act: Act, set_id: int) -> EditedWordSet | Refusal:
    """Take a set out of force; what it found before stays in the log."""
    return _set_archived(connection, act, set_id, act.now)


def restore_word_set(connection: Connection, act: Act, set_id: int) -> EditedWordSet | Refusal:
    """Undo `archive_word_set`."""
    return _set_archived(connection, act, set_id, None)


def check_ahead(connection: Connection, content: WordSetContent, set_id: int = 0) -> None:
    """Check a set on a reader before `create_word_set`, or `update_word_set` with its id, does so on the writer.

    Many words take seconds, for which everybody would wait. The last are remembered, so that the writer finds them.
    """
    _checked(connection, _edited(set_id, content, 0), content)


def check_starter_ahead(connection: Connection, key: str, language: str) -> None:
    """The same before `add_starter_set`."""
    content = _starter(key, language)
    if content is not None:
        check_ahead(connection, content)


def check_restoring_ahead(connection: Connection, set_id: int) -> None:
    """The same before `restore_word_set`."""
    before = word_sets.get_word_set(connection, set_id)
    if before is not None:
        _fits(connection, before)


@lru_cache(maxsize=1)
def _read_lines(lines: str) -> ReadList:
    return read_list(lines)


def _starter(key: str, language: str) -> WordSetContent | None:
    starter = next((each for each in STARTER_SETS if each.key == key), None)
    if starter is None:
        return None
    name = starter.name.zh if language.startswith("zh") else starter.name.en
    words = starter.as_set(name).words
    return WordSetContent(name, starter.policy, "", starter.watches_incoming, False, write_list(words))


def _edited(set_id: int, content: WordSetContent, created_at: int) -> EditedWordSet:
    return EditedWordSet(
        set_id,
        content.name,
        content.policy,
        content.replacement,
        content.watches_incoming and content.policy != "allow",
        content.makes_task and content.watches_incoming and content.policy != "allow",
        content.lines,
        created_at,
        None,
    )


def _checked(connection: Connection, new: EditedWordSet, content: WordSetContent) -> EditedWordSet | Refusal:
    """The set with its lines as they are stored, or why it cannot be."""
    read = _read_lines(content.lines)
    problems = text_problems("name", content.name)
    problems += [] if content.policy in POLICIES else [_no_policy()]
    problems += _replacement_problems(content)
    if not content.good_lines_only:
        problems += read.problems[:MOST_PROBLEMS]
    if not read.words:
        problems.append(_no_words())
    kept = replace(new, lines=write_list(read.words))
    return Invalid(tuple(problems)) if problems else _fits(connection, kept)


def _replacement_problems(content: WordSetContent) -> list[Problem]:
    if not content.replacement:
        return []
    return text_problems("replacement", content.replacement, MAX_REPLACEMENT_CHARACTERS)


def _fits(connection: Connection, new: EditedWordSet) -> EditedWordSet | Conflict:
    """The set, if it can be in force beside those that are."""
    others = [word_sets.edited(row) for row in word_sets.sets_in_force(connection)]
    together = [*(each for each in others if each.id != new.id), new]
    if sum(each.how_many for each in together) > MAX_WORDS_IN_FORCE:
        return _too_many_words()
    badly = _replacing_badly(tuple(replace(each, created_at=0, archived_at=None) for each in together))
    return new if badly is None else _replaces_badly(*badly)


@lru_cache(maxsize=1)
def _replacing_badly(sets: tuple[EditedWordSet, ...]) -> tuple[str, str] | None:
    """What stands for a word must not be a sensitive word itself: the set where it is, and that word."""
    replacing = [each for each in sets if each.policy == "replace" and each.replacement]
    if not replacing:
        return None  # without compiling them all, which takes seconds when they are many
    together = compile_words(each.as_set() for each in sets)
    for each in replacing:
        for find in together.find(each.replacement).finds:
            if together.by_id[find.set_id].policy in ("block", "replace"):
                return each.name, find.word
    return None


def _set_archived(connection: Connection, act: Act, set_id: int, archived_at: int | None) -> EditedWordSet | Refusal:
    begin_edit(connection)
    before = word_sets.get_word_set(connection, set_id)
    if before is None:
        return Missing(WORD_SET)
    if archived_at is None and len(word_sets.sets_in_force(connection)) >= MAX_SETS:
        return _too_many()
    if archived_at is None and not isinstance(fits := _fits(connection, before), EditedWordSet):
        return fits
    word_sets.set_word_set_archived(connection, set_id, archived_at)
    return _saved(connection, act, "word_set.restore" if archived_at is None else "word_set.archive", set_id, before)


def _saved(connection: Connection, act: Act, what: str, set_id: int, before: EditedWordSet | None) -> EditedWordSet:
    after = word_sets.get_word_set(connection, set_id)
    assert after is not None
    told = asdict(before) if before else None
    changes.record(connection, what, f"word_set:{set_id}", told, asdict(after), actor=act.actor, now=act.now)
    wake(connection, CHANGED)
    return after


def _too_many() -> Conflict:
    return conflict(
        "",
        (f"There are {MAX_SETS} word sets in force already.", f"已有 {MAX_SETS} 个词库生效。"),
        ("Archive one, or add the words to another.", "请先归档一个，或把词加入已有词库。"),
    )


def _too_many_words() -> Conflict:
    return conflict(
        "lines",
        (
            f"All word sets together would hold more than {MAX_WORDS_IN_FORCE:,} words.",
            f"所有生效词库合计将超过 {MAX_WORDS_IN_FORCE:,} 个词。",
        ),
        ("Archive a set, or take words out.", "请归档一个词库，或减少词语。"),
    )


def _no_policy() -> Problem:
    return problem("policy", ("No such policy.", "没有这种处理方式。"), ("Choose one of them.", "请从中选择一种。"))


def _no_words() -> Problem:
    return problem("lines", ("There is no word.", "没有任何词。"), ("Enter at least one line.", "请至少填写一行。"))


def _replaces_badly(name: str, word: str) -> Conflict:
    return conflict(
        "replacement",
        (
            f"What stands for words of “{name}” holds the sensitive word “{word}”.",
            f"“{name}”的替换文字里含有敏感词“{word}”。",
        ),
        ("Replace with another text, or leave it empty for stars.", "请改用其他替换文字，或留空以星号代替。"),
    )

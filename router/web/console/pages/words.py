"""敏感词 (sensitive words): the sets, a box to test a text in, and the log of what was found."""

from dataclasses import dataclass, replace
from urllib.parse import urlencode

from anyio import to_thread
from sqlalchemy import Connection
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from router.db.queries.page import EVERY
from router.db.queries.word_hits import DEEDS, MESSAGES, list_hits
from router.db.queries.word_sets import EditedWordSet, get_word_set, list_word_sets
from router.handlers.admin import word_sets as use_cases
from router.handlers.admin.word_sets import WordSetContent
from router.handlers.own_texts import Doubtful, doubtful_texts
from router.web.console import word_naming
from router.web.console.asking import Refused, change, found, read, services_of, words_of
from router.web.console.forms import Form, read_form, read_query
from router.web.console.render import go, page
from router.web.console.word_naming import pieces
from router.web.sheet_rows import LARGEST, read_sheet
from tagtree.sensitive.finder import CompiledWords, Find
from tagtree.sensitive.screening import Blocked, screen
from tagtree.sensitive.starter_sets import STARTER_SETS
from tagtree.sensitive.words import MAX_WORDS, POLICIES, Policy
from tagtree.wording import Problem

HEADINGS = frozenset({"词", "敏感词", "词语", "word", "Word"})
LONGEST_TEST = 20_000  # characters of a text in the box


@dataclass(frozen=True, slots=True)
class _Around:
    sets: tuple[EditedWordSet, ...]
    doubtful: list[Doubtful]


async def show_list(request: Request) -> Response:
    """Sets in force or archived, sets to begin with, and texts of ours that would not leave as they are."""
    return await _show_list(request)


async def add_starter(request: Request) -> Response:
    """Begin with one of the sets that liveqr brings."""
    key = (await read_form(request)).text("key")
    language = words_of(request).language.code
    await read(request, lambda c: use_cases.check_starter_ahead(c, key, language))
    outcome = await change(request, lambda c, act: use_cases.add_starter_set(c, act, key, language))
    if isinstance(outcome, Refused):
        return await _show_list(request, outcome.problems)
    return go(f"/words/{outcome.id}", said="created")


async def show_new(request: Request) -> Response:
    """The form for a new set."""
    return _form(request, WordSetContent(""), None)


async def create(request: Request) -> Response:
    """Make a set."""
    content = _content(await read_form(request))
    await read(request, lambda connection: use_cases.check_ahead(connection, content))
    outcome = await change(request, lambda connection, act: use_cases.create_word_set(connection, act, content))
    if isinstance(outcome, Refused):
        return _form(request, content, None, outcome.problems)
    return go(f"/words/{outcome.id}", said="created")


async def show(request: Request) -> Response:
    """One set with the form to edit."""
    word_set = await _word_set(request)
    return _form(request, _shown(word_set), word_set)


async def edit(request: Request) -> Response:
    """Save a set; the next message meets it."""
    set_id: int = request.path_params["id"]
    content = _content(await read_form(request))
    await read(request, lambda c: use_cases.check_ahead(c, content, set_id))
    outcome = await change(request, lambda c, act: use_cases.update_word_set(c, act, set_id, content))
    if isinstance(outcome, Refused):
        return _form(request, content, await _word_set(request), outcome.problems)
    return go(f"/words/{set_id}", said="saved")


async def read_file_into_new(request: Request) -> Response:
    """The form for a new set with the lines of a file; nothing is written yet."""
    return await _with_file(request, WordSetContent(""), None)


async def read_file_into(request: Request) -> Response:
    """The form of a set with the lines of a file below its own; nothing is written yet."""
    word_set = await _word_set(request)
    return await _with_file(request, _shown(word_set), word_set)


async def archive(request: Request) -> Response:
    """Take a set out of force."""
    set_id: int = request.path_params["id"]
    await change(request, lambda connection, act: use_cases.archive_word_set(connection, act, set_id))
    return go(f"/words/{set_id}", said="archived")


async def restore(request: Request) -> Response:
    """Undo ``archive``."""
    set_id: int = request.path_params["id"]
    await read(request, lambda connection: use_cases.check_restoring_ahead(connection, set_id))
    outcome = await change(request, lambda connection, act: use_cases.restore_word_set(connection, act, set_id))
    if isinstance(outcome, Refused):
        word_set = await _word_set(request)
        return _form(request, _shown(word_set), word_set, outcome.problems)
    return go(f"/words/{set_id}", said="restored")


async def export(request: Request) -> Response:
    """The lines of a set as a file that can be pasted, or imported, again."""
    if request.path_params["format"] != "txt":
        raise HTTPException(404)
    word_set = await _word_set(request)
    headers = {"Content-Disposition": f'attachment; filename="words-{word_set.id}.txt"', "Cache-Control": "no-store"}
    return PlainTextResponse(word_set.lines, headers=headers)


async def show_test(request: Request) -> Response:
    """The box to paste a text into."""
    return page(request, "words_test.html", text="", outcome=None)


async def test(request: Request) -> Response:
    """What would become of the text in the box."""
    text = (await read_form(request)).text("text")[:LONGEST_TEST]
    words = await read(request, services_of(request).words.current)
    screened = await to_thread.run_sync(screen, words, text)
    return page(
        request,
        "words_test.html",
        text=text,
        outcome=type(screened).__name__.lower() if text else None,
        leaves=None if isinstance(screened, Blocked) else screened.text,
        pieces=pieces(text, [(each.start, each.end) for each in screened.finds]),
        finds=[_told(words, text, each) for each in screened.finds],
        WRITTEN_HOW=word_naming.WRITTEN_HOW,
        POLICY_BADGES=word_naming.POLICY_BADGES,
    )


async def show_found(request: Request) -> Response:
    """The log of what was found, the latest first."""
    query, words = read_query(request), words_of(request)
    set_id, before = query.integer("set_id") or 0, query.integer("before") or 0
    done = query.text("done") if query.text("done") in DEEDS else ""
    message = query.text("message") if query.text("message") in MESSAGES else ""
    party = query.text("party")
    hits = await read(
        request,
        lambda c: list_hits(c, set_id=set_id, done=done, message=message, party=party, before=before),
    )
    sets = await read(request, lambda c: list_word_sets(c, limit=EVERY).items)
    return page(
        request,
        "words_found.html",
        hits=[(each, pieces(each.text, [(each.start, each.end)])) for each in hits.items],
        next=hits.next,
        started=before > 0,
        set_id=set_id or "",
        done=done,
        message=message,
        party=party,
        sets=[(each.id, each.name) for each in sets],
        deeds=[(code, words.gettext(name)) for code, (name, _) in word_naming.DEEDS.items()],
        messages=[(code, words.gettext(name)) for code, name in word_naming.MESSAGE_NAMES.items()],
        filters=urlencode({"set_id": set_id or "", "done": done, "message": message, "party": party}) + "&",
        DEEDS=word_naming.DEEDS,
        MESSAGE_NAMES=word_naming.MESSAGE_NAMES,
        WRITTEN_HOW=word_naming.WRITTEN_HOW,
    )


async def _show_list(request: Request, problems: tuple[Problem, ...] = ()) -> Response:
    archived = read_query(request).ticked("archived")

    def around(connection: Connection) -> _Around:
        doubtful = doubtful_texts(connection, services_of(request).words.current(connection))
        return _Around(list_word_sets(connection, archived=archived, limit=EVERY).items, doubtful)

    shown = await read(request, around)
    return page(
        request,
        "words.html",
        422 if problems else 200,
        sets=shown.sets,
        doubtful=[
            (each.own, pieces(each.own.text, [(find.start, find.end) for find in each.finds]), each.would_be)
            for each in shown.doubtful
        ],
        starters=STARTER_SETS,
        archived=archived,
        problems=problems,
        POLICY_BADGES=word_naming.POLICY_BADGES,
    )


async def _with_file(request: Request, content: WordSetContent, word_set: EditedWordSet | None) -> Response:
    async with request.form(max_files=1, max_fields=1, max_part_size=LARGEST) as form:
        upload = form.get("file")
        uploaded = await upload.read(LARGEST + 1) if isinstance(upload, UploadFile) else b""
    rows = await to_thread.run_sync(read_sheet, uploaded, MAX_WORDS)
    if isinstance(rows, Problem):
        return _form(request, content, word_set, (rows,))
    lines = content.lines + "".join(f"{line}\n" for line in map(_line, rows) if line)
    return _form(request, replace(content, lines=lines), word_set)


def _line(row: tuple[str, ...]) -> str:
    """The word of a row and its marks, as `read_list` reads them; a heading is no word."""
    word, *marks = row or ("",)
    if word.strip() in HEADINGS:
        return ""
    marked = " ".join(mark for mark in marks if mark.strip())
    return f"{word.strip()} | {marked}" if marked else word.strip()


def _form(
    request: Request, content: WordSetContent, word_set: EditedWordSet | None, problems: tuple[Problem, ...] = ()
) -> Response:
    words = words_of(request)
    return page(
        request,
        "word_set_form.html",
        422 if problems else 200,
        content=content,
        word_set=word_set,
        policies=[(code, words.gettext(name)) for code, name in word_naming.WORD_POLICIES.items()],
        line_problems=[each for each in problems if each.path.startswith("line ")],
        problems=[each for each in problems if not each.path.startswith("line ")],
    )


async def _word_set(request: Request) -> EditedWordSet:
    set_id: int = request.path_params["id"]
    return found(await read(request, lambda connection: get_word_set(connection, set_id)))


def _shown(word_set: EditedWordSet) -> WordSetContent:
    return WordSetContent(
        word_set.name,
        word_set.policy,
        word_set.replacement,
        word_set.watches_incoming,
        word_set.makes_task,
        word_set.lines,
    )


def _content(form: Form) -> WordSetContent:
    return WordSetContent(
        name=form.text("name"),
        policy=_policy(form.text("policy")),
        replacement=form.text("replacement"),
        watches_incoming=form.ticked("watches_incoming"),
        makes_task=form.ticked("makes_task"),
        lines=form.text("lines"),
        good_lines_only=form.ticked("good_lines_only"),
    )


def _policy(code: str) -> Policy:
    return next((each for each in POLICIES if each == code), "block")


def _told(words: CompiledWords, text: str, find: Find) -> tuple[Find, str, str, str]:
    word_set = words.by_id[find.set_id]
    return find, text[find.start : find.end], word_set.name, word_set.policy

"""问题 (questions): what many ask in this hour, and the answers given to all of them."""

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from router.db.queries.answers import Answer, AnswerReply, get_answer, list_answers, list_replies
from router.db.queries.page import Page
from router.handlers.admin import answers as use_cases
from router.handlers.admin.answers import NewAnswer, Terms
from router.handlers.own_texts import Doubtful, OwnText, doubt
from router.handlers.questions import Asker, askers_of, questions_of_the_hour
from router.web.console import word_naming
from router.web.console.asking import Refused, change, found, now_of, read, services_of, user_of
from router.web.console.forms import Form, read_form, read_query
from router.web.console.render import go, page
from router.web.console.word_naming import pieces
from tagtree.wording import Problem

MOST_GROUPS = 50
MOST_EXAMPLES = 3
TITLE = 30  # characters that a question lends to the title of its answer


async def show(request: Request) -> Response:
    """Groups of the last hour, the largest first, and the answers so far."""
    now, settings = now_of(request), services_of(request).settings
    before = read_query(request).integer("before") or 0
    groups = await read(
        request, lambda c: questions_of_the_hour(c, now, settings.question_similarity, settings.human_words)
    )
    answers: Page[Answer] = await read(request, lambda c: list_answers(c, before=before, limit=20))
    return page(
        request,
        "questions.html",
        groups=groups[:MOST_GROUPS],
        examples=MOST_EXAMPLES,
        answers=answers,
        started=before > 0,
        ANSWER_STATES=word_naming.ANSWER_STATES,
    )


async def show_new(request: Request) -> Response:
    """The form of an answer, filled in with what a group asks."""
    leader, now, settings = read_query(request).text("leader"), now_of(request), services_of(request).settings
    groups = await read(
        request, lambda c: questions_of_the_hour(c, now, settings.question_similarity, settings.human_words, 1)
    )
    group = next((each for each in groups if each.group.leader == leader), None)
    wordings = tuple(text for text, _ in group.wordings[: use_cases.MAX_WORDINGS]) if group else ()
    return _form(request, NewAnswer(wordings[0][:TITLE] if wordings else "", wordings, ""))


async def propose(request: Request) -> Response:
    """Propose an answer; an admin approves it."""
    new = _new(await read_form(request))
    outcome = await change(request, lambda connection, act: use_cases.propose_answer(connection, act, new))
    if isinstance(outcome, Refused):
        return _form(request, new, outcome.problems)
    is_admin = user_of(request).role == "admin"
    return go(f"/answers/{outcome.id}" if is_admin else "/questions", said="proposed")


async def show_answer(request: Request) -> Response:
    """One answer: before it is decided who would get it, afterwards who got it."""
    return await _show_answer(request)


async def approve(request: Request) -> Response:
    """Make it a rule, and send it to everybody who waits."""
    answer_id: int = request.path_params["id"]
    settings = services_of(request).settings
    terms = Terms(settings.question_similarity, settings.answer_undo_seconds * 1_000)
    outcome = await change(request, lambda c, act: use_cases.approve_answer(c, act, answer_id, terms))
    return await _after(request, outcome, "approved")


async def reject(request: Request) -> Response:
    """Turn it down."""
    answer_id: int = request.path_params["id"]
    outcome = await change(request, lambda connection, act: use_cases.reject_answer(connection, act, answer_id))
    return await _after(request, outcome, "done")


async def undo(request: Request) -> Response:
    """Take back what has not been sent."""
    answer_id: int = request.path_params["id"]
    outcome = await change(request, lambda connection, act: use_cases.undo_replies(connection, act, answer_id))
    return await _after(request, outcome, "undone")


async def _after(request: Request, outcome: Answer | Refused, said: str) -> Response:
    if isinstance(outcome, Refused):
        return await _show_answer(request, outcome.problems)
    return go(f"/answers/{outcome.id}", said=said)


async def _show_answer(request: Request, problems: tuple[Problem, ...] = ()) -> Response:
    answer_id: int = request.path_params["id"]
    after, now = read_query(request).integer("after") or 0, now_of(request)
    services = services_of(request)

    def around(
        connection: Connection,
    ) -> tuple[Answer | None, Page[AnswerReply], list[Asker], Doubtful | None, int]:
        words = services.words.current(connection)
        answer = get_answer(connection, answer_id)
        if answer is None:
            return None, Page((), None), [], None, 0
        replies = list_replies(connection, answer_id, after=after)
        is_open = answer.status == "proposed"
        askers = askers_of(connection, answer, now, services.settings.question_similarity) if is_open else []
        own = OwnText("reply", answer.id, answer.title, answer.rule_id, answer.title, answer.text)
        left_out = use_cases.left_out(connection) if is_open else 0
        return answer, replies, askers, doubt(words, own), left_out

    answer, replies, askers, doubtful, left_out = await read(request, around)
    kept = found(answer)
    return page(
        request,
        "answer.html",
        422 if problems else 200,
        answer=kept,
        replies=replies,
        reachable=[each for each in askers if each.can_be_answered],
        unreachable=[each for each in askers if not each.can_be_answered],
        started=after > 0,
        can_undo=kept.send_at is not None and now < kept.send_at,
        doubtful=doubtful,
        left_out=left_out,
        pieces=pieces(kept.text, [(each.start, each.end) for each in doubtful.finds] if doubtful else []),
        now=now,
        undo_seconds=services.settings.answer_undo_seconds,
        problems=problems,
        ANSWER_STATES=word_naming.ANSWER_STATES,
        UNREACHABLE_REASONS=word_naming.UNREACHABLE_REASONS,
    )


def _form(request: Request, new: NewAnswer, problems: tuple[Problem, ...] = ()) -> Response:
    return page(request, "answer_form.html", 422 if problems else 200, new=new, problems=problems)


def _new(form: Form) -> NewAnswer:
    return NewAnswer(
        form.text("title"), _lines(form.text("wordings")), form.text("text"), _lines(form.text("keywords"))
    )


def _lines(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))

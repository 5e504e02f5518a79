"""Operations on questions that many ask, and on the answers given to all of them (统一答复)."""

from typing import Annotated

from pydantic import Field
from sqlalchemy import Connection

from router.db.queries import answers as query
from router.db.queries.answers import Answer, AnswerStatus, ReplyStatus
from router.handlers.admin import answers
from router.handlers.admin.answers import ANSWER, NewAnswer, Terms
from router.handlers.admin.refusal import Missing, Refusal
from router.handlers.questions import AskedGroup, questions_of_the_hour
from router.services import Services
from router.web.api.fields import ONE_LINE, Body, Instant, ListOf, NoQuery, Paging, Resource
from router.web.api.operation import Call, Operation

MOST_WORDINGS = 20  # of one group that an answer shows
Line = Annotated[str, Field(min_length=1, max_length=answers.MAX_QUESTION, pattern=ONE_LINE)]


class WordingResource(Resource):
    text: str
    count: int


class QuestionResource(Resource):
    """One question of the last hour: ``people`` asked it ``count`` times, ``waiting`` of them have no answer yet."""

    leader: str
    count: int
    people: int
    waiting: int
    wordings: list[WordingResource]


class AnswerResource(Resource):
    """The rule it became is ``rule_id`` in ``rule_set_id``, ``version``; until ``send_at`` replies can be undone."""

    id: int
    status: AnswerStatus
    title: str
    wordings: list[str]
    keywords: list[str]
    text: str
    proposed_at: Instant
    proposed_by: str
    decided_at: Instant | None
    decided_by: str
    send_at: Instant | None
    rule_set_id: int | None
    version: int | None
    rule_id: str


class AnswerReplyResource(Resource):
    """``reason`` tells why somebody cannot be reached; ``sent`` is the effect's state, empty when there is none."""

    id: int
    customer_id: int
    external_userid: str
    customer_name: str
    open_kfid: str
    inbox_id: int
    question: str
    status: ReplyStatus
    reason: str
    sent: str
    error: str
    finished_at: Instant | None


class ListAnswers(Paging):
    status: AnswerStatus | None = None


class NewAnswerBody(Body):
    """``wordings``: how it is asked; ``keywords``: the rule also meets what contains one of these."""

    title: str = Field(min_length=1, max_length=64, pattern=ONE_LINE)
    wordings: list[Line] = Field(min_length=1, max_length=answers.MAX_WORDINGS)
    keywords: list[Line] = Field(default=[], max_length=answers.MAX_KEYWORDS)
    text: str = Field(min_length=1, max_length=answers.MAX_TEXT, pattern=r"^[^\x00]*$")


def list_questions(connection: Connection, call: Call[NoQuery, None]) -> ListOf[QuestionResource]:
    settings = call.services.settings
    found = questions_of_the_hour(connection, call.act.now, settings.question_similarity, settings.human_words)
    return call.page_of([_question(each) for each in found[: answers.MAX_WORDINGS]], None)


def list_answers(connection: Connection, call: Call[ListAnswers, None]) -> ListOf[AnswerResource]:
    page = query.list_answers(connection, status=call.query.status or "", before=call.after, limit=call.query.limit)
    return call.page(page, AnswerResource)


def get_answer(connection: Connection, call: Call[NoQuery, None]) -> AnswerResource | Refusal:
    found = query.get_answer(connection, call.ids["answer_id"])
    return Missing(ANSWER) if found is None else AnswerResource.model_validate(found)


def propose_answer(connection: Connection, call: Call[NoQuery, NewAnswerBody]) -> AnswerResource | Refusal:
    body = call.body
    new = NewAnswer(body.title, tuple(body.wordings), body.text, tuple(body.keywords))
    return _resource(answers.propose_answer(connection, call.act, new))


def approve_answer(connection: Connection, call: Call[NoQuery, None]) -> AnswerResource | Refusal:
    return _resource(answers.approve_answer(connection, call.act, call.ids["answer_id"], terms_of(call.services)))


def reject_answer(connection: Connection, call: Call[NoQuery, None]) -> AnswerResource | Refusal:
    return _resource(answers.reject_answer(connection, call.act, call.ids["answer_id"]))


def undo_answer(connection: Connection, call: Call[NoQuery, None]) -> AnswerResource | Refusal:
    return _resource(answers.undo_replies(connection, call.act, call.ids["answer_id"]))


def list_answer_replies(connection: Connection, call: Call[Paging, None]) -> ListOf[AnswerReplyResource] | Refusal:
    if query.get_answer(connection, call.ids["answer_id"]) is None:
        return Missing(ANSWER)
    page = query.list_replies(connection, call.ids["answer_id"], after=call.after, limit=call.query.limit)
    return call.page(page, AnswerReplyResource)


def terms_of(services: Services) -> Terms:
    """What the settings in force say about answers."""
    settings = services.settings
    return Terms(settings.question_similarity, settings.answer_undo_seconds * 1_000)


def _question(asked: AskedGroup) -> QuestionResource:
    wordings = [WordingResource(text=text, count=count) for text, count in asked.wordings[:MOST_WORDINGS]]
    group = asked.group
    return QuestionResource(
        leader=group.leader, count=group.count, people=asked.people, waiting=asked.waiting, wordings=wordings
    )


def _resource(outcome: Answer | Refusal) -> AnswerResource | Refusal:
    return AnswerResource.model_validate(outcome) if isinstance(outcome, Answer) else outcome


LIST = "/v1/answers"
ONE = f"{LIST}/{{answer_id}}"
OPERATIONS = (
    Operation("GET", "/v1/questions", "Questions of the last hour in groups", list_questions, ListOf[QuestionResource]),
    Operation("GET", LIST, "Answers to many, latest first", list_answers, ListOf[AnswerResource], ListAnswers),
    Operation(
        "POST",
        LIST,
        "Propose an answer to many",
        propose_answer,
        AnswerResource,
        body=NewAnswerBody,
        writes=True,
        status=201,
    ),
    Operation("GET", ONE, "One answer", get_answer, AnswerResource),
    Operation(
        "POST",
        f"{ONE}/approve",
        "Make it a rule, and reply to everybody who waits",
        approve_answer,
        AnswerResource,
        writes=True,
    ),
    Operation("POST", f"{ONE}/reject", "Turn it down", reject_answer, AnswerResource, writes=True),
    Operation("POST", f"{ONE}/undo", "Take back replies not sent yet", undo_answer, AnswerResource, writes=True),
    Operation(
        "GET",
        f"{ONE}/replies",
        "Who asked, and what became of the reply",
        list_answer_replies,
        ListOf[AnswerReplyResource],
        Paging,
    ),
)

"""Operations on classes of messages (消息类别), and what a text would be read as."""

from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import Connection

from router.db.queries import message_classes as query
from router.handlers.admin import message_classes as classes
from router.handlers.admin.message_classes import MESSAGE_CLASS, ClassContent
from router.handlers.admin.refusal import Missing, Refusal
from router.handlers.meaning import said_of
from router.web.api.fields import ONE_LINE, Body, Id, Instant, ListOf, NoQuery, QueryTruth, Resource
from router.web.api.operation import Call, Operation
from tagtree.rules.actions import MAX_CLASS_NAME_CHARACTERS

LONGEST_TEXT = 4_000  # characters
Keywords = Annotated[str, Field(max_length=classes.MAX_KEYWORDS_CHARACTERS)]


class ClassResource(Resource):
    """``keywords`` is a word and its weight (0 to 5) a line; ``priority`` orders the human queue, higher first."""

    id: int
    name: str
    keywords: str
    lexicon: str
    lexicon_percent: int
    template: str
    pool_id: int | None
    pool_name: str
    target_minutes: int | None
    priority: int
    created_at: Instant
    archived_at: Instant | None


class ListClasses(Body):
    archived: QueryTruth = False


class ClassBody(Body):
    """All of a class: what is left out of a PUT is emptied."""

    name: Annotated[str, Field(min_length=1, max_length=MAX_CLASS_NAME_CHARACTERS, pattern=ONE_LINE)]
    keywords: Keywords = ""
    lexicon: Annotated[str, Field(max_length=24)] = ""
    lexicon_percent: int = 100
    template: Annotated[str, Field(max_length=classes.MAX_TEMPLATE)] = ""
    pool_id: Id | None = None
    target_minutes: int | None = None
    priority: int = 0


class ReadTextBody(Body):
    text: Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT)]


class EvidenceResource(Resource):
    """A word that speaks for a class; the span counts characters of the text."""

    words: str
    span: tuple[int, int]
    weight: float


class ScoredClassResource(Resource):
    name: str
    score: float
    evidence: list[EvidenceResource]


class SlotResource(Resource):
    """``value`` as the catalogue says it (of a time: what it means relative to its day), ``words`` as the customer."""

    kind: str
    value: str
    words: str
    span: tuple[int, int]


class ReadingResource(Resource):
    """What a text is about. ``class_name`` is empty unless certain; ``margin`` is the best class's lead in percent."""

    class_name: str
    confidence: str
    margin: int
    intent: str
    classes: list[ScoredClassResource]
    slots: list[SlotResource]
    unknown_words: list[str]
    catalogue_is_empty: bool


def list_classes(connection: Connection, call: Call[ListClasses, None]) -> ListOf[ClassResource]:
    found = query.list_classes(connection, archived=call.query.archived)
    return call.page_of([ClassResource.model_validate(each) for each in found], None)


def get_class(connection: Connection, call: Call[NoQuery, None]) -> ClassResource | Refusal:
    return _outcome(query.get_class(connection, call.ids["class_id"]) or Missing(MESSAGE_CLASS))


def create_class(connection: Connection, call: Call[NoQuery, ClassBody]) -> ClassResource | Refusal:
    return _outcome(classes.create_class(connection, call.act, _given(call.body)))


def replace_class(connection: Connection, call: Call[NoQuery, ClassBody]) -> ClassResource | Refusal:
    return _outcome(classes.update_class(connection, call.act, call.ids["class_id"], _given(call.body)))


def archive_class(connection: Connection, call: Call[NoQuery, None]) -> ClassResource | Refusal:
    return _outcome(classes.archive_class(connection, call.act, call.ids["class_id"]))


def restore_class(connection: Connection, call: Call[NoQuery, None]) -> ClassResource | Refusal:
    return _outcome(classes.restore_class(connection, call.act, call.ids["class_id"]))


def read_text(connection: Connection, call: Call[NoQuery, ReadTextBody]) -> ReadingResource:
    margin = call.services.settings.class_margin
    said: dict[str, Any] = said_of(call.services.meaning.current(connection, margin).read(call.body.text))
    return ReadingResource.model_validate({"class_name": said.pop("class"), **said})


def _given(body: ClassBody) -> ClassContent:
    return ClassContent(**body.model_dump())


def _outcome(outcome: query.EditedClass | Refusal) -> ClassResource | Refusal:
    return ClassResource.model_validate(outcome) if isinstance(outcome, query.EditedClass) else outcome


ONE = "/v1/classes/{class_id}"
OPERATIONS = (
    Operation("GET", "/v1/classes", "Classes of messages", list_classes, ListOf[ClassResource], ListClasses),
    Operation(
        "POST", "/v1/classes", "Create a class", create_class, ClassResource, body=ClassBody, writes=True, status=201
    ),
    Operation("POST", "/v1/classes/read", "What a text is about", read_text, ReadingResource, body=ReadTextBody),
    Operation("GET", ONE, "One class", get_class, ClassResource),
    Operation("PUT", ONE, "Write a class anew", replace_class, ClassResource, body=ClassBody, writes=True),
    Operation(
        "POST", f"{ONE}/archive", "Read no message as a class any more", archive_class, ClassResource, writes=True
    ),
    Operation("POST", f"{ONE}/restore", "Restore a class", restore_class, ClassResource, writes=True),
)

"""Operations on sensitive words (敏感词): the sets, a test of a text, what was found, and our own texts at fault."""

from typing import Annotated, Literal

from pydantic import Field
from sqlalchemy import Connection

from router.db.queries import word_hits
from router.db.queries import word_sets as query
from router.db.queries.word_hits import Done, Message
from router.db.queries.word_sets import EditedWordSet
from router.handlers.admin import word_sets
from router.handlers.admin.refusal import Missing, Refusal
from router.handlers.admin.word_sets import WORD_SET, WordSetContent
from router.handlers.own_texts import Doubtful, doubtful_texts
from router.web.api.fields import Body, Instant, ListOf, Name, NoQuery, Paging, QueryId, QueryTruth, Resource, TextPair
from router.web.api.operation import RULES_BYTES, Call, Operation
from tagtree.sensitive.finder import CompiledWords, Find, How
from tagtree.sensitive.screening import Blocked, Passed, Replaced, screen
from tagtree.sensitive.starter_sets import STARTER_SETS, StarterSet
from tagtree.sensitive.words import MAX_REPLACEMENT_CHARACTERS, Policy

STARTER_LANGUAGE = "zh"  # in which a starter set taken over by the API is named

Outcome = Literal["passed", "replaced", "blocked"]
Lines = Annotated[str, Field(max_length=1_500_000, pattern=r"^[^\x00]*$")]


class WordSetResource(Resource):
    """``lines``: one word a line, its marks behind a bar (``微信 | 拼音 首字母``)."""

    id: int
    name: str
    policy: Policy
    replacement: str
    watches_incoming: bool
    makes_task: bool
    lines: str
    words: int
    created_at: Instant
    archived_at: Instant | None


class StarterSetResource(Resource):
    key: str
    name: TextPair
    policy: Policy
    words: int


class FindResource(Resource):
    """``start`` and ``end`` count characters of the text, ``end`` one past the last."""

    set_id: int
    set_name: str
    word: str
    written: str
    start: int
    end: int
    how: How


class ScreenedResource(Resource):
    """What becomes of a text: ``text`` is what leaves, null when nothing does."""

    outcome: Outcome
    text: str | None
    finds: list[FindResource]


class WordHitResource(Resource):
    """``party`` is the external_userid of the customer or the userid of the employee."""

    id: int
    at: Instant
    message: Message
    done: Done
    set_id: int
    set_name: str
    word: str
    written: str
    how: How
    start: int
    end: int
    text: str
    party: str
    inbox_id: int | None
    outbox_id: int | None


class OwnTextResource(Resource):
    """A welcome of live code ``id``, or a reply in the draft of rule set ``id``; ``would_be`` null: it stays."""

    place: Literal["welcome", "reply"]
    id: int
    name: str
    rule_id: str
    rule_name: str
    text: str
    would_be: str | None
    finds: list[FindResource]


class ListWordSets(Paging):
    archived: QueryTruth = False


class ListHits(Paging):
    set_id: QueryId | None = None
    done: Done | None = None
    message: Message | None = None
    party: str | None = Field(default=None, max_length=64, pattern=r"^[^\x00-\x1f\x7f]*$")
    event_id: QueryId | None = None


class WordSetBody(Body):
    """``good_lines_only`` stores what can be read and leaves out the other lines; else one bad line refuses all."""

    name: Name
    policy: Policy = "block"
    replacement: str = Field(default="", max_length=MAX_REPLACEMENT_CHARACTERS)
    watches_incoming: bool = True
    makes_task: bool = False
    lines: Lines
    good_lines_only: bool = False


class TextBody(Body):
    text: str = Field(min_length=1, max_length=65_536, pattern=r"^[^\x00]*$")


def list_word_sets(connection: Connection, call: Call[ListWordSets, None]) -> ListOf[WordSetResource]:
    page = query.list_word_sets(connection, archived=call.query.archived, after=call.after, limit=call.query.limit)
    return call.page_of([_shown(each) for each in page.items], page.next)


def get_word_set(connection: Connection, call: Call[NoQuery, None]) -> WordSetResource | Refusal:
    found = query.get_word_set(connection, call.ids["set_id"])
    return Missing(WORD_SET) if found is None else _shown(found)


def create_word_set(connection: Connection, call: Call[NoQuery, WordSetBody]) -> WordSetResource | Refusal:
    return _resource(word_sets.create_word_set(connection, call.act, _content(call.body)))


def update_word_set(connection: Connection, call: Call[NoQuery, WordSetBody]) -> WordSetResource | Refusal:
    return _resource(word_sets.update_word_set(connection, call.act, call.ids["set_id"], _content(call.body)))


def archive_word_set(connection: Connection, call: Call[NoQuery, None]) -> WordSetResource | Refusal:
    return _resource(word_sets.archive_word_set(connection, call.act, call.ids["set_id"]))


def restore_word_set(connection: Connection, call: Call[NoQuery, None]) -> WordSetResource | Refusal:
    return _resource(word_sets.restore_word_set(connection, call.act, call.ids["set_id"]))


def list_starter_sets(_connection: Connection, call: Call[NoQuery, None]) -> ListOf[StarterSetResource]:
    return call.page_of([_starter(each) for each in STARTER_SETS], None)


def add_starter_set(connection: Connection, call: Call[NoQuery, None]) -> WordSetResource | Refusal:
    return _resource(word_sets.add_starter_set(connection, call.act, call.names["key"], STARTER_LANGUAGE))


def screen_text(connection: Connection, call: Call[NoQuery, TextBody]) -> ScreenedResource:
    words = call.services.words.current(connection)
    match screened := screen(words, call.body.text):
        case Passed(text) | Replaced(text):
            outcome: Outcome = "passed" if isinstance(screened, Passed) else "replaced"
            return ScreenedResource(outcome=outcome, text=text, finds=_finds(words, call.body.text, screened.finds))
        case Blocked(finds):
            return ScreenedResource(outcome="blocked", text=None, finds=_finds(words, call.body.text, finds))


def list_word_hits(connection: Connection, call: Call[ListHits, None]) -> ListOf[WordHitResource]:
    page = word_hits.list_hits(
        connection,
        set_id=call.query.set_id or 0,
        done=call.query.done or "",
        message=call.query.message or "",
        party=call.query.party or "",
        inbox_id=call.query.event_id or 0,
        before=call.after,
        limit=call.query.limit,
    )
    return call.page(page, WordHitResource)


def list_own_texts(connection: Connection, call: Call[NoQuery, None]) -> ListOf[OwnTextResource]:
    words = call.services.words.current(connection)
    return call.page_of([_own(words, each) for each in doubtful_texts(connection, words)], None)


def _content(body: WordSetBody) -> WordSetContent:
    return WordSetContent(**body.model_dump())


def _resource(outcome: EditedWordSet | Refusal) -> WordSetResource | Refusal:
    return _shown(outcome) if isinstance(outcome, EditedWordSet) else outcome


def _shown(word_set: EditedWordSet) -> WordSetResource:
    return WordSetResource(
        id=word_set.id,
        name=word_set.name,
        policy=word_set.policy,
        replacement=word_set.replacement,
        watches_incoming=word_set.watches_incoming,
        makes_task=word_set.makes_task,
        lines=word_set.lines,
        words=word_set.how_many,
        created_at=word_set.created_at,
        archived_at=word_set.archived_at,
    )


def _starter(starter: StarterSet) -> StarterSetResource:
    words = len(starter.as_set("").words)
    return StarterSetResource(
        key=starter.key, name=TextPair.model_validate(starter.name), policy=starter.policy, words=words
    )


def _own(words: CompiledWords, doubtful: Doubtful) -> OwnTextResource:
    own = doubtful.own
    return OwnTextResource(
        place=own.place,
        id=own.id,
        name=own.name,
        rule_id=own.rule_id,
        rule_name=own.rule_name,
        text=own.text,
        would_be=doubtful.would_be,
        finds=_finds(words, own.text, doubtful.finds),
    )


def _finds(words: CompiledWords, text: str, finds: tuple[Find, ...]) -> list[FindResource]:
    return [
        FindResource(
            set_id=each.set_id,
            set_name=words.by_id[each.set_id].name,
            word=each.word,
            written=text[each.start : each.end],
            start=each.start,
            end=each.end,
            how=each.how,
        )
        for each in finds
    ]


LIST = "/v1/word-sets"
ONE = f"{LIST}/{{set_id}}"
OPERATIONS = (
    Operation("GET", LIST, "Sets of sensitive words", list_word_sets, ListOf[WordSetResource], ListWordSets),
    Operation(
        "POST",
        LIST,
        "Create a set of sensitive words",
        create_word_set,
        WordSetResource,
        body=WordSetBody,
        writes=True,
        ahead=lambda call, connection: word_sets.check_ahead(connection, _content(call.body)),
        status=201,
        body_bytes=RULES_BYTES,
    ),
    Operation("GET", f"{LIST}/starters", "Sets to begin with", list_starter_sets, ListOf[StarterSetResource]),
    Operation(
        "POST",
        f"{LIST}/starters/{{key}}",
        "Begin with one of them",
        add_starter_set,
        WordSetResource,
        writes=True,
        ahead=lambda call, connection: word_sets.check_starter_ahead(connection, call.names["key"], STARTER_LANGUAGE),
        status=201,
    ),
    Operation(
        "POST",
        f"{LIST}/screen",
        "What would become of a text",
        screen_text,
        ScreenedResource,
        body=TextBody,
        body_bytes=RULES_BYTES,
    ),
    Operation(
        "GET", f"{LIST}/hits", "Sensitive words found, latest first", list_word_hits, ListOf[WordHitResource], ListHits
    ),
    Operation(
        "GET",
        f"{LIST}/own-texts",
        "Welcomes and replies that would not leave as they are written",
        list_own_texts,
        ListOf[OwnTextResource],
    ),
    Operation("GET", ONE, "One set", get_word_set, WordSetResource),
    Operation(
        "PUT",
        ONE,
        "Replace a set",
        update_word_set,
        WordSetResource,
        body=WordSetBody,
        writes=True,
        ahead=lambda call, connection: word_sets.check_ahead(connection, _content(call.body), call.ids["set_id"]),
        body_bytes=RULES_BYTES,
    ),
    Operation("POST", f"{ONE}/archive", "Take a set out of force", archive_word_set, WordSetResource, writes=True),
    Operation(
        "POST",
        f"{ONE}/restore",
        "Put it back",
        restore_word_set,
        WordSetResource,
        writes=True,
        ahead=lambda call, connection: word_sets.check_restoring_ahead(connection, call.ids["set_id"]),
    ),
)

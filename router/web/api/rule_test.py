"""The operations that try a text against rules, and find a stored message to try."""

from datetime import tzinfo
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema
from sqlalchemy import Connection

from router.handlers import stored_messages
from router.handlers.admin import rule_test
from router.handlers.admin.refusal import EVENT, Invalid, Missing, Refusal, problem
from router.handlers.known import local_time
from router.handlers.meaning import said_of
from router.handlers.stored_messages import Message
from router.web.api.customers import TagNameResource
from router.web.api.fields import Body, Id, Instant, ListOf, NoQuery, Paging, Resource, Search, TextPair, read_instant
from router.web.api.operation import RULES_BYTES, Call, Operation
from router.web.api.problem import NOT_FOUND
from tagtree.meaning.reading import NOTHING, Understood
from tagtree.rules.facts import Facts, PreviousTurn, Sender

SHORT = r"^[^\x00-\x1f\x7f]+$"
LAST_INSTANT = 4_102_444_800_000  # 2100-01-01, ms

Given = Annotated[str, Field(max_length=64, pattern=SHORT)]
GivenInstant = Annotated[
    int,
    BeforeValidator(read_instant),
    Field(ge=0, le=LAST_INSTANT),
    WithJsonSchema({"type": "string", "format": "date-time"}, mode="validation"),
]


class PreviousBody(Body):
    """The customer's message before: its text (null: it had none), and which rules fired on it."""

    text: str | None = Field(default=None, max_length=rule_test.MAX_TEXT_CHARACTERS)
    fired: list[Given] = Field(default=[], max_length=100)


class RuleTestBody(Body):
    """Against ``rules``, or the draft of ``rule_set_id``, or its ``version``, or (none given) every rule set in force.

    ``event_id`` takes text, channel, kind, sender and time from a stored message. Facts that are null are unknown,
    except ``at`` (null: now) and ``classes`` (null: what the text is read as). ``hits``: earlier firings, by rule id.
    """

    text: str = Field(default="", max_length=rule_test.MAX_TEXT_CHARACTERS)
    event_id: Id | None = None
    channel: Given = rule_test.DEFAULT_CHANNEL
    kind: str = Field(default="text", max_length=32, pattern=SHORT)
    sender: Literal["customer", "employee"] | None = "customer"
    at: GivenInstant | None = None
    tag_ids: list[Id] | None = Field(default=[], max_length=100)
    live_code: str | None = Field(default=None, max_length=64, pattern=r"^[^\x00-\x1f\x7f]*$")
    is_new: bool | None = None
    region: Given | None = None
    classes: list[Given] | None = Field(default=None, max_length=100)
    previous: PreviousBody | None = None
    hits: dict[Given, Annotated[list[GivenInstant], Field(max_length=1000)]] | None = Field(
        default=None, max_length=100
    )
    rule_set_id: Id | None = None
    version: Id | None = None
    rules: list[dict[str, Any]] | None = None


class FiredResource(Resource):
    """A rule that took effect; ``spans`` are characters of the text, ``texts`` what stands there.

    ``round`` counts the passes over the rules; ``causes`` are the rules of the pass before that led to it.
    """

    rule_id: str
    name: str
    spans: list[tuple[int, int]]
    texts: list[str]
    round: int
    causes: list[str]


class BlockedResource(Resource):
    rule_id: str
    name: str
    reason: TextPair


class TagChangeResource(Resource):
    tag_id: int
    add: bool
    rule_id: str
    span: tuple[int, int] | None
    evidence_text: str


class RuleReplyResource(Resource):
    rule_id: str
    text: str


class RuleLadderResource(Resource):
    rule_id: str
    ladder: str


class RuleWebhookResource(Resource):
    rule_id: str
    name: str


class RuleTaskResource(Resource):
    rule_id: str
    title: str
    kind: str


class RuleSetResultResource(Resource):
    """What one rule set says; ``version`` null: a draft. ``chain_cut``: the chain of rules was ended at its limit."""

    rule_set_id: int | None
    name: str
    version: int | None
    fired: list[FiredResource]
    blocked: list[BlockedResource]
    tag_changes: list[TagChangeResource]
    tags: list[TagNameResource]
    replies: list[RuleReplyResource]
    pool_id: int | None
    to_human: bool
    class_name: str | None
    ladders: list[RuleLadderResource]
    webhooks: list[RuleWebhookResource]
    tasks: list[RuleTaskResource]
    chain_cut: bool


class RuleTestResource(Resource):
    """``understood``: class, slots and intent of the text; ``asks_for``: the facts that the rules ask for."""

    text: str
    results: list[RuleSetResultResource]
    understood: dict[str, Any]
    asks_for: list[str]


class MessageResource(Resource):
    """A stored message; ``who`` is the external_userid, or the userid of an employee."""

    event_id: int
    who: str
    sender: str
    channel: str
    kind: str
    text: str
    at: Instant


class FindMessages(Paging):
    search: Search = ""
    who: Search = ""


def find_messages(connection: Connection, call: Call[FindMessages, None]) -> ListOf[MessageResource]:
    query = call.query
    page = stored_messages.search(connection, text=query.search, who=query.who, before=call.after, limit=query.limit)
    return call.page(page, MessageResource)


def try_text(connection: Connection, call: Call[NoQuery, RuleTestBody]) -> RuleTestResource | Refusal:
    body, settings = call.body, call.services.settings
    meaning = call.services.meaning.current(connection, settings.class_margin)  # before anything else is read
    message = _message(connection, body, call.act.now)
    if message is None:
        return Missing(EVENT)
    trial = _trial(connection, body)
    if not isinstance(trial, rule_test.Trial):
        return trial
    understood = meaning.read(message.text) if message.kind == "text" else NOTHING
    facts = _facts(body, message, understood, settings.time_zone)
    return RuleTestResource(
        text=message.text,
        results=[_result(each) for each in trial.ask(facts)],
        understood=said_of(understood),
        asks_for=sorted(fact.value for fact in trial.asks_for),
    )


def _message(connection: Connection, body: RuleTestBody, now: int) -> Message | None:
    if body.event_id is not None:
        return stored_messages.message_of_event(connection, body.event_id)
    sender = Sender(body.sender or Sender.CUSTOMER)
    return Message(0, "", sender, body.channel, body.kind, body.text, now if body.at is None else body.at)


def _facts(body: RuleTestBody, message: Message, understood: Understood, zone: tzinfo) -> Facts:
    hits = None if body.hits is None else {rule_id: tuple(sorted(at)) for rule_id, at in body.hits.items()}
    previous = body.previous
    return Facts(
        message.text,
        message.channel,
        message.kind,
        live_code=body.live_code,
        tags=None if body.tag_ids is None else frozenset(body.tag_ids),
        classes=frozenset({understood.certain} - {""} if body.classes is None else body.classes),
        is_new=body.is_new,
        sender=None if body.sender is None and body.event_id is None else message.sender,
        region=body.region,
        at=local_time(message.at, zone),
        hits=hits,
        last_fired=None if hits is None else {rule_id: at[-1] for rule_id, at in hits.items() if at},
        previous=None if previous is None else PreviousTurn(previous.text, frozenset(previous.fired)),
    )


def _trial(connection: Connection, body: RuleTestBody) -> rule_test.Trial | Refusal:
    match body.rules, body.rule_set_id, body.version:
        case None, None, None:
            return rule_test.published_trial(connection)
        case None, int(rule_set_id), None:
            return rule_test.draft_trial(connection, rule_set_id)
        case None, int(rule_set_id), int(number):
            return rule_test.version_trial(connection, rule_set_id, number)
        case list(rules), None, None:
            return rule_test.rules_trial(connection, rules)
        case _:
            return _BOTH


_BOTH = Invalid(
    (
        problem(
            "rules",
            (
                "These do not go together: rules, rule_set_id, version.",
                "rules、rule_set_id、version 不能这样同时给出。",
            ),
            (
                "Give rules, or rule_set_id alone or with version, or none of them.",
                "请只给 rules，或只给 rule_set_id（可加 version），或都不给。",
            ),
        ),
    )
)


def _result(result: rule_test.RuleSetResult) -> RuleSetResultResource:
    decision = result.decision
    return RuleSetResultResource(
        rule_set_id=result.rule_set_id,
        name=result.name,
        version=result.version,
        fired=[FiredResource.model_validate(each) for each in decision.fired],
        blocked=[
            BlockedResource(rule_id=each.rule_id, name=each.name, reason=TextPair.model_validate(each.reason.wording))
            for each in decision.blocked
        ],
        tag_changes=[TagChangeResource.model_validate(each) for each in decision.tags],
        tags=[TagNameResource.model_validate(each) for each in result.tags],
        replies=[RuleReplyResource.model_validate(each) for each in decision.replies],
        pool_id=decision.pool_id,
        to_human=decision.to_human,
        class_name=decision.class_name,
        ladders=[RuleLadderResource.model_validate(each) for each in decision.ladders],
        webhooks=[RuleWebhookResource.model_validate(each) for each in decision.webhooks],
        tasks=[RuleTaskResource.model_validate(each) for each in decision.tasks],
        chain_cut=decision.chain_cut,
    )


OPERATIONS = (
    Operation(
        "POST",
        "/v1/rules/test",
        "Try a text: which rules fire, which are blocked, and why",
        try_text,
        RuleTestResource,
        body=RuleTestBody,
        body_bytes=RULES_BYTES,
        own_errors=(NOT_FOUND,),
    ),
    Operation(
        "GET",
        "/v1/messages",
        "Stored messages to try rules on, latest first",
        find_messages,
        ListOf[MessageResource],
        FindMessages,
    ),
)

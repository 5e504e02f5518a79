"""The operation that tries a text against rules."""

from typing import Any

from pydantic import Field
from sqlalchemy import Connection

from router.handlers.admin import rule_test
from router.handlers.admin.refusal import Invalid, Refusal, problem
from router.web.api.customers import TagNameResource
from router.web.api.fields import Body, Id, NoQuery, Resource, TextPair
from router.web.api.operation import RULES_BYTES, Call, Operation
from router.web.api.problem import NOT_FOUND
from tagtree.facts import Facts

SHORT = r"^[^\x00-\x1f\x7f]+$"


class RuleTestBody(Body):
    """Against ``rules``, or the draft of ``rule_set_id``, or (neither given) every rule set in force."""

    text: str = Field(max_length=rule_test.MAX_TEXT_CHARACTERS)
    channel: str = Field(default=rule_test.DEFAULT_CHANNEL, max_length=64, pattern=SHORT)
    kind: str = Field(default="text", max_length=32, pattern=SHORT)
    tag_ids: list[Id] = Field(default=[], max_length=100)
    rule_set_id: Id | None = None
    rules: list[dict[str, Any]] | None = None


class FiredResource(Resource):
    """A rule that took effect; ``spans`` are characters of the text, ``texts`` what stands there."""

    rule_id: str
    name: str
    spans: list[tuple[int, int]]
    texts: list[str]


class BlockedResource(Resource):
    rule_id: str
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


class RuleSetResultResource(Resource):
    """What one rule set says; ``version`` null: a draft."""

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


class RuleTestResource(Resource):
    results: list[RuleSetResultResource]


def try_text(connection: Connection, call: Call[NoQuery, RuleTestBody]) -> RuleTestResource | Refusal:
    body = call.body
    facts = Facts(body.text, body.channel, body.kind, tags=frozenset(body.tag_ids))
    trial = _trial(connection, body)
    if not isinstance(trial, rule_test.Trial):
        return trial
    return RuleTestResource(results=[_result(each) for each in trial.ask(facts)])


def _trial(connection: Connection, body: RuleTestBody) -> rule_test.Trial | Refusal:
    match body.rules, body.rule_set_id:
        case None, None:
            return rule_test.published_trial(connection)
        case None, int(rule_set_id):
            return rule_test.draft_trial(connection, rule_set_id)
        case list(rules), None:
            return rule_test.rules_trial(connection, rules)
        case _:
            return _BOTH


_BOTH = Invalid(
    (
        problem(
            "rules",
            ("Both rules and rule_set_id are given.", "同时给出了 rules 和 rule_set_id。"),
            ("Give one of them, or neither.", "请只给出其中一个，或都不给。"),
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
            BlockedResource(rule_id=each.rule_id, reason=TextPair.model_validate(each.reason.wording))
            for each in decision.blocked
        ],
        tag_changes=[TagChangeResource.model_validate(each) for each in decision.tags],
        tags=[TagNameResource.model_validate(each) for each in result.tags],
        replies=[RuleReplyResource.model_validate(each) for each in decision.replies],
        pool_id=decision.pool_id,
        to_human=decision.to_human,
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
)

"""Operations on withdrawals (撤回): the tags that a rule gave, taken off and put back."""

from typing import Annotated

from pydantic import Field
from sqlalchemy import Connection

from router.db.queries import rule_sets
from router.db.queries import withdrawals as query
from router.handlers.admin import withdrawals
from router.handlers.admin.refusal import RULE_SET, WITHDRAWAL, Missing, Refusal
from router.web.api.fields import Body, Instant, ListOf, NoQuery, Paging, Resource
from router.web.api.operation import Call, Operation

RuleId = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]


class StandingTagResource(Resource):
    """A tag on a customer that the rule gave; ``is_shared``: it stays when the rule is withdrawn."""

    external_userid: str
    customer_name: str
    tag_id: int
    evidence: str
    created_at: Instant
    last_at: Instant
    is_shared: bool


class WithdrawalResource(Resource):
    """``edges`` stood when it was asked for, ``taken`` are off; ``kept_off`` were not put back when it was undone."""

    id: int
    rule_set_id: int
    rule_id: str
    status: str
    edges: int
    taken: int
    restored: int
    kept_off: int
    asked_at: Instant
    asked_by: str
    ended_at: Instant | None


class WithdrawBody(Body):
    rule_id: RuleId


def list_standing_tags(connection: Connection, call: Call[Paging, None]) -> ListOf[StandingTagResource] | Refusal:
    rule_set_id = call.ids["rule_set_id"]
    if rule_sets.get_rule_set(connection, rule_set_id) is None:
        return Missing(RULE_SET)
    page = query.list_standing(connection, rule_set_id, call.names["rule"], after=call.after, limit=call.query.limit)
    return call.page(page, StandingTagResource)


def list_withdrawals(connection: Connection, call: Call[Paging, None]) -> ListOf[WithdrawalResource] | Refusal:
    rule_set_id = call.ids["rule_set_id"]
    if rule_sets.get_rule_set(connection, rule_set_id) is None:
        return Missing(RULE_SET)
    page = query.list_withdrawals(connection, rule_set_id, before=call.after, limit=call.query.limit)
    return call.page(page, WithdrawalResource)


def withdraw_rule(connection: Connection, call: Call[NoQuery, WithdrawBody]) -> WithdrawalResource | Refusal:
    rule_set_id = call.ids["rule_set_id"]
    state_of = call.services.rules.state_of
    return _resource(withdrawals.withdraw_rule(connection, call.act, rule_set_id, call.body.rule_id, state_of))


def get_withdrawal(connection: Connection, call: Call[NoQuery, None]) -> WithdrawalResource | Refusal:
    found = query.get_withdrawal(connection, call.ids["withdrawal_id"])
    return Missing(WITHDRAWAL) if found is None else _resource(found)


def undo_withdrawal(connection: Connection, call: Call[NoQuery, None]) -> WithdrawalResource | Refusal:
    return _resource(withdrawals.undo_withdrawal(connection, call.act, call.ids["withdrawal_id"]))


def _resource(outcome: query.Withdrawal | Refusal) -> WithdrawalResource | Refusal:
    return WithdrawalResource.model_validate(outcome) if isinstance(outcome, query.Withdrawal) else outcome


OF_SET = "/v1/rule-sets/{rule_set_id}"
ONE = "/v1/withdrawals/{withdrawal_id}"
OPERATIONS = (
    Operation(
        "GET",
        f"{OF_SET}/rules/{{rule}}/tags",
        "Tags on customers that a rule gave",
        list_standing_tags,
        ListOf[StandingTagResource],
        Paging,
    ),
    Operation(
        "GET",
        f"{OF_SET}/withdrawals",
        "Withdrawals of a rule set's rules, latest first",
        list_withdrawals,
        ListOf[WithdrawalResource],
        Paging,
    ),
    Operation(
        "POST",
        f"{OF_SET}/withdrawals",
        "Take off exactly the tags that a rule gave",
        withdraw_rule,
        WithdrawalResource,
        body=WithdrawBody,
        writes=True,
        status=202,
    ),
    Operation("GET", ONE, "How far a withdrawal is", get_withdrawal, WithdrawalResource),
    Operation(
        "POST",
        f"{ONE}/undo",
        "Put back what a withdrawal took off",
        undo_withdrawal,
        WithdrawalResource,
        writes=True,
        status=202,
    ),
)

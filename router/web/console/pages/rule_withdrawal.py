"""撤回 (withdrawal) of a rule: whose tags would go, the button, how far it is, and the way back."""

from dataclasses import dataclass

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from router.db.queries.page import Page
from router.db.queries.rule_sets import EditedRuleSet, get_rule_set
from router.db.queries.withdrawals import (
    StandingEdge,
    Withdrawal,
    count_standing,
    get_withdrawal,
    list_standing,
    list_withdrawals,
)
from router.handlers.admin.rule_hits import rule_names
from router.handlers.admin.withdrawals import rules_in_force, undo_withdrawal, withdraw_rule
from router.web.console.asking import Refused, change, found, read, services_of
from router.web.console.forms import read_query
from router.web.console.pages.rules import names_of
from router.web.console.render import go, page
from router.web.console.rule_words import Names
from tagtree.wording import Problem


@dataclass(frozen=True, slots=True)
class Shown:
    """A rule with the tags that it gave and that stand, and what was withdrawn of its rule set before."""

    rule_set: EditedRuleSet
    edges: int
    customers: int
    standing: Page[StandingEdge]
    withdrawals: Page[Withdrawal]
    names: Names


async def show(request: Request) -> Response:
    """The customers whose tags would go."""
    return await _show(request, request.path_params["id"], request.path_params["rule_id"])


async def withdraw(request: Request) -> Response:
    """Take off exactly the tags that the rule gave."""
    rule_set_id, rule_id = request.path_params["id"], request.path_params["rule_id"]
    state_of = services_of(request).rules.state_of
    outcome = await change(request, lambda c, act: withdraw_rule(c, act, rule_set_id, rule_id, state_of))
    if isinstance(outcome, Refused):
        return await _show(request, rule_set_id, rule_id, outcome.problems)
    return go(f"/rules/{rule_set_id}/withdraw/{rule_id}", said="withdrawing")


async def undo(request: Request) -> Response:
    """Put back what a withdrawal took off."""
    withdrawal_id: int = request.path_params["withdrawal_id"]
    outcome = await change(request, lambda c, act: undo_withdrawal(c, act, withdrawal_id))
    if isinstance(outcome, Refused):
        withdrawal = found(await read(request, lambda connection: get_withdrawal(connection, withdrawal_id)))
        return await _show(request, withdrawal.rule_set_id, withdrawal.rule_id, outcome.problems)
    return go(f"/rules/{outcome.rule_set_id}/withdraw/{outcome.rule_id}", said="restoring")


async def _show(request: Request, rule_set_id: int, rule_id: str, problems: tuple[Problem, ...] = ()) -> Response:
    after = read_query(request).integer("after") or 0
    shown = found(await read(request, lambda connection: _shown(connection, rule_set_id, rule_id, after)))
    return page(
        request,
        "rule_withdrawal.html",
        422 if problems else 200,
        rule_set=shown.rule_set,
        rule_id=rule_id,
        in_force=rule_id in rules_in_force(shown.rule_set),
        edges=shown.edges,
        customers=shown.customers,
        standing=shown.standing,
        withdrawals=[each for each in shown.withdrawals.items if each.rule_id == rule_id],
        rule_name=shown.names.rules.get(rule_id, rule_id),
        tag_names=shown.names.tags,
        started=after > 0,
        problems=problems,
    )


def _shown(connection: Connection, rule_set_id: int, rule_id: str, after: int) -> Shown | None:
    rule_set = get_rule_set(connection, rule_set_id)
    if rule_set is None:
        return None
    edges, customers = count_standing(connection, rule_set_id, rule_id)
    standing = list_standing(connection, rule_set_id, rule_id, after=after)
    before = list_withdrawals(connection, rule_set_id)
    names = names_of(connection, rule_names(connection, rule_set, [rule_id]))
    return Shown(rule_set, edges, customers, standing, before, names)

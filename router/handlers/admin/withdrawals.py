"""Withdraw a rule (撤回): take off exactly the tag edges that it gave, and put them back when that was a mistake."""

from collections.abc import Callable
from typing import TypeAlias

from sqlalchemy import Connection

from router.db.queries import changes, rule_sets, withdrawals
from router.db.queries.edits import begin_edit
from router.db.queries.rule_sets import EditedRuleSet
from router.db.queries.withdrawals import Withdrawal
from router.handlers import withdrawing
from router.handlers.admin.act import Act
from router.handlers.admin.refusal import RULE_SET, WITHDRAWAL, Missing, Refusal, conflict
from router.handlers.compilation import CompilationState, Compiling, Refused

StateOf: TypeAlias = Callable[[int], CompilationState | None]


def withdraw_rule(
    connection: Connection, act: Act, rule_set_id: int, rule_id: str, state_of: StateOf = lambda _: None
) -> Withdrawal | Refusal:
    """Begin to take off what the rule gave. What a person, a code or another rule gave stays.

    Refused while the rule is in force: it would only give the tags again. So would the version before the published
    one, which decides until that one is compiled; ``state_of`` tells how far it has come.
    """
    begin_edit(connection)
    rule_set = rule_sets.get_rule_set(connection, rule_set_id)
    if rule_set is None:
        return Missing(RULE_SET)
    if rule_id in rules_in_force(rule_set):
        return _IN_FORCE
    refused = _refused_meanwhile(rule_set, state_of)
    if refused is not None:
        return refused
    edges, _customers = withdrawals.count_standing(connection, rule_set_id, rule_id)
    if not edges:
        return _NOTHING_STANDS
    withdrawal_id = withdrawals.insert_withdrawal(connection, rule_set_id, rule_id, edges, act.now, act.actor)
    if withdrawal_id is None:
        return _UNDER_WAY
    withdrawing.start(connection, withdrawal_id, act.now)
    told = {"rule_id": rule_id, "edges": edges, "withdrawal_id": withdrawal_id}
    return _saved(connection, act, "rule.withdraw", rule_set_id, withdrawal_id, None, told)


def undo_withdrawal(connection: Connection, act: Act, withdrawal_id: int) -> Withdrawal | Refusal:
    """Begin to put back what it took off, except where the customer has a tag now that excludes it.

    Refused while another withdrawal of the same rule is under way.
    """
    begin_edit(connection)
    found = withdrawals.get_withdrawal(connection, withdrawal_id)
    if found is None:
        return Missing(WITHDRAWAL)
    if withdrawals.is_another_open(connection, found):
        return _UNDER_WAY
    withdrawing.start(connection, withdrawal_id, act.now)  # waits for a batch that is being taken off meanwhile
    withdrawal = withdrawals.get_withdrawal(connection, withdrawal_id)
    assert withdrawal is not None
    if withdrawal.status in ("restoring", "restored"):
        return withdrawal
    withdrawals.move_on(connection, withdrawal, "restoring", None)
    told = {"rule_id": withdrawal.rule_id, "edges": withdrawal.taken, "withdrawal_id": withdrawal_id}
    return _saved(connection, act, "rule.withdrawal_undo", withdrawal.rule_set_id, withdrawal_id, told, None)


def rules_in_force(rule_set: EditedRuleSet) -> frozenset[str]:
    """The ids of the rules that decide messages now."""
    if rule_set.archived_at is not None or rule_set.published is None:
        return frozenset()
    rules = rule_set.published.content.get("rules", [])
    return frozenset(rule["id"] for rule in rules if rule.get("enabled", True))


def _refused_meanwhile(rule_set: EditedRuleSet, state_of: StateOf) -> Refusal | None:
    if rule_set.archived_at is not None or rule_set.published is None:
        return None
    match state_of(rule_set.published.id):
        case Compiling():
            return _COMPILING
        case Refused():
            return _NOT_COMPILED
        case _:
            return None


def _saved(
    connection: Connection, act: Act, what: str, rule_set_id: int, withdrawal_id: int, before: object, after: object
) -> Withdrawal:
    changes.record(connection, what, f"rule_set:{rule_set_id}", before, after, actor=act.actor, now=act.now)
    withdrawal = withdrawals.get_withdrawal(connection, withdrawal_id)
    assert withdrawal is not None
    return withdrawal


_IN_FORCE = conflict(
    "rule_id",
    ("This rule is in force: it would give the tags again.", "该规则正在生效，撤回后会再次打上标签。"),
    ("Remove or disable it and publish, or archive the rule set.", "请先移除或停用该规则并发布，或归档规则集。"),
)
_COMPILING = conflict(
    "rule_id",
    (
        "The published version is still being compiled: the one before it decides and may give the tags again.",
        "已发布的版本正在编译，仍由上一版本判断，可能再次打上标签。",
    ),
    ("Try again when it is in force.", "请等新版本生效后再撤回。"),
)
_NOT_COMPILED = conflict(
    "rule_id",
    (
        "The published version could not be compiled: the one before it decides and may give the tags again.",
        "已发布的版本未能编译，仍由上一版本判断，可能再次打上标签。",
    ),
    ("Publish a version that can be compiled, or archive the rule set.", "请发布可以编译的版本，或归档规则集。"),
)
_NOTHING_STANDS = conflict(
    "rule_id",
    ("No tag given by this rule stands.", "没有由该规则打上且仍有效的标签。"),
    ("There is nothing to withdraw.", "无需撤回。"),
)
_UNDER_WAY = conflict(
    "rule_id",
    ("This rule is being withdrawn already.", "该规则正在撤回中。"),
    ("Wait until it is done.", "请等待完成。"),
)

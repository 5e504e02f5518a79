"""Move one rule of a draft up or down (优先级)."""

from sqlalchemy import Connection

from router.db.queries.edits import begin_edit
from router.db.queries.rule_sets import EditedRuleSet, get_rule_set
from router.domain.rule_order import Direction, moved
from router.handlers.admin.act import Act
from router.handlers.admin.refusal import RULE_SET, Missing, Refusal
from router.handlers.admin.rule_sets import save_draft


def move_rule(
    connection: Connection, act: Act, rule_set_id: int, rule_id: str, direction: Direction
) -> EditedRuleSet | Refusal:
    """Let the rule change places with its neighbour in the draft; what is in force stays."""
    begin_edit(connection)
    rule_set = get_rule_set(connection, rule_set_id)
    if rule_set is None:
        return Missing(RULE_SET)
    return save_draft(connection, act, rule_set_id, moved(rule_set.draft.get("rules", []), rule_id, direction))

"""Which rules, in drafts and in force, lead to a tag or a pool."""

from collections.abc import Callable, Collection
from typing import Any

from sqlalchemy import Connection

from router.db.queries.page import EVERY
from router.db.queries.rule_sets import list_rule_sets
from tagtree.merge import tags_named

AT_MOST = 20  # names told: enough to go and look


def rules_with_tags(connection: Connection, tag_ids: Collection[int]) -> list[str]:
    """Rules that put one of these tags on, take it off or ask for it, as "rule set / rule"."""
    return _rules(connection, lambda rule: not tags_named(rule).isdisjoint(tag_ids))


def rules_moving_to(connection: Connection, pool_id: int) -> list[str]:
    """Rules that move customers to this pool, as "rule set / rule"."""
    return _rules(connection, lambda rule: any(action.get("pool_id") == pool_id for action in rule.get("then", [])))


def rules_with_class(connection: Connection, name: str) -> list[str]:
    """Rules that ask for this class of message, or set it."""
    return _rules(connection, lambda rule: _names_class(rule, name))


def _names_class(part: Any, name: str) -> bool:
    """Whether a condition or an action of the rule, however deep, names the class."""
    if isinstance(part, list):
        return any(_names_class(each, name) for each in part)
    if not isinstance(part, dict):
        return False
    asks = part.get("kind") == "class" and name in part.get("names", ())
    sets = part.get("do") == "set_class" and part.get("name") == name
    return asks or sets or any(_names_class(each, name) for each in part.values())


def rules_calling(connection: Connection, webhook: str) -> list[str]:
    """Rules that call the webhook of this name, as "rule set / rule"."""
    call = {"do": "call_webhook", "name": webhook}
    return _rules(connection, lambda rule: call in rule.get("then", []))


def _rules(connection: Connection, leads_there: Callable[[dict[str, Any]], bool]) -> list[str]:
    names: dict[str, None] = {}
    for rule_set in list_rule_sets(connection, limit=EVERY).items:
        contents = [rule_set.draft] + ([rule_set.published.content] if rule_set.published else [])
        for rule in (rule for content in contents for rule in content.get("rules", [])):
            if leads_there(rule):
                names[f"{rule_set.name} / {rule.get('name', rule.get('id', ''))}"] = None
    return list(names)[:AT_MOST]

"""What the fields of a rule have to choose from."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from router.db.queries.live_codes import code_names
from router.db.queries.message_classes import list_classes
from router.db.queries.pools import pool_names
from router.db.queries.tags import load_tree
from router.db.queries.webhooks import webhook_names

Pairs = tuple[tuple[Any, str], ...]
MOST_RULES = 500  # offered by name; others are named by typing their id


@dataclass(frozen=True, slots=True)
class Offers:
    """Pairs of value and name, by name."""

    tags: Pairs
    pools: Pairs
    live_codes: Pairs
    classes: Pairs
    webhooks: Pairs
    rules: Pairs = ()
    groups: tuple[str, ...] = ()


def offers_of(connection: Connection, rules: list[dict[str, Any]]) -> Offers:
    """What there is now, and the rules and exclusive groups of one draft."""
    tree = load_tree(connection)
    tags = ((tag.id, tree.path_name(tag.id)) for tag in tree.tags)
    return Offers(
        tags=tuple(sorted(tags, key=lambda each: each[1])),
        pools=tuple(sorted(pool_names(connection), key=lambda each: each[1])),
        live_codes=code_names(connection),
        classes=tuple((each.name, each.name) for each in list_classes(connection)),
        webhooks=tuple((name, name) for name in sorted(webhook_names(connection))),
        rules=tuple((rule["id"], rule["name"]) for rule in rules[:MOST_RULES]),
        groups=tuple(sorted({rule["group"] for rule in rules if rule.get("group")}))[:MOST_RULES],
    )

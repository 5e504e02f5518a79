"""Tags that rules name and the tree does not have: created where the rules say they were, because a person asked."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection

from router.db.queries.tags import TagNode, load_tree
from router.handlers.admin import tags
from router.handlers.admin.act import Act
from router.handlers.admin.refusal import Refusal
from router.handlers.admin.tags import NewTag
from tagtree.tree import TagTree

SEPARATOR = " / "  # between the names of a path, as `TagTree.path_name` writes it

Rules = list[dict[str, Any]]


def with_tags_created(connection: Connection, act: Act, rules: Rules) -> Rules | Refusal:
    """The rules with every missing tag that they know by name created, or found at its path, and named by its new id.

    Tags without a name stay missing, for the caller to refuse. When one cannot be created, none is.
    """
    with connection.begin_nested() as savepoint:
        outcome = _created(connection, act, rules)
        if not isinstance(outcome, list):
            savepoint.rollback()
        return outcome


def _created(connection: Connection, act: Act, rules: Rules) -> Rules | Refusal:
    tree = load_tree(connection)
    by_path: dict[str, int] = {}
    found: dict[int, int] = {}
    for tag_id, path in dict(_missing(rules, tree)).items():
        created = _create_path(connection, act, path, by_path, tree)
        if not isinstance(created, int):
            return created
        found[tag_id] = created
    return [{**rule, "then": [_renamed(action, found) for action in rule["then"]]} for rule in rules]


def _missing(rules: Rules, tree: TagTree) -> Iterator[tuple[int, str]]:
    for action in (action for rule in rules for action in rule.get("then", ())):
        tag_id, path = action.get("tag_id"), str(action.get("tag_name", "")).strip()
        if isinstance(tag_id, int) and tag_id not in tree and path:
            yield tag_id, path


def _create_path(connection: Connection, act: Act, path: str, by_path: dict[str, int], tree: TagTree) -> int | Refusal:
    """The tag at the path, where names and aliases lead to it; what is missing on the way is created."""
    parent_id: int | None = None
    names = [name.strip() for name in path.split(SEPARATOR)]
    for depth, name in enumerate(names, start=1):
        here = SEPARATOR.join(names[:depth])
        known = tree.at_path(names[:depth])
        if known is not None:
            by_path[here] = known.id
        elif here not in by_path:
            created = tags.create_tag(connection, act, NewTag(name, parent_id))
            if not isinstance(created, TagNode):
                return created
            by_path[here] = created.tag.id
        parent_id = by_path[here]
    assert parent_id is not None
    return parent_id


def _renamed(action: dict[str, Any], found: dict[int, int]) -> dict[str, Any]:
    return {**action, "tag_id": found[action["tag_id"]]} if action.get("tag_id") in found else action

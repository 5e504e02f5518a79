"""未用与失效标签: tags that nobody carries and nothing names, and tags that customers carry but nothing puts on."""

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection

from router.db.queries import tag_use
from router.db.queries.page import EVERY
from router.db.queries.rule_sets import list_rule_sets
from router.db.queries.tags import TagNode, list_tags
from tagtree.merge import tags_named
from tagtree.tree import TagTree

DAY = 86_400_000  # ms
QUIET_DAYS = 90
MAX_QUIET_DAYS = 3_650

WhyDead = Literal["nothing_puts_it_on", "quiet"]


@dataclass(frozen=True, slots=True)
class UnusedTag:
    """Nobody carries it or a tag under it; no rule, live code or pool names one of them. ``path``: "产品 / 衬衫"."""

    node: TagNode
    path: str
    last_put_on_at: int | None


@dataclass(frozen=True, slots=True)
class DeadTag:
    """Customers carry it, but no rule in force and no live code puts it on and no person did (``nothing_puts_it_on``),
    or it was not put on for so long (``quiet``)."""

    node: TagNode
    path: str
    why: WhyDead
    last_put_on_at: int


@dataclass(frozen=True, slots=True)
class TagReport:
    """Both lists along the tree."""

    unused: tuple[UnusedTag, ...]
    dead: tuple[DeadTag, ...]


@dataclass(frozen=True, slots=True)
class _Uses:
    named: frozenset[int]  # by anything, drafts and codes that are switched off included
    put_on: frozenset[int]  # by rules in force, active codes, or people


def report_tags(connection: Connection, now: int, quiet_days: int = QUIET_DAYS) -> TagReport:
    """What can be cleared up; ``quiet_days`` without being put on make a tag dead."""
    nodes = {node.tag.id: node for node in list_tags(connection)}
    tree = TagTree.of(node.tag for node in nodes.values())
    uses, last = _uses(connection), tag_use.last_put_on(connection)
    in_use = {tag_id for tag_id, node in nodes.items() if node.customers or tag_id in uses.named}
    holding = {step.id for tag_id in in_use for step in tree.path(tag_id)}
    along = [tag.id for root in tree.children(None) for tag in (root, *tree.descendants(root.id))]
    unused = [UnusedTag(nodes[each], tree.path_name(each), last.get(each)) for each in along if each not in holding]
    since = now - quiet_days * DAY
    dead = [
        DeadTag(nodes[each], tree.path_name(each), why, last[each])
        for each in along
        if nodes[each].customers and (why := _why_dead(each, uses, last[each], since)) is not None
    ]
    return TagReport(tuple(unused), tuple(dead))


def _why_dead(tag_id: int, uses: _Uses, last_put_on_at: int, since: int) -> WhyDead | None:
    if tag_id not in uses.put_on:
        return "nothing_puts_it_on"
    return "quiet" if last_put_on_at < since else None


def _uses(connection: Connection) -> _Uses:
    named: set[int] = set()
    put_on: set[int] = set()
    for rule_set in list_rule_sets(connection, limit=EVERY).items:
        named |= tags_named(rule_set.draft)
        if rule_set.published is not None:
            named |= tags_named(rule_set.published.content)
            put_on |= {
                action["tag_id"]
                for rule in rule_set.published.content.get("rules", [])
                if rule.get("enabled", True)
                for action in rule.get("then", [])
                if action.get("do") == "add_tag"
            }
    codes, pools = tag_use.tags_of_codes(connection, active=False), tag_use.tags_of_pools(connection)
    by_code, by_hand = tag_use.tags_of_codes(connection, active=True), tag_use.carried_by_hand(connection)
    return _Uses(frozenset(named | codes | pools), frozenset(put_on | by_code | by_hand))

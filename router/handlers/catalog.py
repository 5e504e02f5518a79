"""Rules and tags in force (规则与标签): read once, compiled once, renewed in the first decision after a change."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog
from sqlalchemy import Connection

from router.db.queries import tagging
from router.db.queries.tagging import Edge, Removal
from router.db.queries.tags import load_tree
from router.db.sql import Sql
from router.domain.taken_off import Excluded, cause_of
from router.handlers.compilation import (
    MOST_MEMORY,
    CompilationState,
    Compiler,
    Compiling,
    Published,
    RuleSetInForce,
    RunBeside,
    run_now,
)
from tagtree.errors import InvalidTreeError
from tagtree.rules.decision import Decision
from tagtree.rules.evaluation import evaluate
from tagtree.rules.facts import Fact, Facts
from tagtree.tree import TagTree

log = structlog.get_logger()

_PUBLISHED = Sql(
    "SELECT s.id, s.name, v.id, v.number, v.content FROM rule_set AS s"
    " JOIN rule_set_version AS v ON v.id = s.published_version_id WHERE s.archived_at IS NULL ORDER BY s.id"
)

Recall = Callable[[RuleSetInForce, Facts], Facts]


def _same(_rule_set: RuleSetInForce, facts: Facts) -> Facts:
    return facts


@dataclass(frozen=True, slots=True)
class Catalog:
    """One consistent view of the rules and the tag tree."""

    rule_sets: tuple[RuleSetInForce, ...] = ()
    tree: TagTree = TagTree()

    @property
    def asks_for(self) -> frozenset[Fact]:
        """The facts that any rule set in force asks for."""
        return frozenset[Fact]().union(*(each.compiled.asks_for for each in self.rule_sets))

    @property
    def looks_back(self) -> int:
        """For how many ms any counter or cooldown in force asks about earlier firings; 0 without one."""
        return max((span for each in self.rule_sets for span in each.remembers.values()), default=0)

    def decide(self, facts: Facts, recall: Recall = _same) -> list[tuple[RuleSetInForce, Decision]]:
        """What each published rule set says about a message, those with something to say only.

        ``recall`` adds what one rule set remembers of its own rules.
        """
        decided = ((each, evaluate(each.compiled, recall(each, facts), self.tree)) for each in self.rule_sets)
        return [(each, decision) for each, decision in decided if decision.fired or decision.blocked]

    def put_on(self, connection: Connection, edges: Sequence[Edge], now: int) -> None:
        """Put tags on, taking off what their exclusive branches forbid beside them; of two such the first is put on."""
        kept: list[Edge] = []
        excluded: dict[tuple[int, int], Removal] = {}
        for edge in edges:
            if (edge.customer_id, edge.tag_id) not in excluded:
                kept.append(edge)
                excluded.update({(each.customer_id, each.tag_id): each for each in self._excluded(edge)})
        tagging.take_off(connection, list(excluded.values()), now)
        tagging.put_on(connection, kept, now)

    def _excluded(self, edge: Edge) -> list[Removal]:
        if edge.tag_id not in self.tree:
            return []
        why = Excluded(edge.tag_id, cause_of(edge.source, edge.version_id))
        return [Removal(edge.customer_id, other, why) for other in sorted(self.tree.excluded_by(edge.tag_id))]


class CatalogInForce:
    """Hands out the catalog of the last commit, in which a large rule set may lag behind until it is compiled."""

    def __init__(
        self,
        run_beside: RunBeside = run_now,
        most_memory: Callable[[], int] = lambda: MOST_MEMORY,
        when_compiled: Callable[[], None] | None = None,
    ) -> None:
        """Large rule sets are compiled by `run_beside`, each within `most_memory` bytes.

        `when_compiled` is called by that thread, and is to outdate the catalog: what happens if it is not given.
        """
        self._catalog: Catalog | None = None
        self._compiler = Compiler(run_beside, most_memory, when_compiled or self.outdate)
        self._outdated = True

    def outdate(self) -> None:
        """Rules or tags changed: the next decision reads them anew."""
        self._outdated = True

    def current(self, connection: Connection) -> Catalog:
        """The catalog as this connection sees it; the last good one while its tags form no tree.

        Raises InvalidTreeError when there was no good one yet.
        """
        if self._outdated or self._catalog is None:
            self._outdated = False  # before reading: a change made meanwhile outdates what is being read
            self._catalog = self._renewed(connection)
        else:
            self._compiler.let_go()  # the decisions made by the catalog before this one are over
        return self._catalog

    def state_of(self, version_id: int) -> CompilationState | None:
        """How far a published version has come; None when this process does not decide."""
        return None if self._catalog is None else self._compiler.state_of(version_id) or Compiling()

    def _renewed(self, connection: Connection) -> Catalog:
        try:
            return self._read(connection)
        except InvalidTreeError as error:
            if self._catalog is None:
                raise
            # Refused by every edit; rows that got here another way must not stop every decision.
            log.error("tag_tree_unreadable", problem=str(error))
            return self._catalog
        except Exception:
            self._outdated = True
            raise

    def _read(self, connection: Connection) -> Catalog:
        published = [
            (name, Published(id, version_id, number, content))
            for id, name, version_id, number, content in _PUBLISHED.rows(connection)
        ]
        tree = load_tree(connection)
        return Catalog(self._compiler.in_force(published), tree)

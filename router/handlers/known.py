"""What is known of the customers of a batch (已知事实) and remembered of them, as far as rules in force ask."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo

from sqlalchemy import Connection

from router.db.queries import conversations, rule_memory
from router.db.queries.rule_memory import Hit, Turn
from router.handlers.compilation import RuleSetInForce
from router.handlers.received import Situation
from tagtree.rules.decision import Decision
from tagtree.rules.facts import Fact, Facts, PreviousTurn

OF_A_SET = frozenset({Fact.HITS, Fact.LAST_FIRED, Fact.PREVIOUS})  # facts that differ from rule set to rule set

Decisions = Sequence[tuple[RuleSetInForce, Decision]]
Hits = Mapping[str, tuple[int, ...]]  # rule id → instants


@dataclass(frozen=True, slots=True)
class RememberedTurn:
    """A decided message of a customer, sent ``at`` (ms); ``text`` None when it had none."""

    customer_id: int
    text: str | None
    at: int
    decided: Decisions


@dataclass(frozen=True, slots=True)
class Known:
    """Facts by customer. What no rule in force asks for is empty here, and unknown in the facts."""

    asked: frozenset[Fact]
    zone: tzinfo
    tags: Mapping[int, frozenset[int]] = field(default_factory=dict)
    live_codes: Mapping[int, str] = field(default_factory=dict)
    regions: Mapping[int, str] = field(default_factory=dict)
    hits: Mapping[tuple[int, int], Hits] = field(default_factory=dict)  # (customer, rule set)
    turns: Mapping[int, Turn] = field(default_factory=dict)
    created: Mapping[int, int] = field(default_factory=dict)

    def add_to(self, facts: Facts, customer_id: int, at: int, *, is_new: bool) -> Facts:
        """The facts of a message of this customer, sent ``at`` (ms), with all that does not differ by rule set."""
        asked = self.asked
        return replace(
            facts,
            tags=self.tags.get(customer_id, frozenset()),
            live_code=self.live_codes.get(customer_id, "") if Fact.LIVE_CODE in asked else None,
            region=self.regions.get(customer_id) if Fact.REGION in asked else None,
            is_new=is_new if Fact.IS_NEW in asked else None,
            at=local_time(at, self.zone) if Fact.AT in asked else None,
        )

    def recall(self, customer_id: int, rule_set: RuleSetInForce, facts: Facts) -> Facts:
        """The facts with what the rule set remembers of its own rules."""
        if rule_set.compiled.asks_for.isdisjoint(OF_A_SET):
            return facts
        hits = self.hits.get((customer_id, rule_set.id), {})
        return replace(
            facts,
            hits=hits,
            last_fired={rule_id: instants[-1] for rule_id, instants in hits.items()},
            previous=_previous(self.turns.get(customer_id), rule_set.id),
        )


def load(connection: Connection, customer_ids: Collection[int], situation: Situation) -> Known:
    """One statement per kind of fact that is asked for."""
    customers, asked = set(customer_ids), situation.catalog.asks_for
    remembered = situation.catalog.looks_back
    return Known(
        asked,
        situation.zone,
        conversations.tags(connection, customers),
        rule_memory.came_by(connection, customers) if Fact.LIVE_CODE in asked else {},
        rule_memory.came_from(connection, customers) if Fact.REGION in asked else {},
        _hits(connection, customers, situation.now - remembered) if remembered else {},
        rule_memory.turns(connection, customers) if Fact.PREVIOUS in asked else {},
        rule_memory.created(connection, customers) if Fact.IS_NEW in asked else {},
    )


def local_time(at: int, zone: tzinfo) -> datetime:
    """An instant (ms) on the clocks of ``zone``."""
    return datetime.fromtimestamp(at / 1000, zone)


def remember(connection: Connection, turns: Sequence[RememberedTurn], known: Known) -> None:
    """Keep what the rules in force will ask about these customers.

    While none asks for the message before, an older one is forgotten: it must not pass for that later.
    """
    fired = [(turn, rule_set, each) for turn in turns for rule_set, decision in turn.decided for each in decision.fired]
    hits = [
        Hit(turn.customer_id, rule_set.id, each.rule_id, turn.at)
        for turn, rule_set, each in fired
        if each.rule_id in rule_set.remembers
    ]
    rule_memory.record_hits(connection, hits)
    if Fact.PREVIOUS in known.asked:
        rule_memory.save_turns(connection, [_as_turn(each) for each in turns])
    else:
        rule_memory.forget_turns_of(connection, [each.customer_id for each in turns])


def fired_in(decided: Decisions) -> tuple[tuple[int, str], ...]:
    """(rule set, rule) of each rule that fired on a message."""
    return tuple((rule_set.id, each.rule_id) for rule_set, decision in decided for each in decision.fired)


def count(connection: Connection, fired: Iterable[tuple[int, str]], now: int, zone: tzinfo) -> None:
    """Add the rules that fired on a batch of messages to the counts of the day.

    To be called once per transaction, as late as can be: whoever decides beside it waits for these few rows.
    """
    rule_memory.count_fired(connection, day_of(now, zone), Counter(fired))


def day_of(at: int, zone: tzinfo) -> int:
    """The day of an instant (ms) on the clocks of ``zone``: 20261122."""
    return int(local_time(at, zone).strftime("%Y%m%d"))


def _as_turn(turn: RememberedTurn) -> Turn:
    return Turn(turn.customer_id, turn.text, frozenset(fired_in(turn.decided)), turn.at)


def _hits(connection: Connection, customers: set[int], since: int) -> dict[tuple[int, int], Hits]:
    found: dict[tuple[int, int], dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for hit in rule_memory.hits(connection, customers, since):
        found[hit.customer_id, hit.rule_set_id][hit.rule_id].append(hit.at)
    return {key: {rule_id: tuple(at) for rule_id, at in rules.items()} for key, rules in found.items()}


def _previous(turn: Turn | None, rule_set_id: int) -> PreviousTurn:
    if turn is None:
        return PreviousTurn()
    return PreviousTurn(turn.text, frozenset(rule_id for of_set, rule_id in turn.fired if of_set == rule_set_id))

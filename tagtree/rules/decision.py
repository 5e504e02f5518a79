"""What follows from the rules that a message meets: tags, class, replies, pool, human …, and why each other did not."""

from dataclasses import dataclass
from typing import Final

from tagtree.rules.blocking import Blocked
from tagtree.text import Span


@dataclass(frozen=True, slots=True)
class TagChange:
    """A tag put on (`add`) or taken off, by which rule, for which characters of the message.

    `span` and `evidence_text` are of the original message; None and empty when no text decided. `excluded_by`: the tag
    put on beside which this one may not stand, where that is why it is taken off.
    """

    tag_id: int
    add: bool
    rule_id: str
    span: Span | None = None
    evidence_text: str = ""
    excluded_by: int | None = None


@dataclass(frozen=True, slots=True)
class RuleReply:
    rule_id: str
    text: str


@dataclass(frozen=True, slots=True)
class RuleLadder:
    """An escalation ladder to be started; each at most once per decision."""

    rule_id: str
    ladder: str


@dataclass(frozen=True, slots=True)
class RuleWebhook:
    """A webhook to be called, by its name; each at most once per decision."""

    rule_id: str
    name: str


@dataclass(frozen=True, slots=True)
class RuleTask:
    rule_id: str
    title: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Fired:
    """A rule that took effect; `spans` of the original message and the texts there, in reading order.

    `round` counts the passes over the rules from 1. `causes`: the rules of the pass before whose effects this rule
    asks about; empty in the first pass.
    """

    rule_id: str
    name: str
    spans: tuple[Span, ...] = ()
    texts: tuple[str, ...] = ()
    round: int = 1
    causes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do about one message. Fired rules stand in the order in which they fired, blocked ones in rule order.

    `class_name`: the class that a rule gave the message. `chain_cut`: the chain was ended at its limit; the rules
    that would have gone on are among `blocked`.
    """

    tags: tuple[TagChange, ...] = ()
    replies: tuple[RuleReply, ...] = ()
    pool_id: int | None = None
    pool_rule_id: str | None = None
    to_human: bool = False
    human_rule_id: str | None = None
    class_name: str | None = None
    class_rule_id: str | None = None
    ladders: tuple[RuleLadder, ...] = ()
    webhooks: tuple[RuleWebhook, ...] = ()
    tasks: tuple[RuleTask, ...] = ()
    fired: tuple[Fired, ...] = ()
    blocked: tuple[Blocked, ...] = ()
    chain_cut: bool = False


NO_DECISION: Final = Decision()

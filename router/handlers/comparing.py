"""版本比较 (version diff) under way: stored messages are read page by page and asked apart from the event loop.

A long comparison has processes of its own, at a low priority: the service must not stand still for an experiment.
"""

import asyncio
import multiprocessing
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any, Self

from sqlalchemy import Connection

from router.db.queries.tags import load_tree
from router.db.queries.version_diffs import ClaimedDiff, StoredPlaintext
from router.domain.version_diff import Differences, StoredMessage, compare, unknown_facts
from router.handlers.known import local_time
from router.handlers.stored_messages import read_message
from tagtree.rules.codec import read_rule_set
from tagtree.rules.facts import Facts
from tagtree.rules.matcher import CompiledRuleSet, compile_rule_set
from tagtree.rules.rule_set import RuleSet
from tagtree.tree import TagTree

FEW = 2_000  # messages and rules that are asked sooner than a process is started
PROCESSES = 2
NICE = 10


class VersionUnreadableError(ValueError):
    """A stored version cannot be read or compiled any more; the text says why."""


@dataclass(frozen=True, slots=True)
class Versions:
    """Both sides with the tag tree, as they are sent to a process."""

    before: RuleSet | None
    after: RuleSet | None
    tree: TagTree
    zone: tzinfo


@dataclass(frozen=True, slots=True)
class Ready:
    """Both sides compiled."""

    before: CompiledRuleSet | None
    after: CompiledRuleSet | None
    tree: TagTree
    zone: tzinfo

    @classmethod
    def of(cls, versions: Versions) -> Self:
        """Compile both sides. Raises RuleSetRefusedError."""
        before, after = (None if each is None else compile_rule_set(each) for each in (versions.before, versions.after))
        return cls(before, after, versions.tree, versions.zone)

    def ask(self, chunk: Sequence[StoredPlaintext]) -> Differences:
        """What both sides say about some messages."""
        return compare(self.before, self.after, self.tree, (m for each in chunk if (m := message_of(each, self.zone))))

    @property
    def unknown(self) -> tuple[str, ...]:
        """The facts that are asked for and not stored."""
        return unknown_facts(self.before, self.after)


@dataclass(frozen=True, slots=True)
class Asking:
    """Where chunks of messages are handed to, of which ``at_once`` may be under way; ``unknown`` facts by name."""

    unknown: tuple[str, ...]
    at_once: int
    ask: Callable[[Sequence[StoredPlaintext]], Awaitable[Differences]]


def versions_of(connection: Connection, claimed: ClaimedDiff, zone: tzinfo) -> Versions:
    """What a comparison needs besides the messages. Raises VersionUnreadableError."""
    before, after = (_read(claimed.rule_set_id, rules) for rules in (claimed.before_rules, claimed.after_rules))
    return Versions(before, after, load_tree(connection), zone)


@asynccontextmanager
async def asking(versions: Versions, messages: int) -> AsyncIterator[Asking]:
    """Somebody to ask beside the event loop. Raises RuleSetRefusedError."""
    rules = sum(len(each.rules) for each in (versions.before, versions.after) if each is not None)
    if messages <= FEW and rules <= FEW:
        ready = await asyncio.to_thread(Ready.of, versions)
        yield Asking(ready.unknown, 1, lambda chunk: asyncio.to_thread(ready.ask, chunk))
        return
    loop, context = asyncio.get_running_loop(), multiprocessing.get_context("spawn")
    executor = ProcessPoolExecutor(PROCESSES, context, _open, (versions,))
    try:
        unknown = await loop.run_in_executor(executor, _unknown)
        yield Asking(unknown, 2 * PROCESSES, lambda chunk: loop.run_in_executor(executor, _ask, chunk))
    finally:
        executor.shutdown(wait=False, cancel_futures=True)


def message_of(stored: StoredPlaintext, zone: tzinfo) -> StoredMessage | None:
    """The message with the facts stored with it; None when it cannot be read any more."""
    message = read_message(stored.event_id, stored.callback, stored.plaintext)
    if message is None:
        return None
    at = local_time(message.at, zone)
    facts = Facts(message.text, message.channel, message.kind, sender=message.sender, at=at)
    return StoredMessage(message.event_id, facts)


def _read(rule_set_id: int, rules: list[dict[str, Any]]) -> RuleSet | None:
    if not rules:
        return None
    read = read_rule_set({"id": rule_set_id, "version": 0, "rules": rules})
    if isinstance(read, RuleSet):
        return read
    raise VersionUnreadableError("; ".join(str(each) for each in read[:3]))


# --- in a process of its own -----------------------------------------------------------------------------------------

_ready: Ready | None = None


def _open(versions: Versions) -> None:
    global _ready
    os.nice(NICE)
    _ready = Ready.of(versions)


def _ask(chunk: Sequence[StoredPlaintext]) -> Differences:
    assert _ready is not None
    return _ready.ask(chunk)


def _unknown() -> tuple[str, ...]:
    assert _ready is not None
    return _ready.unknown

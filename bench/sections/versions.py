"""Versions: two versions of a rule set asked about stored messages, as the console does it before publishing."""

import asyncio
import tempfile
import time
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from bench import chat, wording
from bench.report import Table, ceiling
from bench.run import Run
from router.clock import system_clock
from router.db import json
from router.db.ledger import Ledger
from router.db.migrate import migrate
from router.db.queries import rule_sets, version_diffs
from router.db.sql import Sql
from router.handlers.admin.act import Act
from router.handlers.admin.version_diffs import MOST_MESSAGES, start_diff
from router.secret_box import SecretBox
from router.services import Services
from router.settings import read_settings
from router.workers.comparer import Comparer
from tagtree.rules.codec import read_rule_set
from tagtree.rules.evaluation import evaluate
from tagtree.rules.facts import Facts, Sender
from tagtree.rules.matcher import CompiledRuleSet, compile_rule_set
from tagtree.rules.rule_set import RuleSet
from tagtree.tree import Tag, TagTree

KEYWORDS = 10_000
MOST_SECONDS = 60.0  # for 100,000 messages
ZONE = ZoneInfo("Asia/Shanghai")
TREE = TagTree.of([Tag(3, None, "咨询")])
NOW = 1_795_363_200_000  # ms

_STORE = Sql(
    "INSERT INTO inbox (identity, callback, shard, subject, plaintext, received_at, timings, deliveries, status,"
    " reason, event, attempts, decision) VALUES (:identity, 'KF_ITEM', 0, 'wm-lin', :plaintext, :at, '{}', 1, 'done',"
    " '', 'message_received', 0, '')"
)

Rules = list[dict[str, Any]]


def versions(run: Run) -> list[Table]:
    """The whole comparison by the clock, beside what asking both versions costs by itself."""
    before = [*wording.keyword_rules(KEYWORDS), *chat.pattern_rules()]
    after = [rule for number, rule in enumerate(before) if number % 10]
    texts = list(islice(chat.templated(wording.keywords(KEYWORDS)), run.size(MOST_MESSAGES)))
    with tempfile.TemporaryDirectory() as folder:
        seconds, found = asyncio.run(_compared(Path(folder), before, after, texts))
    bare = _asking(before, after, texts)
    row = [f"{len(texts):,}", f"{found:,}", f"{seconds:.1f}", f"{len(texts) / seconds:,.0f}", f"{bare:.1f}"]
    columns = ("messages", "decided otherwise", "seconds", "messages/s", "asking alone, one core", "ratio")
    notes = (
        f"{len(before):,} rules with {KEYWORDS:,} keywords and {chat.PATTERNS:,} patterns against nine tenths of them",
        "stored on SQLite, read page by page, asked in two processes beside the service, compiling included",
    )
    # A quick run is mostly the start of processes and the compiling, which does not grow with the messages.
    failed = () if run.quick else ceiling(f"seconds for {len(texts):,} messages", seconds, MOST_SECONDS)
    return [Table("Two versions over stored messages", columns, [[*row, f"{seconds / bare:.2f}"]], notes, failed)]


async def _compared(folder: Path, before: Rules, after: Rules, texts: list[str]) -> tuple[float, int]:
    """Seconds from asking to the result, and how many messages were decided otherwise."""
    url = f"sqlite:///{folder / 'liveqr.db'}"
    migrate(url)
    ledger = Ledger(url)
    try:
        await ledger.write(lambda connection: _fill(connection, before, after, texts))
        act = Act("bench", NOW, ZONE)
        services = Services(read_settings({}, {}), ledger, system_clock, SecretBox(bytes(32)))
        began = time.perf_counter()
        await ledger.write(lambda connection: start_diff(connection, act, 1, 1, None, len(texts)))
        await Comparer(services).work()
        seconds = time.perf_counter() - began
        done = await ledger.read(lambda connection: version_diffs.get_diff(connection, 1, 1))
    finally:
        ledger.close()
    assert done is not None
    assert done.compared == len(texts), done.error
    return seconds, int(done.result["differences"]["differing"])


def _fill(connection: Connection, before: Rules, after: Rules, texts: list[str]) -> None:
    assert rule_sets.insert_rule_set(connection, "bench", {"rules": after}, NOW) == 1
    rule_sets.publish(connection, 1, {"rules": before}, NOW, "bench")
    _STORE.run_many(
        connection,
        [{"identity": f"m{number}", "plaintext": _item(number, text), "at": NOW} for number, text in enumerate(texts)],
    )


def _item(number: int, text: str) -> str:
    return json.dump(
        {
            "msgid": f"m{number}",
            "send_time": NOW // 1000,
            "origin": 3,
            "open_kfid": "wk",
            "external_userid": "wm-lin",
            "msgtype": "text",
            "text": {"content": text},
        }
    )


def _asking(before: Rules, after: Rules, texts: list[str]) -> float:
    """Seconds of one core to ask both versions, compiled, about texts that are at hand."""
    compiled = [_compiled(rules) for rules in (before, after)]
    began = time.process_time()
    for text in texts:
        facts = Facts(text, "kf", sender=Sender.CUSTOMER)
        for each in compiled:
            evaluate(each, facts, TREE)
    return time.process_time() - began


def _compiled(rules: Rules) -> CompiledRuleSet:
    read = read_rule_set({"id": 1, "version": 1, "rules": rules})
    assert isinstance(read, RuleSet)
    return compile_rule_set(read)

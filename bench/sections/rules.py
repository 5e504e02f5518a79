"""Rules: the time that one message takes against ever more keywords."""

import time
from itertools import islice

from bench import wording
from bench.report import Table, ceiling
from bench.run import Run
from tagtree.codec import read_rule_set
from tagtree.evaluation import evaluate
from tagtree.facts import Facts
from tagtree.matcher import CompiledRuleSet, compile_rule_set
from tagtree.rules import RuleSet
from tagtree.tree import Tag, TagTree

KEYWORDS = (1_000, 10_000, 100_000)
TEXTS = 20_000
MOST = {1_000: 10.0, 10_000: 15.0, 100_000: 20.0}  # microseconds


def rules(run: Run) -> list[Table]:
    """`evaluate` on ever-different texts, two in a hundred with a hit."""
    tree = TagTree.of([Tag(3, None, "咨询", 1, "", False, False)])
    rows = []
    failed: tuple[str, ...] = ()
    for count in KEYWORDS:
        compiled, seconds = _compiled(count)
        texts = list(islice(wording.messages(wording.keywords(count)), run.size(TEXTS)))
        microseconds, fired = min(_evaluated(compiled, texts, tree) for _ in range(3))
        rows.append([f"{count:,}", f"{microseconds:.1f}", f"{fired / len(texts):.1%}", f"{seconds:.2f}"])
        failed += ceiling(f"µs at {count:,} keywords", microseconds, MOST[count])
    columns = ("keywords", "µs per message", "messages hit", "compiled in s")
    return [Table("Rules", columns, rows, ("normalisation included; best of three passes",), failed)]


def _compiled(count: int) -> tuple[CompiledRuleSet, float]:
    rule_set = read_rule_set({"id": 1, "version": 1, "rules": wording.keyword_rules(count)})
    assert isinstance(rule_set, RuleSet)
    began = time.perf_counter()
    compiled = compile_rule_set(rule_set)
    return compiled, time.perf_counter() - began


def _evaluated(compiled: CompiledRuleSet, texts: list[str], tree: TagTree) -> tuple[float, int]:
    facts = [Facts(text, "kf") for text in texts]
    began = time.perf_counter()
    fired = sum(1 for each in facts if evaluate(compiled, each, tree).fired)
    return (time.perf_counter() - began) / len(facts) * 1e6, fired

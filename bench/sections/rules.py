"""Rules: the whole evaluation of a message beside the bare engines, how it grows, and what patterns can do to it."""

import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from bench import chat, wording
from bench.bare_engines import BareCost, BareEngines
from bench.rebuild import measure_rebuild
from bench.report import Table, bar, ceiling
from bench.run import Run
from tagtree.rules.codec import read_rule_set
from tagtree.rules.evaluation import evaluate
from tagtree.rules.facts import Facts
from tagtree.rules.matcher import CompiledRuleSet, compile_rule_set
from tagtree.rules.patterns import PatternRefused, compile_pattern
from tagtree.rules.rule_set import RuleSet
from tagtree.text import MAX_CHARACTERS
from tagtree.tree import Tag, TagTree
from tests.samples.redos import Redos, known_redos

KEYWORDS = (1_000, 10_000, 100_000)
TEXTS = 20_000
PASSES = 3
TREE = TagTree.of([Tag(3, None, "咨询")])

LEAST_TEMPLATED = 10_000  # messages per second
LEAST_DIFFERENT = 5_000
MOST_TIMES_BARE = 3.0
MOST_REDOS = 20.0  # milliseconds for one pattern on its worst text

DIFFERENT = "ever-different"
Texts = Callable[[Sequence[str]], Iterator[str]]
KINDS: tuple[tuple[str, Texts, int], ...] = (
    ("templated", chat.templated, LEAST_TEMPLATED),
    (DIFFERENT, chat.ever_different, LEAST_DIFFERENT),
)


def rules(run: Run) -> list[Table]:
    """Speed and growth, rebuilding beside readers, hostile patterns."""
    return [_speed(run), measure_rebuild(run), _hostile_patterns()]


def _speed(run: Run) -> Table:
    rows = []
    failed: tuple[str, ...] = ()
    for count in KEYWORDS:
        words = wording.keywords(count)
        compiled = _compiled(count)
        bare = BareEngines(words, chat.patterns())
        for kind, texts_of, least in KINDS:
            texts = list(islice(texts_of(words), run.size(TEXTS)))
            ours, cost, fired = _measured(compiled, bare, texts)
            rows.append(_row(count, kind, ours, cost, fired))
            if count == KEYWORDS[-1]:
                failed += bar(f"{kind} messages/s", 1e6 / ours, least)
                if kind == DIFFERENT:
                    failed += ceiling(f"{kind} times the bare engines", ours / cost.total, MOST_TIMES_BARE)
    columns = ("keywords", "chat", "hits", "messages/s", "µs", "scan + RE2 µs", "ratio", "all literals µs", "ratio")
    notes = (
        f"{chat.PATTERNS:,} patterns `X.{{0,5}}Y` beside the keywords; normalisation and decision included",
        "scan + RE2: one automaton over normal text, then RE2 where the most telling literal of a pattern occurs (the "
        "searches per message in brackets), nothing around them; all literals: RE2 only where each of them occurs",
        "templated chat gives the engines next to nothing to do: its ratio is what reading and deciding cost",
        "processor time of one thread, best of three passes in turn",
    )
    return Table("Rules", columns, rows, notes, failed)


def _row(count: int, kind: str, ours: float, cost: BareCost, fired: float) -> list[str]:
    return [
        f"{count:,}",
        kind,
        f"{fired:.0%}",
        f"{1e6 / ours:,.0f}",
        f"{ours:.1f}",
        f"{cost.scan:.1f} + {cost.search:.1f} ({cost.searches:.1f})",
        f"{ours / cost.total:.1f}×",
        f"{cost.scan:.1f} + {cost.search_all:.1f} ({cost.searches_all:.1f})",
        f"{ours / cost.total_all:.1f}×",
    ]


def _compiled(count: int) -> CompiledRuleSet:
    rules = wording.keyword_rules(count) + chat.pattern_rules()
    rule_set = read_rule_set({"id": 1, "version": 1, "rules": rules})
    assert isinstance(rule_set, RuleSet)
    return compile_rule_set(rule_set)


def _measured(compiled: CompiledRuleSet, bare: BareEngines, texts: Sequence[str]) -> tuple[float, BareCost, float]:
    """Microseconds per message of ours and of the bare engines, and the share of messages that a rule fired on."""
    ours, costs, fired = [], [], 0
    for _ in range(PASSES):
        microseconds, fired = _evaluated(compiled, texts)
        ours.append(microseconds)
        costs.append(bare.cost(texts))
    return min(ours), min(costs, key=lambda cost: cost.total), fired / len(texts)


def _evaluated(compiled: CompiledRuleSet, texts: Sequence[str]) -> tuple[float, int]:
    facts = [Facts(text, "kf") for text in texts]
    began = time.process_time()
    fired = sum(1 for each in facts if evaluate(compiled, each, TREE).fired)
    return (time.process_time() - began) / len(facts) * 1e6, fired


def _hostile_patterns() -> Table:
    rows, slowest = [], 0.0
    for known in known_redos():
        milliseconds = _attacked(known)
        slowest = max(slowest, milliseconds or 0.0)
        outcome = "refused" if milliseconds is None else f"{milliseconds:.2f}"
        rows.append([known.pattern[:60].replace("|", "\\|"), known.known_from, outcome])
    columns = ("pattern", "known from", "ms")
    notes = (f"the first search in {MAX_CHARACTERS:,} characters, the most that a rule reads, of the text that hurts",)
    return Table("Patterns that explode elsewhere", columns, rows, notes, ceiling("ms", slowest, MOST_REDOS))


def _attacked(known: Redos) -> float | None:
    """Milliseconds of the first search in the worst text; None when the pattern is refused."""
    compiled = compile_pattern(known.pattern)
    if isinstance(compiled, PatternRefused):
        return None
    text = known.attack().encode()
    began = time.process_time()
    compiled.search_encoded(text)
    return (time.process_time() - began) * 1e3

"""Published versions compiled (编译): small ones at once, large ones beside the decisions, which go on as before.

What was in force of a rule set stays so until its next version is compiled, and also when that one is refused.
"""

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from json import JSONDecoder
from threading import Lock
from typing import Final, Literal, TypeAlias, assert_never

import structlog

from router.db import json
from tagtree.errors import RuleSetRefusedError
from tagtree.rules.codec import read_rule_set
from tagtree.rules.facts import Fact
from tagtree.rules.footprint import too_large
from tagtree.rules.matcher import CompiledRuleSet, compile_rule_set
from tagtree.rules.rule_set import RuleSet
from tagtree.wording import Problem, Wording

log = structlog.get_logger()

AT_ONCE: Final = 32_768
"""Characters of a version that decisions may wait for: some 20 ms."""

_RULES: Final = '{"rules":['
_decoder: Final = JSONDecoder()

MOST_MEMORY: Final = 300 << 20
"""Bytes that one rule set may take where no setting says otherwise."""

RunBeside: TypeAlias = Callable[[Callable[[], None]], object]
"""Has another thread run something, soon and one thing after the other."""


@dataclass(frozen=True, slots=True)
class Published:
    """The version of a rule set that the ledger holds for published.

    Versions are told apart by their content too: one whose commit failed may leave its id to another.
    """

    id: int
    version_id: int
    number: int
    content: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class RuleSetInForce:
    """A published version, compiled."""

    id: int
    name: str
    version_id: int
    number: int
    compiled: CompiledRuleSet
    remembers: Mapping[str, int] = field(default_factory=dict)  # rule → ms for which its hits are kept


@dataclass(frozen=True, slots=True)
class Compiling:
    """正在编译: the version before it decides meanwhile."""


@dataclass(frozen=True, slots=True)
class Refused:
    """未生效: it cannot be compiled, or not within its memory; the version before it stays in force."""

    problems: tuple[Problem, ...]


CompilationState: TypeAlias = CompiledRuleSet | Compiling | Refused
StateName: TypeAlias = Literal["compiling", "in_force", "refused"]


def name_of(state: CompilationState) -> StateName:
    match state:
        case CompiledRuleSet():
            return "in_force"
        case Compiling():
            return "compiling"
        case Refused():
            return "refused"
        case _:
            assert_never(state)


def run_now(work: Callable[[], None]) -> None:
    """Beside nothing: for commands and tests that want to see the outcome."""
    work()


class Compiler:
    """Compiles what is published, and keeps what is in force of each rule set. Used by one thread at a time."""

    def __init__(
        self,
        run_beside: RunBeside = run_now,
        most_memory: Callable[[], int] = lambda: MOST_MEMORY,
        when_compiled: Callable[[], None] = lambda: None,
    ) -> None:
        self._run_beside = run_beside
        self._most_memory = most_memory
        self._when_compiled = when_compiled  # called by the other thread
        self._states: dict[Published, CompilationState] = {}
        self._in_force: dict[int, RuleSetInForce] = {}
        self._retired: list[CompiledRuleSet] = []
        self._lock = Lock()  # of the states, which the other thread writes to as well
        self._started = False

    def in_force(self, published: Sequence[tuple[str, Published]]) -> tuple[RuleSetInForce, ...]:
        """What is to decide now of these rule sets, given by name; the first time all of them are waited for."""
        with self._lock:
            self._states = {each: self._states[each] for _, each in published if each in self._states}
            missing = [each for _, each in published if each not in self._states]
            self._states.update(dict.fromkeys(missing, Compiling()))
        for each in missing:
            if not self._started or len(each.content) <= AT_ONCE:
                self._compile(each)
            else:
                self._run_beside(partial(self._compile_beside, each))
        self._started = True
        return self._renewed(published)

    def state_of(self, version_id: int) -> CompilationState | None:
        """How far a published version has come; None when nobody has asked for it yet."""
        with self._lock:
            return next((state for each, state in self._states.items() if each.version_id == version_id), None)

    def let_go(self) -> None:
        """Free what is not in force any more; to be called when nobody decides by it any longer."""
        while self._retired:
            self._run_beside(partial(_free, list(self._retired.pop().pieces())))

    def _renewed(self, published: Sequence[tuple[str, Published]]) -> tuple[RuleSetInForce, ...]:
        before, self._in_force = self._in_force, {}
        for name, each in published:
            state, last = self._states[each], before.get(each.id)
            if isinstance(state, CompiledRuleSet):
                if last is None or last.compiled is not state or last.name != name:
                    last = RuleSetInForce(each.id, name, each.version_id, each.number, state, _remembers(state))
                self._in_force[each.id] = last
            elif last is not None:
                self._in_force[each.id] = last
        kept = {id(each.compiled) for each in self._in_force.values()}
        self._retired += [each.compiled for each in before.values() if id(each.compiled) not in kept]
        return tuple(self._in_force.values())

    def _compile_beside(self, published: Published) -> None:
        with without_collections():
            self._compile(published)
        self._when_compiled()

    def _compile(self, published: Published) -> None:
        try:
            state = _compiled(published, self._most_memory())
        except Exception:
            log.exception("rule_set_fault", rule_set_id=published.id, version=published.number)
            state = Refused((_FAULT,))
        if isinstance(state, Refused):
            # Publishing refuses such a set; a row that got here another way must not stop all the others.
            problems = [f"{each.path}: {each.reason.en}" for each in state.problems]
            log.error("rule_set_refused", rule_set_id=published.id, version=published.number, problems=problems)
        with self._lock:
            if published in self._states:  # else another version was published meanwhile
                self._states[published] = state


def _compiled(published: Published, most_memory: int) -> CompiledRuleSet | Refused:
    rules = _rules_of(published.content)
    read = read_rule_set({"id": published.id, "version": published.number, "rules": rules})
    if isinstance(rules, list):
        _free(rules)
    if not isinstance(read, RuleSet):
        return Refused(tuple(read))
    problem = too_large(read, most_memory)
    if problem is not None:
        return Refused((problem,))
    try:
        return compile_rule_set(read, checked=True)
    except RuleSetRefusedError as error:
        return Refused(error.problems)


def _remembers(compiled: CompiledRuleSet) -> Mapping[str, int]:
    is_asked = not compiled.asks_for.isdisjoint({Fact.HITS, Fact.LAST_FIRED})
    return compiled.rule_set.remembers if is_asked else {}


def _rules_of(content: str) -> object:
    """The rules of a version's JSON, read one by one: read in one go, a large set would hold up every thread."""
    if not content.startswith(_RULES):
        return json.load(content).get("rules")
    rules, at = [], len(_RULES)
    while content[at] != "]":
        rule, at = _decoder.raw_decode(content, at)
        rules.append(rule)
        at += content[at] == ","
    return rules


def _free(pieces: list[object]) -> None:
    while pieces:
        pieces.pop()  # after each, another thread may run


@contextmanager
def without_collections() -> Iterator[None]:
    """Keep the collector from looking through a half-built rule set again and again, 100 ms each time, during which no
    other thread runs; what was built lives long and is left out of later collections."""
    was_enabled = gc.isenabled()
    gc.collect(1)
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()


_FAULT: Final = Problem(
    "rules",
    Wording("A fault in liveqr kept the rules from being compiled.", "liveqr 内部错误，规则未能编译。"),
    Wording("Publish again after an update, and report it.", "请更新后重新发布，并反馈该问题。"),
)

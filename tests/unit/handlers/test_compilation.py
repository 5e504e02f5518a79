"""Which version decides while another is compiled beside it, or refused."""

import gc
from collections.abc import Callable

import pytest

from router.db import json
from router.handlers import compilation
from router.handlers.compilation import AT_ONCE, Compiler, Compiling, Published, Refused
from tagtree.rules.matcher import CompiledRuleSet


def version(number: int, *words: str, id: int = 1) -> Published:
    rule = {
        "id": "r",
        "name": "rule",
        "priority": 0,
        "when": {"kind": "contains", "words": list(words)},
        "then": [{"do": "reply", "text": "您好"}],
        "stop": False,
    }
    return Published(id, 10 * id + number, number, json.dump({"rules": [rule]}))


def large(number: int, id: int = 1) -> Published:
    """Larger than what decisions wait for."""
    return version(number, *(f"{each} 很长的关键词" for each in range(AT_ONCE // 10)), id=id)


class Beside:
    """Another thread that works when it is told to."""

    def __init__(self) -> None:
        self.waiting: list[Callable[[], None]] = []

    def __call__(self, work: Callable[[], None]) -> None:
        self.waiting.append(work)

    def work(self) -> None:
        while self.waiting:
            self.waiting.pop(0)()


def numbers(compiler: Compiler, *published: Published) -> list[int]:
    return [each.number for each in compiler.in_force([(f"set {one.id}", one) for one in published])]


@pytest.fixture(autouse=True)
def _thawed() -> object:
    yield
    gc.unfreeze()


def test_the_first_time_decisions_wait_for_all_rule_sets() -> None:
    beside = Beside()

    assert numbers(Compiler(beside), large(1), version(1, "价", id=2)) == [1, 1]
    assert beside.waiting == []


def test_a_large_version_comes_into_force_once_it_is_compiled_beside() -> None:
    beside = Beside()
    told: list[bool] = []
    compiler = Compiler(beside, when_compiled=lambda: told.append(True))
    numbers(compiler, version(1, "价"))

    meanwhile = numbers(compiler, large(2))
    state = compiler.state_of(12)
    beside.work()
    compiled = numbers(compiler, large(2))

    assert (meanwhile, state, told, compiled) == ([1], Compiling(), [True], [2])
    assert isinstance(compiler.state_of(12), CompiledRuleSet)


def test_a_small_version_is_in_force_in_the_next_decision() -> None:
    compiler = Compiler(Beside())
    numbers(compiler, version(1, "价"))

    assert numbers(compiler, version(2, "价", "格")) == [2]


def test_a_new_large_rule_set_holds_up_nothing_and_no_other() -> None:
    beside = Beside()
    compiler = Compiler(beside)
    numbers(compiler, version(1, "价"))

    meanwhile = numbers(compiler, version(1, "价"), large(1, id=2))
    beside.work()

    assert meanwhile == [1]
    assert numbers(compiler, version(1, "价"), large(1, id=2)) == [1, 1]


def test_a_version_replaced_while_it_was_compiled_never_comes_into_force() -> None:
    beside = Beside()
    compiler = Compiler(beside)
    numbers(compiler, version(1, "价"))
    numbers(compiler, large(2))

    third = numbers(compiler, version(3, "格"))
    beside.work()

    assert third == [3]
    assert numbers(compiler, version(3, "格")) == [3]
    assert compiler.state_of(12) is None


def test_a_version_beyond_its_memory_is_refused_and_the_one_before_stays() -> None:
    compiler = Compiler(most_memory=lambda: 1 << 20)
    numbers(compiler, version(1, "价"))

    in_force = numbers(compiler, large(2))
    state = compiler.state_of(12)

    assert in_force == [1]
    assert isinstance(state, Refused)
    assert "MiB are allowed" in state.problems[0].reason.en


def test_a_version_that_cannot_be_read_is_refused_and_the_one_before_stays() -> None:
    compiler = Compiler()
    numbers(compiler, version(1, "价"))

    in_force = numbers(compiler, Published(1, 12, 2, '{"rules": 3}'))

    assert in_force == [1]
    assert isinstance(compiler.state_of(12), Refused)


def test_a_fault_in_compiling_is_a_refusal_and_stops_no_decision(monkeypatch: pytest.MonkeyPatch) -> None:
    beside = Beside()
    compiler = Compiler(beside)
    numbers(compiler, version(1, "价"))
    monkeypatch.setattr(compilation, "compile_rule_set", lambda *_, **__: 1 / 0)

    in_force = numbers(compiler, large(2))
    beside.work()

    assert in_force == numbers(compiler, large(2)) == [1]
    assert isinstance(compiler.state_of(12), Refused)


def test_an_archived_rule_set_is_out_of_force_and_what_it_took_is_freed_beside() -> None:
    beside = Beside()
    compiler = Compiler(beside)
    numbers(compiler, large(1), version(1, "价", id=2))

    left = numbers(compiler, version(1, "价", id=2))
    compiler.let_go()

    assert left == [1]
    assert len(beside.waiting) == 1


def test_another_name_is_no_reason_to_compile_again() -> None:
    compiler = Compiler(Beside())
    before = compiler.in_force([("old", large(1))])

    after = compiler.in_force([("new", large(1))])

    assert [each.name for each in after] == ["new"]
    assert after[0].compiled is before[0].compiled


def test_collections_go_on_after_a_version_was_compiled_beside() -> None:
    beside = Beside()
    compiler = Compiler(beside)
    numbers(compiler, version(1, "价"))
    numbers(compiler, large(2))

    beside.work()

    assert gc.isenabled()


@pytest.mark.parametrize("written", ["{}", '{"rules": []}', '{"rules":[]}', '{"rules":[{"id":"a"},{"id":"b"}]}'])
def test_rules_read_one_by_one_are_those_read_in_one_go(written: str) -> None:
    assert compilation._rules_of(written) == json.load(written).get("rules")

"""What admins keep is in force after a change: at once for who must not miss it, beside the decisions when large."""

from collections.abc import Callable
from threading import Event, Thread
from typing import Any, cast

import pytest
from structlog.testing import capture_logs

from router.handlers.in_force import AT_ONCE, InForce, Rows

CONNECTION = cast("Any", None)
LARGE = "大" * AT_ONCE


class Kept:
    """One text that admins edit, what was compiled of it, and the work that another thread is to do."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.compiled: list[str] = []
        self.beside: list[Callable[[], None]] = []
        self.in_force = InForce[str](lambda _: (("text", self.text),), self.compile_rows, "", self.beside.append)

    def compile_rows(self, rows: Rows) -> str:
        if "broken" in self.text:
            raise ValueError(self.text)
        self.compiled.append(rows[0][1])
        return f"compiled {rows[0][1]}"

    def edit(self, text: str) -> None:
        self.text = text
        self.in_force.outdate()


def test_a_small_change_is_at_hand_in_the_next_decision() -> None:
    kept = Kept("a")
    first = kept.in_force.at_hand(CONNECTION)

    kept.edit("b")

    assert (first, kept.in_force.at_hand(CONNECTION)) == ("compiled a", "compiled b")
    assert kept.beside == []


def test_a_large_change_is_compiled_once_beside_the_decisions() -> None:
    kept = Kept("a")
    kept.in_force.at_hand(CONNECTION)
    kept.edit(LARGE)

    meanwhile = [kept.in_force.at_hand(CONNECTION), kept.in_force.at_hand(CONNECTION)]
    (work,) = kept.beside
    work()

    assert meanwhile == ["compiled a", "compiled a"]
    assert kept.in_force.at_hand(CONNECTION) == f"compiled {LARGE}"
    assert kept.compiled == ["a", LARGE]


def test_who_must_not_miss_a_large_change_waits_for_it() -> None:
    kept = Kept("a")
    kept.in_force.at_hand(CONNECTION)
    kept.edit(LARGE)
    kept.in_force.at_hand(CONNECTION)

    current = kept.in_force.current(CONNECTION)
    kept.beside[0]()

    assert current == f"compiled {LARGE}"
    assert kept.compiled == ["a", LARGE]


def test_a_change_that_is_outdated_before_its_turn_does_not_come_into_force() -> None:
    kept = Kept("a")
    kept.in_force.at_hand(CONNECTION)
    kept.edit(LARGE)
    kept.in_force.at_hand(CONNECTION)
    kept.edit("c")

    kept.beside[0]()

    assert kept.in_force.latest is None
    assert kept.in_force.at_hand(CONNECTION) == "compiled c"


def test_rows_that_stayed_the_same_are_not_compiled_again() -> None:
    kept = Kept("a")
    kept.in_force.current(CONNECTION)

    kept.edit("a")

    assert kept.in_force.current(CONNECTION) == "compiled a"
    assert kept.compiled == ["a"]


def test_nothing_is_handed_out_as_the_latest_while_the_first_is_being_compiled() -> None:
    begun, go_on = Event(), Event()

    def compile_slowly(_rows: Rows) -> str:
        begun.set()
        go_on.wait()
        return "compiled"

    in_force = InForce[str](lambda _: (("text", "a"),), compile_slowly, "nothing")
    thread = Thread(target=in_force.current, args=(CONNECTION,))
    thread.start()
    begun.wait()

    meanwhile = in_force.latest
    go_on.set()
    thread.join()

    assert (meanwhile, in_force.latest) == (None, "compiled")


def test_rows_that_cannot_be_compiled_are_told_and_leave_the_last_in_force() -> None:
    kept = Kept("a")
    kept.in_force.at_hand(CONNECTION)
    kept.edit(LARGE + "broken")
    kept.in_force.at_hand(CONNECTION)

    with capture_logs() as logs:
        kept.beside[0]()

    assert [each["event"] for each in logs] == ["not_in_force"]
    assert kept.in_force.at_hand(CONNECTION) == "compiled a"
    with pytest.raises(ValueError, match="broken"):
        kept.in_force.current(CONNECTION)

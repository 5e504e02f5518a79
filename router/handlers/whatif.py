"""假设分析 (what-if): run a past day again with other caps, weights, policies and schedules; nothing is written."""

import asyncio
import multiprocessing
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any, get_args

from sqlalchemy import Connection

from router.db.queries import past
from router.db.queries.past import NO_EDITS, Edits
from router.domain.capacity import WINDOWS_OF, kind_of
from router.domain.policies import Policy
from router.domain.whatif import Arrival, Outcome, Setup, simulate
from router.handlers.admin.refusal import Invalid, problem
from tagtree.wording import Problem

FEW = 2_000  # arrivals that are received sooner than a process is started

POLICIES: tuple[Policy, ...] = get_args(Policy)


@dataclass(frozen=True, slots=True)
class Question:
    """A day that is over or under way, and how it is to be run."""

    arrivals: list[Arrival]
    recorded: Outcome
    present: Setup
    edited: Setup


@dataclass(frozen=True, slots=True)
class Answer:
    """The day as it was, run again as things stand now, and run with the edits."""

    arrivals: int
    recorded: Outcome
    present: Outcome
    edited: Outcome


def ask(connection: Connection, day: date, zone: tzinfo, edits: Edits) -> Question:
    """Read what the simulation needs, of one moment."""
    since, until = _bounds(day, zone)
    came, recorded = past.arrivals(connection, since, until)
    return Question(came, recorded, past.setup(connection, zone, NO_EDITS), past.setup(connection, zone, edits))


async def answer(question: Question) -> Answer:
    """Run the day twice. A long one has processes of its own: the service must not stand still for an experiment."""
    if len(question.arrivals) <= FEW:
        return await asyncio.to_thread(run, question)
    loop, context = asyncio.get_running_loop(), multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=context) as executor:
        runs = [
            loop.run_in_executor(executor, simulate, question.arrivals, setup)
            for setup in (question.present, question.edited)
        ]
        present, edited = await asyncio.gather(*runs)
    return Answer(len(question.arrivals), question.recorded, present, edited)


def run(question: Question) -> Answer:
    """Run the day as things stand now, and with the edits."""
    present = simulate(question.arrivals, question.present)
    edited = simulate(question.arrivals, question.edited)
    return Answer(len(question.arrivals), question.recorded, present, edited)


def read_edits(content: Mapping[str, Any]) -> Edits | Invalid:
    """Edits as they are written: ``caps`` by subject and window, ``weights``, ``schedules`` and ``policies`` by id."""
    problems = [*_cap_problems(content.get("caps", {})), *_policy_problems(content.get("policies", {}))]
    if problems:
        return Invalid(tuple(problems))
    caps = content.get("caps", {})
    return Edits(
        caps={(subject, window): places for subject, windows in caps.items() for window, places in windows.items()},
        weights={int(id): weight for id, weight in content.get("weights", {}).items()},
        schedules={int(id): schedule for id, schedule in content.get("schedules", {}).items()},
        policies={int(id): policy for id, policy in content.get("policies", {}).items()},
    )


def read_day(text: str) -> date | Invalid:
    """A day as ``2026-11-20``."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.min
    if 1970 < day.year < 9999:  # the instants around any other cannot be told in milliseconds everywhere
        return day
    return Invalid(
        (
            problem(
                "day",
                (f"{text!r} is no day.", f"{text!r} 不是日期。"),
                ("Write a day such as 2026-11-20.", "请写成 2026-11-20 这样的日期。"),
            ),
        )
    )


def _cap_problems(caps: Mapping[str, Mapping[str, int | None]]) -> list[Problem]:
    return [
        problem(
            f"caps.{subject}.{window}",
            ("There is no such cap.", "没有这种上限。"),
            (
                "Name a subject such as agent:3, pool:2, code:5 or agent:3@pool:2, and one of its windows.",
                "请写对象（如 agent:3、pool:2、code:5、agent:3@pool:2）及其周期。",
            ),
        )
        for subject, windows in caps.items()
        for window in windows
        if window not in WINDOWS_OF.get(kind_of(subject), ())
    ]


def _policy_problems(policies: Mapping[str, str]) -> list[Problem]:
    return [
        problem(
            f"policies.{id}",
            (f"There is no policy {policy!r}.", f"没有策略 {policy!r}。"),
            (f"Use one of {', '.join(POLICIES)}.", f"可用：{', '.join(POLICIES)}。"),
        )
        for id, policy in policies.items()
        if policy not in POLICIES
    ]


def _bounds(day: date, zone: tzinfo) -> tuple[int, int]:
    """First instants of the day and of the next, in ms, in the corporation's zone."""
    first, last = (datetime.combine(each, time(), zone) for each in (day, day + timedelta(days=1)))
    return int(first.astimezone(UTC).timestamp() * 1000), int(last.astimezone(UTC).timestamp() * 1000)

"""Create, edit, archive and restore pools (接待池)."""

from dataclasses import dataclass
from typing import assert_never

from sqlalchemy import Connection

from router.db.ledger import wake
from router.db.queries import agents, changes, pools
from router.db.queries.caps import NO_CAPS, Caps
from router.db.queries.edits import begin_edit
from router.db.queries.page import EVERY
from router.db.queries.pools import WAITING_PAGE, ClosedPage, FallbackPool, Pool, SpillPolicy, WaitingPage
from router.db.sql import Sql
from router.handlers.admin.act import Act
from router.handlers.admin.caps import cap_problems, save_caps
from router.handlers.admin.refusal import (
    POOL,
    Conflict,
    Invalid,
    Missing,
    Refusal,
    archived,
    conflict,
    name_taken,
    problem,
    text_problems,
)
from router.handlers.admin.rules_in_use import rules_moving_to
from tagtree.wording import Problem

_SETTING = Sql("SELECT name FROM setting WHERE name = 'KF_POOL_ID' AND value = :value")

MAX_MEMBERS = 1_000
MAX_CLOSED_TEXT = 500


@dataclass(frozen=True, slots=True)
class NewPool:
    """``agent_ids`` in the order they are shown."""

    name: str
    agent_ids: tuple[int, ...] = ()
    spill_policy: SpillPolicy = WAITING_PAGE
    caps: Caps = NO_CAPS


@dataclass(frozen=True, slots=True)
class PoolEdit:
    """What to change; None leaves a field as it is, given members replace all."""

    name: str | None = None
    agent_ids: tuple[int, ...] | None = None
    spill_policy: SpillPolicy | None = None
    caps: Caps | None = None


def create_pool(connection: Connection, act: Act, new: NewPool) -> Pool | Refusal:
    """A new pool with its members."""
    begin_edit(connection)
    refusal = _refusal(connection, 0, new.name, new.agent_ids, new.spill_policy, new.caps)
    if refusal is not None:
        return refusal
    pool_id = pools.insert_pool(connection, new.name, new.spill_policy, act.now)
    if pool_id is None:
        return name_taken("name", new.name)
    pools.set_members(connection, pool_id, new.agent_ids)
    save_caps(connection, act, f"pool:{pool_id}", NO_CAPS, new.caps)
    return _saved(connection, act, "pool.create", pool_id, None)


def update_pool(connection: Connection, act: Act, pool_id: int, edit: PoolEdit) -> Pool | Refusal:
    """Edit a pool; members and policy hold from the next scan on."""
    begin_edit(connection)
    before = pools.get_pool(connection, pool_id)
    if before is None:
        return Missing(POOL)
    if before.archived_at is not None:
        return archived(POOL)
    name = before.name if edit.name is None else edit.name
    spill_policy = before.spill_policy if edit.spill_policy is None else edit.spill_policy
    refusal = _refusal(connection, pool_id, name, edit.agent_ids or (), spill_policy, edit.caps)
    if refusal is not None:
        return refusal
    pools.update_pool(connection, pool_id, name, spill_policy)
    if edit.agent_ids is not None:
        pools.set_members(connection, pool_id, edit.agent_ids)
    save_caps(connection, act, f"pool:{pool_id}", before.caps, edit.caps)
    return _saved(connection, act, "pool.update", pool_id, before)


def archive_pool(connection: Connection, act: Act, pool_id: int) -> Pool | Refusal:
    """Take a pool out of use; refused while a code, another pool, a rule or a setting leads to it."""
    begin_edit(connection)
    before = pools.get_pool(connection, pool_id)
    if before is None:
        return Missing(POOL)
    users = _users_of(connection, pool_id)
    if users:
        return conflict(
            "",
            (f"Still used by: {', '.join(users)}.", f"仍被使用：{'、'.join(users)}。"),
            ("Point them to another pool first.", "请先让它们改用其他接待池。"),
        )
    pools.set_pool_archived(connection, pool_id, act.now)
    return _saved(connection, act, "pool.archive", pool_id, before)


def restore_pool(connection: Connection, act: Act, pool_id: int) -> Pool | Refusal:
    """Undo `archive_pool`; refused when the pool it falls back to was archived meanwhile."""
    begin_edit(connection)
    before = pools.get_pool(connection, pool_id)
    if before is None:
        return Missing(POOL)
    refusal = _fallback_refusal(connection, pool_id, before.spill_policy)
    if refusal is not None:
        return refusal
    pools.set_pool_archived(connection, pool_id, None)
    return _saved(connection, act, "pool.restore", pool_id, before)


def _users_of(connection: Connection, pool_id: int) -> list[str]:
    others = pools.list_pools(connection, limit=EVERY).items
    falling_back = [pool.name for pool in others if pool.spill_policy == FallbackPool(pool_id)]
    setting = [row[0] for row in _SETTING.rows(connection, value=str(pool_id))]
    return [*pools.codes_of_pool(connection, pool_id), *falling_back, *rules_moving_to(connection, pool_id), *setting]


def _refusal(
    connection: Connection,
    pool_id: int,
    name: str,
    agent_ids: tuple[int, ...],
    spill_policy: SpillPolicy,
    caps: Caps | None,
) -> Refusal | None:
    problems = text_problems("name", name) + cap_problems(caps, "pool") + _policy_problems(spill_policy)
    if len(agent_ids) > MAX_MEMBERS or len(set(agent_ids)) < len(agent_ids):
        problems.append(_too_many_members())
    if problems:
        return Invalid(tuple(problems))
    if pools.pool_named(connection, name) not in (None, pool_id):
        return name_taken("name", name)
    unknown = set(agent_ids) - agents.known_agents(connection, list(agent_ids))
    if unknown:
        return Conflict(tuple(_unknown_agent(agent_ids.index(agent_id), agent_id) for agent_id in sorted(unknown)))
    return _fallback_refusal(connection, pool_id, spill_policy)


def _policy_problems(spill_policy: SpillPolicy) -> list[Problem]:
    match spill_policy:
        case ClosedPage(text=text):
            return text_problems("spill_policy.text", text, MAX_CLOSED_TEXT, lines=True)
        case WaitingPage() | FallbackPool():
            return []
        case _:
            assert_never(spill_policy)


def _fallback_refusal(connection: Connection, pool_id: int, spill_policy: SpillPolicy) -> Refusal | None:
    """A fallback must exist, and following it must end."""
    seen = {pool_id}
    while isinstance(spill_policy, FallbackPool):
        if spill_policy.pool_id in seen:
            return conflict(
                "spill_policy.pool_id",
                ("The pools would fall back to one another in a circle.", "接待池的溢出会形成循环。"),
                ("Choose a pool that does not lead back here.", "请选择不会转回此处的接待池。"),
            )
        seen.add(spill_policy.pool_id)
        fallback = pools.get_pool(connection, spill_policy.pool_id)
        if fallback is None or fallback.archived_at is not None:
            return conflict(
                "spill_policy.pool_id",
                (f"There is no pool {spill_policy.pool_id}.", f"没有接待池 {spill_policy.pool_id}。"),
                ("Choose a pool from the list.", "请从列表中选择接待池。"),
            )
        spill_policy = fallback.spill_policy
    return None


def _saved(connection: Connection, act: Act, what: str, pool_id: int, before: Pool | None) -> Pool:
    after = pools.get_pool(connection, pool_id)
    assert after is not None
    changes.record(connection, what, f"pool:{pool_id}", before, after, actor=act.actor, now=act.now)
    wake(connection, "stock")
    return after


def _too_many_members() -> Problem:
    return problem(
        "agent_ids",
        (f"More than {MAX_MEMBERS} members, or one of them twice.", f"成员超过 {MAX_MEMBERS} 人，或有人重复。"),
        ("Name each agent once; split a larger pool.", "每名员工只列一次；人数更多请拆分。"),
    )


def _unknown_agent(position: int, agent_id: int) -> Problem:
    return problem(
        f"agent_ids[{position}]",
        (f"There is no agent {agent_id}.", f"没有编号为 {agent_id} 的接待员工。"),
        ("Create the agent first, or restore it.", "请先创建或恢复该员工。"),
    )

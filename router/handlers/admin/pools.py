"""Create, edit, archive and restore pools (接待池)."""

from dataclasses import dataclass, replace
from typing import assert_never
from urllib.parse import urlsplit

from sqlalchemy import Connection

from router.db.ledger import wake
from router.db.queries import agents, changes, pools, stores, tags
from router.db.queries.caps import NO_CAPS, Caps
from router.db.queries.edits import begin_edit
from router.db.queries.message_classes import classes_of_pool
from router.db.queries.page import EVERY
from router.db.queries.pools import Pool, PoolTerms
from router.db.sql import Sql
from router.domain.assignment import Role
from router.domain.policies import Policy
from router.domain.spill import (
    ClosedPage,
    FallbackPool,
    GroupCode,
    KfAccount,
    LeaveNumber,
    SpillPolicy,
    WaitingPage,
)
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
    range_problems,
    text_problems,
)
from router.handlers.admin.rules_in_use import rules_moving_to
from tagtree.wording import Problem

_SETTING = Sql("SELECT name FROM setting WHERE name = 'KF_POOL_ID' AND value = :value")

MAX_MEMBERS = 1_000
MAX_CLOSED_TEXT = 500
MAX_CONSENT = 1_000
MAX_TITLE = 40
MAX_URL = 512
MAX_KFID = 64
MAX_RAMP = 1_000
NO_TAG = 0
NEW_TERMS = PoolTerms()

Members = tuple[tuple[int, Role], ...]


@dataclass(frozen=True, slots=True)
class NewPool:
    """``agent_ids`` in the order they are asked; ``backup_ids`` are those of them who join when others are full."""

    name: str
    agent_ids: tuple[int, ...] = ()
    backup_ids: tuple[int, ...] = ()
    terms: PoolTerms = NEW_TERMS
    caps: Caps = NO_CAPS


@dataclass(frozen=True, slots=True)
class PoolEdit:
    """What to change; None leaves a field as it is, given agents replace all. ``NO_TAG`` takes the VIP tag away."""

    name: str | None = None
    agent_ids: tuple[int, ...] | None = None
    backup_ids: tuple[int, ...] | None = None
    policy: Policy | None = None
    warn_percent: int | None = None
    backup_percent: int | None = None
    ramp_per_minute: int | None = None
    vip_tag_id: int | None = None
    spill_policy: SpillPolicy | None = None
    caps: Caps | None = None


def create_pool(connection: Connection, act: Act, new: NewPool) -> Pool | Refusal:
    """A new pool with its members."""
    begin_edit(connection)
    refusal = _refusal(connection, 0, new.name, new.agent_ids, new.backup_ids, new.terms, new.caps)
    if refusal is not None:
        return refusal
    pool_id = pools.insert_pool(connection, new.name, new.terms, act.now)
    if pool_id is None:
        return name_taken("name", new.name)
    pools.set_members(connection, pool_id, _members(new.agent_ids, new.backup_ids))
    save_caps(connection, act, f"pool:{pool_id}", NO_CAPS, new.caps)
    return _saved(connection, act, "pool.create", pool_id, None)


def update_pool(connection: Connection, act: Act, pool_id: int, edit: PoolEdit) -> Pool | Refusal:
    """Edit a pool; members and terms hold from the next scan on."""
    begin_edit(connection)
    before = pools.get_pool(connection, pool_id)
    if before is None:
        return Missing(POOL)
    if before.archived_at is not None:
        return archived(POOL)
    name = before.name if edit.name is None else edit.name
    terms = _edited(before.terms, edit)
    agent_ids, backup_ids = _people(before, edit)
    refusal = _refusal(connection, pool_id, name, agent_ids, backup_ids, terms, edit.caps)
    if refusal is not None:
        return refusal
    pools.update_pool(connection, pool_id, name, terms)
    if (edit.agent_ids, edit.backup_ids) != (None, None):
        pools.set_members(connection, pool_id, _members(agent_ids, backup_ids))
    save_caps(connection, act, f"pool:{pool_id}", before.caps, edit.caps)
    return _saved(connection, act, "pool.update", pool_id, before)


def _people(before: Pool, edit: PoolEdit) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """All agents of the pool and the backups among them; a backup who stays in the pool stays a backup."""
    agent_ids = edit.agent_ids
    if agent_ids is None:
        agent_ids = tuple(each.agent_id for each in before.members)
    if edit.backup_ids is not None:
        return agent_ids, edit.backup_ids
    backups = {each.agent_id for each in before.members if each.role == "backup"}
    return agent_ids, tuple(agent_id for agent_id in agent_ids if agent_id in backups)


def _members(agent_ids: tuple[int, ...], backup_ids: tuple[int, ...]) -> Members:
    return tuple((agent_id, "backup" if agent_id in backup_ids else "member") for agent_id in agent_ids)


def _edited(terms: PoolTerms, edit: PoolEdit) -> PoolTerms:
    names = ("policy", "warn_percent", "backup_percent", "ramp_per_minute", "vip_tag_id", "spill_policy")
    edited = replace(terms, **{name: value for name in names if (value := getattr(edit, name)) is not None})
    return replace(edited, vip_tag_id=edited.vip_tag_id or None)


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
    receiving = [*pools.codes_of_pool(connection, pool_id), *stores.stores_of_pool(connection, pool_id)]
    receiving += classes_of_pool(connection, pool_id)
    return [*receiving, *falling_back, *rules_moving_to(connection, pool_id), *setting]


def _refusal(
    connection: Connection,
    pool_id: int,
    name: str,
    agent_ids: tuple[int, ...],
    backup_ids: tuple[int, ...],
    terms: PoolTerms,
    caps: Caps | None,
) -> Refusal | None:
    problems = text_problems("name", name) + cap_problems(caps, "pool") + _terms_problems(terms)
    strangers = [position for position, agent_id in enumerate(backup_ids) if agent_id not in agent_ids]
    problems += [_not_in_pool(position) for position in strangers]
    if len(agent_ids) > MAX_MEMBERS or len(set(agent_ids)) < len(agent_ids):
        problems.append(_too_many_members())
    if problems:
        return Invalid(tuple(problems))
    if pools.pool_named(connection, name) not in (None, pool_id):
        return name_taken("name", name)
    unknown = set(agent_ids) - agents.known_agents(connection, list(agent_ids))
    if unknown:
        return Conflict(tuple(_unknown_agent(agent_ids.index(agent_id), agent_id) for agent_id in sorted(unknown)))
    return _tag_refusal(connection, terms) or _target_refusal(connection, pool_id, terms.spill_policy)


def _terms_problems(terms: PoolTerms) -> list[Problem]:
    return [
        *range_problems("warn_percent", terms.warn_percent, 1, 100),
        *range_problems("backup_percent", terms.backup_percent, 1, 100),
        *range_problems("ramp_per_minute", terms.ramp_per_minute, 0, MAX_RAMP),
        *_policy_problems(terms.spill_policy),
    ]


def _policy_problems(spill_policy: SpillPolicy) -> list[Problem]:
    match spill_policy:
        case ClosedPage(text=text):
            return text_problems("spill_policy.text", text, MAX_CLOSED_TEXT, lines=True)
        case LeaveNumber(consent=consent, title=title):
            told = text_problems("spill_policy.title", title, MAX_TITLE)
            return told + text_problems("spill_policy.consent", consent, MAX_CONSENT, lines=True)
        case KfAccount(open_kfid=open_kfid, url=url):
            named = text_problems("spill_policy.open_kfid", open_kfid, MAX_KFID) if open_kfid else []
            return named + _url_problems(url)
        case WaitingPage() | FallbackPool() | GroupCode():
            return []
        case _:
            assert_never(spill_policy)


def _url_problems(url: str) -> list[Problem]:
    """A phone opens it: an address of the web with a host, and nothing that a browser would run or sign in with."""
    if len(url) <= MAX_URL and url.isascii() and url.isprintable() and " " not in url and _is_web_address(url):
        return []
    return [
        problem(
            "spill_policy.url",
            (f"Not a web address of at most {MAX_URL} characters.", f"不是 {MAX_URL} 个字符以内的网址。"),
            (
                "Paste the link of the account, such as https://work.weixin.qq.com/kfid/….",
                "请粘贴客服账号的链接，例如 https://work.weixin.qq.com/kfid/…。",
            ),
        )
    ]


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return False


def _tag_refusal(connection: Connection, terms: PoolTerms) -> Refusal | None:
    if terms.vip_tag_id is None or terms.vip_tag_id in tags.load_tree(connection):
        return None
    return conflict(
        "vip_tag_id",
        (f"There is no tag {terms.vip_tag_id}.", f"没有编号为 {terms.vip_tag_id} 的标签。"),
        ("Choose a tag from the tree, or none.", "请从标签树中选择，或不选。"),
    )


def _target_refusal(connection: Connection, pool_id: int, spill_policy: SpillPolicy) -> Refusal | None:
    if not isinstance(spill_policy, GroupCode):
        return _fallback_refusal(connection, pool_id, spill_policy)
    if spill_policy.code_id in dict(pools.group_codes(connection)):
        return None
    return conflict(
        "spill_policy.code_id",
        (f"There is no group code {spill_policy.code_id}.", f"没有编号为 {spill_policy.code_id} 的群活码。"),
        ("Create a live code of the kind “group” first.", "请先创建类型为“群活码”的活码。"),
    )


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


def _not_in_pool(position: int) -> Problem:
    return problem(
        f"backup_ids[{position}]",
        ("This agent is not in the pool.", "该员工不在此接待池中。"),
        ("Tick the agent as a member too, or not as a backup.", "请同时勾选为成员，或不要设为备用。"),
    )


def _unknown_agent(position: int, agent_id: int) -> Problem:
    return problem(
        f"agent_ids[{position}]",
        (f"There is no agent {agent_id}.", f"没有编号为 {agent_id} 的接待员工。"),
        ("Create the agent first, or restore it.", "请先创建或恢复该员工。"),
    )

"""What is checked of rules before they decide: that what they lead to is there, samples are met, and they fit."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from sqlalchemy import Connection

from router.db.queries import catalogue, pools, webhooks
from router.db.queries.page import EVERY
from router.db.queries.tags import load_tree
from router.domain.reply import SLOTS
from router.handlers.admin.placeholders import placeholder_problems
from router.handlers.admin.refusal import problem
from tagtree.rules.absent_tags import AbsentTag, absent_tags
from tagtree.rules.actions import Action, CallWebhook, MoveToPool, Reply
from tagtree.rules.collisions import collisions
from tagtree.rules.findings import Finding as Collision
from tagtree.rules.footprint import too_large
from tagtree.rules.rule_set import RuleSet, cautions
from tagtree.rules.samples import check_samples
from tagtree.tree import TagTree
from tagtree.wording import Problem, Wording


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about a draft: problems are refused, cautions want to be confirmed, information may be passed over.

    ``rule_ids``: the rules that get in each other's way, if that is what it is about.
    """

    severity: Literal["problem", "caution", "information"]
    problem: Problem
    rule_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _There:
    """What rules may lead to, and what fills their replies besides names."""

    pool_ids: frozenset[int]
    webhooks: frozenset[str]
    in_messages: frozenset[str]


def unmet(connection: Connection, rule_set: RuleSet, *, except_named_tags: bool = False) -> list[Problem]:
    """What the rules name and is not there: tags, pools, webhooks, and what would fill a reply.

    With ``except_named_tags``, tags whose path the rule knows are passed over, since they can be created.
    """
    there = _There(
        frozenset(pool.id for pool in pools.list_pools(connection, limit=EVERY).items),
        webhooks.webhook_names(connection),
        SLOTS | catalogue.kinds(connection).keys(),
    )
    absent = absent_tags(rule_set, load_tree(connection))
    tags = (_no_tag(each) for each in absent if not (except_named_tags and each.tag_name))
    others = (
        found
        for place, rule in enumerate(rule_set.rules)
        for number, action in enumerate(rule.actions)
        for found in _unmet_of(action, f"rules[{place}].then[{number}]", there)
    )
    return [*tags, *others]


def oversize(rule_set: RuleSet, most_memory: int) -> list[Problem]:
    """Why the rule set is refused when it would take more than ``most_memory`` bytes compiled."""
    found = too_large(rule_set, most_memory)
    return [] if found is None else [found]


def failing_samples(rule_set: RuleSet) -> list[Problem]:
    """Samples that their rule meets and must not, or must meet and does not."""
    return [each.problem for each in check_samples(rule_set)]


def findings(rule_set: RuleSet, tree: TagTree) -> tuple[Finding, ...]:
    """What a person should confirm before the rules are in force, and then what may be passed over.

    To be confirmed: no rule at all, rules for nearly every message, rules in each other's way.
    """
    if not rule_set.rules:
        return (Finding("caution", _NO_RULE),)
    return (
        *(Finding("caution", each) for each in cautions(rule_set)),
        *map(_in_the_way, collisions(rule_set, tree)),
    )


def _in_the_way(found: Collision) -> Finding:
    rule_ids = tuple(dict.fromkeys(rule.id for rule in found.rules))
    return Finding(found.severity.value, Problem("rules", found.wording, _LOOK_AT_BOTH), rule_ids)


def _unmet_of(action: Action, path: str, there: _There) -> Iterator[Problem]:
    match action:
        case MoveToPool(pool_id) if pool_id not in there.pool_ids:
            yield _no_pool(f"{path}.pool_id", pool_id)
        case CallWebhook(name) if name not in there.webhooks:
            yield _no_webhook(f"{path}.name", name)
        case Reply(text):
            yield from placeholder_problems(f"{path}.text", text, there.in_messages)
        case _:
            return


def _no_tag(absent: AbsentTag) -> Problem:
    if not absent.tag_name:
        return absent.problem
    hint = Wording(
        "Have it created: send create_tags, or tick “Create the missing tags” where the draft is edited as JSON.",
        "可让系统创建：发送 create_tags，或在以 JSON 编辑草稿时勾选“创建缺少的标签”。",
    )
    return Problem(absent.path, absent.problem.reason, hint)


def _no_pool(path: str, pool_id: int) -> Problem:
    return problem(
        path,
        (f"There is no pool {pool_id}.", f"没有编号为 {pool_id} 的接待池。"),
        ("Create the pool first, or choose another.", "请先创建接待池，或选择其他接待池。"),
    )


def _no_webhook(path: str, name: str) -> Problem:
    return problem(
        path,
        (f"There is no webhook called “{name}”.", f"没有名为“{name}”的 Webhook。"),
        ("Create it first, or choose another.", "请先创建，或选择其他 Webhook。"),
    )


_NO_RULE: Final = problem(
    "rules",
    ("There is no rule: nothing would be decided.", "没有任何规则，将不作任何判断。"),
    ("Confirm if that is meant.", "如确有此意，请确认。"),
)
_LOOK_AT_BOTH: Final = Wording(
    "Confirm if that is meant, or change one of the rules.", "如确有此意，请确认；否则请修改其中一条规则。"
)

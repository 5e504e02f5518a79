"""What is checked of rules before they decide: that what they lead to is there, samples are met, and they fit."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from router.db.queries import pools, webhooks
from router.db.queries.page import EVERY
from router.db.queries.tags import load_tree
from router.handlers.admin.refusal import problem
from tagtree.actions import Action, AddTag, CallWebhook, MoveToPool, RemoveTag
from tagtree.facts import Facts
from tagtree.footprint import too_large
from tagtree.matcher import compile_rule_set
from tagtree.rules import NO_SAMPLES, Rule, RuleSet, cautions
from tagtree.wording import Problem

SAMPLE_CHANNEL = "kf"


@dataclass(frozen=True, slots=True)
class _There:
    """What rules may lead to."""

    tag_ids: frozenset[int]
    pool_ids: frozenset[int]
    webhooks: frozenset[str]


def unmet(connection: Connection, rule_set: RuleSet) -> list[Problem]:
    """Actions that lead to tags, pools or webhooks that are not there."""
    there = _There(
        frozenset(tag.id for tag in load_tree(connection).tags),
        frozenset(pool.id for pool in pools.list_pools(connection, limit=EVERY).items),
        webhooks.webhook_names(connection),
    )
    return [
        found
        for place, rule in enumerate(rule_set.rules)
        for number, action in enumerate(rule.actions)
        for found in _unmet_of(action, f"rules[{place}].then[{number}]", there)
    ]


def oversize(rule_set: RuleSet, most_memory: int) -> list[Problem]:
    """Why the rule set is refused when it would take more than ``most_memory`` bytes compiled."""
    found = too_large(rule_set, most_memory)
    return [] if found is None else [found]


def failing_samples(rule_set: RuleSet) -> list[Problem]:
    """Samples that their rule meets and must not, or must meet and does not."""
    sampled = tuple(rule for rule in rule_set.rules if rule.samples != NO_SAMPLES)
    if not sampled:
        return []
    found = []
    for place, rule in enumerate(rule_set.rules):
        if rule.samples == NO_SAMPLES:
            continue
        compiled = compile_rule_set(RuleSet(rule_set.id, 0, (replace(rule, enabled=True),)))
        for wanted, texts in (("must_match", rule.samples.must_match), ("must_not_match", rule.samples.must_not_match)):
            for number, text in enumerate(texts):
                met = any(each.spans is not None for each in compiled.candidates(Facts(text, SAMPLE_CHANNEL)))
                if met is not (wanted == "must_match"):
                    found.append(_sample(f"rules[{place}].samples.{wanted}[{number}]", rule, text, met))
    return found


def doubts(rule_set: RuleSet) -> tuple[Problem, ...]:
    """What a person should confirm before the rules are in force."""
    if rule_set.rules:
        return cautions(rule_set)
    return (
        problem(
            "rules",
            ("There is no rule: nothing would be decided.", "没有任何规则，将不作任何判断。"),
            ("Confirm if that is meant.", "如确有此意，请确认。"),
        ),
    )


def _unmet_of(action: Action, path: str, there: _There) -> Iterator[Problem]:
    match action:
        case AddTag(tag_id, name) | RemoveTag(tag_id, name) if tag_id not in there.tag_ids:
            yield _no_tag(f"{path}.tag_id", tag_id, name)
        case MoveToPool(pool_id) if pool_id not in there.pool_ids:
            yield _no_pool(f"{path}.pool_id", pool_id)
        case CallWebhook(name) if name not in there.webhooks:
            yield _no_webhook(f"{path}.name", name)
        case _:
            return


def _no_tag(path: str, tag_id: int, name: str) -> Problem:
    if not name:
        return problem(
            path,
            (f"There is no tag {tag_id}.", f"没有编号为 {tag_id} 的标签。"),
            ("Create the tag first, then save the rule.", "请先创建该标签，再保存规则。"),
        )
    return problem(
        path,
        (f"There is no tag {tag_id}, which was called “{name}”.", f"没有编号为 {tag_id} 的标签（原名“{name}”）。"),
        (
            "Have it created: send create_tags, or press “Create the missing tags”.",
            "可让系统创建：发送 create_tags，或点击“创建缺少的标签”。",
        ),
    )


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


def _sample(path: str, rule: Rule, text: str, met: bool) -> Problem:
    told = text[:40]
    if met:
        reason = (f"Rule “{rule.name}” meets “{told}” and must not.", f"规则“{rule.name}”命中了不应命中的“{told}”。")
    else:
        reason = (f"Rule “{rule.name}” does not meet “{told}”.", f"规则“{rule.name}”未命中应命中的“{told}”。")
    return problem(
        path, reason, ("Change the condition, or the sample if it is wrong.", "请修改条件；若样例有误请修改样例。")
    )

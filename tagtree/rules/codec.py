"""Rule sets as JSON: written for the API, the console and the store, read back with every problem named.

    {"id": "price", "name": "问价", "priority": 100,
     "when": {"kind": "contains", "words": ["价格", "报价"]},
     "then": [{"do": "add_tag", "tag_id": 3}, {"do": "hand_to_human"}],
     "stop": true}

Besides `stop` a rule may have `cooldown_seconds`, `group`, `fallback`, `enabled`, `scope` ({"channels": […],
"live_codes": […]}) and `samples` ({"must_match": […], "must_not_match": […]}); what is left out is at its default.
A rule set is `{"id": 1, "version": 1, "rules": […]}`. What is read may come from anyone: shapes, lengths and
counts are bounded before anything is compiled.
"""

import re
from collections.abc import Mapping
from functools import partial
from typing import Final, NamedTuple, TypeAlias

from tagtree.fields import MAX_ID, FieldReader
from tagtree.rules.action_codec import MAX_NAME_CHARACTERS, read_action, write_action
from tagtree.rules.actions import Action
from tagtree.rules.condition_codec import MAX_NAMES, MAX_WORD_CHARACTERS, read_condition, write_condition
from tagtree.rules.rule_set import (
    EVERYWHERE,
    MAX_COOLDOWN,
    NO_SAMPLES,
    Rule,
    RuleSet,
    Samples,
    Scope,
    check_rule,
    check_rule_set,
)
from tagtree.wording import Problem, Wording, step

MAX_RULES: Final = 20_000
MAX_ACTIONS: Final = 20
MAX_RULE_ID_CHARACTERS: Final = 64
MAX_PRIORITY: Final = 1_000_000
MAX_SAMPLES: Final = 100
"""Of each sort, per rule."""
MAX_SAMPLE_CHARACTERS: Final = 2_000
MAX_SAMPLES_OF_SET: Final = 10_000
"""Of both sorts, of all rules: each compiles its rule and asks it at every publishing, in some seconds for so many."""
MAX_SAMPLE_CHARACTERS_OF_SET: Final = 1_000_000

Json: TypeAlias = dict[str, object]

_RULE_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_REQUIRED: Final = frozenset({"id", "name", "priority", "when", "then"})
OPTIONS: Final = frozenset({"stop", "cooldown_seconds", "group", "fallback", "enabled", "scope", "samples"})
"""Fields that a rule may leave out."""


def write_rule_set(rule_set: RuleSet) -> Json:
    return {"id": rule_set.id, "version": rule_set.version, "rules": [write_rule(rule) for rule in rule_set.rules]}


def write_rule(rule: Rule) -> Json:
    """The rule; what is at its default is left out, except `stop`."""
    written: Json = {
        "id": rule.id,
        "name": rule.name,
        "priority": rule.priority,
        "when": write_condition(rule.condition),
        "then": [write_action(action) for action in rule.actions],
        "stop": rule.stop,
    }
    if rule.cooldown:
        written["cooldown_seconds"] = rule.cooldown // 1000
    if rule.group:
        written["group"] = rule.group
    if rule.fallback:
        written["fallback"] = True
    if not rule.enabled:
        written["enabled"] = False
    if rule.scope != EVERYWHERE:
        written["scope"] = {"channels": list(rule.scope.channels), "live_codes": list(rule.scope.live_codes)}
    if rule.samples != NO_SAMPLES:
        samples = rule.samples
        written["samples"] = {
            "must_match": list(samples.must_match),
            "must_not_match": list(samples.must_not_match),
        }
    return written


def read_rule_set(content: object) -> RuleSet | list[Problem]:
    """The rule set in this decoded JSON, fit to be compiled; otherwise what is wrong with it."""
    fields = FieldReader()
    rule_set = _rule_set(fields, content)
    if rule_set is None:
        return fields.problems
    return list(check_rule_set(rule_set)) or rule_set


def read_rule(content: object) -> Rule | list[Problem]:
    """One rule, as the console's editor sends it; whether the rules it names exist is for the whole set to say."""
    fields = FieldReader()
    rule = _rule(fields, content, "")
    if rule is None:
        return fields.problems
    return list(check_rule(rule, "")) or rule


def _rule_set(fields: FieldReader, content: object) -> RuleSet | None:
    members = fields.members(content, "", frozenset({"id", "version", "rules"}))
    if members is None:
        return None
    rule_set_id = fields.integer(members["id"], "id", 0, MAX_ID)
    version = fields.integer(members["version"], "version", 0, MAX_ID)
    rules = fields.items(members["rules"], "rules", MAX_RULES, partial(_rule, fields))
    if rule_set_id is None or version is None or rules is None or not _are_few(fields, rules):
        return None
    return RuleSet(rule_set_id, version, rules)


def _are_few(fields: FieldReader, rules: tuple[Rule, ...]) -> bool:
    """Whether the samples of all rules together stay within what is asked at every publishing."""
    texts = [text for rule in rules for text in (*rule.samples.must_match, *rule.samples.must_not_match)]
    characters = sum(map(len, texts))
    is_within = len(texts) <= MAX_SAMPLES_OF_SET and characters <= MAX_SAMPLE_CHARACTERS_OF_SET
    if not is_within:
        fields.refuse("rules", *_too_many_samples(len(texts), characters))
    return is_within


def _rule(fields: FieldReader, content: object, path: str) -> Rule | None:
    members = fields.members(content, path, _REQUIRED, OPTIONS)
    if members is None:
        return None
    rule_id = _rule_id(fields, members["id"], step(path, "id"))
    name = fields.text(members["name"], step(path, "name"), MAX_NAME_CHARACTERS)
    priority = fields.integer(members["priority"], step(path, "priority"), -MAX_PRIORITY, MAX_PRIORITY)
    condition = read_condition(fields, members["when"], step(path, "when"))
    actions: tuple[Action, ...] | None = fields.items(
        members["then"], step(path, "then"), MAX_ACTIONS, partial(read_action, fields)
    )
    options = _options(fields, members, path)
    if rule_id is None or name is None or priority is None or condition is None or actions is None or options is None:
        return None
    return Rule(rule_id, name, priority, condition, actions, *options)


class _Options(NamedTuple):
    """The optional fields of a rule, in their order."""

    stop: bool
    cooldown: int
    group: str
    fallback: bool
    scope: Scope
    enabled: bool
    samples: Samples


def _options(fields: FieldReader, members: Mapping[str, object], path: str) -> _Options | None:
    stop = fields.flag(members.get("stop", False), step(path, "stop"))
    seconds = fields.integer(
        members.get("cooldown_seconds", 0), step(path, "cooldown_seconds"), 0, MAX_COOLDOWN // 1000
    )
    group = fields.text(members.get("group", ""), step(path, "group"), MAX_NAME_CHARACTERS, least=0)
    fallback = fields.flag(members.get("fallback", False), step(path, "fallback"))
    scope = _scope(fields, members["scope"], step(path, "scope")) if "scope" in members else Scope()
    enabled = fields.flag(members.get("enabled", True), step(path, "enabled"))
    samples = _samples(fields, members["samples"], step(path, "samples")) if "samples" in members else Samples()
    if stop is None or seconds is None or group is None or fallback is None or enabled is None:
        return None
    if scope is None or samples is None:
        return None
    return _Options(stop, seconds * 1000, group, fallback, scope, enabled, samples)


def _scope(fields: FieldReader, content: object, path: str) -> Scope | None:
    members = fields.members(content, path, frozenset(), frozenset({"channels", "live_codes"}))
    if members is None:
        return None
    channels = _texts(fields, members, "channels", path, MAX_NAMES, MAX_WORD_CHARACTERS)
    live_codes = _texts(fields, members, "live_codes", path, MAX_NAMES, MAX_WORD_CHARACTERS)
    return None if channels is None or live_codes is None else Scope(channels, live_codes)


def _samples(fields: FieldReader, content: object, path: str) -> Samples | None:
    members = fields.members(content, path, frozenset(), frozenset({"must_match", "must_not_match"}))
    if members is None:
        return None
    must = _texts(fields, members, "must_match", path, MAX_SAMPLES, MAX_SAMPLE_CHARACTERS)
    must_not = _texts(fields, members, "must_not_match", path, MAX_SAMPLES, MAX_SAMPLE_CHARACTERS)
    return None if must is None or must_not is None else Samples(must, must_not)


def _texts(
    fields: FieldReader, members: Mapping[str, object], key: str, path: str, most: int, characters: int
) -> tuple[str, ...] | None:
    return fields.texts(members.get(key, []), step(path, key), most, characters)


def _rule_id(fields: FieldReader, value: object, path: str) -> str | None:
    rule_id = fields.text(value, path, MAX_RULE_ID_CHARACTERS)
    if rule_id is None or _RULE_ID.fullmatch(rule_id):
        return rule_id
    fields.refuse(path, *_BAD_RULE_ID)
    return None


def _too_many_samples(texts: int, characters: int) -> tuple[Wording, Wording]:
    return (
        Wording(
            f"The rules have {texts} samples of {characters} characters in all.",
            f"全部规则共有 {texts} 条样例、{characters} 个字符。",
        ),
        Wording(
            f"Keep at most {MAX_SAMPLES_OF_SET} of {MAX_SAMPLE_CHARACTERS_OF_SET} characters; remove some samples.",
            f"最多 {MAX_SAMPLES_OF_SET} 条、{MAX_SAMPLE_CHARACTERS_OF_SET} 个字符，请删减样例。",
        ),
    )


_BAD_RULE_ID: Final = (
    Wording(
        "The rule id has other characters than letters, digits, dot, dash and underscore.", "规则编号含有不支持的字符。"
    ),
    Wording(
        "Write an id such as price-2, beginning with a letter or digit.",
        "请使用字母、数字、点、横线、下划线，以字母或数字开头，如 price-2。",
    ),
)

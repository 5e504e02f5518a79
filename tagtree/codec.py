"""Rule sets as JSON: written for the API, the console and the store, read back with every problem named.

    {"id": "price", "name": "问价", "priority": 100,
     "when": {"kind": "contains", "words": ["价格", "报价"]},
     "then": [{"do": "add_tag", "tag_id": 3}, {"do": "hand_to_human"}],
     "stop": true}

A rule set is `{"id": 1, "version": 1, "rules": […]}`. What is read may come from anyone: shapes, lengths and
counts are bounded before anything is compiled.
"""

import re
from collections.abc import Callable
from functools import partial
from typing import Final, TypeAlias, TypeVar, assert_never

from tagtree.actions import (
    Action,
    AddTag,
    CallWebhook,
    HandToHuman,
    MoveToPool,
    OpenTask,
    RemoveTag,
    Reply,
    SetClass,
    StartLadder,
)
from tagtree.conditions import (
    MAX_NESTING,
    TOO_NESTED,
    AllOf,
    AnyOf,
    Channel,
    Condition,
    Contains,
    Exact,
    NoneOf,
    Pattern,
)
from tagtree.fields import FieldReader
from tagtree.patterns import MAX_PATTERN_CHARACTERS
from tagtree.rules import Rule, RuleSet, check_rule_set
from tagtree.wording import Problem, Wording, step

MAX_RULES: Final = 20_000
MAX_WORDS: Final = 5_000
"""Per condition."""
MAX_WORD_CHARACTERS: Final = 100
MAX_CHANNELS: Final = 100
MAX_PARTS: Final = 50
"""Conditions in one group."""
MAX_ACTIONS: Final = 20
MAX_REPLY_CHARACTERS: Final = 2_000
MAX_NAME_CHARACTERS: Final = 100
MAX_RULE_ID_CHARACTERS: Final = 64
MAX_PRIORITY: Final = 1_000_000
MAX_ID: Final = 2**53 - 1
"""The largest whole number every JSON reader keeps exact (RFC 8259, section 6)."""

Json: TypeAlias = dict[str, object]

_RULE_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")

V = TypeVar("V")
R = TypeVar("R")


def write_rule_set(rule_set: RuleSet) -> Json:
    return {"id": rule_set.id, "version": rule_set.version, "rules": [write_rule(rule) for rule in rule_set.rules]}


def write_rule(rule: Rule) -> Json:
    return {
        "id": rule.id,
        "name": rule.name,
        "priority": rule.priority,
        "when": write_condition(rule.condition),
        "then": [write_action(action) for action in rule.actions],
        "stop": rule.stop,
    }


def write_condition(condition: Condition) -> Json:
    match condition:
        case Exact(words):
            return {"kind": "exact", "words": list(words)}
        case Contains(words):
            return {"kind": "contains", "words": list(words)}
        case Pattern(pattern):
            return {"kind": "pattern", "pattern": pattern}
        case Channel(names):
            return {"kind": "channel", "names": list(names)}
        case AllOf(conditions):
            return {"kind": "all_of", "conditions": [write_condition(part) for part in conditions]}
        case AnyOf(conditions):
            return {"kind": "any_of", "conditions": [write_condition(part) for part in conditions]}
        case NoneOf(conditions):
            return {"kind": "none_of", "conditions": [write_condition(part) for part in conditions]}
        case _:
            assert_never(condition)


def write_action(action: Action) -> Json:
    match action:
        case AddTag(tag_id):
            return {"do": "add_tag", "tag_id": tag_id}
        case RemoveTag(tag_id):
            return {"do": "remove_tag", "tag_id": tag_id}
        case Reply(text):
            return {"do": "reply", "text": text}
        case MoveToPool(pool_id):
            return {"do": "move_to_pool", "pool_id": pool_id}
        case HandToHuman():
            return {"do": "hand_to_human"}
        case SetClass(name):
            return {"do": "set_class", "name": name}
        case StartLadder(ladder):
            return {"do": "start_ladder", "ladder": ladder}
        case CallWebhook(name):
            return {"do": "call_webhook", "name": name}
        case OpenTask(title, kind):
            return {"do": "open_task", "title": title, "kind": kind}
        case _:
            assert_never(action)


def read_rule_set(content: object) -> RuleSet | list[Problem]:
    """The rule set in this decoded JSON, fit to be compiled; otherwise what is wrong with it."""
    fields = FieldReader()
    rule_set = _rule_set(fields, content)
    if rule_set is None:
        return fields.problems
    return list(check_rule_set(rule_set)) or rule_set


def read_rule(content: object) -> Rule | list[Problem]:
    """One rule, as the console's editor sends it."""
    fields = FieldReader()
    rule = _rule(fields, content, "")
    if rule is None:
        return fields.problems
    return [_within_rule(problem) for problem in check_rule_set(RuleSet(0, 0, (rule,)))] or rule


def _within_rule(problem: Problem) -> Problem:
    return Problem(problem.path.removeprefix("rules[0]").removeprefix("."), problem.reason, problem.hint)


def _rule_set(fields: FieldReader, content: object) -> RuleSet | None:
    members = fields.members(content, "", frozenset({"id", "version", "rules"}))
    if members is None:
        return None
    rule_set_id = fields.integer(members["id"], "id", 0, MAX_ID)
    version = fields.integer(members["version"], "version", 0, MAX_ID)
    rules = fields.items(members["rules"], "rules", MAX_RULES, partial(_rule, fields))
    if rule_set_id is None or version is None or rules is None:
        return None
    return RuleSet(rule_set_id, version, rules)


def _rule(fields: FieldReader, content: object, path: str) -> Rule | None:
    members = fields.members(
        content, path, frozenset({"id", "name", "priority", "when", "then"}), optional=frozenset({"stop"})
    )
    if members is None:
        return None
    rule_id = _rule_id(fields, members["id"], step(path, "id"))
    name = fields.text(members["name"], step(path, "name"), MAX_NAME_CHARACTERS)
    priority = fields.integer(members["priority"], step(path, "priority"), -MAX_PRIORITY, MAX_PRIORITY)
    condition = _condition(fields, members["when"], step(path, "when"))
    actions: tuple[Action, ...] | None = fields.items(
        members["then"], step(path, "then"), MAX_ACTIONS, partial(_action, fields)
    )
    stop = fields.flag(members.get("stop", False), step(path, "stop"))
    if rule_id is None or name is None or priority is None or condition is None or actions is None or stop is None:
        return None
    return Rule(rule_id, name, priority, condition, actions, stop)


def _rule_id(fields: FieldReader, value: object, path: str) -> str | None:
    rule_id = fields.text(value, path, MAX_RULE_ID_CHARACTERS)
    if rule_id is None or _RULE_ID.fullmatch(rule_id):
        return rule_id
    fields.refuse(path, *_BAD_RULE_ID)
    return None


def _condition(fields: FieldReader, content: object, path: str, nesting: int = 0) -> Condition | None:
    match _name(content, "kind"):
        case "exact":
            return _built(Exact, _words(fields, content, path))
        case "contains":
            return _built(Contains, _words(fields, content, path))
        case "pattern":
            return _built(Pattern, _pattern(fields, content, path))
        case "channel":
            return _built(Channel, _channels(fields, content, path))
        case "all_of":
            return _built(AllOf, _parts(fields, content, path, nesting))
        case "any_of":
            return _built(AnyOf, _parts(fields, content, path, nesting))
        case "none_of":
            return _built(NoneOf, _parts(fields, content, path, nesting))
        case _:
            fields.refuse(step(path, "kind"), *_UNKNOWN_KIND)
            return None


def _action(fields: FieldReader, content: object, path: str) -> Action | None:
    match _name(content, "do"):
        case "add_tag":
            return _built(AddTag, _id(fields, content, path, "tag_id"))
        case "remove_tag":
            return _built(RemoveTag, _id(fields, content, path, "tag_id"))
        case "reply":
            return _built(Reply, _reply(fields, content, path))
        case "move_to_pool":
            return _built(MoveToPool, _id(fields, content, path, "pool_id"))
        case "hand_to_human":
            return None if fields.members(content, path, frozenset({"do"})) is None else HandToHuman()
        case _:
            fields.refuse(step(path, "do"), *_UNKNOWN_ACTION)
            return None


def _name(content: object, key: str) -> object:
    return content.get(key) if isinstance(content, dict) else None


def _built(kind: Callable[[V], R], value: V | None) -> R | None:
    return None if value is None else kind(value)


def _words(fields: FieldReader, content: object, path: str) -> tuple[str, ...] | None:
    return _texts(fields, content, path, "words", MAX_WORDS)


def _channels(fields: FieldReader, content: object, path: str) -> tuple[str, ...] | None:
    return _texts(fields, content, path, "names", MAX_CHANNELS)


def _texts(fields: FieldReader, content: object, path: str, key: str, most: int) -> tuple[str, ...] | None:
    members = fields.members(content, path, frozenset({"kind", key}))
    if members is None:
        return None
    return fields.items(members[key], step(path, key), most, partial(fields.text, most=MAX_WORD_CHARACTERS))


def _pattern(fields: FieldReader, content: object, path: str) -> str | None:
    """An empty pattern is read: it meets everything and is a matter of confirmation."""
    members = fields.members(content, path, frozenset({"kind", "pattern"}))
    if members is None:
        return None
    return fields.text(members["pattern"], step(path, "pattern"), MAX_PATTERN_CHARACTERS, least=0)


def _parts(fields: FieldReader, content: object, path: str, nesting: int) -> tuple[Condition, ...] | None:
    if nesting >= MAX_NESTING:
        fields.refuse(path, *TOO_NESTED)
        return None
    members = fields.members(content, path, frozenset({"kind", "conditions"}))
    if members is None:
        return None
    read = partial(_condition, fields, nesting=nesting + 1)
    return fields.items(members["conditions"], step(path, "conditions"), MAX_PARTS, read)


def _id(fields: FieldReader, content: object, path: str, key: str) -> int | None:
    members = fields.members(content, path, frozenset({"do", key}))
    return None if members is None else fields.integer(members[key], step(path, key), 1, MAX_ID)


def _reply(fields: FieldReader, content: object, path: str) -> str | None:
    members = fields.members(content, path, frozenset({"do", "text"}))
    return None if members is None else fields.text(members["text"], step(path, "text"), MAX_REPLY_CHARACTERS)


_BAD_RULE_ID: Final = (
    Wording(
        "The rule id has other characters than letters, digits, dot, dash and underscore.", "规则编号含有不支持的字符。"
    ),
    Wording(
        "Write an id such as price-2, beginning with a letter or digit.",
        "请使用字母、数字、点、横线、下划线，以字母或数字开头，如 price-2。",
    ),
)
_UNKNOWN_KIND: Final = (
    Wording("There is no such kind of condition.", "没有这种条件。"),
    Wording(
        "Use exact, contains, pattern, channel, all_of, any_of or none_of.",
        "请使用 exact、contains、pattern、channel、all_of、any_of 或 none_of。",
    ),
)
_UNKNOWN_ACTION: Final = (
    Wording("There is no such action.", "没有这种动作。"),
    Wording(
        "Use add_tag, remove_tag, reply, move_to_pool or hand_to_human.",
        "请使用 add_tag、remove_tag、reply、move_to_pool 或 hand_to_human。",
    ),
)

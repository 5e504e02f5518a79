"""Conditions as JSON: `{"kind": "contains", "words": ["价格"]}`. What is read may come from anyone."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final, TypeAlias, TypeVar, assert_never

from tagtree.fields import MAX_ID, FieldReader
from tagtree.rules.condition_checks import MAX_ERRORS, MAX_NESTING, TOO_NESTED
from tagtree.rules.conditions import (
    AllOf,
    AnyOf,
    Channel,
    Condition,
    Contains,
    Counter,
    Exact,
    FactCondition,
    InClass,
    LiveCode,
    MessageKind,
    NearMiss,
    NewCustomer,
    NoneOf,
    Pattern,
    Prefix,
    PreviousContains,
    PreviousFired,
    Region,
    SentBy,
    Suffix,
    Tagged,
    TimeWindow,
)
from tagtree.rules.facts import Sender
from tagtree.rules.patterns import MAX_PATTERN_CHARACTERS
from tagtree.rules.time_window_codec import read_week_hours, write_week_hours
from tagtree.wording import Wording, step

MAX_WORDS: Final = 5_000
"""Per condition."""
MAX_NAMES: Final = 100
"""Channels, codes, classes, regions, tags or rules of one condition."""
MAX_WORD_CHARACTERS: Final = 100
MAX_PARTS: Final = 50
"""Conditions in one group."""
MAX_TIMES: Final = 1_000
MAX_DAYS: Final = 366

Json: TypeAlias = dict[str, object]

_Read: TypeAlias = Callable[[FieldReader, object, str], Condition | None]

T = TypeVar("T")


def write_condition(condition: Condition) -> Json:
    match condition:
        case Exact(words):
            return {"kind": "exact", "words": list(words)}
        case Contains(words):
            return {"kind": "contains", "words": list(words)}
        case Prefix(words):
            return {"kind": "prefix", "words": list(words)}
        case Suffix(words):
            return {"kind": "suffix", "words": list(words)}
        case NearMiss(words, errors):
            return {"kind": "near_miss", "words": list(words), "errors": errors}
        case Pattern(pattern):
            return {"kind": "pattern", "pattern": pattern}
        case AllOf(conditions):
            return {"kind": "all_of", "conditions": list(map(write_condition, conditions))}
        case AnyOf(conditions):
            return {"kind": "any_of", "conditions": list(map(write_condition, conditions))}
        case NoneOf(conditions):
            return {"kind": "none_of", "conditions": list(map(write_condition, conditions))}
        case _:
            return _write_fact(condition)


def _write_fact(condition: FactCondition) -> Json:
    match condition:
        case Channel(names):
            return {"kind": "channel", "names": list(names)}
        case MessageKind(kinds):
            return {"kind": "message_kind", "kinds": list(kinds)}
        case LiveCode(codes):
            return {"kind": "live_code", "codes": list(codes)}
        case InClass(names):
            return {"kind": "class", "names": list(names)}
        case Tagged(tag_ids):
            return {"kind": "tagged", "tag_ids": list(tag_ids)}
        case NewCustomer(is_new):
            return {"kind": "new_customer", "is_new": is_new}
        case SentBy(sender):
            return {"kind": "sent_by", "sender": sender.value}
        case Region(names):
            return {"kind": "region", "names": list(names)}
        case TimeWindow(hours):
            return {"kind": "time_window", **write_week_hours(hours)}
        case Counter(rule_id, times, days):
            return {"kind": "counter", "rule_id": rule_id, "times": times, "days": days}
        case PreviousContains(words):
            return {"kind": "previous_contains", "words": list(words)}
        case PreviousFired(rule_ids):
            return {"kind": "previous_fired", "rule_ids": list(rule_ids)}
        case _:
            assert_never(condition)


def read_condition(fields: FieldReader, content: object, path: str, nesting: int = 0) -> Condition | None:
    """The condition, or None with the problems told to `fields`."""
    kind = content.get("kind") if isinstance(content, dict) else None
    if isinstance(kind, str) and kind in _GROUPS:
        return _group(_GROUPS[kind], fields, content, path, nesting)
    read = _READERS.get(kind) if isinstance(kind, str) else None
    if read is None:
        fields.refuse(step(path, "kind"), *_UNKNOWN_KIND)
        return None
    return read(fields, content, path)


def _group(
    kind: Callable[[tuple[Condition, ...]], Condition], fields: FieldReader, content: object, path: str, nesting: int
) -> Condition | None:
    if nesting >= MAX_NESTING:
        fields.refuse(path, *TOO_NESTED)
        return None
    members = fields.members(content, path, frozenset({"kind", "conditions"}))
    if members is None:
        return None
    read = partial(read_condition, fields, nesting=nesting + 1)
    conditions: tuple[Condition, ...] | None = fields.items(
        members["conditions"], step(path, "conditions"), MAX_PARTS, read
    )
    return None if conditions is None else kind(conditions)


def _listed(
    kind: Callable[[tuple[str, ...]], Condition],
    key: str,
    most: int,
    fields: FieldReader,
    content: object,
    path: str,
) -> Condition | None:
    members = fields.members(content, path, frozenset({"kind", key}))
    if members is None:
        return None
    texts = _texts(fields, members[key], step(path, key), most)
    return None if texts is None else kind(texts)


def _texts(fields: FieldReader, content: object, path: str, most: int) -> tuple[str, ...] | None:
    return fields.texts(content, path, most, MAX_WORD_CHARACTERS)


def _near_miss(fields: FieldReader, content: object, path: str) -> Condition | None:
    members = fields.members(content, path, frozenset({"kind", "words"}), frozenset({"errors"}))
    if members is None:
        return None
    words = _texts(fields, members["words"], step(path, "words"), MAX_WORDS)
    errors = fields.integer(members.get("errors", 1), step(path, "errors"), 1, MAX_ERRORS)
    return None if words is None or errors is None else NearMiss(words, errors)


def _pattern(fields: FieldReader, content: object, path: str) -> Condition | None:
    """An empty pattern is read: it meets everything and is a matter of confirmation."""
    members = fields.members(content, path, frozenset({"kind", "pattern"}))
    if members is None:
        return None
    pattern = fields.text(members["pattern"], step(path, "pattern"), MAX_PATTERN_CHARACTERS, least=0)
    return None if pattern is None else Pattern(pattern)


def _tagged(fields: FieldReader, content: object, path: str) -> Condition | None:
    members = fields.members(content, path, frozenset({"kind", "tag_ids"}))
    if members is None:
        return None
    read = partial(fields.integer, least=1, most=MAX_ID)
    tag_ids = fields.items(members["tag_ids"], step(path, "tag_ids"), MAX_NAMES, read)
    return None if tag_ids is None else Tagged(tag_ids)


def _new_customer(fields: FieldReader, content: object, path: str) -> Condition | None:
    members = fields.members(content, path, frozenset({"kind", "is_new"}))
    is_new = None if members is None else fields.flag(members["is_new"], step(path, "is_new"))
    return None if is_new is None else NewCustomer(is_new)


def _sent_by(fields: FieldReader, content: object, path: str) -> Condition | None:
    members = fields.members(content, path, frozenset({"kind", "sender"}))
    if members is None:
        return None
    sender = members["sender"]
    if isinstance(sender, str) and sender in tuple(Sender):
        return SentBy(Sender(sender))
    fields.refuse(step(path, "sender"), *_UNKNOWN_SENDER)
    return None


def _time_window(fields: FieldReader, content: object, path: str) -> Condition | None:
    members = fields.members(content, path, frozenset({"kind", "week"}), frozenset({"special_days"}))
    hours = None if members is None else read_week_hours(fields, members, path)
    return None if hours is None else TimeWindow(hours)


def _counter(fields: FieldReader, content: object, path: str) -> Condition | None:
    members = fields.members(content, path, frozenset({"kind", "rule_id", "times", "days"}))
    if members is None:
        return None
    rule_id = fields.text(members["rule_id"], step(path, "rule_id"), MAX_WORD_CHARACTERS)
    times = fields.integer(members["times"], step(path, "times"), 1, MAX_TIMES)
    days = fields.integer(members["days"], step(path, "days"), 1, MAX_DAYS)
    return None if rule_id is None or times is None or days is None else Counter(rule_id, times, days)


_GROUPS: Final[Mapping[str, Callable[[tuple[Condition, ...]], Condition]]] = {
    "all_of": AllOf,
    "any_of": AnyOf,
    "none_of": NoneOf,
}
_READERS: Final[Mapping[str, _Read]] = {
    "exact": partial(_listed, Exact, "words", MAX_WORDS),
    "contains": partial(_listed, Contains, "words", MAX_WORDS),
    "prefix": partial(_listed, Prefix, "words", MAX_WORDS),
    "suffix": partial(_listed, Suffix, "words", MAX_WORDS),
    "near_miss": _near_miss,
    "pattern": _pattern,
    "channel": partial(_listed, Channel, "names", MAX_NAMES),
    "message_kind": partial(_listed, MessageKind, "kinds", MAX_NAMES),
    "live_code": partial(_listed, LiveCode, "codes", MAX_NAMES),
    "class": partial(_listed, InClass, "names", MAX_NAMES),
    "tagged": _tagged,
    "new_customer": _new_customer,
    "sent_by": _sent_by,
    "region": partial(_listed, Region, "names", MAX_NAMES),
    "time_window": _time_window,
    "counter": _counter,
    "previous_contains": partial(_listed, PreviousContains, "words", MAX_WORDS),
    "previous_fired": partial(_listed, PreviousFired, "rule_ids", MAX_NAMES),
}
CONDITION_KINDS: Final = (*_READERS, *_GROUPS)
"""The values of "kind"."""

_UNKNOWN_KIND: Final = (
    Wording("There is no such kind of condition.", "没有这种条件。"),
    Wording(f"Use one of: {', '.join(CONDITION_KINDS)}.", f"请使用：{'、'.join(CONDITION_KINDS)}。"),
)
_UNKNOWN_SENDER: Final = (
    Wording("There is no such sender.", "没有这种发送者。"),
    Wording("Use customer or employee.", "请使用 customer（客户）或 employee（员工）。"),
)

"""Actions as JSON: `{"do": "add_tag", "tag_id": 3}`. What is read may come from anyone."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final, TypeAlias, assert_never

from tagtree.fields import MAX_ID, FieldReader
from tagtree.rules.actions import (
    MAX_CLASS_NAME_CHARACTERS,
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
from tagtree.wording import Wording, step

MAX_REPLY_CHARACTERS: Final = 2_000
MAX_NAME_CHARACTERS: Final = 100
MAX_TAG_NAME_CHARACTERS: Final = 500
"""Of a whole path."""

Json: TypeAlias = dict[str, object]
_Members: TypeAlias = Mapping[str, object]


def write_action(action: Action) -> Json:
    match action:
        case AddTag(tag_id, tag_name):
            return _tag_json("add_tag", tag_id, tag_name)
        case RemoveTag(tag_id, tag_name):
            return _tag_json("remove_tag", tag_id, tag_name)
        case SetClass(name):
            return {"do": "set_class", "name": name}
        case Reply(text):
            return {"do": "reply", "text": text}
        case MoveToPool(pool_id):
            return {"do": "move_to_pool", "pool_id": pool_id}
        case HandToHuman():
            return {"do": "hand_to_human"}
        case StartLadder(ladder):
            return {"do": "start_ladder", "ladder": ladder}
        case CallWebhook(name):
            return {"do": "call_webhook", "name": name}
        case OpenTask(title, kind):
            return {"do": "open_task", "title": title, **({"kind": kind} if kind else {})}
        case _:
            assert_never(action)


def read_action(fields: FieldReader, content: object, path: str) -> Action | None:
    """The action, or None with the problems told to `fields`."""
    do = content.get("do") if isinstance(content, dict) else None
    read = _READERS.get(do) if isinstance(do, str) else None
    if read is None:
        fields.refuse(step(path, "do"), *_UNKNOWN_ACTION)
        return None
    return read(fields, content, path)


def _tag_json(do: str, tag_id: int, tag_name: str) -> Json:
    return {"do": do, "tag_id": tag_id, **({"tag_name": tag_name} if tag_name else {})}


def _tag(
    kind: Callable[[int, str], AddTag | RemoveTag], fields: FieldReader, content: object, path: str
) -> Action | None:
    members = fields.members(content, path, frozenset({"do", "tag_id"}), frozenset({"tag_name"}))
    if members is None:
        return None
    tag_id = fields.integer(members["tag_id"], step(path, "tag_id"), 1, MAX_ID)
    tag_name = fields.text(members.get("tag_name", ""), step(path, "tag_name"), MAX_TAG_NAME_CHARACTERS, least=0)
    return None if tag_id is None or tag_name is None else kind(tag_id, tag_name)


def _named(
    kind: Callable[[str], Action], key: str, most: int, fields: FieldReader, content: object, path: str
) -> Action | None:
    members = fields.members(content, path, frozenset({"do", key}))
    if members is None:
        return None
    text = fields.text(members[key], step(path, key), most)
    return None if text is None else kind(text)


def _move_to_pool(fields: FieldReader, content: object, path: str) -> Action | None:
    members = fields.members(content, path, frozenset({"do", "pool_id"}))
    if members is None:
        return None
    pool_id = fields.integer(members["pool_id"], step(path, "pool_id"), 1, MAX_ID)
    return None if pool_id is None else MoveToPool(pool_id)


def _hand_to_human(fields: FieldReader, content: object, path: str) -> Action | None:
    return None if fields.members(content, path, frozenset({"do"})) is None else HandToHuman()


def _open_task(fields: FieldReader, content: object, path: str) -> Action | None:
    members = fields.members(content, path, frozenset({"do", "title"}), frozenset({"kind"}))
    if members is None:
        return None
    title = fields.text(members["title"], step(path, "title"), MAX_NAME_CHARACTERS)
    kind = fields.text(members.get("kind", ""), step(path, "kind"), MAX_NAME_CHARACTERS, least=0)
    return None if title is None or kind is None else OpenTask(title, kind)


_READERS: Final[Mapping[str, Callable[[FieldReader, object, str], Action | None]]] = {
    "add_tag": partial(_tag, AddTag),
    "remove_tag": partial(_tag, RemoveTag),
    "set_class": partial(_named, SetClass, "name", MAX_CLASS_NAME_CHARACTERS),
    "reply": partial(_named, Reply, "text", MAX_REPLY_CHARACTERS),
    "move_to_pool": _move_to_pool,
    "hand_to_human": _hand_to_human,
    "start_ladder": partial(_named, StartLadder, "ladder", MAX_NAME_CHARACTERS),
    "call_webhook": partial(_named, CallWebhook, "name", MAX_NAME_CHARACTERS),
    "open_task": _open_task,
}
ACTION_KINDS: Final = tuple(_READERS)
"""The values of "do"."""

_UNKNOWN_ACTION: Final = (
    Wording("There is no such action.", "没有这种动作。"),
    Wording(f"Use one of: {', '.join(ACTION_KINDS)}.", f"请使用：{'、'.join(ACTION_KINDS)}。"),
)

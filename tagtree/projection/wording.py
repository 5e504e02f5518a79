"""What stands in the way of a projection, in words: the reason, and what to do."""

from typing import assert_never

from tagtree.projection.placement import SameName, TooLong
from tagtree.projection.steps import Conflict, CountExceeded, NameTaken
from tagtree.tree import TagTree
from tagtree.wording import Wording


def reason_of(conflict: Conflict, tree: TagTree) -> Wording:
    """Why a tag gets no twin."""
    match conflict:
        case TooLong(_, name, limit, unit):
            zh_unit = "字符" if unit == "characters" else "字节"
            return Wording(f"“{name}” is longer than {limit} {unit}", f"“{name}”超过 {limit} 个{zh_unit}")
        case SameName(_, other_id, group, name):
            other = tree.path_name(other_id) if other_id in tree else str(other_id)
            place = _place(group, name)
            return Wording(f"“{place}” is the place of “{other}”", f"“{place}”已由“{other}”占用")
        case NameTaken(_, _, group, name):
            place = _place(group, name)
            return Wording(f"somebody else made a tag “{place}”", f"“{place}”已由他人创建")
        case CountExceeded(_, limit):
            return Wording(f"the platform holds {limit} tags and is full", f"平台最多 {limit} 个标签，已满")
        case _:
            assert_never(conflict)


def hint_of(conflict: Conflict) -> Wording:
    """What to do about it."""
    match conflict:
        case TooLong():
            return Wording("Give the tag a shorter name.", "请把标签名改短。")
        case SameName():
            return Wording("Rename one of the two, or move it.", "请重命名或移动其中一个。")
        case NameTaken():
            return Wording(
                "Use that tag (it is put on customers, never edited), or rename ours.",
                "可以使用该标签（只用于打标，不会修改），或重命名我们的标签。",
            )
        case CountExceeded():
            return Wording(
                "Delete unused tags, make branches internal, or give the ones that matter more weight.",
                "请删除不用的标签、把分支设为仅内部可见，或提高重要标签的权重。",
            )
        case _:
            assert_never(conflict)


def _place(group: str, name: str) -> str:
    return f"{group} / {name}" if group else name

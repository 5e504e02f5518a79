"""Why a tag tree refuses a change: one class per reason, each with its wording."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias, assert_never

from tagtree.wording import Wording

NAME_SHOWN = 20  # characters of a tag's name in a sentence about it
NO_NAMES: Mapping[int, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class NoSuchTag:
    tag_id: int


@dataclass(frozen=True, slots=True)
class IdTaken:
    tag_id: int


@dataclass(frozen=True, slots=True)
class NoSuchParent:
    tag_id: int
    parent_id: int


@dataclass(frozen=True, slots=True)
class Cycle:
    """The tag would be its own ancestor."""

    tag_id: int


@dataclass(frozen=True, slots=True)
class MergeIntoItself:
    """The tag that should take its place is the tag itself, or stands under it."""

    tag_id: int


@dataclass(frozen=True, slots=True)
class TooDeep:
    tag_id: int
    limit: int


@dataclass(frozen=True, slots=True)
class TooManyTags:
    limit: int


@dataclass(frozen=True, slots=True)
class NameEmpty:
    tag_id: int


@dataclass(frozen=True, slots=True)
class NameTooLong:
    tag_id: int
    limit: int


@dataclass(frozen=True, slots=True)
class NameTaken:
    """Another child of the same parent has this name or alias, once case, width and script are levelled."""

    name: str
    sibling_id: int
    sibling_name: str


@dataclass(frozen=True, slots=True)
class AliasRepeated:
    """An alias reads the same as the tag's own name or another of its aliases."""

    tag_id: int
    alias: str


@dataclass(frozen=True, slots=True)
class TooManyAliases:
    tag_id: int
    limit: int


@dataclass(frozen=True, slots=True)
class BadExpiry:
    tag_id: int
    days: int
    limit: int


@dataclass(frozen=True, slots=True)
class BadColour:
    tag_id: int
    colour: str


@dataclass(frozen=True, slots=True)
class HasChildren:
    tag_id: int
    children: int


TreeRefusal: TypeAlias = (
    NoSuchTag
    | IdTaken
    | NoSuchParent
    | Cycle
    | MergeIntoItself
    | TooDeep
    | TooManyTags
    | NameEmpty
    | NameTooLong
    | NameTaken
    | AliasRepeated
    | TooManyAliases
    | BadColour
    | BadExpiry
    | HasChildren
)


def wording_of(refusal: TreeRefusal, names: Mapping[int, str] = NO_NAMES) -> Wording:
    """The reason and the way out, for people; a tag without a name in ``names`` is called by its id."""

    def called(tag_id: int, around: str = "") -> str:
        name = names.get(tag_id, "").strip()
        shown = f"“{name[:NAME_SHOWN]}{'…' if len(name) > NAME_SHOWN else ''}”"
        return shown if name else f"{around}{tag_id}{around}"

    match refusal:
        case NoSuchTag(tag_id):
            return Wording(
                f"Tag {tag_id} is not in the tree. Reload the tree and choose again.",
                f"标签树里没有标签 {tag_id}，请刷新后重新选择。",
            )
        case IdTaken(tag_id):
            return Wording(
                f"Tag id {tag_id} occurs twice. Give each tag its own id.",
                f"标签编号 {tag_id} 重复，每个标签需要唯一编号。",
            )
        case NoSuchParent(tag_id, parent_id):
            return Wording(
                f"Tag {called(tag_id)} stands under tag {parent_id}, which does not exist. Create the parent first.",
                f"标签{called(tag_id, ' ')}的上级 {parent_id} 不存在，请先创建上级标签。",
            )
        case Cycle(tag_id):
            return Wording(
                f"Tag {called(tag_id)} would stand under itself. Choose a parent outside its own branch.",
                f"标签{called(tag_id, ' ')}会成为自己的下级，请选择该分支之外的上级。",
            )
        case MergeIntoItself(tag_id):
            return Wording(
                f"Tag {called(tag_id)} cannot be merged into itself or a tag under it."
                " Choose a tag outside its branch.",
                f"标签{called(tag_id, ' ')}不能合并到自己或自己的下级，请选择该分支之外的标签。",
            )
        case TooDeep(tag_id, limit):
            return Wording(
                f"Tag {called(tag_id)} would be deeper than {limit} levels. Choose a parent nearer the root.",
                f"标签{called(tag_id, ' ')}会超过 {limit} 层，请选择更靠近根的上级。",
            )
        case TooManyTags(limit):
            return Wording(
                f"A tree holds at most {limit} tags. Remove unused tags first.",
                f"标签树最多 {limit} 个标签，请先删除不用的标签。",
            )
        case NameEmpty(tag_id):
            return Wording(
                f"A name of tag {called(tag_id)} is empty. Give it at least one visible character.",
                f"标签{called(tag_id, ' ')}的名称或别名为空，请至少填写一个可见字符。",
            )
        case NameTooLong(tag_id, limit):
            return Wording(
                f"A name of tag {called(tag_id)} is longer than {limit} characters. Shorten it.",
                f"标签{called(tag_id, ' ')}的名称超过 {limit} 个字符，请缩短。",
            )
        case NameTaken(name, _, sibling):
            return Wording(
                f"“{name}” reads the same as a name of its sibling “{sibling}”. Choose another or use that tag.",
                f"“{name}”与同级标签“{sibling}”同名（不计大小写、全半角、繁简），请改名或直接使用该标签。",
            )
        case AliasRepeated(tag_id, alias):
            return Wording(
                f"“{alias}” is already a name of tag {called(tag_id)}. Leave that alias out.",
                f"“{alias}”已经是标签{called(tag_id, ' ')}的名称或别名，请去掉该别名。",
            )
        case TooManyAliases(tag_id, limit):
            return Wording(
                f"Tag {called(tag_id)} has more than {limit} aliases. Leave some out.",
                f"标签{called(tag_id, ' ')}的别名超过 {limit} 个，请减少。",
            )
        case BadExpiry(tag_id, days, limit):
            return Wording(
                f"Tag {called(tag_id)} cannot expire after {days} days. Write 1 to {limit}, or nothing for never.",
                f"标签{called(tag_id, ' ')}的有效期不能为 {days} 天，请填写 1 到 {limit}，留空表示永久。",
            )
        case BadColour(tag_id, colour):
            return Wording(
                f"“{colour[:20]}” of tag {called(tag_id)} is not a colour. Write it as #rrggbb or leave it empty.",
                f"标签{called(tag_id, ' ')}的颜色“{colour[:20]}”无效，请写成 #rrggbb 或留空。",
            )
        case HasChildren(tag_id, children):
            return Wording(
                f"Tag {called(tag_id)} has {children} tags under it."
                " Remove or move them first, or remove the whole branch.",
                f"标签{called(tag_id, ' ')}下还有 {children} 个标签，请先移走或删除，或删除整个分支。",
            )
        case _:
            assert_never(refusal)

"""标签树 (the tag tree): the whole tree beside the form of one tag."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from router.db.queries.tag_merges import merged_by_themselves
from router.db.queries.tags import TagNode, get_tag, list_tags
from router.handlers.admin import tag_merges
from router.handlers.admin import tags as use_cases
from router.handlers.admin.act import Act
from router.handlers.admin.refusal import Refusal
from router.handlers.admin.tags import NewTag, TagEdit
from router.web.console.asking import Refused, change, found, read
from router.web.console.forms import Form, TypedNumber, read_form, read_query
from router.web.console.render import go, page
from tagtree.tree import Tag, TagTree
from tagtree.tree_search import search
from tagtree.wording import Problem

COLOURS = ("#0b6b5c", "#2f7fd1", "#8a5cc7", "#c2487b", "#cf3f36", "#d9721a", "#b8960c", "#4d8f3a", "#5f6f69")
DRAWN_WHOLE = 600  # tags: a larger tree is drawn one branch at a time
FOUND_AT_MOST = 50


UseCase: TypeAlias = Callable[[Connection, Act, int], TagNode | Refusal]


@dataclass(frozen=True, slots=True)
class Twig:
    """One tag as drawn with what hangs on it; ``unseen`` tags under it are not drawn."""

    node: TagNode
    path: str
    twigs: tuple["Twig", ...] = ()
    unseen: int = 0


@dataclass(frozen=True, slots=True)
class Draft:
    """What the form shows."""

    name: str = ""
    parent_id: int | None = None
    weight: int = 0
    colour: str = ""
    exclusive: bool = False
    internal: bool = False
    aliases: tuple[str, ...] = ()
    expires_after_days: int | None = None


async def show_tree(request: Request) -> Response:
    """The tree, or what a search finds in it, with the form for a new tag (``under`` names its parent)."""
    query = read_query(request)
    if query.ticked("archived"):
        return await _show_archived(request)
    return await _show(request, None, Draft(parent_id=query.integer("under")), search_for=query.text("search")[:64])


async def create(request: Request) -> Response:
    """Grow the tree by one tag."""
    draft = _draft(await read_form(request))
    new = NewTag(
        draft.name,
        draft.parent_id,
        draft.weight,
        draft.colour,
        draft.exclusive,
        draft.internal,
        draft.aliases,
        draft.expires_after_days,
    )
    outcome = await change(request, lambda connection, act: use_cases.create_tag(connection, act, new))
    if isinstance(outcome, Refused):
        return await _show(request, None, draft, outcome.problems)
    return go(f"/tags/{outcome.tag.id}", said="created")


async def show(request: Request) -> Response:
    """The tree with the form of one tag."""
    node = await _node(request)
    return await _show(request, node, _draft_of(node))


async def edit(request: Request) -> Response:
    """Rename, weigh, colour a tag; its aliases, and when customers lose it."""
    draft = _draft(await read_form(request))
    changed = TagEdit(
        draft.name,
        draft.weight,
        draft.colour,
        draft.exclusive,
        draft.internal,
        draft.aliases,
        draft.expires_after_days or 0,
    )
    return await _act(request, lambda c, act, tag_id: use_cases.update_tag(c, act, tag_id, changed), "saved", draft)


async def move(request: Request) -> Response:
    """Put a tag with its whole branch under another one."""
    parent_id = (await read_form(request)).integer("parent_id")
    return await _act(request, lambda c, act, tag_id: use_cases.move_tag(c, act, tag_id, parent_id), "saved")


async def archive(request: Request) -> Response:
    """Take a tag out of the tree, with its branch when that is said, unless something uses it."""
    branch = (await read_form(request)).ticked("whole_branch")
    return await _act(
        request,
        lambda c, act, tag_id: use_cases.archive_tag(c, act, tag_id, whole_branch=branch),
        "archived",
        to="/tags",
    )


async def restore(request: Request) -> Response:
    """Put an archived tag back where it stood."""
    return await _bring_back(request, use_cases.restore_tag)


async def undo_merge(request: Request) -> Response:
    """Take the merge back by which a tag left the tree."""
    return await _bring_back(request, tag_merges.undo_merge)


async def _bring_back(request: Request, use_case: UseCase) -> Response:
    tag_id: int = request.path_params["id"]
    outcome = await change(request, lambda connection, act: use_case(connection, act, tag_id))
    if isinstance(outcome, Refused):
        return await _show_archived(request, outcome.problems)
    return go(f"/tags/{tag_id}", said="restored")


async def _act(request: Request, use_case: UseCase, said: str, draft: Draft | None = None, to: str = "") -> Response:
    tag_id: int = request.path_params["id"]
    outcome = await change(request, lambda connection, act: use_case(connection, act, tag_id))
    if isinstance(outcome, Refused):
        node = await _node(request)
        return await _show(request, node, draft or _draft_of(node), outcome.problems)
    return go(to or f"/tags/{tag_id}", said=said)


async def _show(
    request: Request, node: TagNode | None, draft: Draft, problems: tuple[Problem, ...] = (), search_for: str = ""
) -> Response:
    nodes = {each.tag.id: each for each in await read(request, list_tags)}
    tree = TagTree.of(each.tag for each in nodes.values())
    here = node.tag.id if node else draft.parent_id
    branch = _branch(tree, node.tag.id) if node else frozenset()
    return page(
        request,
        "tags.html",
        422 if problems else 200,
        twigs=_found(tree, nodes, search_for) if search_for else draw(tree, nodes, here),
        search=search_for,
        count=len(nodes),
        node=node,
        draft=draft,
        below=len(branch) - 1,
        is_under_internal=node is not None and _is_under_internal(tree, node.tag),
        parents=[each for each in tag_paths(tree) if each[0] not in branch],
        colours=COLOURS,
        problems=problems,
    )


async def _show_archived(request: Request, problems: tuple[Problem, ...] = ()) -> Response:
    def everything(connection: Connection) -> tuple[tuple[TagNode, ...], TagTree, frozenset[int]]:
        tree = TagTree.of(each.tag for each in list_tags(connection))
        return list_tags(connection, archived=True), tree, merged_by_themselves(connection)

    archived, tree, merged = await read(request, everything)
    heirs = {each.tag.id: each.merged_into_id for each in archived if each.merged_into_id is not None}
    return page(
        request,
        "tags_archived.html",
        422 if problems else 200,
        tags=archived,
        heirs={tag_id: tree.path_name(heir) for tag_id, heir in heirs.items() if heir in tree},
        merged=merged,
        problems=problems,
    )


def draw(tree: TagTree, nodes: dict[int, TagNode], here: int | None) -> tuple[Twig, ...]:
    """The tree from the top down, siblings heaviest first; of a large one only the way to ``here`` and its children."""
    way = {tag.id for tag in tree.path(here)} if here is not None and here in tree else set[int]()
    is_whole = len(nodes) <= DRAWN_WHOLE

    def twig(tag: Tag) -> Twig:
        if not is_whole and tag.id not in way:
            return Twig(nodes[tag.id], tree.path_name(tag.id), unseen=len(tree.descendants(tag.id)))
        return Twig(nodes[tag.id], tree.path_name(tag.id), tuple(twig(child) for child in tree.children(tag.id)))

    return tuple(twig(root) for root in tree.children(None))


def tag_paths(tree: TagTree) -> list[tuple[int, str]]:
    """Every tag with its path, along the tree: what a choice of tags offers."""
    along = (tag for root in tree.children(None) for tag in (root, *tree.descendants(root.id)))
    return [(tag.id, tree.path_name(tag.id)) for tag in along]


def _found(tree: TagTree, nodes: dict[int, TagNode], text: str) -> tuple[Twig, ...]:
    return tuple(Twig(nodes[tag.id], tree.path_name(tag.id)) for tag in search(tree, text, FOUND_AT_MOST))


def _branch(tree: TagTree, tag_id: int) -> frozenset[int]:
    """A tag and everything under it: none of them can be its parent."""
    return frozenset({tag_id, *(tag.id for tag in tree.descendants(tag_id))}) if tag_id in tree else frozenset({tag_id})


def _is_under_internal(tree: TagTree, tag: Tag) -> bool:
    return tag.parent_id is not None and tag.parent_id in tree and tree.is_internal(tag.parent_id)


async def _node(request: Request) -> TagNode:
    tag_id: int = request.path_params["id"]
    return found(await read(request, lambda connection: get_tag(connection, tag_id)))


def _draft(form: Form) -> Draft:
    return Draft(
        name=form.text("name"),
        parent_id=form.integer("parent_id"),
        weight=0 if (weight := form.number("weight")) is None else weight,
        colour=form.text("colour"),
        exclusive=form.ticked("exclusive"),
        internal=form.ticked("internal"),
        aliases=tuple(alias for line in form.text("aliases").splitlines() if (alias := line.strip())),
        expires_after_days=_expiry(form),
    )


def _expiry(form: Form) -> int | None:
    """Days, None for never: an empty field. A typed 0 is no number of days."""
    days = form.number("expires_after_days")
    return days if days != 0 else TypedNumber(form.text("expires_after_days"))


def _draft_of(node: TagNode) -> Draft:
    tag = node.tag
    return Draft(
        tag.name,
        tag.parent_id,
        tag.weight,
        tag.colour,
        tag.exclusive,
        tag.internal,
        tag.aliases,
        tag.expires_after_days,
    )

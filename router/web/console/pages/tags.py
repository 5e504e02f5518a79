"""标签树 (the tag tree): the whole tree beside the form of one tag."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from router.db.queries.tags import TagNode, get_tag, list_tags
from router.handlers.admin import tags as use_cases
from router.handlers.admin.act import Act
from router.handlers.admin.refusal import Refusal
from router.handlers.admin.tags import NewTag, TagEdit
from router.web.console.asking import Refused, change, found, read
from router.web.console.forms import Form, read_form, read_query
from router.web.console.render import go, page
from tagtree.tree import Tag, TagTree
from tagtree.wording import Problem

COLOURS = ("#0b6b5c", "#2f7fd1", "#8a5cc7", "#c2487b", "#cf3f36", "#d9721a", "#b8960c", "#4d8f3a", "#5f6f69")


UseCase: TypeAlias = Callable[[Connection, Act, int], TagNode | Refusal]


@dataclass(frozen=True, slots=True)
class TreeLine:
    """One line of the tree as drawn; ``depth`` 1 is a root."""

    node: TagNode
    depth: int
    path: str
    excludes_siblings: bool


@dataclass(frozen=True, slots=True)
class Draft:
    """What the form shows."""

    name: str = ""
    parent_id: int | None = None
    weight: int = 0
    colour: str = ""
    exclusive: bool = False
    internal: bool = False


async def show_tree(request: Request) -> Response:
    """The tree, with the form for a new tag (``under`` names its parent)."""
    query = read_query(request)
    if query.ticked("archived"):
        archived = await read(request, lambda connection: list_tags(connection, archived=True))
        return page(request, "tags_archived.html", tags=archived)
    return await _show(request, None, Draft(parent_id=query.integer("under")))


async def create(request: Request) -> Response:
    """Grow the tree by one tag."""
    draft = _draft(await read_form(request))
    new = NewTag(draft.name, draft.parent_id, draft.weight, draft.colour, draft.exclusive, draft.internal)
    outcome = await change(request, lambda connection, act: use_cases.create_tag(connection, act, new))
    if isinstance(outcome, Refused):
        return await _show(request, None, draft, outcome.problems)
    return go(f"/tags/{outcome.tag.id}", said="created")


async def show(request: Request) -> Response:
    """The tree with the form of one tag."""
    node = await _node(request)
    return await _show(request, node, _draft_of(node))


async def edit(request: Request) -> Response:
    """Rename, weigh, colour a tag."""
    draft = _draft(await read_form(request))
    changed = TagEdit(draft.name, draft.weight, draft.colour, draft.exclusive, draft.internal)
    return await _act(request, lambda c, act, tag_id: use_cases.update_tag(c, act, tag_id, changed), "saved", draft)


async def move(request: Request) -> Response:
    """Put a tag with its whole branch under another one."""
    parent_id = (await read_form(request)).integer("parent_id")
    return await _act(request, lambda c, act, tag_id: use_cases.move_tag(c, act, tag_id, parent_id), "saved")


async def archive(request: Request) -> Response:
    """Take a tag out of the tree, unless something uses it."""
    return await _act(request, use_cases.archive_tag, "archived", to="/tags")


async def restore(request: Request) -> Response:
    """Put an archived tag back where it stood."""
    tag_id: int = request.path_params["id"]
    outcome = await change(request, lambda connection, act: use_cases.restore_tag(connection, act, tag_id))
    if isinstance(outcome, Refused):
        archived = await read(request, lambda connection: list_tags(connection, archived=True))
        return page(request, "tags_archived.html", 422, tags=archived, problems=outcome.problems)
    return go(f"/tags/{tag_id}", said="restored")


async def _act(request: Request, use_case: UseCase, said: str, draft: Draft | None = None, to: str = "") -> Response:
    tag_id: int = request.path_params["id"]
    outcome = await change(request, lambda connection, act: use_case(connection, act, tag_id))
    if isinstance(outcome, Refused):
        node = await _node(request)
        return await _show(request, node, draft or _draft_of(node), outcome.problems)
    return go(to or f"/tags/{tag_id}", said=said)


async def _show(request: Request, node: TagNode | None, draft: Draft, problems: tuple[Problem, ...] = ()) -> Response:
    nodes = await read(request, list_tags)
    tree = TagTree.of(each.tag for each in nodes)
    lines = tree_lines(tree, {each.tag.id: each for each in nodes})
    branch = _branch(tree, node.tag.id) if node else frozenset()
    return page(
        request,
        "tags.html",
        422 if problems else 200,
        lines=lines,
        node=node,
        draft=draft,
        parents=[(line.node.tag.id, line.path) for line in lines if line.node.tag.id not in branch],
        colours=COLOURS,
        problems=problems,
    )


def tree_lines(tree: TagTree, nodes: dict[int, TagNode]) -> list[TreeLine]:
    """The tree from the top down: each tag after its parent, siblings heaviest first."""
    lines: list[TreeLine] = []

    def draw(tag: Tag, depth: int, excludes_siblings: bool) -> None:
        lines.append(TreeLine(nodes[tag.id], depth, tree.path_name(tag.id), excludes_siblings))
        for child in tree.children(tag.id):
            draw(child, depth + 1, tag.exclusive)

    for root in tree.children(None):
        draw(root, 1, False)
    return lines


def _branch(tree: TagTree, tag_id: int) -> frozenset[int]:
    """A tag and everything under it: none of them can be its parent."""
    return frozenset({tag_id, *(tag.id for tag in tree.descendants(tag_id))}) if tag_id in tree else frozenset()


async def _node(request: Request) -> TagNode:
    tag_id: int = request.path_params["id"]
    return found(await read(request, lambda connection: get_tag(connection, tag_id)))


def _draft(form: Form) -> Draft:
    return Draft(
        name=form.text("name"),
        parent_id=form.integer("parent_id"),
        weight=form.integer("weight") or 0,
        colour=form.text("colour"),
        exclusive=form.ticked("exclusive"),
        internal=form.ticked("internal"),
    )


def _draft_of(node: TagNode) -> Draft:
    tag = node.tag
    return Draft(tag.name, tag.parent_id, tag.weight, tag.colour, tag.exclusive, tag.internal)

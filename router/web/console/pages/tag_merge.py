"""合并 a tag into another: choose, see what becomes of everything, do it."""

from starlette.requests import Request
from starlette.responses import Response

from router.db.queries.tags import get_tag, load_tree
from router.handlers.admin.refusal import Conflict, Invalid, Missing
from router.handlers.admin.tag_merges import MergePreview, merge_tags, preview_merge
from router.web.console.asking import Refused, change, found, read
from router.web.console.forms import read_form, read_query
from router.web.console.pages.tags import tag_paths
from router.web.console.render import go, page
from tagtree.wording import Problem


async def show(request: Request) -> Response:
    """The choice of the other tag; once it is made, what the merge would do."""
    return await _show(request, read_query(request).integer("into_id"))


async def merge(request: Request) -> Response:
    """Have one tag take the place of the other."""
    tag_id: int = request.path_params["id"]
    into_id = (await read_form(request)).integer("into_id") or 0
    outcome = await change(request, lambda connection, act: merge_tags(connection, act, tag_id, into_id))
    if isinstance(outcome, Refused):
        return await _show(request, into_id, outcome.problems)
    return go(f"/tags/{outcome.tag.id}", said="merged")


async def _show(request: Request, into_id: int | None, problems: tuple[Problem, ...] = ()) -> Response:
    tag_id: int = request.path_params["id"]
    node = found(await read(request, lambda connection: get_tag(connection, tag_id)))
    tree = await read(request, load_tree)
    found(node if tag_id in tree else None)
    preview = await read(request, lambda c: preview_merge(c, tag_id, into_id)) if into_id else None
    match preview:
        case Conflict(refused) | Invalid(refused):
            problems = problems or refused
        case Missing():
            found(None)
    branch = {tag_id, *(tag.id for tag in tree.descendants(tag_id))}
    return page(
        request,
        "tag_merge.html",
        422 if problems else 200,
        node=node,
        path=tree.path_name(tag_id),
        others=[each for each in tag_paths(tree) if each[0] not in branch],
        into_id=into_id,
        preview=preview if isinstance(preview, MergePreview) and not problems else None,
        problems=problems,
    )

"""Operations on the tag tree (标签树)."""

from dataclasses import replace
from typing import Annotated

from pydantic import Field
from sqlalchemy import Connection

from router.db.queries import tags as query
from router.handlers.admin import tags
from router.handlers.admin.refusal import TAG, Missing, Refusal
from router.web.api.fields import ONE_LINE, Body, Id, Instant, ListOf, NoQuery, QueryTruth, Resource, Search
from router.web.api.operation import Call, Operation
from tagtree.tree import MAX_ALIASES, MAX_EXPIRY_DAYS, MAX_NAME_CHARACTERS, TagTree
from tagtree.tree_file import MAX_WEIGHT
from tagtree.tree_search import search

TagLabel = Annotated[str, Field(min_length=1, max_length=MAX_NAME_CHARACTERS, pattern=ONE_LINE)]
Colour = Annotated[str, Field(pattern=r"^(#[0-9a-fA-F]{6})?$")]
Weight = Annotated[int, Field(ge=0, le=MAX_WEIGHT)]
Aliases = Annotated[list[TagLabel], Field(max_length=MAX_ALIASES)]
Days = Annotated[int, Field(ge=0, le=MAX_EXPIRY_DAYS)]

FOUND_AT_MOST = 100


class TagResource(Resource):
    """``exclusive``: its children exclude one another; ``internal``: it and what is under it stays off the platform.

    ``expires_after_days``: a customer on whom nothing renews it for so long loses it. ``merged_into_id``: the tag that
    took its place.
    """

    id: int
    parent_id: int | None
    name: str
    weight: int
    colour: str
    exclusive: bool
    internal: bool
    aliases: list[str]
    expires_after_days: int | None
    remote_id: str | None
    customers: int
    created_at: Instant
    archived_at: Instant | None
    merged_into_id: int | None


class ListTags(Body):
    """All tags come at once; those that ``search`` finds, by name, alias or pinyin, the closest first."""

    archived: QueryTruth = False
    search: Search = ""


class ArchiveTag(Body):
    """``whole_branch``: with everything under it."""

    whole_branch: QueryTruth = False


class NewTagBody(Body):
    """``parent_id`` null: a root. ``expires_after_days`` 0 or null: never."""

    name: TagLabel
    parent_id: Id | None = None
    weight: Weight = 0
    colour: Colour = ""
    exclusive: bool = False
    internal: bool = False
    aliases: Aliases = Field(default=[])
    expires_after_days: Days | None = None


class TagEditBody(Body):
    """Fields left out, or null, stay as they are. ``expires_after_days`` 0: never again."""

    name: TagLabel | None = None
    weight: Weight | None = None
    colour: Colour | None = None
    exclusive: bool | None = None
    internal: bool | None = None
    aliases: Aliases | None = None
    expires_after_days: Days | None = None


class MoveTagBody(Body):
    """``parent_id`` null: becomes a root."""

    parent_id: Id | None


def list_tags(connection: Connection, call: Call[ListTags, None]) -> ListOf[TagResource]:
    return ListOf[TagResource](items=[shown(node) for node in _found(connection, call.query)], next=None)


def get_tag(connection: Connection, call: Call[NoQuery, None]) -> TagResource | Refusal:
    node = query.get_tag(connection, call.ids["tag_id"])
    return Missing(TAG) if node is None else shown(node)


def create_tag(connection: Connection, call: Call[NoQuery, NewTagBody]) -> TagResource | Refusal:
    new = call.body.model_dump() | {"aliases": tuple(call.body.aliases)}
    return resource(tags.create_tag(connection, call.act, tags.NewTag(**new)))


def update_tag(connection: Connection, call: Call[NoQuery, TagEditBody]) -> TagResource | Refusal:
    aliases = None if call.body.aliases is None else tuple(call.body.aliases)
    edit = tags.TagEdit(**call.body.model_dump() | {"aliases": aliases})
    return resource(tags.update_tag(connection, call.act, call.ids["tag_id"], edit))


def move_tag(connection: Connection, call: Call[NoQuery, MoveTagBody]) -> TagResource | Refusal:
    return resource(tags.move_tag(connection, call.act, call.ids["tag_id"], call.body.parent_id))


def archive_tag(connection: Connection, call: Call[ArchiveTag, None]) -> TagResource | Refusal:
    whole_branch = call.query.whole_branch
    return resource(tags.archive_tag(connection, call.act, call.ids["tag_id"], whole_branch=whole_branch))


def restore_tag(connection: Connection, call: Call[NoQuery, None]) -> TagResource | Refusal:
    return resource(tags.restore_tag(connection, call.act, call.ids["tag_id"]))


def resource(outcome: query.TagNode | Refusal) -> TagResource | Refusal:
    """A tag as the API shows it, or the refusal as it is."""
    return shown(outcome) if isinstance(outcome, query.TagNode) else outcome


def shown(node: query.TagNode) -> TagResource:
    """A tag as the API shows it."""
    tag = node.tag
    return TagResource(
        id=tag.id,
        parent_id=tag.parent_id,
        name=tag.name,
        weight=tag.weight,
        colour=tag.colour,
        exclusive=tag.exclusive,
        internal=tag.internal,
        aliases=list(tag.aliases),
        expires_after_days=tag.expires_after_days,
        remote_id=node.remote_id,
        customers=node.customers,
        created_at=node.created_at,
        archived_at=node.archived_at,
        merged_into_id=node.merged_into_id,
    )


def _found(connection: Connection, search_for: ListTags) -> list[query.TagNode]:
    nodes = query.list_tags(connection, archived=search_for.archived)
    if not search_for.search:
        return list(nodes)
    if search_for.archived:  # they are no tree: each is looked at by itself
        alone = ((node, TagTree.of([replace(node.tag, parent_id=None)])) for node in nodes)
        return [node for node, tree in alone if search(tree, search_for.search, 1)][:FOUND_AT_MOST]
    by_id = {node.tag.id: node for node in nodes}
    tree = TagTree.of(node.tag for node in nodes)
    return [by_id[tag.id] for tag in search(tree, search_for.search, FOUND_AT_MOST)]


ONE = "/v1/tags/{tag_id}"
OPERATIONS = (
    Operation("GET", "/v1/tags", "The tag tree", list_tags, ListOf[TagResource], ListTags),
    Operation(
        "POST",
        "/v1/tags",
        "Create a tag",
        create_tag,
        TagResource,
        body=NewTagBody,
        writes=True,
        status=201,
    ),
    Operation("GET", ONE, "One tag", get_tag, TagResource),
    Operation("PATCH", ONE, "Edit a tag", update_tag, TagResource, body=TagEditBody, writes=True),
    Operation(
        "POST",
        f"{ONE}/move",
        "Move a tag with its branch",
        move_tag,
        TagResource,
        body=MoveTagBody,
        writes=True,
    ),
    Operation("POST", f"{ONE}/archive", "Archive a tag", archive_tag, TagResource, ArchiveTag, writes=True),
    Operation("POST", f"{ONE}/restore", "Restore a tag", restore_tag, TagResource, writes=True),
)

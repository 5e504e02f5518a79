"""Operations on the tag tree (标签树)."""

from typing import Annotated

from pydantic import Field
from sqlalchemy import Connection

from router.db.queries import tags as query
from router.handlers.admin import tags
from router.handlers.admin.refusal import TAG, Missing, Refusal
from router.web.api.fields import ONE_LINE, Body, Id, Instant, ListOf, NoQuery, QueryTruth, Resource
from router.web.api.operation import Call, Operation
from tagtree.tree import MAX_NAME_CHARACTERS

TagLabel = Annotated[str, Field(min_length=1, max_length=MAX_NAME_CHARACTERS, pattern=ONE_LINE)]
Colour = Annotated[str, Field(pattern=r"^(#[0-9a-fA-F]{6})?$")]
Weight = Annotated[int, Field(ge=-tags.MAX_WEIGHT, le=tags.MAX_WEIGHT)]


class TagResource(Resource):
    """``exclusive``: its children exclude one another; ``internal``: never shown to the platform."""

    id: int
    parent_id: int | None
    name: str
    weight: int
    colour: str
    exclusive: bool
    internal: bool
    remote_id: str | None
    customers: int
    created_at: Instant
    archived_at: Instant | None


class ListTags(Body):
    """All tags come at once."""

    archived: QueryTruth = False


class NewTagBody(Body):
    """``parent_id`` null: a root."""

    name: TagLabel
    parent_id: Id | None = None
    weight: Weight = 0
    colour: Colour = ""
    exclusive: bool = False
    internal: bool = False


class TagEditBody(Body):
    """Fields left out, or null, stay as they are."""

    name: TagLabel | None = None
    weight: Weight | None = None
    colour: Colour | None = None
    exclusive: bool | None = None
    internal: bool | None = None


class MoveTagBody(Body):
    """``parent_id`` null: becomes a root."""

    parent_id: Id | None


def list_tags(connection: Connection, call: Call[ListTags, None]) -> ListOf[TagResource]:
    items = [_shown(node) for node in query.list_tags(connection, archived=call.query.archived)]
    return ListOf[TagResource](items=items, next=None)


def get_tag(connection: Connection, call: Call[NoQuery, None]) -> TagResource | Refusal:
    node = query.get_tag(connection, call.ids["tag_id"])
    return Missing(TAG) if node is None else _shown(node)


def create_tag(connection: Connection, call: Call[NoQuery, NewTagBody]) -> TagResource | Refusal:
    return _resource(tags.create_tag(connection, call.act, tags.NewTag(**call.body.model_dump())))


def update_tag(connection: Connection, call: Call[NoQuery, TagEditBody]) -> TagResource | Refusal:
    edit = tags.TagEdit(**call.body.model_dump())
    return _resource(tags.update_tag(connection, call.act, call.ids["tag_id"], edit))


def move_tag(connection: Connection, call: Call[NoQuery, MoveTagBody]) -> TagResource | Refusal:
    return _resource(tags.move_tag(connection, call.act, call.ids["tag_id"], call.body.parent_id))


def archive_tag(connection: Connection, call: Call[NoQuery, None]) -> TagResource | Refusal:
    return _resource(tags.archive_tag(connection, call.act, call.ids["tag_id"]))


def restore_tag(connection: Connection, call: Call[NoQuery, None]) -> TagResource | Refusal:
    return _resource(tags.restore_tag(connection, call.act, call.ids["tag_id"]))


def _resource(outcome: query.TagNode | Refusal) -> TagResource | Refusal:
    return _shown(outcome) if isinstance(outcome, query.TagNode) else outcome


def _shown(node: query.TagNode) -> TagResource:
    tag = node.tag
    return TagResource(
        id=tag.id,
        parent_id=tag.parent_id,
        name=tag.name,
        weight=tag.weight,
        colour=tag.colour,
        exclusive=tag.exclusive,
        internal=tag.internal,
        remote_id=node.remote_id,
        customers=node.customers,
        created_at=node.created_at,
        archived_at=node.archived_at,
    )


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
    Operation("POST", f"{ONE}/archive", "Archive a tag", archive_tag, TagResource, writes=True),
    Operation("POST", f"{ONE}/restore", "Restore a tag", restore_tag, TagResource, writes=True),
)

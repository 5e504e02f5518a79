"""Operations on the tag tree as a whole (标签树): merges, files, and what is of no use any more."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field
from sqlalchemy import Connection

from router.db.queries.tags import load_tree
from router.handlers import tag_report
from router.handlers.admin import tag_import, tag_merges
from router.handlers.admin.refusal import Refusal
from router.handlers.admin.tag_import import Imported
from router.handlers.admin.tag_merges import MergePreview
from router.web.api.fields import Body, Id, Instant, NoQuery, QueryId, Resource, TextPair, whole_number
from router.web.api.operation import Call, Operation
from router.web.api.problem import CONFLICT
from router.web.api.tags import ONE, TagResource, resource, shown
from tagtree.tree import MAX_TAGS, Tag
from tagtree.tree_file import BadRow, content_of, read_content
from tagtree.tree_import import ImportLine

FILE_BYTES = 8 * 2**20  # 20,000 tags with their paths

Rows = Literal["all", "good"]


class IntoQuery(Body):
    """``into_id``: the tag that takes its place."""

    into_id: QueryId


class IntoBody(Body):
    """``into_id``: the tag that takes its place."""

    into_id: Id


class JoinedResource(Resource):
    """Two tags that become one, as paths."""

    tag: str
    into: str


class MergePreviewResource(Resource):
    """``customers`` would carry ``into``; ``excluded`` of them carry a tag that excludes it, and keep both for now.

    ``moved`` are tags that would stand elsewhere; ``joined`` tags that become one with the other branch's.
    """

    tag: TagResource
    into: TagResource
    customers: int
    excluded: int
    moved: list[str]
    joined: list[JoinedResource]
    rules: list[str]
    codes: list[str]
    pools: list[str]
    hidden: bool


class FileTagResource(Resource):
    """One tag of a file: ``path`` are the names from the root to the tag."""

    id: int
    path: list[str]
    aliases: list[str]
    weight: int
    colour: str
    exclusive: bool
    internal: bool
    expires_after_days: int | None


class TreeFileResource(Resource):
    """The tree as a file, parents first."""

    tags: list[FileTagResource]


class TreeFileBody(Body):
    """``tags`` as the export gives them; only ``path`` is required, fields left out stay as they are.

    ``by`` ``path``: ids are not looked at. ``by`` ``id``: a tag with an id takes the name and place that its path says.
    ``rows`` ``all``: nothing is done while one is bad; ``good``: bad ones are left out.
    """

    tags: list[Any] = Field(max_length=MAX_TAGS)
    by: Literal["path", "id"] = "path"
    rows: Rows = "all"


class BadRowResource(Resource):
    """``row`` counts from 1 in the order sent; 0 is the file as a whole."""

    row: int
    column: str
    reason: TextPair


class ImportLineResource(Resource):
    """What becomes of a row: ``added``, ``changed``, ``moved`` or ``unchanged``; ``id`` is null for a new tag."""

    row: int
    outcome: str
    id: int | None
    name: str


class ImportPreviewResource(Resource):
    """``possible``: the good rows together give a tree."""

    possible: bool
    lines: list[ImportLineResource]
    bad: list[BadRowResource]


class ImportedResource(Resource):
    added: int
    changed: int
    moved: int
    unchanged: int
    bad: list[BadRowResource]


class ReportQuery(Body):
    """``days`` without being put on make a tag dead."""

    days: Annotated[int, BeforeValidator(whole_number), Field(ge=1, le=tag_report.MAX_QUIET_DAYS)] = (
        tag_report.QUIET_DAYS
    )


class UnusedTagResource(Resource):
    tag: TagResource
    path: str
    last_put_on_at: Instant | None


class DeadTagResource(Resource):
    """``why``: ``nothing_puts_it_on`` any more, or it has been ``quiet`` for so long."""

    tag: TagResource
    path: str
    why: str
    last_put_on_at: Instant


class TagReportResource(Resource):
    """``unused``: nobody carries them and nothing names them. ``dead``: carried, but not put on any more."""

    unused: list[UnusedTagResource]
    dead: list[DeadTagResource]


def preview_merge(connection: Connection, call: Call[IntoQuery, None]) -> MergePreviewResource | Refusal:
    outcome = tag_merges.preview_merge(connection, call.ids["tag_id"], call.query.into_id)
    return _preview(outcome) if isinstance(outcome, MergePreview) else outcome


def merge_tags(connection: Connection, call: Call[NoQuery, IntoBody]) -> TagResource | Refusal:
    return resource(tag_merges.merge_tags(connection, call.act, call.ids["tag_id"], call.body.into_id))


def undo_merge(connection: Connection, call: Call[NoQuery, None]) -> TagResource | Refusal:
    return resource(tag_merges.undo_merge(connection, call.act, call.ids["tag_id"]))


def export_tags(connection: Connection, call: Call[NoQuery, None]) -> TreeFileResource:
    return TreeFileResource.model_validate({"tags": content_of(load_tree(connection))})


def preview_import(connection: Connection, call: Call[NoQuery, TreeFileBody]) -> ImportPreviewResource:
    plan = tag_import.preview_import(connection, read_content(call.body.tags), call.body.by)
    return ImportPreviewResource(
        possible=plan.tree is not None,
        lines=[_line(line) for line in plan.lines],
        bad=[_bad(each) for each in plan.bad],
    )


def import_tags(connection: Connection, call: Call[NoQuery, TreeFileBody]) -> ImportedResource | Refusal:
    file, good_rows = read_content(call.body.tags), call.body.rows == "good"
    outcome = tag_import.import_tags(connection, call.act, file, call.body.by, good_rows=good_rows)
    if not isinstance(outcome, Imported):
        return outcome
    bad = [_bad(each) for each in outcome.bad]
    counts = {"added": outcome.added, "changed": outcome.changed, "moved": outcome.moved}
    return ImportedResource(**counts, unchanged=outcome.unchanged, bad=bad)


def report_tags(connection: Connection, call: Call[ReportQuery, None]) -> TagReportResource:
    report = tag_report.report_tags(connection, call.act.now, call.query.days)
    return TagReportResource(
        unused=[
            UnusedTagResource(tag=shown(each.node), path=each.path, last_put_on_at=each.last_put_on_at)
            for each in report.unused
        ],
        dead=[
            DeadTagResource(tag=shown(each.node), path=each.path, why=each.why, last_put_on_at=each.last_put_on_at)
            for each in report.dead
        ],
    )


def _preview(preview: MergePreview) -> MergePreviewResource:
    return MergePreviewResource(
        tag=shown(preview.tag),
        into=shown(preview.into),
        customers=preview.customers,
        excluded=preview.excluded,
        moved=list(preview.moved),
        joined=[JoinedResource(tag=tag, into=into) for tag, into in preview.joined],
        rules=list(preview.rules),
        codes=list(preview.codes),
        pools=list(preview.pools),
        hidden=preview.hidden,
    )


def _line(line: ImportLine) -> ImportLineResource:
    before: Tag | None = line.before
    return ImportLineResource(
        row=line.row, outcome=line.outcome, id=before.id if before else None, name=line.after.name
    )


def _bad(bad: BadRow) -> BadRowResource:
    return BadRowResource(row=bad.row, column=bad.column, reason=TextPair(en=bad.reason.en, zh=bad.reason.zh))


FILE = "/v1/tags/file"
OPERATIONS = (
    Operation("GET", "/v1/tags/report", "Unused and dead tags", report_tags, TagReportResource, ReportQuery),
    Operation("GET", FILE, "The tag tree as a file", export_tags, TreeFileResource),
    Operation(
        "POST",
        f"{FILE}/preview",
        "What a file would make of the tree",
        preview_import,
        ImportPreviewResource,
        body=TreeFileBody,
        body_bytes=FILE_BYTES,
    ),
    Operation(
        "POST",
        FILE,
        "Take a file into the tree",
        import_tags,
        ImportedResource,
        body=TreeFileBody,
        writes=True,
        body_bytes=FILE_BYTES,
    ),
    Operation(
        "GET",
        f"{ONE}/merge",
        "What a merge would do",
        preview_merge,
        MergePreviewResource,
        IntoQuery,
        own_errors=(CONFLICT,),
    ),
    Operation("POST", f"{ONE}/merge", "Merge a tag into another", merge_tags, TagResource, body=IntoBody, writes=True),
    Operation("POST", f"{ONE}/undo-merge", "Take a merge back", undo_merge, TagResource, writes=True),
)

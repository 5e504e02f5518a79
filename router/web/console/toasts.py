"""What a page says about the change that led to it: a code in the address, so that nothing has to be remembered."""

from collections.abc import Mapping

from starlette.requests import Request

from router.domain.code_kinds import CodeKind
from router.web.i18n import mark

TOASTS: Mapping[str, str] = {
    "saved": mark("Saved."),
    "created": mark("Created."),
    "archived": mark("Archived. You can restore it at any time."),
    "restored": mark("Restored."),
    "closed": mark("Closed. Whoever scans the code now is told so."),
    "closed_native": mark("Marked as closed. The print goes on working at WeCom."),
    "closed_acquisition": mark("Closed. Whoever scans the code now is told so; WeCom's link itself still works."),
    "archived_native": mark("Archived. The print goes on working, with WeCom's list of members as it is now."),
    "archived_acquisition": mark("Archived. The link is being deleted at WeCom; you can restore the code at any time."),
    "reopened": mark("Open again."),
    "published": mark("Published. New messages follow this version from now on."),
    "rolled_back": mark("Rolled back. The earlier version is in force again."),
    "done": mark("Done."),
    "proposed": mark("Proposed. An admin decides about it."),
    "approved": mark("Approved. The rule is in force, and replies leave soon."),
    "undone": mark("Undone. Replies that had not left stay here."),
    "retried": mark("Queued once more."),
    "tagged": mark("The tag was put on."),
    "merged": mark("Merged. You can take it back among the archived tags."),
    "tags_imported": mark("Imported into the tree."),
    "untagged": mark("The tag was taken off."),
    "disabled": mark("Disabled. This user is signed out everywhere."),
    "enabled": mark("Enabled."),
    "recounted": mark("Counted again from the records."),
    "reviewed": mark("Noted. The next one stands first."),
    "imported": mark("Imported. The next message is read with it."),
    "withdrawing": mark("The tags are being taken off. You can undo it."),
    "restoring": mark("The tags are being put back."),
    "called": mark("Called once as a test. The latest line says how it went."),
    "password": mark("The password was changed. Sign in with it from now on."),
}


def said_of_code(said: str, kind: CodeKind) -> str:
    """The code to say about a live code of this kind: words of its own where the usual ones are not true."""
    own = f"{said}_{kind}"
    return own if own in TOASTS else said


def toast_of(request: Request) -> str | None:
    """The source string of what was done, if the address names something known."""
    return TOASTS.get(request.query_params.get("said", ""))

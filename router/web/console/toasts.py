"""What a page says about the change that led to it: a code in the address, so that nothing has to be remembered."""

from collections.abc import Mapping

from starlette.requests import Request

from router.web.i18n import mark

TOASTS: Mapping[str, str] = {
    "saved": mark("Saved."),
    "created": mark("Created."),
    "archived": mark("Archived. You can restore it at any time."),
    "restored": mark("Restored."),
    "closed": mark("Closed. Whoever scans the code now is told so."),
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


def toast_of(request: Request) -> str | None:
    """The source string of what was done, if the address names something known."""
    return TOASTS.get(request.query_params.get("said", ""))

"""Webhooks: addresses outside that rules call by name."""

from starlette.requests import Request
from starlette.responses import Response

from router.db.queries.webhooks import list_webhooks
from router.handlers.admin import webhooks as use_cases
from router.handlers.admin.webhooks import NewWebhook
from router.web.console.asking import Refused, change, read, services_of
from router.web.console.forms import Form, read_form, read_query
from router.web.console.render import go, page
from tagtree.wording import Problem


async def show_list(request: Request) -> Response:
    """Webhooks in use, or archived."""
    return await _show(request)


async def create(request: Request) -> Response:
    """A new one; its secret is shown this once."""
    form, box = await read_form(request), services_of(request).secret_box
    name, url, secret = form.text("name"), form.text("url"), form.text("secret")
    outcome = await change(request, lambda c, act: use_cases.create_webhook(c, act, box, name, url, secret))
    if isinstance(outcome, Refused):
        return await _show(request, outcome.problems, form)
    return await _show(request, made=outcome)


async def edit(request: Request) -> Response:
    """Another address, and another secret when one is given."""
    webhook_id: int = request.path_params["id"]
    form, box = await read_form(request), services_of(request).secret_box
    url, secret = form.text("url"), form.text("secret")
    outcome = await change(request, lambda c, act: use_cases.edit_webhook(c, act, box, webhook_id, url, secret))
    return await _show(request, outcome.problems) if isinstance(outcome, Refused) else go("/webhooks", said="saved")


async def test(request: Request) -> Response:
    """Call it once; how that went stands in the outbox."""
    webhook_id: int = request.path_params["id"]
    outcome = await change(request, lambda c, act: use_cases.try_webhook(c, act, webhook_id))
    if isinstance(outcome, Refused):
        return await _show(request, outcome.problems)
    return go("/outbox", said="called", kind="call_webhook")


async def archive(request: Request) -> Response:
    """Take it out of use."""
    webhook_id: int = request.path_params["id"]
    outcome = await change(request, lambda c, act: use_cases.archive_webhook(c, act, webhook_id))
    return await _show(request, outcome.problems) if isinstance(outcome, Refused) else go("/webhooks", said="archived")


async def restore(request: Request) -> Response:
    """Undo ``archive``."""
    webhook_id: int = request.path_params["id"]
    outcome = await change(request, lambda c, act: use_cases.restore_webhook(c, act, webhook_id))
    return await _show(request, outcome.problems) if isinstance(outcome, Refused) else go("/webhooks", said="restored")


async def _show(
    request: Request, problems: tuple[Problem, ...] = (), form: Form | None = None, made: NewWebhook | None = None
) -> Response:
    query = read_query(request)
    archived, after = query.ticked("archived"), query.integer("after") or 0
    listed = await read(request, lambda connection: list_webhooks(connection, archived=archived, after=after))
    return page(
        request,
        "webhooks.html",
        422 if problems else 200,
        webhooks=listed,
        archived=archived,
        started=after > 0,
        made=made,
        name=form.text("name") if form else "",
        url=form.text("url") if form else "",
        problems=problems,
    )

"""Whom a live code lets in: its limits, and whether the store near the visitor receives."""

from dataclasses import dataclass

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from router.db.queries.admission import Admission, Limits, get_admission
from router.db.queries.stores import offered_stores
from router.handlers.admin.admission import set_admission
from router.web.console.asking import Refused, change, found, read
from router.web.console.forms import Form, read_form
from router.web.console.render import go, page


@dataclass(frozen=True, slots=True)
class Shown:
    """The admission of a code, and how many stores could receive."""

    admission: Admission | None
    stores: int


async def show(request: Request) -> Response:
    """The form."""
    return await _form(request, None, None)


async def edit(request: Request) -> Response:
    """Save it; it holds from the next scan on."""
    code_id: int = request.path_params["id"]
    limits = _limits(await read_form(request))
    outcome = await change(request, lambda connection, act: set_admission(connection, act, code_id, limits))
    if isinstance(outcome, Refused):
        return await _form(request, limits, outcome)
    return go(f"/live-codes/{code_id}/admission", said="saved")


async def _form(request: Request, draft: Limits | None, refusal: Refused | None) -> Response:
    code_id: int = request.path_params["id"]

    def around(connection: Connection) -> Shown:
        return Shown(get_admission(connection, code_id), len(offered_stores(connection)))

    shown = await read(request, around)
    admission = found(shown.admission)
    return page(
        request,
        "admission.html",
        422 if refusal else 200,
        admission=admission,
        draft=draft or admission.limits,
        stores=shown.stores,
        problems=refusal.problems if refusal else (),
    )


def _limits(form: Form) -> Limits:
    return Limits(_limit(form, "scan_limit"), _limit(form, "visitor_limit"), form.ticked("by_place"))


def _limit(form: Form, name: str) -> int | None:
    """The number, None for an empty field; what is no number is refused as one below every bound."""
    number = form.integer(name)
    return -1 if number is None and form.text(name) else number

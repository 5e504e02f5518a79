"""Whom a live code lets in and who receives there: limits, skill, department, place, caps of single agents."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from router.db.queries.admission import Admission, Limits, get_admission, offered_belongings
from router.db.queries.agent_caps import Within
from router.db.queries.stores import offered_stores
from router.domain.code_kinds import SETTINGS_OF, CodeKind
from router.handlers.admin.admission import set_admission
from router.web.console.agent_caps_form import AgentCapsForm, filled_form, save_agent_caps
from router.web.console.asking import Refused, change, found, read
from router.web.console.forms import Form, read_form
from router.web.console.render import go, page
from router.web.i18n import mark

UNFIT: Mapping[CodeKind, str] = {
    "native": mark(
        "Whoever scans a native code never passes our page: nobody is counted or asked, and nothing is reserved. Here"
        " you only choose whose cards the print may show."
    ),
    "group": mark("A group code chooses no agent and reserves nothing: only its visitors can be limited."),
    "acquisition": mark(
        "WeCom chooses among the members of the link: skill and department say who they are. Nothing is reserved, so"
        " only the visitors of our page can be limited."
    ),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """The admission of a code, how many stores could receive, and what the agents in use could be asked for."""

    admission: Admission | None
    stores: int
    skills: tuple[str, ...]
    departments: tuple[str, ...]


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


async def edit_agent_caps(request: Request) -> Response:
    """Save how many customers of this code each agent takes."""
    code_id: int = request.path_params["id"]
    refused = await save_agent_caps(request, Within("code", code_id))
    if refused is not None:
        return await _form(request, None, None, refused)
    return go(f"/live-codes/{code_id}/admission", said="saved")


async def _form(
    request: Request, draft: Limits | None, refusal: Refused | None, caps: AgentCapsForm | None = None
) -> Response:
    code_id: int = request.path_params["id"]

    def around(connection: Connection) -> Shown:
        stores = len(offered_stores(connection))
        return Shown(get_admission(connection, code_id), stores, *offered_belongings(connection))

    shown = await read(request, around)
    admission = found(shown.admission)
    return page(
        request,
        "admission.html",
        422 if refusal or caps else 200,
        admission=admission,
        draft=draft or admission.limits,
        limits=[each.name for each in fields(Limits) if each.name in SETTINGS_OF[admission.kind]],
        unfit=UNFIT.get(admission.kind, ""),
        stores=shown.stores,
        skills=[(each, each) for each in shown.skills],
        departments=[(each, each) for each in shown.departments],
        agent_caps=caps or await filled_form(request, Within("code", code_id)),
        problems=refusal.problems if refusal else (),
    )


def _limits(form: Form) -> Limits:
    return Limits(
        form.number("scan_limit"),
        form.number("visitor_limit"),
        form.ticked("by_place"),
        form.text("skill"),
        form.text("department"),
    )

"""Operations on whom a live code lets in and who receives there."""

from pydantic import Field
from sqlalchemy import Connection

from router.db.queries.admission import Admission, Limits
from router.db.queries.admission import get_admission as find_admission
from router.handlers.admin import admission
from router.handlers.admin.refusal import LIVE_CODE, Missing, Refusal
from router.web.api.fields import SEARCHABLE, Body, NoQuery, Resource
from router.web.api.operation import Call, Operation


class AdmissionResource(Resource):
    """``entered`` counts the visitors let in while there is a scan limit; null: no limit. Only agents
    with ``skill`` and of ``department`` receive; an empty one asks for nothing.
    """

    scan_limit: int | None
    visitor_limit: int | None
    by_place: bool
    skill: str
    department: str
    entered: int


class AdmissionBody(Body):
    """All of it: a limit left out or null is lifted, a skill or department left out or empty is not asked for.

    What the code's kind cannot hold is refused (409): a code of kind ``native`` takes only ``skill`` and
    ``department``, one of kind ``group`` or ``acquisition`` only ``scan_limit``.
    """

    scan_limit: int | None = Field(default=None, ge=0, le=admission.MAX_SCAN_LIMIT)
    visitor_limit: int | None = Field(default=None, ge=1, le=admission.MAX_VISITOR_LIMIT)
    by_place: bool = False
    skill: str = Field(default="", max_length=admission.MAX_SKILL, pattern=SEARCHABLE)
    department: str = Field(default="", max_length=admission.MAX_DEPARTMENT, pattern=SEARCHABLE)


def get_admission(connection: Connection, call: Call[NoQuery, None]) -> AdmissionResource | Refusal:
    found = find_admission(connection, call.ids["code_id"])
    return Missing(LIVE_CODE) if found is None else _resource(found)


def set_admission(connection: Connection, call: Call[NoQuery, AdmissionBody]) -> AdmissionResource | Refusal:
    limits = Limits(**call.body.model_dump())
    outcome = admission.set_admission(connection, call.act, call.ids["code_id"], limits)
    return _resource(outcome) if isinstance(outcome, Admission) else outcome


def _resource(found: Admission) -> AdmissionResource:
    limits = found.limits
    return AdmissionResource(
        scan_limit=limits.scan_limit,
        visitor_limit=limits.visitor_limit,
        by_place=limits.by_place,
        skill=limits.skill,
        department=limits.department,
        entered=found.entered,
    )


PATH = "/v1/live-codes/{code_id}/admission"
OPERATIONS = (
    Operation("GET", PATH, "Whom a live code lets in", get_admission, AdmissionResource),
    Operation(
        "PUT", PATH, "Limit whom a live code lets in", set_admission, AdmissionResource, body=AdmissionBody, writes=True
    ),
)

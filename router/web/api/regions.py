"""The file of regions of network addresses: which it is, and of when."""

from sqlalchemy import Connection

from router.web.api.fields import Instant, NoQuery, Resource, TextPair
from router.web.api.operation import Call, Operation
from router.web.region_table import Form
from router.web.regions import is_old, regions_of


class RegionFileResource(Resource):
    """``package`` empty: a file of the operator's; ``dated_at``: an xdb's data was built, a CSV last written then.

    ``is_old``: of more than a year ago, so that many networks have moved since.
    """

    path: str | None
    package: str
    form: Form
    networks: int
    dated_at: Instant | None
    is_old: bool
    problems: list[TextPair]


def get_region_file(connection: Connection, call: Call[NoQuery, None]) -> RegionFileResource:
    state = regions_of(call.services.settings.region_file).state()
    return RegionFileResource(
        path=str(state.path) if state.path else None,
        package=state.package,
        form=state.form,
        networks=state.networks,
        dated_at=state.dated_at,
        is_old=is_old(state, call.act.now),
        problems=[TextPair.model_validate(problem) for problem in state.problems],
    )


OPERATIONS = (
    Operation(
        "GET",
        "/v1/region-file",
        "The file of regions of network addresses, its age and what cannot be read",
        get_region_file,
        RegionFileResource,
    ),
)

"""The API against its own description: generated requests, well-formed and not."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)
from starlette.applications import Starlette

from router.web.api.operation import Operation
from router.web.api.operations import OPERATIONS
from tests.integration.api.conftest import TOKEN

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
    unsupported_method,
    ignored_auth,
]


# Schemathesis does not count 413 among the refusals; a body that is too large is refused before its content is read.
REFUSALS = ["400", "401", "403", "404", "405", "406", "409", "413", "415", "422"]
CONFIG = schemathesis.Config.from_dict({"checks": {"negative_data_rejection": {"expected-statuses": REFUSALS}}})

CASES = [
    pytest.param(operation, mode, id=f"{operation.name}-{mode.value}")
    for operation in OPERATIONS
    for mode in GenerationMode
    if mode.is_positive or operation.body or operation.parameters or operation.query.model_fields
]


@pytest.fixture
def database_url(postgresql_url: str) -> str:
    """PostgreSQL alone: it refuses more than SQLite does, so more could go wrong there."""
    return postgresql_url


@pytest.mark.parametrize(("operation", "mode"), CASES)
def test_every_operation_answers_as_described(app: Starlette, operation: Operation, mode: GenerationMode) -> None:
    schema = schemathesis.openapi.from_asgi("/api/openapi.json", app, config=CONFIG)
    described = schema[operation.path][operation.method]

    @given(case=described.as_strategy(generation_mode=mode))
    @settings(
        max_examples=6,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def answers(case: "schemathesis.Case[Any]") -> None:
        case.call_and_validate(headers={"Authorization": f"Bearer {TOKEN}"}, checks=CHECKS)

    answers()

"""The OpenAPI 3.1 document, written from the table of operations and the models it names."""

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from router.web.api.fields import MAX_ID
from router.web.api.operation import Operation, is_number
from router.web.api.problem import MEDIA_TYPE, ErrorCode, ProblemDetail

Json = dict[str, Any]

_REFERENCE = "#/components/schemas/{model}"


def openapi_document(operations: Sequence[Operation], version: str) -> Json:
    """The whole document, JSON-able."""
    schemas, components = _schemas(operations)
    paths: Json = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "liveqr", "version": version, "description": "Live-QR (活码) routing and customer tagging."},
        "servers": [{"url": "/api"}],
        "security": [{"bearer": []}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


def _schemas(operations: Sequence[Operation]) -> tuple[dict[type[BaseModel], Json], Json]:
    """A reference for each model used, and the components referred to."""
    received = {operation.body for operation in operations if operation.body is not None}
    sent = {operation.answer for operation in operations} | {ProblemDetail}
    wanted: list[tuple[type[BaseModel], Any]] = [
        *((model, "validation") for model in sorted(received, key=_name)),
        *((model, "serialization") for model in sorted(sent, key=_name)),
    ]
    references, document = models_json_schema(wanted, ref_template=_REFERENCE)
    return {model: references[model, mode] for model, mode in wanted}, document["$defs"]


def _name(model: type[BaseModel]) -> str:
    return model.__name__


def _operation(operation: Operation, schemas: dict[type[BaseModel], Json]) -> Json:
    written: Json = {
        "operationId": operation.name,
        "summary": operation.summary,
        "tags": [operation.noun],
        "parameters": [_path_parameter(name) for name in operation.parameters] + _query_parameters(operation),
        "responses": {
            str(operation.status): _answer(operation.summary, "application/json", schemas[operation.answer]),
            **_error_answers(operation.errors, schemas[ProblemDetail]),
        },
    }
    if operation.body is not None:
        content = {"application/json": {"schema": schemas[operation.body]}}
        written["requestBody"] = {"required": True, "content": content}
    return written


def _path_parameter(name: str) -> Json:
    number: Json = {"type": "integer", "minimum": 1, "maximum": MAX_ID}
    text: Json = {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[A-Za-z0-9_.@-]{1,64}$"}
    return {"name": name, "in": "path", "required": True, "schema": number if is_number(name) else text}


def _query_parameters(operation: Operation) -> list[Json]:
    schema = operation.query.model_json_schema()
    return [
        {"name": name, "in": "query", "required": False, "schema": _without_null(each)}
        for name, each in schema.get("properties", {}).items()
    ]


def _without_null(schema: Json) -> Json:
    """A query parameter is left out rather than null."""
    choices = [each for each in schema.get("anyOf", ()) if each != {"type": "null"}]
    return choices[0] if choices else {name: value for name, value in schema.items() if name != "title"}


def _error_answers(errors: Sequence[ErrorCode], schema: Json) -> Json:
    by_status: dict[int, list[ErrorCode]] = {}
    for error in errors:
        by_status.setdefault(error.status, []).append(error)
    return {
        str(status): _answer(" / ".join(f"`{each.code}`: {each.meaning}" for each in same), MEDIA_TYPE, schema)
        for status, same in sorted(by_status.items())
    }


def _answer(description: str, media_type: str, schema: Json) -> Json:
    return {"description": description, "content": {media_type: {"schema": schema}}}

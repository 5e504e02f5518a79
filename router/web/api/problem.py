"""Errors of the API as problem+json (RFC 9457), one code each; docs/api.md lists them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import assert_never

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from starlette.responses import Response

from router.handlers.admin.refusal import Conflict, Invalid, Missing, NeedsConfirmation, Refusal
from router.web.api.fields import Resource, TextPair
from tagtree.wording import Problem, Wording, step

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class ErrorCode:
    """One kind of error: ``meaning`` says what to do about it."""

    code: str
    status: int
    title: str
    meaning: str


MALFORMED = ErrorCode("malformed_json", 400, "Malformed JSON", "The body is not JSON in UTF-8. Correct it, send again.")
UNAUTHORIZED = ErrorCode(
    "unauthorized", 401, "Unauthorized", "Send `Authorization: Bearer <token>` with the token of LIVEQR_API_TOKEN."
)
NOT_FOUND = ErrorCode("not_found", 404, "Not found", "There is no such thing, or no such route.")
METHOD_NOT_ALLOWED = ErrorCode("method_not_allowed", 405, "Method not allowed", "`Allow` names what the route takes.")
CONFLICT = ErrorCode(
    "conflict", 409, "Conflict", "It does not fit what is there (a name is taken, something is in use): see `problems`."
)
CONFIRMATION_NEEDED = ErrorCode(
    "confirmation_needed",
    409,
    "Confirmation needed",
    "Read `problems`; if meant, send again with `confirm: true`.",
)
TOO_LARGE = ErrorCode("too_large", 413, "Too large", "The body is above 64 KiB (rules: 8 MiB).")
UNSUPPORTED_MEDIA_TYPE = ErrorCode(
    "unsupported_media_type", 415, "Unsupported media type", "Send the body as `Content-Type: application/json`."
)
INVALID = ErrorCode("invalid", 422, "Invalid", "`problems` names each wrong field, why, and what to write instead.")
UNAVAILABLE = ErrorCode("unavailable", 503, "Unavailable", "The service is stopping. Send again after a moment.")

ERROR_CODES: tuple[ErrorCode, ...] = (
    MALFORMED,
    UNAUTHORIZED,
    NOT_FOUND,
    METHOD_NOT_ALLOWED,
    CONFLICT,
    CONFIRMATION_NEEDED,
    TOO_LARGE,
    UNSUPPORTED_MEDIA_TYPE,
    INVALID,
    UNAVAILABLE,
)


class FieldProblem(Resource):
    """What is wrong at ``path`` (such as ``rules[0].when.words``; empty: the whole), and what to do next."""

    path: str
    reason: TextPair
    hint: TextPair


class ProblemDetail(Resource):
    """RFC 9457, with a stable ``code``."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    problems: list[FieldProblem]


def problem_response(
    error: ErrorCode,
    detail: str = "",
    problems: Iterable[Problem] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The answer that says so."""
    body = ProblemDetail(
        type=f"urn:liveqr:problem:{error.code}",
        title=error.title,
        status=error.status,
        detail=detail or error.meaning,
        code=error.code,
        problems=[FieldProblem.model_validate(each) for each in problems],
    )
    return Response(body.model_dump_json(), error.status, headers, MEDIA_TYPE)


def refusal_response(refusal: Refusal) -> Response:
    """The answer to a use case that refused."""
    match refusal:
        case Missing(thing):
            return problem_response(NOT_FOUND, f"There is no such {thing.en}. 没有该{thing.zh}。")
        case Invalid(problems):
            return problem_response(INVALID, _first(problems), problems)
        case Conflict(problems):
            return problem_response(CONFLICT, _first(problems), problems)
        case NeedsConfirmation(problems):
            return problem_response(CONFIRMATION_NEEDED, _first(problems), problems)
        case _:
            assert_never(refusal)


def validation_response(error: ValidationError) -> Response:
    """The answer to a body or query that does not fit its model."""
    details = error.errors(include_url=False, include_context=False, include_input=False)
    if details and details[0]["type"] == "json_invalid":
        return problem_response(MALFORMED, details[0]["msg"])
    problems = [_field_problem(each) for each in details[:100]]
    return problem_response(INVALID, _first(problems), problems)


_REASONS: Mapping[str, Wording] = {
    "missing": Wording("This field is missing.", "缺少该字段。"),
    "extra_forbidden": Wording("This field is not known here.", "这里没有这个字段。"),
    "string_type": Wording("Not a text.", "不是文本。"),
    "int_type": Wording("Not a whole number.", "不是整数。"),
    "bool_type": Wording("Neither true nor false.", "不是 true 或 false。"),
    "list_type": Wording("Not a list.", "不是列表。"),
    "dict_type": Wording("Not an object.", "不是对象。"),
    "model_type": Wording("Not an object.", "不是对象。"),
    "string_pattern_mismatch": Wording("Contains characters that are not allowed here.", "含有此处不允许的字符。"),
    "string_unicode": Wording("Not text in UTF-8.", "不是 UTF-8 文本。"),
}
_HINTS: Mapping[str, Wording] = {
    "missing": Wording("Add it.", "请补充。"),
    "extra_forbidden": Wording("Remove it, or correct its name.", "请删除，或改正名称。"),
}
_HINT = Wording("See the schema in /api/openapi.json.", "格式见 /api/openapi.json。")


def _field_problem(details: ErrorDetails) -> Problem:
    path = ""
    for part in details["loc"]:
        path = step(path, part if isinstance(part, int) else _printable(part))
    kind = details["type"]
    message = f"{details['msg']}."
    return Problem(path, _REASONS.get(kind, Wording(message, f"格式不正确：{message}")), _HINTS.get(kind, _HINT))


def _printable(name: str) -> str:
    """A field's name as the sender wrote it, fit to be sent back."""
    return name[:80].encode(errors="replace").decode()


def _first(problems: Iterable[Problem]) -> str:
    first = next(iter(problems), None)
    if first is None:
        return ""
    where = f"{first.path}: " if first.path else ""
    return f"{where}{first.reason.en} {first.hint.en}"

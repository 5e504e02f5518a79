"""One row of the table of operations, and the call that reaches it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel
from sqlalchemy import Connection

from router.db.queries.page import Page
from router.handlers.admin.act import Act
from router.services import Services
from router.web.api.cursor import write_cursor
from router.web.api.fields import Body, ListOf, NoQuery, Resource
from router.web.api.problem import (
    CONFIRMATION_NEEDED,
    CONFLICT,
    INVALID,
    MALFORMED,
    NOT_FOUND,
    TOO_LARGE,
    UNAUTHORIZED,
    UNAVAILABLE,
    UNSUPPORTED_MEDIA_TYPE,
    ErrorCode,
)

BODY_BYTES = 64 * 1024
RULES_BYTES = 8 * 1024 * 1024  # a rule set of 100,000 keywords takes some 3 MiB

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
Q = TypeVar("Q")
B = TypeVar("B")
R = TypeVar("R", bound=Resource)


@dataclass(frozen=True, slots=True)
class Call(Generic[Q, B]):
    """A request, checked: ``ids`` are the whole numbers of its path, ``names`` the texts, ``after`` its cursor."""

    services: Services
    act: Act
    ids: Mapping[str, int]
    names: Mapping[str, str]
    query: Q
    body: B
    after: int
    list_name: str

    def page(self, page: Page[Any], resource: type[R]) -> ListOf[R]:
        """A page of values as a page of resources."""
        return self.page_of([resource.model_validate(each) for each in page.items], page.next)

    def page_of(self, items: list[R], next: int | None) -> ListOf[R]:
        """A page of resources that goes on after the key ``next``."""
        return ListOf[R](items=items, next=write_cursor(self.list_name, next))


@dataclass(frozen=True, slots=True)
class Operation:
    """``run`` is called in a transaction when it ``writes``, else on a reader; it returns ``answer`` or a refusal.

    With ``waits`` it is a coroutine function of the call alone: no connection waits with it. ``ahead`` is called on a
    reader before the transaction of one that ``writes``: what takes long is then known already.
    """

    method: Method
    path: str
    summary: str
    run: Callable[..., Any]
    answer: type[BaseModel]
    query: type[Body] = NoQuery
    body: type[Body] | None = None
    writes: bool = False
    waits: bool = False
    ahead: Callable[[Call[Any, Any], Connection], object] | None = None
    status: int = 200
    body_bytes: int = BODY_BYTES
    own_errors: tuple[ErrorCode, ...] = ()  # besides those that follow from the other fields

    @property
    def name(self) -> str:
        """The OpenAPI operation id."""
        return self.run.__name__

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names in braces of the path."""
        return tuple(re.findall(r"{(\w+)}", self.path))

    @property
    def noun(self) -> str:
        """The part of the path that groups operations: ``live-codes``."""
        return self.path.split("/")[2]

    @property
    def errors(self) -> tuple[ErrorCode, ...]:
        """Every error this operation may answer with."""
        found = [UNAUTHORIZED, INVALID, UNAVAILABLE, *self.own_errors]
        if self.parameters:
            found.append(NOT_FOUND)
        if self.body is not None:
            found += [MALFORMED, TOO_LARGE, UNSUPPORTED_MEDIA_TYPE]
        if self.writes:
            found += [CONFLICT, CONFIRMATION_NEEDED]
        return tuple(sorted(set(found), key=lambda error: (error.status, error.code)))


def is_number(parameter: str) -> bool:
    """Whether a path parameter is a whole number; the others are names."""
    return parameter.endswith("_id") or parameter == "number"

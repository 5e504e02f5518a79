"""One call of the API after the gate has let it in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

from starlette.datastructures import UploadFile
from starlette.responses import Response

from router.sandbox.api.fields import Fields
from router.sandbox.platform import Platform
from router.sandbox.world.world import World

Answer: TypeAlias = Mapping[str, Any] | Response
"""What an answer tells beyond errcode and errmsg; or bytes, where the API gives a file."""


@dataclass(frozen=True, slots=True)
class Upload:
    filename: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Call:
    """`path` without `/cgi-bin/`; `caller` is which secret the token came from: app, contact or kf. `answered_at` is
    when the caller will have its answer: later than `now` while faults make the platform slow.
    """

    platform: Platform
    path: str
    caller: str
    fields: Fields
    now: int
    answered_at: int
    upload: Upload | None = None

    @property
    def world(self) -> World:
        return self.platform.world

    def accepted(
        self, kind: str, result: Mapping[str, Any] | None = None, *, external_userid: str = "", userid: str = ""
    ) -> None:
        """Note the effect for `/control/effects`."""
        body = self.fields.values
        self.platform.journal.accepted(self.now, kind, self.path, body, result or {}, external_userid, userid)


class Method(StrEnum):
    GET = "GET"
    POST = "POST"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`callers` may be fewer than all secrets: others are refused with 48002."""

    method: Method
    answer: Callable[[Call], Answer]
    callers: frozenset[str] = frozenset({"app", "contact", "kf"})


async def read_upload(file: UploadFile | str | None) -> Upload | None:
    if not isinstance(file, UploadFile):
        return None
    return Upload(file.filename or "", file.content_type or "", await file.read())

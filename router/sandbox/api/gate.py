"""What every call of the API passes before it is looked at: faults, concurrency, token, trusted address, frequency."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from router.sandbox.api.call import Call, Endpoint, Method, Upload, read_upload
from router.sandbox.api.fields import Fields
from router.sandbox.api.tokens import caller_of
from router.sandbox.faults import CallFault
from router.sandbox.platform import Platform
from router.sandbox.refusal import Errcode, RefusalError

MAX_BODY_BYTES = 25 << 20
TOKEN_PATH = "gettoken"
UPLOAD_PATHS = frozenset({"media/upload", "media/uploadimg"})
# Some endpoints refuse \uXXXX for characters that JSON carries as they are (40033); control characters have no other
# form.
ESCAPED_CHARACTER = re.compile(rb"(?<!\\)(?:\\\\)*\\u(?!00[01])[0-9a-fA-F]{4}")


@dataclass(frozen=True, slots=True)
class Gate:
    """Lets calls in and shapes the answers: HTTP 200 with `{"errcode", "errmsg"}`, whatever happened."""

    platform: Platform
    endpoints: Mapping[str, Endpoint]

    async def pass_through(self, request: Request) -> Response:
        platform, path = self.platform, request.path_params["path"]
        if platform.board.faults.down:
            return Response(status_code=503)
        platform.meter.running += 1
        try:
            return await self._answer_or_fault(request, path)
        finally:
            platform.meter.running -= 1

    async def _answer_or_fault(self, request: Request, path: str) -> Response:
        fault = self.platform.board.meet(path)
        latency_ms = self.platform.board.faults.latency_ms + (fault.hang_ms if fault else 0)
        if fault is None:
            answer = await self._answer(request, path, latency_ms)
        elif fault.replaces_the_answer:
            if fault.executes:
                await self._answer(request, path, latency_ms)
            answer = self._faulty(fault, path)
        else:
            answer = await self._answer(request, path, latency_ms)
        await asyncio.sleep(latency_ms / 1000)
        return answer

    def _faulty(self, fault: CallFault, path: str) -> Response:
        if fault.http_status is None and fault.body is None:
            return self._refused(path, RefusalError(fault.errcode or Errcode.BUSY, "fault of the sandbox"))
        now = self.platform.now()
        self.platform.journal.refused(now, path, fault.errcode or 0, f"HTTP {fault.http_status or 200}, fault")
        return Response(fault.body or "", fault.http_status or 200, media_type="text/html")

    async def _answer(self, request: Request, path: str, latency_ms: int) -> Response:
        try:
            endpoint = self._endpoint(path)
            caller = self._admit(request, path, endpoint)
            answer = endpoint.answer(await self._read(request, path, endpoint, caller, latency_ms))
        except RefusalError as refusal:
            return self._refused(path, refusal)
        self.platform.revision += 1
        return answer if isinstance(answer, Response) else self._ok(answer)

    def _endpoint(self, path: str) -> Endpoint:
        endpoint = self.endpoints.get(path)
        if endpoint is None:
            raise RefusalError(Errcode.UNKNOWN_PATH, f"the sandbox has no /cgi-bin/{path}")
        return endpoint

    def _admit(self, request: Request, path: str, endpoint: Endpoint) -> str:
        """Who calls; raises RefusalError in the order the platform checks: load, token, address, permission,
        frequency.
        """
        platform, faults, now = self.platform, self.platform.board.faults, self.platform.now()
        concurrency = platform.config.rates.concurrency if faults.concurrency is None else faults.concurrency
        if platform.meter.running > concurrency:
            raise RefusalError(Errcode.CONCURRENCY, "api concurrent out of limit")
        caller = ""
        if path != TOKEN_PATH:
            caller = caller_of(platform.world, request.query_params.get("access_token", ""), now)
            self._check_address(request)
            if caller not in endpoint.callers:
                raise RefusalError(Errcode.NOT_ALLOWED, f"the secret of {caller} may not call {path}")
        rates = platform.config.rates
        per_minute = rates.per_minute if faults.rates.per_minute is None else faults.rates.per_minute
        per_hour = rates.per_hour if faults.rates.per_hour is None else faults.rates.per_hour
        platform.meter.admit(path, per_minute, per_hour, now)
        return caller

    def _check_address(self, request: Request) -> None:
        trusted = self.platform.config.trusted_ips
        address = request.client.host if request.client else ""
        if trusted is not None and address not in trusted:
            raise RefusalError(Errcode.UNTRUSTED_IP, f"not allow to access from your ip: {address}")

    async def _read(self, request: Request, path: str, endpoint: Endpoint, caller: str, latency_ms: int) -> Call:
        if request.method != endpoint.method:
            raise RefusalError(Errcode.BAD_PARAMETER, f"{path} is a {endpoint.method} call")
        query = request.query_params.items()
        values: Mapping[str, Any] = {name: value for name, value in query if name != "access_token"}
        upload: Upload | None = None
        if path in UPLOAD_PATHS:
            upload = await _read_upload(request)
        elif endpoint.method is Method.POST:
            values = parse_body(await request.body())
        now = self.platform.now()
        return Call(self.platform, path, caller, Fields(values), now, now + latency_ms, upload)

    def _ok(self, answer: Mapping[str, Any]) -> Response:
        return _json({"errcode": 0, "errmsg": "ok", **answer})

    def _refused(self, path: str, refusal: RefusalError) -> Response:
        now = self.platform.now()
        self.platform.journal.refused(now, path, refusal.errcode, refusal.reason)
        hint = f"[{now // 1000}_{self.platform.source.randrange(100)}_{self.platform.source.getrandbits(64):016x}]"
        errmsg = f"{refusal.reason}, hint: {hint}, from ip: 127.0.0.1, more info at the sandbox's /control/calls"
        status = 404 if refusal.errcode == Errcode.UNKNOWN_PATH else 200
        return _json({"errcode": refusal.errcode, "errmsg": errmsg}, status)


def parse_body(body: bytes) -> Mapping[str, Any]:
    if len(body) > MAX_BODY_BYTES:
        raise RefusalError(Errcode.BAD_PARAMETER, f"body over {MAX_BODY_BYTES} bytes")
    if ESCAPED_CHARACTER.search(body):
        raise RefusalError(Errcode.ESCAPED_CHARACTERS, "invalid characters: send UTF-8, not \\u escapes")
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise RefusalError(Errcode.BAD_PARAMETER, f"the body is not JSON: {error}") from None
    if not isinstance(parsed, dict):
        raise RefusalError(Errcode.BAD_PARAMETER, "the body is not a JSON object")
    return parsed


async def _read_upload(request: Request) -> Upload | None:
    try:
        async with request.form(max_part_size=MAX_BODY_BYTES) as form:
            return await read_upload(form.get("media"))
    except HTTPException as error:
        raise RefusalError(Errcode.MEDIA_EMPTY, f"the body is not multipart/form-data: {error.detail}") from None


def _json(content: Mapping[str, Any], status: int = 200) -> Response:
    return Response(orjson.dumps(content), status, media_type=JSONResponse.media_type)

"""A phone opens a live code: the page or its JSON, and the picture of the agent's QR that goes with it."""

import secrets
from functools import partial
from http import HTTPStatus
from typing import Any, assert_never

import orjson
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from router.db.queries.scan_pages import is_well_formed, leased_picture, number_is_noted
from router.db.queries.waiting import ask_after
from router.domain.place import Where
from router.domain.scan import (
    AlreadyAdded,
    AsksForNumber,
    Closed,
    Forwarded,
    Full,
    GroupShown,
    NativeShown,
    Preparing,
    Reserved,
    ScanAnswer,
    SentToGroup,
    SentToKf,
    Waiting,
    outcome_name,
)
from router.handlers.scan import ScanRequest
from router.services import Services
from router.web import landing
from router.web.api.fields import rfc3339
from router.web.api.problem import NOT_FOUND, ErrorCode, problem_response
from router.web.carried import carried
from router.web.language import preference, preferred_language
from router.web.place import take_place, where_of
from router.web.previews import PURPOSE_HEADERS, Shape, why_preview
from router.web.qr_download import code_png, code_svg
from router.web.rush import brings_too_many
from router.web.security import is_https
from router.web.test_visit import is_test, marker_for
from router.web.visitor import COOKIE, COOKIE_SECONDS, HEADER, SECRET_BYTES, Named, New, Refused, Visitor, read_visitor

PATH = "/q/"

ONLY_LOOKED = "previews hold no place; ask with X-Liveqr-Visitor and without preview headers"
VISITOR_REFUSED = ErrorCode("visitor_refused", 400, "Bad Request", "Send a shorter id as X-Liveqr-Visitor.")
TOO_MANY = ErrorCode("too_many_visitors", 429, "Too Many Requests", "Wait a minute, then scan again.")
RUSH = "this address brings more new visitors a minute than SCANS_PER_MINUTE allows; no place was touched"
WECHAT = "MicroMessenger"  # in the user agent of WeChat, which opens what other browsers cannot
NOW_HEADER = "X-Liveqr-Now"  # our clock in ms, for clients that count a lease down


async def scan_page(request: Request) -> Response:
    """``/q/{slug}``: hold a place for this visitor and show it; previews and crawlers only see what the code is."""
    shape = _shape(request)
    if why_preview(shape) is not None:
        return await _preview(request, shape.asks_for_json)
    visitor = read_visitor(request.headers.get(HEADER), request.cookies.get(COOKIE), new_secret)
    if isinstance(visitor, Refused):
        return _refused(request, visitor.reason, shape.asks_for_json)
    if brings_too_many(request, visitor.id):
        return _rush(request, shape.asks_for_json)
    response = await _received(request, visitor, shape.asks_for_json)
    if response.status_code < HTTPStatus.BAD_REQUEST:
        _remember(request, response, visitor)
    return response


async def _received(request: Request, visitor: Visitor, as_json: bool) -> Response:
    """The answer for a person: who receives them, unless they are asked first where they are."""
    known = None if isinstance(visitor, New) else visitor.id
    where = await where_of(request, as_json=as_json, visitor=known)
    if isinstance(where, Response):
        return where
    services = _services(request)
    test = await is_test(request, services)
    answer = await answer_for(services, request.path_params["slug"], visitor, where, test=test)
    if answer is None:
        return _unknown(request, as_json)
    return _json(request, answer) if as_json else await _page(request, answer, visitor)


async def leased_way(request: Request) -> Response:
    """``/w/{key}.png``: the picture leased to one reservation; afterwards a picture that says to refresh, as 410."""
    services = _services(request)
    query = partial(leased_picture, key=request.path_params["key"], now=services.clock())
    picture = await services.ledger.read(query)
    headers = {"Cache-Control": "private, no-store", "X-Content-Type-Options": "nosniff", "X-Robots-Tag": "noindex"}
    if picture is None:
        language = preferred_language(request.headers.get("accept-language", ""))
        return Response(landing.expired_picture(language), 410, headers, media_type="image/svg+xml")
    return Response(picture, headers=headers, media_type="image/png")


def is_scan(scope: Scope) -> bool:
    """Whether the request asks for a code's page, by a slug that can be one."""
    return scope["method"] in ("GET", "HEAD") and is_well_formed(scope["path"].removeprefix(PATH))


async def scan_app(scope: Scope, receive: Receive, send: Send) -> None:
    """``scan_page`` as a bare ASGI application, for requests that `is_scan` knows."""
    scope["path_params"] = {"slug": scope["path"].removeprefix(PATH)}
    response = await scan_page(Request(scope, receive, send))
    await response(scope, receive, send)


routes = [
    Route("/q/{slug}.png", code_png),
    Route("/q/{slug}.svg", code_svg),
    Route("/q/{slug}", scan_page),  # see `main.Service`
    Route("/q/{slug}/place", take_place, methods=["POST"]),
    Route("/w/{key}.png", leased_way),
]


def answer_json(answer: ScanAnswer, public_url: str) -> dict[str, Any]:
    """The contract's JSON; ``qr_url`` lies under ``public_url`` and is None where there is nothing to add."""
    body: dict[str, Any] = {
        "outcome": outcome_name(answer),
        "agent": None,
        "reservation": None,
        "qr_url": None,
        "reason": answer.reason,
    }
    match answer:
        case Reserved(agent=agent, key=key, expires_at=expires_at):
            body["agent"] = {"id": agent.id, "name": agent.name}
            body["reservation"] = {"id": key, "expires_at": rfc3339(expires_at)}
            body["qr_url"] = f"{public_url.rstrip('/')}/w/{key}.png"
        case AlreadyAdded(agent=agent, key=key):
            body["agent"] = {"id": agent.id, "name": agent.name}
            body["reservation"] = {"id": key, "expires_at": None}
        case Waiting(position=position, of=of):
            body["waiting"] = {"position": position, "of": of, "ask_after_ms": ask_after(position)}
        case SentToKf(url=url) | Forwarded(url=url):
            body["url"] = url
        case GroupShown(group_qr_id=group_qr_id, link=link):
            body["url"] = link
            body["qr_url"] = f"{public_url.rstrip('/')}/g/{group_qr_id}.png"
        case NativeShown(slug=slug, link=link):
            body["url"] = link or None
            body["qr_url"] = f"{public_url.rstrip('/')}/q/{slug}.png"
        case SentToGroup(slug=slug):
            body["url"] = f"{public_url.rstrip('/')}/q/{slug}"
        case AsksForNumber(title=title, consent=consent):
            body["number"] = {"title": title, "consent": consent}
        case Full() | Preparing() | Closed():
            pass
        case _:
            assert_never(answer)
    return body


async def answer_for(
    services: Services, slug: str, visitor: Visitor, where: Where | None = None, *, test: bool = False
) -> ScanAnswer | None:
    """What the scan is answered with; an archived code is still printed somewhere, so it answers as a closed one."""
    if not is_well_formed(slug):
        return None
    answer = await services.scan(ScanRequest(slug, visitor.id, test=test, where=where))
    if answer is None and await services.printed_codes.get(slug) is not None:
        return Closed("this code is archived")
    return answer


async def _preview(request: Request, as_json: bool) -> Response:
    visit = visit_of(request)
    code = await _services(request).printed_codes.get(visit.slug)
    if code is None:
        return _unknown(request, as_json)
    if as_json:
        return _json(request, Preparing(ONLY_LOOKED) if code.is_open else Closed(ONLY_LOOKED))
    return html(landing.render_preview(code.name, code.is_open, visit))


async def _page(request: Request, answer: ScanAnswer, visitor: Visitor) -> Response:
    visit = visit_of(request)
    if isinstance(answer, Forwarded) and WECHAT in request.headers.get("user-agent", ""):
        return RedirectResponse(answer.url, 302, headers={"Cache-Control": "no-store"})
    if isinstance(answer, AsksForNumber):
        noted = partial(number_is_noted, slug=visit.slug, visitor=visitor.id)
        form = landing.NumberForm(noted=await _services(request).ledger.read(noted))
        return html(landing.render_number(answer, visit, form))
    onward = marker_for(request, _services(request), answer.slug) if isinstance(answer, SentToGroup) else {}
    return html(landing.render_answer(answer, visit, onward))


def _json(request: Request, answer: ScanAnswer) -> Response:
    services = _services(request)
    headers = {"Cache-Control": "no-store", "Vary": landing.HEADERS["Vary"], NOW_HEADER: str(services.clock())}
    body = orjson.dumps(answer_json(answer, services.settings.public_url))
    return Response(body, headers=headers, media_type="application/json")


def _unknown(request: Request, as_json: bool) -> Response:
    if as_json:
        return _problem(NOT_FOUND, "No live code has this address. Scan the printed code again.")
    return html(landing.render_unknown(visit_of(request)), 404)


def _rush(request: Request, as_json: bool) -> Response:
    """Nothing was held; the minute is over after a minute at most."""
    page = landing.render_rush(visit_of(request))
    response = _problem(TOO_MANY, RUSH) if as_json else html(page, HTTPStatus.TOO_MANY_REQUESTS)
    response.headers["Retry-After"] = "60"
    return response


def _refused(request: Request, reason: str, as_json: bool) -> Response:
    if as_json:
        return _problem(VISITOR_REFUSED, reason)
    return html(landing.render_refused(reason, visit_of(request)), 400)


def _problem(error: ErrorCode, detail: str) -> Response:
    return problem_response(error, detail, headers={"Cache-Control": "no-store", "Vary": landing.HEADERS["Vary"]})


def html(page: str, status: int = 200) -> Response:
    """A landing page with its headers."""
    return HTMLResponse(page, status, landing.HEADERS)


def _remember(request: Request, response: Response, visitor: Visitor) -> None:
    if not isinstance(visitor, Named):
        secure = is_https(request, _services(request).settings.public_url)
        response.set_cookie(COOKIE, visitor.secret, COOKIE_SECONDS, secure=secure, httponly=True, samesite="lax")


def new_secret() -> str:
    """A visitor that nobody has been."""
    return secrets.token_hex(SECRET_BYTES)


def _shape(request: Request) -> Shape:
    headers = dict(request.headers)  # names in lower case; each look at Starlette's own goes through all of them
    return Shape(
        method=request.method,
        user_agent=headers.get("user-agent", ""),
        purposes=tuple(headers[name] for name in PURPOSE_HEADERS if name in headers),
        asks_for_json=_asks_for_json(headers.get("accept", "")),
        names_visitor=bool(headers.get(HEADER.lower())),
        remembers_visitor=COOKIE in request.cookies,
        opened_by_hand=request.query_params.get("open") == "1",
    )


def _asks_for_json(accept: str) -> bool:
    return preference(accept, "application/json") > preference(accept, "text/html")


def visit_of(request: Request) -> landing.Visit:
    """Where and when the page of this request is shown."""
    services = _services(request)
    return landing.Visit(
        slug=request.path_params["slug"],
        language=preferred_language(request.headers.get("accept-language", "")),
        now=services.clock(),
        zone=services.settings.time_zone,
        carried=carried(request.query_params),
    )


def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services

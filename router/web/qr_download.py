"""Downloads of a live code's QR: ``/q/{slug}.png`` and ``/q/{slug}.svg``."""

from functools import partial
from hashlib import sha256

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from router.db.queries.native_ways import picture_of
from router.services import Services
from router.web.qr import Format, Picture, Print, Refused, draw, read_print


async def code_png(request: Request) -> Response:
    """``/q/{slug}.png?size=&border=&level=&download=1``."""
    return await _answer(request, "png")


async def code_svg(request: Request) -> Response:
    """``/q/{slug}.svg?size=&border=&level=&download=1``."""
    return await _answer(request, "svg")


async def _answer(request: Request, picture_format: Format) -> Response:
    services: Services = request.app.state.services
    slug: str = request.path_params["slug"]
    if await services.printed_codes.get(slug) is None:
        return PlainTextResponse("There is no live code with this address; nothing to print.\n没有这个活码。\n", 404)
    picture = await services.ledger.read(partial(picture_of, slug=slug))
    if picture is not None:  # a native code is printed with the platform's own picture, as it is
        etag = f'"{sha256(picture).hexdigest()[:32]}"'
        return _respond(Picture(picture, "image/png", etag), request, f"{slug}.png")
    link = f"{services.settings.public_url.rstrip('/')}/q/{slug}"
    wanted = read_print(link, picture_format, request.query_params)
    if isinstance(wanted, Refused):
        return PlainTextResponse(wanted.reason + "\n", 400)
    drawn = await to_thread.run_sync(draw, wanted)
    if isinstance(drawn, Refused):
        return PlainTextResponse(drawn.reason + "\n", 400)
    return _respond(drawn, request, _filename(slug, wanted))


def _filename(slug: str, wanted: Print) -> str:
    """Prints of several sizes lie beside each other; an SVG fits all of them."""
    return f"{slug}-{wanted.size}.png" if wanted.format == "png" else f"{slug}.svg"


def _respond(picture: Picture, request: Request, filename: str) -> Response:
    kind = "attachment" if request.query_params.get("download") == "1" else "inline"
    headers = {
        "ETag": picture.etag,
        "Cache-Control": "public, max-age=300",
        "Content-Disposition": f'{kind}; filename="{filename}"',
        "X-Content-Type-Options": "nosniff",
    }
    if picture.etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(picture.content, headers=headers, media_type=picture.media_type)

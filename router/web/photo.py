"""The picture of an agent's face: made square and small from what was uploaded, and served to visitors."""

from functools import partial
from hashlib import sha256
from io import BytesIO

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from router.db.queries.presence import photo_of
from router.services import Services
from tagtree.wording import Problem, Wording

SIDE = 256  # px
LARGEST = 1024 * 1024  # bytes of an upload
MOST_PIXELS = 40_000_000

_TOO_LARGE = Problem(
    "",
    Wording("The file is larger than 1 MB.", "文件超过 1 MB。"),
    Wording("Choose a smaller picture.", "请选择更小的图片。"),
)
_NOT_A_PICTURE = Problem(
    "",
    Wording("This is not a PNG or JPEG picture that can be read.", "这不是可读取的 PNG 或 JPEG 图片。"),
    Wording("Choose a photo saved as PNG or JPEG.", "请选择 PNG 或 JPEG 格式的照片。"),
)
_TOO_MANY_PIXELS = Problem(
    "",
    Wording("The picture has too many pixels.", "图片像素过多。"),
    Wording("Make it smaller, 256 by 256 is enough.", "请缩小后再上传，256×256 已足够。"),
)

# One transparent pixel: a page shows the picture above the initials, and these stay visible where there is none.
_NOTHING = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
    "0000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)
_HEADERS = {
    "Cache-Control": "public, max-age=300",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}


def square_photo(upload: bytes) -> bytes | Problem:
    """The middle of a PNG or JPEG as a PNG of 256 by 256 px without metadata, or why it cannot be used.

    What is kept is drawn anew, so nothing that was hidden in the file is served to anybody.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError  # only who uploads pays for it

    if len(upload) > LARGEST:
        return _TOO_LARGE
    try:
        with Image.open(BytesIO(upload), formats=("PNG", "JPEG")) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                return _TOO_MANY_PIXELS
            upright = ImageOps.exif_transpose(picture).convert("RGB")
            square = ImageOps.fit(upright, (SIDE, SIDE))
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError):
        return _NOT_A_PICTURE
    kept = BytesIO()
    square.save(kept, "PNG", optimize=True)
    return kept.getvalue()


async def show(request: Request) -> Response:
    """``/a/{agent_id}.png``: the agent's photo, or a transparent pixel."""
    services: Services = request.app.state.services
    agent_id: int = request.path_params["agent_id"]
    if agent_id >= 2**53:
        return Response(status_code=404)
    photo = await services.ledger.read(partial(photo_of, agent_id=agent_id)) or _NOTHING
    headers = _HEADERS | {"ETag": f'"{sha256(photo).hexdigest()[:16]}"'}
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return Response(photo, headers=headers, media_type="image/png")


routes = [Route("/a/{agent_id:int}.png", show)]

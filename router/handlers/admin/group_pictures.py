"""Pictures of group QRs that somebody uploads: read, bounded, and made into a plain PNG."""

import io
import warnings
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from router.handlers.admin.refusal import Invalid, problem
from router.handlers.outbound.contact_ways import decode
from tagtree.wording import Problem

MAX_PICTURE_BYTES: Final = 2 * 1024 * 1024
MAX_PIXELS: Final = 40_000_000
SHOWN_SIDE: Final = 1_200  # pixels: what is kept and shown

_UNREADABLE = problem(
    "picture",
    ("There is no QR code to be read in this picture.", "图片中没有可识别的二维码。"),
    (
        "Save the group's QR code from WeChat again, uncropped, and upload that picture.",
        "请在微信中重新保存完整的群二维码后上传。",
    ),
)
_NO_PICTURE = problem(
    "picture",
    ("This is no PNG or JPEG picture.", "不是 PNG 或 JPEG 图片。"),
    ("Upload the group's QR code as PNG or JPEG.", "请上传 PNG 或 JPEG 格式的群二维码。"),
)
_TOO_LARGE = problem(
    "picture",
    ("The picture is larger than 2 MB or 40 million pixels.", "图片超过 2 MB 或 4000 万像素。"),
    ("Upload a smaller one.", "请上传更小的图片。"),
)
_NO_LINK = problem(
    "picture",
    ("Its QR code is no link that a phone could open.", "二维码的内容不是可以打开的链接。"),
    ("Upload the QR code of a group.", "请上传群二维码。"),
)


@dataclass(frozen=True, slots=True)
class GroupPicture:
    """A readable QR: what it says, and a PNG of it."""

    link: str
    png: bytes


def read_group_picture(content: bytes) -> GroupPicture | Invalid:
    """The QR in an uploaded picture, or why it cannot be shown. CPU-bound, some 100 ms: call it off the event loop."""
    if len(content) > MAX_PICTURE_BYTES:
        return Invalid((_TOO_LARGE,))
    png = _as_png(content)
    if not isinstance(png, bytes):
        return Invalid((png,))
    link = decode(png)
    if link is None:
        return Invalid((_UNREADABLE,))
    return GroupPicture(link, png) if _is_web_link(link) else Invalid((_NO_LINK,))


def _as_png(content: bytes) -> "bytes | Problem":
    """The same picture without what cameras and programs write into it, at most ``SHOWN_SIDE`` pixels a side."""
    from PIL import Image, UnidentifiedImageError  # some 30 MB that nothing else in the service needs

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # bounded below
            with Image.open(io.BytesIO(content), formats=("PNG", "JPEG")) as image:
                if image.width * image.height > MAX_PIXELS:
                    return _TOO_LARGE
                shown = image.convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return _NO_PICTURE
    shown.thumbnail((SHOWN_SIDE, SHOWN_SIDE))
    buffer = io.BytesIO()
    shown.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _is_web_link(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and len(text) <= 1_000

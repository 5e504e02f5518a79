"""The platform's temporary media: kept three days, forgotten when the sandbox stops (W-90253)."""

from dataclasses import dataclass, field

from router.sandbox.refusal import Errcode, RefusalError

MEDIA_LIFE_MS = 3 * 24 * 3_600_000
MIN_BYTES = 5
LIMITS = {"image": 10 << 20, "voice": 2 << 20, "video": 10 << 20, "file": 20 << 20}
PICTURE_LIMIT = 2 << 20


@dataclass(frozen=True, slots=True)
class Media:
    media_id: str
    kind: str
    filename: str
    content_type: str
    content: bytes
    created_at: int


@dataclass(slots=True)
class MediaShelf:
    """Files by media_id, and permanent pictures (`uploadimg`) by their position."""

    files: dict[str, Media] = field(default_factory=dict)
    pictures: list[bytes] = field(default_factory=list)

    def add_picture(self, content: bytes) -> int:
        self.pictures.append(content)
        return len(self.pictures) - 1

    def put(self, media: Media) -> None:
        check_content(media.kind, media.content)
        self.files[media.media_id] = media

    def require(self, media_id: str, now: int) -> Media:
        media = self.files.get(media_id)
        if media is None or now - media.created_at > MEDIA_LIFE_MS:
            raise RefusalError(Errcode.BAD_MEDIA_ID, "invalid media_id, or expired")
        return media


def check_content(kind: str, content: bytes) -> None:
    """Sizes and formats of W-90253; more is not looked at."""
    if kind not in LIMITS:
        raise RefusalError(Errcode.BAD_PARAMETER, f"unknown media type: {kind}")
    if len(content) <= MIN_BYTES:
        raise RefusalError(Errcode.MEDIA_EMPTY, "empty media data")
    if len(content) > LIMITS[kind]:
        raise RefusalError(Errcode.MEDIA_TOO_LARGE, f"{kind} over {LIMITS[kind]} bytes")
    if kind == "image" and not is_picture(content):
        raise RefusalError(Errcode.BAD_PARAMETER, "an image is JPG or PNG")
    if kind == "voice" and not content.startswith(b"#!AMR"):
        raise RefusalError(Errcode.NOT_AMR, "voice is AMR only")
    if kind == "video" and content[4:8] != b"ftyp":
        raise RefusalError(Errcode.BAD_PARAMETER, "video is MP4 only")


def is_picture(content: bytes) -> bool:
    return content.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"))

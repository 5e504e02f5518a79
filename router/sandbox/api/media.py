"""`media/{upload,get,uploadimg}` (W-90253, W-90256)."""

from urllib.parse import quote

from starlette.responses import Response

from router.sandbox.api.call import Answer, Call, Upload
from router.sandbox.media import MIN_BYTES, PICTURE_LIMIT, Media, is_picture
from router.sandbox.refusal import Errcode, RefusalError


def upload(call: Call) -> Answer:
    """Keeps a file for three days. `created_at` is a string here, as in the platform's own answer."""
    kind = call.fields.required("type")
    file = _required_file(call)
    media_id = call.world.ids.code()
    media = Media(media_id, kind, file.filename, file.content_type, file.content, call.now)
    call.platform.media.put(media)
    answer = {"type": kind, "media_id": media_id, "created_at": str(call.now // 1000)}
    call.accepted("media_uploaded", answer)
    return answer


def get(call: Call) -> Answer:
    media_id = call.fields.required("media_id", Errcode.MEDIA_ID_MISSING)
    media = call.platform.media.require(media_id, call.now)
    disposition = f"attachment; filename*=UTF-8''{quote(media.filename)}"
    media_type = media.content_type or "application/octet-stream"
    return Response(media.content, media_type=media_type, headers={"Content-Disposition": disposition})


def upload_picture(call: Call) -> Answer:
    file = _required_file(call)
    if not is_picture(file.content):
        raise RefusalError(Errcode.BAD_PARAMETER, "a picture is JPG or PNG")
    if not MIN_BYTES < len(file.content) <= PICTURE_LIMIT:
        raise RefusalError(Errcode.MEDIA_TOO_LARGE, f"a picture has {MIN_BYTES} to {PICTURE_LIMIT} bytes")
    url = f"{call.platform.config.public_url}/pictures/{call.platform.media.add_picture(file.content)}"
    call.accepted("picture_uploaded", {"url": url})
    return {"url": url}


def _required_file(call: Call) -> Upload:
    if call.upload is None:
        raise RefusalError(Errcode.MEDIA_EMPTY, "no multipart field named media")
    return call.upload

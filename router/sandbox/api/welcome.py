"""`externalcontact/send_welcome_msg` (W-92137)."""

from collections.abc import Callable

from router.sandbox.api.call import Answer, Call
from router.sandbox.api.fields import Fields
from router.sandbox.refusal import Errcode, RefusalError
from router.sandbox.world import relations
from router.sandbox.world.records import ChatLine, WelcomeCode

ATTACHMENTS = 9


def send_welcome_msg(call: Call) -> Answer:
    """One success per code. Text and each attachment arrive as messages of their own, text first."""
    fields = call.fields
    code = fields.required("welcome_code", Errcode.WELCOME_CODE_MISSING)
    messages = [*_text(fields), *_attachments(call)]
    if not messages:
        raise RefusalError(Errcode.ATTACHMENTS_EMPTY, "text and attachments are both empty")
    welcome = relations.use_welcome_code(call.world, code, call.now, call.answered_at)
    for message in messages:
        call.platform.show(_line(call, welcome, message))
    call.accepted("welcome", external_userid=welcome.external_userid, userid=welcome.userid)
    return {}


def _text(fields: Fields) -> list[tuple[str, Fields]]:
    if not fields.has("text"):
        return []
    text = fields.object("text")
    text.text("content", max_bytes=4_000)
    return [("text", text)] if text.has("content") else []


def _attachments(call: Call) -> list[tuple[str, Fields]]:
    listed = call.fields.objects("attachments", ATTACHMENTS, over=Errcode.ATTACHMENTS_OVER)
    return [_attachment(call, each) for each in listed]


def _attachment(call: Call, attachment: Fields) -> tuple[str, Fields]:
    msgtype = attachment.required("msgtype")
    check = CHECKS.get(msgtype)
    if check is None:
        raise RefusalError(Errcode.ATTACHMENT_TYPE, f"invalid attachment type: {msgtype}")
    body = attachment.object(msgtype)
    check(call, body)
    return msgtype, body


def _check_image(call: Call, image: Fields) -> None:
    if image.has("media_id"):
        call.platform.media.require(image.text("media_id"), call.now)
    else:
        image.required("pic_url", Errcode.MEDIA_ID_MISSING)


def _check_link(_call: Call, link: Fields) -> None:
    link.required("title", max_bytes=128)
    link.text("desc", max_bytes=512)
    link.required("url", max_bytes=2_048)


def _check_miniprogram(call: Call, miniprogram: Fields) -> None:
    miniprogram.required("title", max_bytes=64)
    miniprogram.required("appid")
    miniprogram.required("page")
    call.platform.media.require(miniprogram.required("pic_media_id", Errcode.MEDIA_ID_MISSING), call.now)


def _check_file(call: Call, file: Fields) -> None:
    call.platform.media.require(file.required("media_id", Errcode.MEDIA_ID_MISSING), call.now)


CHECKS: dict[str, Callable[[Call, Fields], None]] = {
    "image": _check_image,
    "link": _check_link,
    "miniprogram": _check_miniprogram,
    "video": _check_file,
    "file": _check_file,
}


def _line(call: Call, welcome: WelcomeCode, message: tuple[str, Fields]) -> ChatLine:
    msgtype, body = message
    return ChatLine(
        call.now, welcome.external_userid, False, welcome.userid, "", msgtype=msgtype, content=dict(body.values)
    )

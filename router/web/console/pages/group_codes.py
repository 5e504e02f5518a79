"""What stands behind a group code (群活码) and an acquisition link (获客链接): the list of groups, uploads, order."""

from datetime import datetime
from typing import Any

from anyio import to_thread
from sqlalchemy import Connection
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from router.db.queries.group_qrs import GroupQr, group_qrs, picture_of
from router.db.queries.live_codes import LiveCode, get_live_code
from router.domain.group_codes import choose
from router.handlers.admin import acquisition as acquisition_links
from router.handlers.admin import group_codes as use_cases
from router.handlers.admin.act import Act
from router.handlers.admin.group_codes import GroupEdit, ImportedGroup, NewJoinWay
from router.handlers.admin.group_pictures import MAX_PICTURE_BYTES, read_group_picture
from router.handlers.admin.refusal import Invalid
from router.handlers.group_chats import offered_chats
from router.web.console.asking import Refused, change, found, instant_of, now_of, read, services_of
from router.web.console.forms import Form, as_integer, read_form, read_query
from router.web.console.render import go, page

DAY = 86_400_000  # ms
UP, DOWN = -1, 1


async def show_list(request: Request) -> Response:
    """The groups of a code, which one is shown, and the forms for another."""
    return await _show(request)


async def add_join_way(request: Request) -> Response:
    """Order a QR of the platform."""
    form = await read_form(request)
    chat_ids = tuple(dict.fromkeys((*form.texts("chat_ids"), *form.text("other_chat_ids").replace(",", " ").split())))
    limit = as_integer(form.text("person_limit")) or services_of(request).settings.group_person_limit
    new = NewJoinWay(form.text("name"), chat_ids, limit, form.ticked("makes_rooms"))
    return await _changed(
        request, lambda c, act: use_cases.add_join_way(c, act, _code_id(request), new), "created", form
    )


async def import_group(request: Request) -> Response:
    """Take the QR out of an uploaded picture."""
    content, form = await _upload(request)
    picture = await to_thread.run_sync(read_group_picture, content)
    if isinstance(picture, Invalid):
        return await _show(request, Refused(picture.problems), form)
    settings = services_of(request).settings
    new = ImportedGroup(
        name=form.text("name"),
        picture=picture,
        person_limit=as_integer(form.text("person_limit")) or settings.group_person_limit,
        expires_at=instant_of(request, form.text("expires_at")) or now_of(request) + settings.group_qr_days * DAY,
        chat_id=form.text("chat_id"),
    )
    return await _changed(
        request, lambda c, act: use_cases.import_group(c, act, _code_id(request), new), "created", form
    )


async def edit(request: Request) -> Response:
    """Change a group's name, limit, expiry or estimate."""
    form = await read_form(request)
    edited = GroupEdit(
        name=form.text("name") or None,
        person_limit=form.integer("person_limit"),
        people=form.integer("people"),
        expires_at=instant_of(request, form.text("expires_at")),
    )
    group_id: int = request.path_params["group_id"]
    return await _changed(
        request, lambda c, act: use_cases.update_group(c, act, _code_id(request), group_id, edited), "saved", form
    )


async def move_up(request: Request) -> Response:
    """Show the group before the one above it."""
    return await _moved(request, UP)


async def move_down(request: Request) -> Response:
    """Show the group after the one below it."""
    return await _moved(request, DOWN)


async def retry(request: Request) -> Response:
    """Ask the platform once more."""
    group_id: int = request.path_params["group_id"]
    return await _changed(
        request, lambda c, act: use_cases.try_again(c, act, _code_id(request), group_id), "retried", Form(())
    )


async def remove(request: Request) -> Response:
    """Take a group out for good."""
    group_id: int = request.path_params["group_id"]
    return await _changed(
        request, lambda c, act: use_cases.remove_group(c, act, _code_id(request), group_id), "saved", Form(())
    )


async def picture(request: Request) -> Response:
    """A group's QR, whether it is shown now or not."""
    content = found(await read(request, lambda c: picture_of(c, request.path_params["group_id"])))
    headers = {"Cache-Control": "private, no-store", "X-Content-Type-Options": "nosniff"}
    return Response(content, headers=headers, media_type="image/png")


async def keep_link(request: Request) -> Response:
    """Bring an acquisition link in line with its pool now, or make it anew."""
    code_id = _code_id(request)
    outcome = await change(request, lambda c, act: acquisition_links.keep_link(c, act, code_id))
    return go(f"/live-codes/{code_id}", said="" if isinstance(outcome, Refused) else "retried")


async def _moved(request: Request, by: int) -> Response:
    group_id: int = request.path_params["group_id"]
    return await _changed(
        request, lambda c, act: use_cases.move_group(c, act, _code_id(request), group_id, by), "saved", Form(())
    )


async def _changed(request: Request, use_case: Any, said: str, form: Form) -> Response:
    def run(connection: Connection, act: Act) -> Any:
        return use_case(connection, act)

    outcome = await change(request, run)
    if isinstance(outcome, Refused):
        return await _show(request, outcome, form)
    return go(f"/live-codes/{_code_id(request)}/groups", said=said)


async def _show(request: Request, refusal: Refused | None = None, form: Form | None = None) -> Response:
    code_id, settings, now = _code_id(request), services_of(request).settings, now_of(request)

    def around(connection: Connection) -> tuple[LiveCode | None, tuple[GroupQr, ...]]:
        return get_live_code(connection, code_id, now, settings.time_zone), group_qrs(connection, code_id)

    code, groups = await read(request, around)
    if code is None or code.kind != "group":
        raise HTTPException(404)
    asks_platform = read_query(request).ticked("chats")
    chats = await offered_chats(services_of(request).platform()) if asks_platform else ()
    return page(
        request,
        "group_code.html",
        422 if refusal else 200,
        code=code,
        groups=groups,
        choice=choose([each.group for each in groups], now),
        now=now,
        chats=() if isinstance(chats, str) else chats,
        chats_error=chats if isinstance(chats, str) else "",
        asked_platform=asks_platform,
        typed=form.values() if form else {},
        default_limit=settings.group_person_limit,
        default_expiry=_local(now + settings.group_qr_days * DAY, request),
        local=lambda instant: _local(instant, request),
        problems=refusal.problems if refusal else (),
    )


async def _upload(request: Request) -> tuple[bytes, Form]:
    """The picture and the other fields; no more of a picture is read than may be shown."""
    async with request.form(max_files=1, max_fields=20, max_part_size=64 * 1024) as form:
        file = form.get("picture")
        content = await file.read(MAX_PICTURE_BYTES + 1) if isinstance(file, UploadFile) else b""
        texts = tuple((name, value) for name, value in form.multi_items() if isinstance(value, str))
    return content, Form(tuple((name, value.replace("\x00", "")) for name, value in texts))


def _code_id(request: Request) -> int:
    code_id: int = request.path_params["id"]
    return code_id


def _local(instant: int, request: Request) -> str:
    zone = services_of(request).settings.time_zone
    return f"{datetime.fromtimestamp(instant / 1000, zone):%Y-%m-%dT%H:%M}"

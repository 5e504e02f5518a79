"""The pictures of contact ways: a QR code that carries the way's link, and the pages a browser sees."""

import html
import io

import qrcode
import zxingcpp
from PIL import Image, UnidentifiedImageError
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from router.sandbox.platform import Platform
from router.sandbox.world import contact_ways
from router.sandbox.world.group_chats import CLIENT_QR_MS
from router.sandbox.world.records import ContactWay

MAX_PIXELS = 40_000_000
PHONE_HINT = "<p>在沙箱手机页扫码 · Scan it on the sandbox's <a href='/phone/'>phone page</a></p>"


def picture(text: str) -> bytes:
    """A PNG with the text as QR code, quiet zone of four modules."""
    code = qrcode.QRCode(border=4, box_size=8)
    code.add_data(text)
    image = io.BytesIO()
    code.make_image().save(image, format="PNG")
    return image.getvalue()


def read_picture(content: bytes) -> str | None:
    """The text of the first code in a picture, or None when there is none or it is not a picture."""
    try:
        image = Image.open(io.BytesIO(content))
        if image.width * image.height > MAX_PIXELS:
            return None
        codes = zxingcpp.read_barcodes(image.convert("L"))
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    return next((code.text for code in codes if code.text), None)


def link_of(platform: Platform, config_id: str) -> str:
    return f"{platform.config.public_url}/u/{config_id}"


def qr_routes(platform: Platform) -> list[Route]:
    async def show_picture(request: Request) -> Response:
        config_id = request.path_params["config_id"]
        # The picture of a deleted way still exists on paper; what it leads to says that it is invalid.
        if config_id not in platform.world.contact_ways:
            return Response(status_code=404)
        return Response(picture(link_of(platform, config_id)), media_type="image/png")

    async def show_page(request: Request) -> Response:
        config_id = request.path_params["config_id"]
        way = platform.world.contact_ways.get(config_id)
        if way is None or way.deleted_at is not None:
            return HTMLResponse(_page("此二维码已失效 · This code is no longer valid", ""), 410 if way else 404)
        return HTMLResponse(_way_page(platform, way))

    async def show_kf(request: Request) -> Response:
        account = platform.world.kf_accounts.get(request.path_params["open_kfid"])
        if account is None:
            return HTMLResponse(_page("没有这个客服账号 · No such KF account", ""), 404)
        return HTMLResponse(_page(f"微信客服 · {html.escape(account.name)}", PHONE_HINT))

    async def show_uploaded(request: Request) -> Response:
        pictures, number = platform.media.pictures, request.path_params["number"]
        if number >= len(pictures):
            return Response(status_code=404)
        is_png = pictures[number].startswith(b"\x89PNG")
        return Response(pictures[number], media_type="image/png" if is_png else "image/jpeg")

    async def show_join_picture(request: Request) -> Response:
        way = platform.world.join_ways.get(request.path_params["config_id"])
        if way is None:
            return Response(status_code=404)
        return Response(picture(f"{platform.config.public_url}/jw/{way.config_id}"), media_type="image/png")

    async def show_client_group(request: Request) -> Response:
        chat = platform.world.group_chats.get(request.path_params["chat_id"])
        if chat is None:
            return Response(status_code=404)
        text = f"{platform.config.public_url}/gc/{chat.chat_id}/{platform.now() + CLIENT_QR_MS}"
        return Response(picture(text), media_type="image/png")

    async def show_group(request: Request) -> Response:
        return HTMLResponse(_page("加入群聊 · Join the group", PHONE_HINT))

    async def show_acquisition(request: Request) -> Response:
        link = platform.world.acquisition_links.get(request.path_params["link_id"])
        if link is None or link.deleted_at is not None:
            return HTMLResponse(_page("此链接已失效 · This link is no longer valid", ""), 410 if link else 404)
        return HTMLResponse(_page(f"获客链接 · {html.escape(link.name)}", PHONE_HINT))

    return [
        Route("/jw/{config_id}.png", show_join_picture),
        Route("/jw/{config_id}", show_group),
        Route("/gc/{chat_id}/{expires_at}", show_group),
        Route("/group-qr/{chat_id}.png", show_client_group),
        Route("/ca/{link_id}", show_acquisition),
        Route("/kf/{open_kfid}", show_kf),
        Route("/pictures/{number:int}", show_uploaded),
        Route("/qr/{config_id}.png", show_picture),
        Route("/qr/{config_id}", show_page),
        Route("/u/{config_id}", show_page),
    ]


def _way_page(platform: Platform, way: ContactWay) -> str:
    names = "、".join(html.escape(member.name) for member in contact_ways.members_of(platform.world, way))
    image = f'<img src="/qr/{way.config_id}.png" alt="QR" width="264" height="264">'
    return _page(f"添加 {names} 为好友 · Add as a contact", image + PHONE_HINT)


def _page(title: str, content: str) -> str:
    return (
        '<!doctype html><html lang="zh"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{title}</title><h1>{title}</h1>{content}</html>"
    )

"""An Official Account beside the corporation: `/cgi-bin/token` and the calls about fan tags.

`POST /control/fan_tag` changes its tags as somebody would at the account's own site, which raises no event:
`{"action": "create", "name"}`, `{"action": "update", "id", "name"}`, `{"action": "delete", "id"}`. Answer `{"id"}`.
"""

from collections.abc import Callable, Mapping
from typing import Any, Literal

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from router.sandbox.api.gate import parse_body
from router.sandbox.control.wire import Wish, read
from router.sandbox.platform import Platform
from router.sandbox.refusal import Errcode, RefusalError
from router.sandbox.world.fan_tags import FanTags

TOKEN_SECONDS = 7_200
TOKEN = "oa-token"  # it does not end: what the sandbox checks is that the account's own secret fetched one

Body = Mapping[str, Any]


class FanTagChange(Wish):
    action: Literal["create", "update", "delete"]
    id: int = 0
    name: str = ""


def fan_routes(platform: Platform) -> list[Route]:
    """The account's routes; they stand before those of WeCom, which has none of these paths."""
    tags = platform.world.fan_tags
    calls: dict[str, tuple[str, Callable[[FanTags, Body], Body]]] = {
        "tags/get": ("GET", _listed),
        "tags/create": ("POST", _create),
        "tags/update": ("POST", _update),
        "tags/delete": ("POST", _delete),
        "tags/members/batchtagging": ("POST", _put_on),
        "tags/members/batchuntagging": ("POST", _take_off),
    }
    routes = [
        Route(f"/cgi-bin/{path}", _answering(platform, path, tags, act), methods=[method])
        for path, (method, act) in calls.items()
    ]
    return [Route("/cgi-bin/token", _token(platform), methods=["GET"]), *routes]


async def change(platform: Platform, request: Request) -> dict[str, Any]:
    wish = await read(request, FanTagChange)
    tags = platform.world.fan_tags
    match wish.action:
        case "create":
            return {"id": tags.create(wish.name).id}
        case "update":
            tags.update(wish.id, wish.name)
        case "delete":
            tags.delete(wish.id)
    return {"id": wish.id}


def _token(platform: Platform) -> Callable[[Request], Any]:
    async def answer(request: Request) -> Response:
        config, query = platform.config, request.query_params
        if config.oa_app_id is None or query.get("appid") != config.oa_app_id:
            return _json({"errcode": int(Errcode.BAD_CORPID), "errmsg": "invalid appid"})
        if query.get("secret") != config.oa_secret:
            return _json({"errcode": int(Errcode.BAD_SECRET), "errmsg": "invalid credential"})
        return _json({"access_token": TOKEN, "expires_in": TOKEN_SECONDS})

    return answer


def _answering(
    platform: Platform, path: str, tags: FanTags, act: Callable[[FanTags, Body], Body]
) -> Callable[[Request], Any]:
    async def answer(request: Request) -> Response:
        try:
            if request.query_params.get("access_token") != TOKEN:
                raise RefusalError(Errcode.BAD_TOKEN, "invalid access_token")
            body = parse_body(await request.body()) if request.method == "POST" else {}
            told = act(tags, body)
        except RefusalError as refusal:
            platform.journal.refused(platform.now(), path, refusal.errcode, refusal.reason)
            return _json({"errcode": refusal.errcode, "errmsg": refusal.reason})
        platform.revision += 1
        if request.method == "POST":
            platform.journal.accepted(platform.now(), f"fan_{path.replace('/', '_')}", path, body, told, "", "")
        return _json({"errcode": 0, "errmsg": "ok", **told})

    return answer


def _listed(tags: FanTags, _body: Body) -> Body:
    own = [{"id": 2, "name": "星标组", "count": 0}]
    listed = ({"id": tag.id, "name": tag.name, "count": len(tag.openids)} for tag in tags.tags.values())
    return {"tags": [*own, *listed]}


def _create(tags: FanTags, body: Body) -> Body:
    tag = tags.create(str(_tag(body).get("name", "")))
    return {"tag": {"id": tag.id, "name": tag.name}}


def _update(tags: FanTags, body: Body) -> Body:
    tags.update(_number(_tag(body).get("id")), str(_tag(body).get("name", "")))
    return {}


def _delete(tags: FanTags, body: Body) -> Body:
    tags.delete(_number(_tag(body).get("id")))
    return {}


def _put_on(tags: FanTags, body: Body) -> Body:
    tags.put_on(_number(body.get("tagid")), _openids(body))
    return {}


def _take_off(tags: FanTags, body: Body) -> Body:
    tags.take_off(_number(body.get("tagid")), _openids(body))
    return {}


def _tag(body: Body) -> Body:
    tag = body.get("tag")
    if not isinstance(tag, dict):
        raise RefusalError(Errcode.BAD_PARAMETER, "give tag")
    return tag


def _number(value: object) -> int:
    if not isinstance(value, int):
        raise RefusalError(Errcode.BAD_PARAMETER, "an id is a number")
    return value


def _openids(body: Body) -> list[str]:
    openids = body.get("openid_list")
    if not isinstance(openids, list):
        raise RefusalError(Errcode.BAD_PARAMETER, "give openid_list")
    return [str(each) for each in openids]


def _json(content: Body) -> Response:
    return Response(orjson.dumps(content), media_type="application/json")

"""`externalcontact/*_contact_way` (W-92228)."""

from dataclasses import replace

from router.sandbox.api.call import Answer, Call
from router.sandbox.api.fields import Fields
from router.sandbox.refusal import Errcode, RefusalError
from router.sandbox.world import contact_ways
from router.sandbox.world.records import ContactWay

DEFAULT_WINDOW_MS = 90 * 24 * 3_600_000
STYLES = frozenset({0, 1, 2, 3})


def add_contact_way(call: Call) -> Answer:
    fields = call.fields
    config_id = call.world.ids.config_id()
    way = ContactWay(
        config_id=config_id,
        type=_choice(fields, "type", frozenset({1, 2}), Errcode.WAY_TYPE_MISSING, Errcode.WAY_TYPE_INVALID),
        scene=_choice(fields, "scene", frozenset({1, 2}), Errcode.WAY_SCENE_MISSING, Errcode.WAY_SCENE_INVALID),
        style=_style(fields, 0),
        remark=fields.text("remark", max_chars=30),
        skip_verify=fields.flag("skip_verify", True),
        state=_state(fields, ""),
        user=fields.texts("user", over=Errcode.WAY_USERS_OVER),
        party=fields.numbers("party"),
        is_temp=fields.flag("is_temp", False),
        mark_source=fields.flag("mark_source", True),
        qr_code=f"{call.platform.config.public_url}/qr/{config_id}.png",
        created_at=call.now,
    )
    contact_ways.add(call.world, way)
    answer = {"config_id": way.config_id} | ({"qr_code": way.qr_code} if way.scene == 2 else {})
    call.accepted("contact_way_added", answer, userid=",".join(way.user))
    return answer


def get_contact_way(call: Call) -> Answer:
    way = _required_way(call)
    shown = {
        "config_id": way.config_id,
        "type": way.type,
        "scene": way.scene,
        "style": way.style,
        "remark": way.remark,
        "skip_verify": way.skip_verify,
        "state": way.state,
        "user": list(way.user),
        "party": list(way.party),
        "is_temp": way.is_temp,
        "mark_source": way.mark_source,
    }
    return {"contact_way": shown | ({"qr_code": way.qr_code} if way.scene == 2 else {})}


def list_contact_way(call: Call) -> Answer:
    fields = call.fields
    end_at = fields.number("end_time", call.now // 1000) * 1000 + 999
    start_at = fields.number("start_time", (call.now - DEFAULT_WINDOW_MS) // 1000) * 1000
    limit = fields.number("limit", 100, low=1, high=1000)
    listed, after = contact_ways.page(call.world, start_at, end_at, fields.number("cursor", 0), limit)
    return {"contact_way": [{"config_id": each} for each in listed], "next_cursor": "" if after is None else str(after)}


def update_contact_way(call: Call) -> Answer:
    """Fields left out stay; user and party overwrite; type, scene and picture never change.

    The answers of the API tell the new members at once, phones obey them when the edit latency has passed.
    """
    fields, way = call.fields, _required_way(call)
    changed = replace(
        way,
        style=_style(fields, way.style),
        remark=fields.text("remark", way.remark, max_chars=30),
        skip_verify=fields.flag("skip_verify", way.skip_verify),
        state=_state(fields, way.state),
        user=fields.texts("user", over=Errcode.WAY_USERS_OVER) if "user" in fields.values else way.user,
        party=fields.numbers("party") if "party" in fields.values else way.party,
        mark_source=fields.flag("mark_source", way.mark_source),
        user_before=contact_ways.as_phones_see_it(way, call.now).user,
        obeyed_at=call.now + call.platform.board.faults.edit_latency_ms,
    )
    contact_ways.update(call.world, changed)
    call.accepted("contact_way_updated", {"config_id": way.config_id}, userid=",".join(changed.user))
    return {}


def del_contact_way(call: Call) -> Answer:
    way = contact_ways.delete(call.world, _required_way(call).config_id, call.now)
    call.accepted("contact_way_deleted", {"config_id": way.config_id}, userid=",".join(way.user))
    return {}


def _required_way(call: Call) -> ContactWay:
    return contact_ways.require(call.world, call.fields.required("config_id", Errcode.CONFIG_ID_MISSING))


def _choice(fields: Fields, name: str, choices: frozenset[int], missing: Errcode, invalid: Errcode) -> int:
    if not fields.has(name):
        raise RefusalError(missing, f"missing {name}")
    value = fields.number(name, 0)
    if value not in choices:
        raise RefusalError(invalid, f"invalid {name}: {value}")
    return value


def _style(fields: Fields, default: int) -> int:
    style = fields.number("style", default)
    if style not in STYLES:
        raise RefusalError(Errcode.WAY_STYLE_INVALID, f"invalid style: {style}")
    return style


def _state(fields: Fields, default: str) -> str:
    state = fields.text("state", default, max_chars=30)
    if not state.isprintable():
        raise RefusalError(Errcode.BAD_PARAMETER, "state has characters that an event cannot carry")
    return state

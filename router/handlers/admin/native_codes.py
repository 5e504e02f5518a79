"""Native codes (原生活码): who stands by, sending the list again, importing a contact way, the patrol."""

from dataclasses import asdict, dataclass, replace

from sqlalchemy import Connection

from router.db.queries import agents, changes, native_ways, upstream_ways
from router.db.queries.edits import begin_edit
from router.db.queries.live_codes import LiveCode
from router.db.queries.native_ways import NativeWay
from router.db.queries.upstream_ways import UpstreamWay
from router.handlers import native, patrol
from router.handlers.admin import live_codes
from router.handlers.admin.act import Act
from router.handlers.admin.live_codes import NewLiveCode
from router.handlers.admin.refusal import LIVE_CODE, UPSTREAM_WAY, Missing, Refusal, conflict
from router.platforms.wecom.contact_ways import WayScene, WayType


@dataclass(frozen=True, slots=True)
class Import:
    """What an imported code is called, and whose pool it gets."""

    name: str
    pool_id: int


def set_backup(connection: Connection, act: Act, code_id: int, agent_id: int | None) -> NativeWay | Refusal:
    """Name who stays on the code while no member of the pool may; None: whoever does least harm."""
    begin_edit(connection)
    before = native_ways.get(connection, code_id)
    if before is None:
        return Missing(LIVE_CODE)
    if agent_id is not None and not _is_in_use(connection, act, agent_id):
        return conflict(
            "backup_agent_id",
            (f"There is no agent {agent_id} in use.", f"没有在用的接待员工 {agent_id}。"),
            ("Choose an agent from the list.", "请从列表中选择员工。"),
        )
    native_ways.set_backup(connection, code_id, agent_id)
    kept = [{"backup_agent_id": each} for each in (before.backup_agent_id, agent_id)]
    changes.record(connection, "native_code.backup", f"live_code:{code_id}", *kept, actor=act.actor, now=act.now)
    return _saved(connection, code_id)


def send_again(connection: Connection, act: Act, code_id: int) -> NativeWay | Refusal:
    """Send the list once more and read it back, refused members included: somebody may have mended what was wrong."""
    begin_edit(connection)
    before = native_ways.get(connection, code_id)
    if before is None:
        return Missing(LIVE_CODE)
    native_ways.blame(connection, code_id, "making" if before.config_id is None else "ready", "", {})
    native_ways.want_again(connection, code_id)
    native.order(connection, code_id, act.now)
    changes.record(connection, "native_code.send", f"live_code:{code_id}", None, None, actor=act.actor, now=act.now)
    return _saved(connection, code_id)


def import_way(connection: Connection, act: Act, way_id: int, wanted: Import) -> LiveCode | Refusal:
    """Make a native code of a contact way that somebody else made: its print stays, its members become the pool's."""
    begin_edit(connection)
    way = upstream_ways.get(connection, way_id)
    if way is None:
        return Missing(UPSTREAM_WAY)
    if way.type != WayType.MULTIPLE or way.scene != WayScene.QR:
        return conflict(
            "",
            ("It leads to one member for ever, or is a button.", "单人活码或小程序按钮，类型不可更改。"),
            ("Import a QR code that was made for several members.", "请导入“多人”类型的二维码。"),
        )
    code = live_codes.create_live_code(connection, act, NewLiveCode(wanted.name, wanted.pool_id))
    if not isinstance(code, LiveCode):
        return code
    state = way.state if _is_free(connection, way) else native.new_state_token()
    native_ways.insert(connection, code.id, state, act.now, config_id=way.config_id, applied=way.members)
    native_ways.look_at(connection, code.id, act.now)
    upstream_ways.forget(connection, way.config_id)
    subject = f"live_code:{code.id}"
    changes.record(connection, "native_code.import", subject, asdict(way), None, actor=act.actor, now=act.now)
    return replace(code, kind="native")


def start_patrol(connection: Connection, act: Act, *, with_orphans: bool) -> None:
    """Look at every contact way of the corporation now; with ``with_orphans`` delete what is left over of ours."""
    patrol.in_full(connection, act.now, with_orphans=with_orphans)
    asked = {"with_orphans": with_orphans}
    changes.record(connection, "patrol.start", "contact_ways", None, asked, actor=act.actor, now=act.now)


def _is_in_use(connection: Connection, act: Act, agent_id: int) -> bool:
    agent = agents.get_agent(connection, agent_id, act.now, act.zone)
    return agent is not None and agent.archived_at is None


def _is_free(connection: Connection, way: UpstreamWay) -> bool:
    """Whether adds through this way can be told by its own state token."""
    return 0 < len(way.state) <= 30 and not native_ways.is_state_used(connection, way.state)


def _saved(connection: Connection, code_id: int) -> NativeWay:
    after = native_ways.get(connection, code_id)
    assert after is not None
    return after

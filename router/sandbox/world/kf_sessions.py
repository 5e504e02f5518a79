"""Sessions of 微信客服: who serves a customer at a KF account, and what may still be sent (W-94669, W-94677)."""

from dataclasses import replace

from router.sandbox.refusal import Errcode, RefusalError
from router.sandbox.world.records import KfAccount, KfCode, KfCodeKind, KfSession, Servicer
from router.sandbox.world.world import World

REPLY_WINDOW_MS = 48 * 3_600_000
REPLIES_PER_WINDOW = 5
CODE_LIFE_MS = {
    KfCodeKind.WELCOME: 20_000,
    KfCodeKind.QUEUED: REPLY_WINDOW_MS,
    KfCodeKind.ASSIGNED: REPLY_WINDOW_MS,
    KfCodeKind.ENDED: 20_000,
}
NEW, BOT, WAITING, HUMAN, ENDED = range(5)
CODE_OF_STATE = {WAITING: KfCodeKind.QUEUED, HUMAN: KfCodeKind.ASSIGNED, ENDED: KfCodeKind.ENDED}


def require_account(world: World, open_kfid: str) -> KfAccount:
    account = world.kf_accounts.get(open_kfid)
    if account is None:
        raise RefusalError(Errcode.BAD_OPEN_KFID, "invalid open_kfid")
    return account


def session(world: World, open_kfid: str, external_userid: str, now: int) -> KfSession:
    """The session as it stands; one that nobody touched for 48 h has ended, one that never was has not started."""
    known = world.kf_sessions.get((open_kfid, external_userid))
    if known is None:
        return KfSession(open_kfid, external_userid, ENDED)
    if known.service_state != ENDED and now - known.started_at > REPLY_WINDOW_MS:
        return replace(known, service_state=ENDED, servicer_userid="")
    return known


def put(world: World, changed: KfSession) -> None:
    world.kf_sessions[changed.open_kfid, changed.external_userid] = changed


def customer_wrote(world: World, current: KfSession, now: int) -> KfSession:
    """A message opens an ended session again and gives five new replies."""
    opened = replace(current, spoke_at=now, sent_since=0)
    if current.service_state == ENDED:
        opened = replace(opened, service_state=NEW, servicer_userid="", started_at=now)
    put(world, opened)
    return opened


def taken_up(world: World, current: KfSession, servicer_userid: str, now: int) -> KfSession:
    """A servicer writes to a customer whose session has ended: they serve it from now on."""
    changed = replace(current, service_state=HUMAN, servicer_userid=servicer_userid, started_at=now)
    put(world, changed)
    return changed


def entered(world: World, current: KfSession, scene: str, scene_param: str, now: int) -> tuple[KfSession, str]:
    """The customer opened the chat; returns the welcome code, empty when they were welcomed or talked within 48 h."""
    changed = replace(current, entered_at=now, scene=scene, scene_param=scene_param)
    put(world, changed)
    if _is_recent(current.welcomed_at, now) or _is_recent(current.spoke_at, now):
        return changed, ""
    return changed, issue_code(world, changed, KfCodeKind.WELCOME, now)


def reply(world: World, current: KfSession, now: int) -> None:
    """Count one message of the API to the customer; raises when the state, the window or the count forbids it."""
    if current.spoke_at is None or now - current.spoke_at > REPLY_WINDOW_MS:
        raise RefusalError(Errcode.KF_WINDOW_CLOSED, "out of the 48 hour reply window")
    if current.service_state not in (NEW, BOT):
        reason = f"not allowed to send in service state {current.service_state}"
        raise RefusalError(Errcode.STATE_FORBIDS_SENDING, reason)
    if current.sent_since >= REPLIES_PER_WINDOW:
        raise RefusalError(Errcode.KF_COUNT_USED_UP, "send message count over limit")
    put(world, replace(current, sent_since=current.sent_since + 1))


def move(world: World, current: KfSession, service_state: int, servicer_userid: str, now: int) -> str:
    """Put the session into another state; returns the msg_code that goes with the new one, or ""."""
    if service_state not in world.config.kf_transitions.get(current.service_state, frozenset()):
        reason = f"not allowed to change service state {current.service_state} to {service_state}"
        raise RefusalError(Errcode.TRANSITION_NOT_ALLOWED, reason)
    servicer = ""
    if service_state == HUMAN:
        servicer = _require_receiving(world, current.open_kfid, servicer_userid).userid
    changed = replace(current, service_state=service_state, servicer_userid=servicer)
    put(world, changed)
    kind = CODE_OF_STATE.get(service_state)
    return issue_code(world, changed, kind, now) if kind else ""


def issue_code(world: World, current: KfSession, kind: KfCodeKind, now: int) -> str:
    code = world.ids.code()
    expires_at = now + CODE_LIFE_MS[kind]
    world.kf_codes[code] = KfCode(code, kind, current.open_kfid, current.external_userid, expires_at)
    return code


def use_code(world: World, code: str, now: int) -> KfCode:
    """Take a code for its one message; a welcome sent counts for the next 48 h."""
    known = world.kf_codes.get(code)
    if known is None or now > known.expires_at:
        raise RefusalError(Errcode.WELCOME_CODE_INVALID, "invalid code, or expired")
    if known.used_at is not None:
        raise RefusalError(Errcode.WELCOME_CODE_USED, "code already used")
    world.kf_codes[code] = replace(known, used_at=now)
    if known.kind is KfCodeKind.WELCOME:
        put(world, replace(session(world, known.open_kfid, known.external_userid, now), welcomed_at=now))
    return known


def set_servicer(world: World, open_kfid: str, servicer: Servicer) -> None:
    account = require_account(world, open_kfid)
    others = tuple(each for each in account.servicers if each.userid != servicer.userid)
    world.kf_accounts[open_kfid] = replace(account, servicers=(*others, servicer))


def remove_servicer(world: World, open_kfid: str, userid: str) -> bool:
    account = require_account(world, open_kfid)
    left = tuple(each for each in account.servicers if each.userid != userid)
    world.kf_accounts[open_kfid] = replace(account, servicers=left)
    return len(left) < len(account.servicers)


def is_active_customer(world: World, external_userid: str, now: int) -> bool:
    sessions = (each for key, each in world.kf_sessions.items() if key[1] == external_userid)
    return any(_is_recent(each.spoke_at, now) or _is_recent(each.entered_at, now) for each in sessions)


def _require_receiving(world: World, open_kfid: str, userid: str) -> Servicer:
    account = require_account(world, open_kfid)
    member = world.member(userid)
    servicer = next((each for each in account.servicers if member and each.userid == member.userid), None)
    if servicer is None or member is None or member.status != 1:
        raise RefusalError(Errcode.NOT_A_SERVICER, f"not a servicer, or not activated: {userid}")
    if servicer.is_paused:
        raise RefusalError(Errcode.SERVICER_PAUSED, f"servicer has stopped receiving: {userid}")
    return servicer


def _is_recent(at: int | None, now: int) -> bool:
    return at is not None and now - at <= REPLY_WINDOW_MS

"""`gettoken`, and the check every other call's token goes through (W-91039)."""

from router.sandbox.api.call import Answer, Call
from router.sandbox.config import SandboxConfig
from router.sandbox.refusal import Errcode, RefusalError
from router.sandbox.world.records import Token
from router.sandbox.world.world import World

TOKEN_LIFE_MS = 7_200_000


def get_token(call: Call) -> Answer:
    """The same token while it is valid: a second caller of the same secret does not disturb the first."""
    config = call.platform.config
    corp_id = call.fields.required("corpid", Errcode.CORPID_MISSING)
    secret = call.fields.required("corpsecret", Errcode.SECRET_MISSING)
    if corp_id != config.corp_id:
        raise RefusalError(Errcode.BAD_CORPID, "invalid corpid")
    caller = callers_of(config).get(secret)
    if caller is None:
        raise RefusalError(Errcode.BAD_SECRET, "invalid credential")
    token = _valid_token(call.world, caller, call.now) or _new_token(call.world, caller, call.now)
    return {"access_token": token.value, "expires_in": (token.expires_at - call.now) // 1000}


def callers_of(config: SandboxConfig) -> dict[str, str]:
    """Which caller each secret stands for."""
    named = {"app": config.app_secret, "contact": config.contact_secret, "kf": config.kf_secret}
    return {secret: caller for caller, secret in reversed(named.items()) if secret}


def caller_of(world: World, value: str, now: int) -> str:
    if not value:
        raise RefusalError(Errcode.TOKEN_MISSING, "access_token missing")
    token = world.tokens.get(value)
    if token is None:
        raise RefusalError(Errcode.BAD_TOKEN, "invalid access_token")
    if token.expires_at <= now:
        raise RefusalError(Errcode.TOKEN_EXPIRED, "access_token expired")
    return token.caller


def _valid_token(world: World, caller: str, now: int) -> Token | None:
    return next((each for each in world.tokens.values() if each.caller == caller and each.expires_at > now), None)


def _new_token(world: World, caller: str, now: int) -> Token:
    token = Token(world.ids.secret(), caller, now + TOKEN_LIFE_MS)
    world.tokens[token.value] = token
    return token

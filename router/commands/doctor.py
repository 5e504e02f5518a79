"""``liveqr doctor``: one line per check, with what to do about each that fails.

It writes nothing and opens no database: what the running service knows is asked over HTTP.
"""

import asyncio
import secrets
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

import httpx

from router.clock import system_clock
from router.commands.run import settings_of_try_out
from router.handlers.outbound.probe import probe_secrets
from router.platforms.wecom.client import WeComClient
from router.platforms.wecom.credentials import CallbackCredentials, open_callback
from router.platforms.wecom.envelope import parse_envelope, seal_event
from router.settings import Settings, api_token_at_rest
from tagtree.wording import Wording

# Up to 3.51.2 two connections to one SQLite file that write or checkpoint at the same moment can corrupt it. liveqr
# writes through one connection, so an older version serves; another program on the same file would not be safe.
WAL_SAFE_SQLITE = (3, 51, 3)

TIMEOUT = 5.0  # seconds
PROBE_TIMEOUT = 30.0  # seconds, in which the service asks the platform in turn


@dataclass(frozen=True, slots=True)
class Check:
    """One line: what was looked at, whether it holds (None: only told), and what to know or do."""

    what: str
    holds: bool | None
    said: Wording


def doctor(settings: Settings) -> int:
    """Print every check, those of `make run` while it is at work here; the exit code is 0 when none fails."""
    try_out = settings_of_try_out(settings)
    if try_out is not None:
        settings = try_out
        print(f"· {'make run':<24} Its settings are checked. 检查的是它的设置。")
    checks = [*_names(settings), *_crypto(settings), _sqlite(), *asyncio.run(_asked(settings))]
    for check in checks:
        mark = {True: "✓", False: "✗", None: "·"}[check.holds]
        print(f"{mark} {check.what:<24} {check.said.en} {check.said.zh}")
    return 1 if any(check.holds is False for check in checks) else 0


def _names(settings: Settings) -> Iterator[Check]:
    for name in settings.unknown:
        yield Check(name, False, Wording("Unknown setting: is it misspelt?", "未知的设置项，是否拼写有误？"))


def _crypto(settings: Settings) -> Iterator[Check]:
    """Each callback's own keys seal a message and open it again."""
    message = b"<xml><Event>doctor</Event></xml>"
    for name, keys in settings.callbacks.items():
        credentials = CallbackCredentials(keys.token, keys.encoding_aes_key, settings.corp_id or "")
        sealed = seal_event(
            credentials.cipher,
            credentials.token,
            message,
            to_user_name=settings.corp_id or "",
            agent_id=None,
            timestamp=system_clock() // 1000,
            nonce=secrets.token_hex(8),
            random16=secrets.token_bytes(16),
        )
        signed = (sealed.query["timestamp"], sealed.query["nonce"], sealed.query["msg_signature"])
        opened = open_callback(credentials, *signed, parse_envelope(sealed.body).encrypt)
        said = Wording("The keys seal a message and open it again.", "密钥可以加密并解密消息。")
        yield Check(f"callback keys {name}", opened.plaintext == message, said)


def _sqlite() -> Check:
    is_safe = sqlite3.sqlite_version_info >= WAL_SAFE_SQLITE
    note = (
        Wording("", "") if is_safe else Wording("Let no other program write the file.", "请勿让其他程序写同一个文件。")
    )
    version = f"SQLite {sqlite3.sqlite_version}."
    return Check("SQLite library", None, Wording(f"{version} {note.en}".strip(), note.zh))


async def _asked(settings: Settings) -> list[Check]:
    url = f"http://{settings.host}:{settings.port}"
    ready = f"{url}/readyz"
    answer = await _get(ready)
    if answer is None:
        absent = Check("service", None, Wording(f"Not running at {ready}.", f"服务未在 {ready} 运行。"))
        return [absent, await _public_url(settings), *_parts(settings), *await _secrets(settings)]
    return [_readiness(answer), await _public_url(settings), *await _in_force(url, api_token_at_rest(settings))]


def _readiness(answer: httpx.Response) -> Check:
    if answer.status_code == 200:
        return Check("service", True, Wording("Running, migrated, writing.", "运行中，数据库可写。"))
    return Check("service", False, Wording(f"Not ready: {answer.text}", f"未就绪：{answer.text}"))


async def _in_force(url: str, token: str | None) -> list[Check]:
    """What the running service says of its parts and secrets, which the console may have set."""
    headers = {"Authorization": f"Bearer {token or ''}"}
    async with httpx.AsyncClient(base_url=f"{url}/api/v1", headers=headers, timeout=PROBE_TIMEOUT) as api:
        try:
            parts = (await api.get("/parts")).raise_for_status().json()["items"]
            probes = (await api.post("/parts/probe")).raise_for_status().json()["items"]
        except httpx.HTTPError as error:
            hint = "Set LIVEQR_API_TOKEN or LIVEQR_VAR_PATH as for the service."
            said = Wording(f"{error}. {hint}", "请与服务使用相同的 LIVEQR_API_TOKEN 或 LIVEQR_VAR_PATH。")
            return [Check("service API", False, said)]
    checks = [Check(each["name"], True if each["on"] else None, Wording(**each["reason"])) for each in parts]
    return checks + [Check(each["setting"], each["works"], Wording(**each["reason"])) for each in probes]


def _parts(settings: Settings) -> list[Check]:
    return [Check(part.name, True if part.on else None, part.reason) for part in settings.parts()]


async def _public_url(settings: Settings) -> Check:
    url = f"{settings.public_url.rstrip('/')}/healthz"
    answer = await _get(url)
    if answer is not None and answer.status_code == 200:
        return Check("public URL", True, Wording(f"{url} answers.", f"{url} 可访问。"))
    return Check(
        "public URL",
        False,
        Wording(
            f"{url} does not answer: printed codes lead there. Check LIVEQR_PUBLIC_URL, DNS and the proxy.",
            f"{url} 无法访问：印刷活码指向该地址，请检查 LIVEQR_PUBLIC_URL、域名解析与反向代理。",
        ),
    )


async def _secrets(settings: Settings) -> list[Check]:
    """Each secret gets a token from a trusted address, or the platform's refusal in one sentence."""
    async with httpx.AsyncClient(timeout=TIMEOUT) as http:
        clients = {
            name: WeComClient(http, settings.corp_id or "", secret, now=system_clock, base_url=settings.wecom_api_base)
            for name, secret in settings.platform_secrets.items()
        }
        return [Check(each.setting, each.works, each.reason) for each in await probe_secrets(clients)]


async def _get(url: str) -> httpx.Response | None:
    async with httpx.AsyncClient(timeout=TIMEOUT) as http:
        try:
            return await http.get(url)
        except httpx.HTTPError:
            return None

"""The made-up corporation of all measurements: its keys, its people, and the environment that names them."""

from pathlib import Path

from router.platforms.wecom.cipher import Cipher

CORP_ID = "ww5f2c0a91d7e8b346"
APP_SECRET = "bench-app-secret-bench-app-secret-bench-app"
APP_AGENT_ID = 1000002
TOKEN = "benchCallbackToken"
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
CALLBACKS = ("CONTACT", "KF", "APP")
KF_ACCOUNT = "wkBENCH0000000000000000000000001"

AGENTS = 50
POOL_ID = 1
CODE_ID = 1
SLUG = "bench"


def cipher() -> Cipher:
    """What all three callbacks are encrypted with."""
    return Cipher(AES_KEY, CORP_ID)


def userid(agent_id: int) -> str:
    """The platform's id of an agent, counted from 1."""
    return f"agent{agent_id:03d}"


def environment(database_url: str, var: Path, port: int, platform_port: int | None) -> dict[str, str]:
    """The settings of a service under measurement; without a platform the outgoing part has no secrets."""
    settings = {
        "DATABASE_URL": database_url,
        "VAR_PATH": str(var),
        "PORT": str(port),
        "CORP_ID": CORP_ID,
        "WECOM_API_BASE": f"http://127.0.0.1:{platform_port or 1}",
    }
    if platform_port is not None:
        settings |= {"APP_SECRET": APP_SECRET, "APP_AGENT_ID": str(APP_AGENT_ID)}
    for name in CALLBACKS:
        settings |= {f"CALLBACK_{name}_TOKEN": TOKEN, f"CALLBACK_{name}_AES_KEY": AES_KEY}
    return {f"LIVEQR_{name}": value for name, value in settings.items()}

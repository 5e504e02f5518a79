"""The environment of a try-out: a made-up corporation whose platform is the sandbox, keys kept in the var folder."""

import json
import secrets
import socket
import string
from collections.abc import Mapping
from pathlib import Path

CALLBACKS = ("CONTACT", "KF", "APP")
ALPHABET = string.ascii_letters + string.digits


def demo_environment(var: Path, port: int, sandbox_port: int, given: Mapping[str, str]) -> dict[str, str]:
    """``given`` with everything a try-out needs and ``given`` does not say; the same keys at every start."""
    own = {
        "LIVEQR_VAR_PATH": str(var),
        "LIVEQR_PORT": str(port),
        "LIVEQR_SANDBOX_PORT": str(sandbox_port),
        "LIVEQR_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "LIVEQR_DATABASE_URL": f"sqlite:///{var / 'liveqr.db'}",
        "LIVEQR_WECOM_API_BASE": f"http://127.0.0.1:{sandbox_port}",
        "LIVEQR_OA_API_BASE": f"http://127.0.0.1:{sandbox_port}",
        "LIVEQR_CLOCK": "sandbox",
        **_kept_keys(var / "sandbox-keys.json"),
    }
    return {**given, **{name: value for name, value in own.items() if not given.get(name)}}


def _kept_keys(path: Path) -> dict[str, str]:
    if path.exists():
        kept: dict[str, str] = json.loads(path.read_text())
        return kept
    keys = _new_keys()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(json.dumps(keys, indent=2))
    return keys


def _new_keys() -> dict[str, str]:
    keys = {
        "LIVEQR_CORP_ID": "ww" + secrets.token_hex(8),
        "LIVEQR_APP_SECRET": _random(43),
        "LIVEQR_APP_AGENT_ID": "1000002",
        "LIVEQR_OA_APP_ID": "wx" + secrets.token_hex(8),
        "LIVEQR_OA_SECRET": secrets.token_hex(16),
    }
    for name in CALLBACKS:
        keys[f"LIVEQR_CALLBACK_{name}_TOKEN"] = _random(24)
        keys[f"LIVEQR_CALLBACK_{name}_AES_KEY"] = _random(43)
    return keys


def _random(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def free_port() -> int:
    """A port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port

"""``liveqr sandbox``: the local platform, with the corporation and the callbacks that the settings name."""

import sys
from dataclasses import replace

from router.commands.logging import set_up_logging
from router.commands.serve import run_server
from router.sandbox.app import create_sandbox
from router.sandbox.config import MEMBERS, SERVICE_ACCOUNTS, CallbackTarget, SandboxConfig
from router.settings import Settings, with_generated_keys

RECEIVING = tuple(member.userid for member in MEMBERS)  # everybody can take a 微信客服 session


def serve(settings: Settings) -> None:
    """Serve until a stop signal; exits with 2 when the settings name no corporation to stand in for."""
    config = sandbox_config(with_generated_keys(settings))
    if config is None:
        print("the sandbox needs LIVEQR_CORP_ID, LIVEQR_APP_SECRET and LIVEQR_APP_AGENT_ID", file=sys.stderr)
        sys.exit(2)
    set_up_logging()
    run_server(create_sandbox(config), settings.host, settings.sandbox_port)


def sandbox_config(settings: Settings) -> SandboxConfig | None:
    """The sandbox that fits these settings; None when they name no corporation."""
    if settings.corp_id is None or settings.app_secret is None or settings.app_agent_id is None:
        return None
    service_url = f"http://{settings.host}:{settings.port}"  # the public address may not be reachable from here
    return SandboxConfig(
        corp_id=settings.corp_id,
        app_secret=settings.app_secret,
        app_agent_id=settings.app_agent_id,
        contact_secret=settings.contact_secret,
        kf_secret=settings.kf_secret,
        oa_app_id=settings.oa_app_id,
        oa_secret=settings.oa_secret,
        service_url=service_url,
        service_token=settings.api_token,
        service_accounts=tuple(replace(each, servicers=RECEIVING) for each in SERVICE_ACCOUNTS),
        public_url=settings.sandbox_url or f"http://127.0.0.1:{settings.sandbox_port}",
        callbacks=tuple(
            CallbackTarget(name, f"{service_url}/callback/{name.lower()}", keys.token, keys.encoding_aes_key)
            for name, keys in settings.callbacks.items()
        ),
        state_path=settings.var_path / "sandbox.json",
    )

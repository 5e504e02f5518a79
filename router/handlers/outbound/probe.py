"""Whether the platform accepts each secret: one call that reads nothing of the corporation."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from router.platforms.wecom.client import WeComClient
from router.platforms.wecom.errors import PlatformError
from tagtree.wording import Wording


@dataclass(frozen=True, slots=True)
class SecretProbe:
    """``setting`` is the name, without prefix, of the setting that the secret came from."""

    setting: str
    works: bool
    reason: Wording


async def probe_secrets(clients: Mapping[str, WeComClient]) -> tuple[SecretProbe, ...]:
    """Try the secret of each client, by the name of its setting; a refusal is the platform's, in a sentence."""
    return tuple(await asyncio.gather(*(_probe(name, client) for name, client in clients.items())))


async def _probe(setting: str, client: WeComClient) -> SecretProbe:
    try:
        await client.get_token()
    except PlatformError as error:
        return SecretProbe(setting, False, Wording(error.en, error.zh))
    return SecretProbe(setting, True, Wording(f"The platform accepts {setting}.", f"平台接受 {setting}。"))

"""The platform's clients for the settings in force, with what must outlive a change of settings."""

from collections.abc import Mapping

import httpx

from router.clock import Clock
from router.db.ledger import Ledger
from router.handlers.outbound.platform import Platform, WebhookCaller
from router.handlers.projection import TagRules
from router.handlers.words_in_force import WordsInForce
from router.platforms import webhooks
from router.platforms.official_account.client import OfficialAccountClient
from router.platforms.wecom.budget import Budget
from router.platforms.wecom.client import WeComClient
from router.secret_box import SecretBox
from router.settings import Settings
from tagtree.projection.placement import Shape

ClientKey = tuple[str, str, str]  # address, corporation, secret


class Platforms:
    """A setting that no client depends on leaves them as they are: their tokens, the budget of calls and a pause that
    WeCom asked for stay.
    """

    def __init__(
        self, ledger: Ledger, clock: Clock, secret_box: SecretBox | None = None, words: WordsInForce | None = None
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._secret_box = secret_box
        self._words = words or WordsInForce()
        self._webhook_http: httpx.AsyncClient | None = None
        self._http: httpx.AsyncClient | None = None
        self._budget = Budget()
        self._clients: dict[ClientKey, WeComClient] = {}
        self._fans: tuple[ClientKey, OfficialAccountClient] | None = None
        self._made: tuple[Settings, Platform] | None = None

    @property
    def budget(self) -> Budget:
        """The calls of this process, and how many it may make."""
        return self._budget

    def current(self, settings: Settings) -> Platform:
        """The clients of these settings."""
        if self._made is None or self._made[0] is not settings:
            self._made = settings, self._make(settings)
        return self._made[1]

    def by_setting(self, settings: Settings) -> Mapping[str, WeComClient]:
        """The client of each secret in force, by the name of the secret's setting."""
        self.current(settings)
        clients = {name: self._client(settings, secret) for name, secret in settings.platform_secrets.items()}
        return {name: client for name, client in clients.items() if client is not None}

    async def close(self) -> None:
        """Close the connections."""
        if self._http is not None:
            await self._http.aclose()
        if self._webhook_http is not None:
            await self._webhook_http.aclose()

    def _make(self, settings: Settings) -> Platform:
        contact, kf = settings.effective_contact_secret, settings.effective_kf_secret
        platform = Platform(
            ledger=self._ledger,
            clock=self._clock,
            contact=self._client(settings, contact.secret if contact else None),
            kf=self._client(settings, kf.secret if kf else None),
            app=self._client(settings, settings.app_secret),
            app_agent_id=settings.app_agent_id,
            zone=settings.time_zone,
            words=self._words,
            safe_welcome=settings.safe_welcome or "",
            webhooks=self._webhook_caller(settings),
            fans=self._fans_client(settings),
            tag_rules=tag_rules_of(settings),
        )
        in_use = (platform.contact, platform.kf, platform.app)
        self._clients = {key: client for key, client in self._clients.items() if client in in_use}
        return platform

    def _client(self, settings: Settings, secret: str | None) -> WeComClient | None:
        if not settings.corp_id or not secret:
            return None
        key = (settings.wecom_api_base, settings.corp_id, secret)
        if key not in self._clients:
            self._clients[key] = WeComClient(
                self._connections(),
                settings.corp_id,
                secret,
                now=self._clock,
                base_url=settings.wecom_api_base,
                budget=self._budget,
            )
        return self._clients[key]

    def _webhook_caller(self, settings: Settings) -> WebhookCaller | None:
        """Connections apart from the platform's: an address that somebody entered gets none of its headers."""
        if self._secret_box is None:
            return None
        if self._webhook_http is None:
            self._webhook_http = webhooks.connections()
        return WebhookCaller(self._webhook_http, self._secret_box, settings.webhook_networks or ())

    def _fans_client(self, settings: Settings) -> OfficialAccountClient | None:
        if not settings.oa_app_id or not settings.oa_secret:
            return None
        key = (settings.oa_api_base, settings.oa_app_id, settings.oa_secret)
        if self._fans is None or self._fans[0] != key:
            client = OfficialAccountClient(
                self._connections(),
                settings.oa_app_id,
                settings.oa_secret,
                now=self._clock,
                base_url=settings.oa_api_base,
            )
            self._fans = key, client
        return self._fans[1]

    def _connections(self) -> httpx.AsyncClient:
        if self._http is None:
            self._http = httpx.AsyncClient(limits=httpx.Limits(max_connections=64, max_keepalive_connections=32))
        return self._http


def tag_rules_of(settings: Settings) -> TagRules:
    """What the settings say about the platforms' tags."""
    return TagRules(
        corp=Shape(2, settings.corp_tag_limit, settings.corp_tag_name_characters),
        fans=Shape(1, settings.fan_tag_limit, settings.fan_tag_name_bytes, "bytes"),
        repairs=settings.tag_drift == "repair",
        at_once=settings.tag_twins == "when_used",
        targets=("wecom", "official_account") if settings.oa_app_id and settings.oa_secret else ("wecom",),
    )

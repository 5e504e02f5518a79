"""The only reader of the environment, and the snapshot of settings that everything else is handed.

A value comes from the environment (``LIVEQR_<NAME>``), else from what the console stored, else from its default; an
empty value is an absent one. Nothing ever falls back to open: a missing secret switches its part off, and
`Settings.parts` says so in a sentence.
"""

import base64
import os
import secrets
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from router.setting_kinds import MASTER_KEY_BYTES, MasterKey, Unreadable, read_value
from router.setting_specs import CALLBACK_SETTING, PREFIX, REAL_API_BASE, SPEC_OF, SPECS, SettingSpec, spec_of
from tagtree.wording import Problem, Wording

API_TOKEN_FILE = "api.token"  # in the var folder

Source = Literal["environment", "stored", "default", "generated", "absent"]


class SettingsRefusedError(ValueError):
    """The settings cannot serve; `problems` tells which, why and what to write."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("; ".join(f"{each.path} is {each.reason.en}. {each.hint.en}" for each in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class CallbackKeys:
    """What one named callback is opened with; the receive id is the corporation."""

    name: str
    token: str = field(repr=False)
    encoding_aes_key: str = field(repr=False)
    previous_token: str | None = field(default=None, repr=False)
    previous_encoding_aes_key: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class EffectiveSecret:
    """The secret a group of calls is made with, and the name of the setting it came from."""

    secret: str = field(repr=False)
    setting: str


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the product that its settings switch on or off, with the reason."""

    name: str
    on: bool
    reason: Wording


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One consistent snapshot; a change in the console makes a new one."""

    database_url: str = field(repr=False)
    var_path: Path
    host: str
    port: int
    sandbox_port: int
    public_url: str
    wecom_api_base: str
    corp_id: str | None
    app_secret: str | None = field(repr=False)
    app_agent_id: int | None
    contact_secret: str | None = field(repr=False)
    kf_secret: str | None = field(repr=False)
    oa_api_base: str
    oa_app_id: str | None
    oa_secret: str | None = field(repr=False)
    corp_tag_limit: int
    corp_tag_name_characters: int
    fan_tag_limit: int
    fan_tag_name_bytes: int
    tag_twins: Literal["when_used", "reviewed"]
    tag_drift: Literal["repair", "report"]
    api_token: str | None = field(repr=False)
    master_key: bytes | None = field(repr=False)
    clock: Literal["system", "sandbox"]
    time_zone: ZoneInfo
    hold_minutes: int
    group_person_limit: int
    group_qr_days: int
    stock_low: int
    native_edit_seconds: int
    native_seen_seconds: int
    stock_target: int
    scans_per_minute: int
    trusted_proxies: tuple[str, ...]
    webhook_networks: tuple[IPv4Network | IPv6Network, ...] | None
    region_file: Path | None
    human_words: tuple[str, ...]
    kf_pool_id: int | None
    rule_memory_mib: int
    class_margin: int
    intent_model: Literal["off", "on"]
    safe_welcome: str | None
    question_similarity: int
    answer_undo_seconds: int
    text_days: int
    unknown_word_days: int
    test_postgres_url: str | None = field(repr=False)
    chromium: str | None
    callbacks: Mapping[str, CallbackKeys]
    sources: Mapping[str, Source]  # by name without prefix
    unknown: tuple[str, ...]  # names in the environment that start with the prefix and mean nothing

    @property
    def is_sandbox(self) -> bool:
        """Whether the platform is a stand-in rather than the real host."""
        return not _is_real_host(self.wecom_api_base)

    @property
    def sandbox_url(self) -> str | None:
        """Where the sandbox answers; None with the real host."""
        return self.wecom_api_base if self.is_sandbox else None

    @property
    def effective_contact_secret(self) -> EffectiveSecret | None:
        """For externalcontact calls: new corporations have no contact secret, there the app secret serves."""
        return _first_secret(CONTACT_SECRET=self.contact_secret, APP_SECRET=self.app_secret)

    @property
    def effective_kf_secret(self) -> EffectiveSecret | None:
        """For kf calls: its own secret, else the app's."""
        return _first_secret(KF_SECRET=self.kf_secret, APP_SECRET=self.app_secret)

    @property
    def platform_secrets(self) -> Mapping[str, str]:
        """Every secret that a call may be made with, by the name of its setting; none without a corporation."""
        if self.corp_id is None:
            return {}
        app = _first_secret(APP_SECRET=self.app_secret)
        found = (self.effective_contact_secret, self.effective_kf_secret, app)
        return {each.setting: each.secret for each in found if each is not None}

    def parts(self) -> tuple[Part, ...]:
        """Every part that depends on secrets, switched on or off, with the reason.

        Secrets of customer contact and of customer service are not given out any more: the app's is asked for instead.
        """
        callbacks = ("CONTACT", "KF", *sorted(self.callbacks.keys() - {"CONTACT", "KF"}))
        return (
            self._part("customer_contact", CORP_ID=self.corp_id, APP_SECRET=self.effective_contact_secret),
            self._part("customer_service", CORP_ID=self.corp_id, APP_SECRET=self.effective_kf_secret),
            self._part("app", CORP_ID=self.corp_id, APP_SECRET=self.app_secret, APP_AGENT_ID=self.app_agent_id),
            self._part("official_account", OA_APP_ID=self.oa_app_id, OA_SECRET=self.oa_secret),
            *(self._callback_part(name) for name in callbacks),
        )

    def _callback_part(self, name: str) -> Part:
        keys = self.callbacks.get(name)
        needed = {f"CALLBACK_{name}_TOKEN": keys, f"CALLBACK_{name}_AES_KEY": keys}
        return self._part(f"callback_{name.lower()}", CORP_ID=self.corp_id, **needed)

    def _part(self, name: str, **needed: object) -> Part:
        missing = [PREFIX + setting for setting, value in needed.items() if value is None]
        if not missing:
            return Part(name, True, Wording("Switched on.", "已启用。"))
        return Part(
            name,
            False,
            Wording(f"Switched off: set {', '.join(missing)}.", f"未启用：请设置 {'、'.join(missing)}。"),
        )


def read_settings(stored: Mapping[str, str] | None = None, environment: Mapping[str, str] | None = None) -> Settings:
    """The settings as environment and store say; ``stored`` holds opened texts by name without prefix.

    ``environment`` is the process's own when None. Raises `SettingsRefusedError` with every problem at once.
    """
    texts, sources = _texts(os.environ if environment is None else environment, stored or {})
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, text in texts.items():
        value = read_value(_known(name).kind, text)
        if isinstance(value, Unreadable):
            problems.append(Problem(PREFIX + name, value.reason, value.hint))
        else:
            values[name] = value
    callbacks = _callbacks(values)
    problems += _contradictions(values)
    if problems:
        raise SettingsRefusedError(tuple(problems))
    unknown = _unknown(os.environ if environment is None else environment)
    return _snapshot(values, callbacks, sources, unknown)


def with_generated_keys(settings: Settings) -> Settings:
    """The same settings with master key and API token; absent ones are read from, or made into, the var folder."""
    sources = dict(settings.sources)
    master_key, api_token = settings.master_key, settings.api_token
    if master_key is None:
        fresh = base64.b64encode(secrets.token_bytes(MASTER_KEY_BYTES)).decode()
        master_key = _kept_key(settings.var_path / "master.key", fresh)
        sources["MASTER_KEY"] = "generated"
    if api_token is None:
        api_token = _kept(settings.var_path / API_TOKEN_FILE, secrets.token_urlsafe(32))
        sources["API_TOKEN"] = "generated"
    return replace(settings, master_key=master_key, api_token=api_token, sources=sources)


def api_token_at_rest(settings: Settings) -> str | None:
    """The token that a service with these settings wants: given, or generated by it before; nothing is made."""
    kept = settings.var_path / API_TOKEN_FILE
    if settings.api_token is not None or not kept.exists():
        return settings.api_token
    return kept.read_text().strip()


def _known(name: str) -> SettingSpec:
    spec = spec_of(name)
    assert spec is not None, name
    return spec


def _texts(environment: Mapping[str, str], stored: Mapping[str, str]) -> tuple[dict[str, str], dict[str, Source]]:
    """The text of each setting that has one, and where each came from."""
    texts: dict[str, str] = {}
    sources: dict[str, Source] = {}
    named = {name.removeprefix(PREFIX) for name in environment if name.startswith(PREFIX)}
    for name in sorted(SPEC_OF.keys() | (named | stored.keys())):
        spec = spec_of(name)
        if spec is None:
            continue
        found: tuple[tuple[str, Source], ...] = (
            (environment.get(PREFIX + name, ""), "environment"),
            (environment.get(spec.alias, "") if spec.alias else "", "environment"),
            (stored.get(name, "") if spec.editable else "", "stored"),
            (spec.default, "default"),
        )
        text, sources[name] = next(((text, source) for text, source in found if text.strip()), ("", "absent"))
        if text:
            texts[name] = text
    return texts, sources


def _callbacks(values: Mapping[str, Any]) -> dict[str, CallbackKeys]:
    """Complete callbacks by name; one of which token or key is missing is switched off, never half open."""
    names = sorted({match[1] for name in values if (match := CALLBACK_SETTING.fullmatch(name))})
    return {
        name: CallbackKeys(
            name,
            values[f"CALLBACK_{name}_TOKEN"],
            values[f"CALLBACK_{name}_AES_KEY"],
            values.get(f"CALLBACK_{name}_PREVIOUS_TOKEN"),
            values.get(f"CALLBACK_{name}_PREVIOUS_AES_KEY"),
        )
        for name in names
        if f"CALLBACK_{name}_TOKEN" in values and f"CALLBACK_{name}_AES_KEY" in values
    }


def _contradictions(values: Mapping[str, Any]) -> list[Problem]:
    problems = []
    api_base = values.get("WECOM_API_BASE", "")
    if _is_real_host(api_base) and urlsplit(api_base).scheme != "https":
        problems.append(
            Problem(
                "LIVEQR_WECOM_API_BASE",
                Wording("the real host without encryption", "真实地址未使用加密"),
                Wording(f"Write {REAL_API_BASE}: secrets go there.", f"请写 {REAL_API_BASE}：密钥会发往该地址。"),
            )
        )
    if values.get("CLOCK") == "sandbox" and _is_real_host(api_base):
        problems.append(
            Problem(
                "LIVEQR_CLOCK",
                Wording("sandbox, but the platform is the real host", "设为 sandbox，但平台是真实地址"),
                Wording(
                    "Set LIVEQR_WECOM_API_BASE to the sandbox, or LIVEQR_CLOCK=system.",
                    "请把 LIVEQR_WECOM_API_BASE 指向沙箱，或设 LIVEQR_CLOCK=system。",
                ),
            )
        )
    low, target = values.get("STOCK_LOW"), values.get("STOCK_TARGET")
    if low is not None and target is not None and low >= target:
        problems.append(
            Problem(
                "LIVEQR_STOCK_LOW",
                Wording("not below STOCK_TARGET", "不小于 STOCK_TARGET"),
                Wording("Lower it, or raise STOCK_TARGET.", "请调低，或提高 STOCK_TARGET。"),
            )
        )
    return problems


def _is_real_host(api_base: str) -> bool:
    """Whatever port and path follow, and with the dot that may end a host name."""
    return (urlsplit(api_base).hostname or "").removesuffix(".") == urlsplit(REAL_API_BASE).hostname


def _snapshot(
    values: Mapping[str, Any],
    callbacks: Mapping[str, CallbackKeys],
    sources: Mapping[str, Source],
    unknown: tuple[str, ...],
) -> Settings:
    plain: dict[str, Any] = {spec.field: values.get(spec.name) for spec in SPECS}
    plain["database_url"] = plain["database_url"] or f"sqlite:///{plain['var_path'] / 'liveqr.db'}"
    plain["sandbox_port"] = plain["sandbox_port"] or plain["port"] + 1
    plain["public_url"] = plain["public_url"] or f"http://127.0.0.1:{plain['port']}"
    return Settings(**plain, callbacks=callbacks, sources=sources, unknown=unknown)


def _unknown(environment: Mapping[str, str]) -> tuple[str, ...]:
    prefixed = (name for name in environment if name.startswith(PREFIX))
    return tuple(sorted(name for name in prefixed if spec_of(name.removeprefix(PREFIX)) is None))


def _first_secret(**secrets_by_setting: str | None) -> EffectiveSecret | None:
    return next((EffectiveSecret(secret, name) for name, secret in secrets_by_setting.items() if secret), None)


def _kept_key(path: Path, fresh: str) -> bytes:
    key = read_value(MasterKey(), _kept(path, fresh))
    if isinstance(key, Unreadable):
        raise SettingsRefusedError((Problem(str(path), key.reason, key.hint),))
    assert isinstance(key, bytes)
    return key


def _kept(path: Path, fresh: str) -> str:
    """The text in the file, after writing ``fresh`` there if it does not exist; two processes agree on one text."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        with tempfile.NamedTemporaryFile("w", dir=path.parent) as temporary:  # mode 0600 by itself
            temporary.write(fresh)
            temporary.flush()
            with suppress(FileExistsError):
                os.link(temporary.name, path)  # unlike a rename, never replaces what another process just wrote
    return path.read_text().strip()

"""Settings: where a value comes from, what is refused and why, what a missing secret switches off."""

import base64
from dataclasses import fields
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.setting_kinds import MAX_CHARACTERS, Phrases, Unreadable, WebAddress, Whole, read_value
from router.setting_specs import CALLBACK_DOCS, PREFIX, SPECS, spec_of
from router.settings import (
    CallbackKeys,
    EffectiveSecret,
    Settings,
    SettingsRefusedError,
    read_settings,
    with_generated_keys,
)

PAGE = Path(__file__).parents[2] / "docs" / "settings.md"
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
SANDBOX = {"LIVEQR_WECOM_API_BASE": "http://127.0.0.1:8081"}


def refused(environment: dict[str, str], stored: dict[str, str] | None = None) -> list[tuple[str, str]]:
    with pytest.raises(SettingsRefusedError) as caught:
        read_settings(stored, environment)
    return [(each.path, each.reason.en) for each in caught.value.problems]


def test_nothing_set_gives_the_defaults() -> None:
    settings = read_settings(environment={})

    assert settings.database_url == "sqlite:///var/liveqr.db"
    assert settings.public_url == "http://127.0.0.1:8080"
    assert settings.sandbox_port == 8081
    assert settings.time_zone == ZoneInfo("Asia/Shanghai")
    assert settings.callbacks == {}
    assert not settings.is_sandbox
    assert settings.sandbox_url is None


def test_the_environment_wins_over_the_store_and_the_store_over_the_default() -> None:
    stored = {"CORP_ID": "ww-stored", "HOLD_MINUTES": "30"}

    settings = read_settings(stored, {"LIVEQR_CORP_ID": "ww-environment"})

    assert (settings.corp_id, settings.sources["CORP_ID"]) == ("ww-environment", "environment")
    assert (settings.hold_minutes, settings.sources["HOLD_MINUTES"]) == (30, "stored")
    assert (settings.stock_low, settings.sources["STOCK_LOW"]) == (5, "default")
    assert (settings.kf_pool_id, settings.sources["KF_POOL_ID"]) == (None, "absent")


def test_an_empty_value_in_the_environment_is_an_absent_one() -> None:
    settings = read_settings({"CORP_ID": "ww1"}, {"LIVEQR_CORP_ID": " "})

    assert settings.corp_id == "ww1"


def test_what_is_needed_before_the_ledger_is_open_never_comes_from_the_store() -> None:
    settings = read_settings({"PORT": "9", "API_TOKEN": "stored", "WECOM_API_BASE": "http://evil.example"}, {})

    assert (settings.port, settings.api_token, settings.is_sandbox) == (8080, None, False)


def test_hosting_platforms_name_the_port_without_a_prefix() -> None:
    assert read_settings(environment={"PORT": "9000"}).port == 9000
    assert read_settings(environment={"PORT": "9000", "LIVEQR_PORT": "9001"}).port == 9001


def test_every_problem_is_told_at_once() -> None:
    problems = refused({"LIVEQR_PORT": "x", "LIVEQR_TIME_ZONE": "Mars/Olympus", "LIVEQR_PUBLIC_URL": "go.example.com"})

    assert problems == [
        ("LIVEQR_PORT", "not a whole number in 1-65535"),
        ("LIVEQR_PUBLIC_URL", "not a web address"),
        ("LIVEQR_TIME_ZONE", "not a known time zone"),
    ]


def test_the_sandbox_clock_is_refused_with_the_real_host() -> None:
    assert refused({"LIVEQR_CLOCK": "sandbox"}) == [("LIVEQR_CLOCK", "sandbox, but the platform is the real host")]
    assert read_settings(environment={"LIVEQR_CLOCK": "sandbox", **SANDBOX}).clock == "sandbox"


@pytest.mark.parametrize(
    "address",
    [
        "https://QYAPI.weixin.qq.com",
        "https://qyapi.weixin.qq.com:443/",
        "https://qyapi.weixin.qq.com:8443",
        "https://qyapi.weixin.qq.com./",
        "HTTPS://qyapi.weixin.qq.com",
    ],
)
def test_the_real_host_is_known_in_every_spelling(address: str) -> None:
    problems = refused({"LIVEQR_WECOM_API_BASE": address, "LIVEQR_CLOCK": "sandbox"})

    assert problems == [("LIVEQR_CLOCK", "sandbox, but the platform is the real host")]
    assert read_settings(environment={"LIVEQR_WECOM_API_BASE": address}).sandbox_url is None


def test_the_real_host_is_never_called_without_encryption() -> None:
    problems = refused({"LIVEQR_WECOM_API_BASE": "http://qyapi.weixin.qq.com"})

    assert problems == [("LIVEQR_WECOM_API_BASE", "the real host without encryption")]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("https://Go.Example.com:443/", "https://go.example.com"),
        ("http://127.0.0.1:80", "http://127.0.0.1"),
        ("https://go.example.com:80/Liveqr/", "https://go.example.com:80/Liveqr"),
        ("https://User:Word@Go.example.com", "https://User:Word@go.example.com"),
        ("http://[::1]:8081", "http://[::1]:8081"),
    ],
)
def test_an_address_is_kept_in_one_spelling(text: str, address: str) -> None:
    assert WebAddress().read(text) == address


def test_a_stock_that_would_refill_for_ever_is_refused() -> None:
    problems = refused({}, {"STOCK_LOW": "20", "STOCK_TARGET": "20"})

    assert problems == [("LIVEQR_STOCK_LOW", "not below STOCK_TARGET")]


def test_each_callback_has_its_own_keys_and_those_before_the_last_change() -> None:
    environment = {
        "LIVEQR_CALLBACK_KF_TOKEN": "new",
        "LIVEQR_CALLBACK_KF_AES_KEY": AES_KEY,
        "LIVEQR_CALLBACK_KF_PREVIOUS_TOKEN": "old",
    }

    settings = read_settings(environment=environment)

    assert settings.callbacks == {"KF": CallbackKeys("KF", "new", AES_KEY, "old", None)}


def test_a_callback_without_its_key_is_switched_off_and_says_what_is_missing() -> None:
    settings = read_settings(environment={"LIVEQR_CALLBACK_KF_TOKEN": "new", "LIVEQR_CORP_ID": "ww1"})

    part = next(part for part in settings.parts() if part.name == "callback_kf")
    assert settings.callbacks == {}
    assert not part.on
    assert part.reason.en == "Switched off: set LIVEQR_CALLBACK_KF_TOKEN, LIVEQR_CALLBACK_KF_AES_KEY."


def test_a_part_without_a_secret_asks_for_that_of_the_app_which_everybody_has() -> None:
    parts = {part.name: part for part in read_settings(environment={"LIVEQR_CORP_ID": "ww1"}).parts()}

    told = {name: parts[name].reason.en for name in ("customer_contact", "customer_service")}

    assert told == dict.fromkeys(told, "Switched off: set LIVEQR_APP_SECRET.")


def test_the_app_secret_serves_where_a_corporation_has_no_contact_secret() -> None:
    shared = read_settings(environment={"LIVEQR_APP_SECRET": "app"})
    own = read_settings(environment={"LIVEQR_APP_SECRET": "app", "LIVEQR_CONTACT_SECRET": "contact"})

    assert shared.effective_contact_secret == EffectiveSecret("app", "APP_SECRET")
    assert own.effective_contact_secret == EffectiveSecret("contact", "CONTACT_SECRET")
    assert own.effective_kf_secret == EffectiveSecret("app", "APP_SECRET")


def test_no_part_is_on_without_secrets() -> None:
    assert [part.name for part in read_settings(environment={}).parts() if part.on] == []


def test_secrets_stay_out_of_what_is_printed() -> None:
    secrets = {
        "LIVEQR_APP_SECRET": "hush-app",
        "LIVEQR_API_TOKEN": "hush-api",
        "LIVEQR_DATABASE_URL": "postgresql://user:hush-database@host/name",
        "LIVEQR_CALLBACK_KF_TOKEN": "hushtoken",
        "LIVEQR_CALLBACK_KF_AES_KEY": AES_KEY,
    }

    printed = repr(read_settings(environment=secrets))

    assert "hush" not in printed
    assert AES_KEY not in printed


def test_misspelt_names_are_told() -> None:
    assert read_settings(environment={"LIVEQR_DATABSE_URL": "x", "HOME": "/"}).unknown == ("LIVEQR_DATABSE_URL",)


def test_keys_are_made_once_and_readable_by_their_owner_only(tmp_path: Path) -> None:
    settings = read_settings(environment={"LIVEQR_VAR_PATH": str(tmp_path / "var")})

    first, second = with_generated_keys(settings), with_generated_keys(settings)

    assert first.master_key == second.master_key
    assert first.api_token == second.api_token
    assert len(first.master_key or b"") == 32
    assert first.sources["MASTER_KEY"] == "generated"
    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "var").iterdir()}
    assert modes == {"master.key": 0o600, "api.token": 0o600}


def test_given_keys_are_not_replaced(tmp_path: Path) -> None:
    key = base64.b64encode(bytes(range(32))).decode()
    environment = {"LIVEQR_VAR_PATH": str(tmp_path), "LIVEQR_MASTER_KEY": key, "LIVEQR_API_TOKEN": "mine"}

    settings = with_generated_keys(read_settings(environment=environment))

    assert (settings.master_key, settings.api_token) == (bytes(range(32)), "mine")
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_key_file_is_refused_by_its_path(tmp_path: Path) -> None:
    (tmp_path / "master.key").write_text("short")
    settings = read_settings(environment={"LIVEQR_VAR_PATH": str(tmp_path)})

    with pytest.raises(SettingsRefusedError, match=r"master\.key is not 32 bytes in base64"):
        with_generated_keys(settings)


def test_phrases_are_separated_by_western_and_chinese_marks() -> None:
    assert Phrases().read("转人工，人工、 human\nreal person,转人工") == ("转人工", "人工", "human", "real person")


@given(st.text(max_size=60))
def test_any_text_is_a_value_or_a_reason_for_every_setting(text: str) -> None:
    for spec in SPECS:
        value = read_value(spec.kind, text)
        assert value is not None


@given(st.integers())
def test_a_number_is_read_exactly_within_its_bounds(number: int) -> None:
    value = read_value(Whole(-5, 1_000), str(number))

    assert (value == number) if -5 <= number <= 1_000 else isinstance(value, Unreadable)


def test_an_overlong_value_is_refused_whatever_its_kind() -> None:
    value = read_value(Phrases(), "," * (MAX_CHARACTERS + 1))

    assert isinstance(value, Unreadable)


def test_every_setting_has_a_field_of_its_own() -> None:
    derived = {"callbacks", "sources", "unknown"}

    assert {field.name for field in fields(Settings)} - derived == {spec.field for spec in SPECS}


def test_the_page_of_settings_says_what_the_table_says() -> None:
    rows = [line for line in PAGE.read_text().splitlines() if line.startswith(f"| `{PREFIX}")]

    expected = [_row(spec.name, spec.default, spec.editable, spec.doc.en) for spec in SPECS]
    callbacks = [_row(f"CALLBACK_<NAME>_{part}", "", True, doc.en) for part, doc in CALLBACK_DOCS.items()]
    assert rows == expected + callbacks


def test_every_setting_is_explained_in_both_languages() -> None:
    specs = [*SPECS, *(spec for part in CALLBACK_DOCS if (spec := spec_of(f"CALLBACK_KF_{part}")))]

    assert [spec.name for spec in specs if not (spec.doc.en.endswith(".") and spec.doc.zh.endswith("。"))] == []


def _row(name: str, default: str, editable: bool, meaning: str) -> str:
    where = "environment, console" if editable else "environment"
    return f"| `{PREFIX}{name}` | {f'`{default}`' if default else '–'} | {where} | {meaning} |"

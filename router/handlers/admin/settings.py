"""Read and store settings (设置): the environment wins and is shown read-only; secrets go in and never come out."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from router.db.ledger import wake
from router.db.queries import changes, pools
from router.db.queries.edits import begin_edit
from router.db.queries.settings import StoredSetting, drop_setting, put_setting, stored_settings, stored_texts
from router.handlers.admin.act import Act
from router.handlers.admin.caps import recount_all
from router.handlers.admin.refusal import Conflict, Invalid, Refusal, conflict, problem
from router.secret_box import SecretBox
from router.setting_kinds import Unreadable, read_value
from router.setting_specs import PREFIX, SPECS, SettingSpec, spec_of
from router.settings import Settings, SettingsRefusedError, Source, read_settings
from tagtree.wording import Problem, Wording

CALLBACKS = ("CONTACT", "KF", "APP")
CALLBACK_PARTS = ("TOKEN", "AES_KEY", "PREVIOUS_TOKEN", "PREVIOUS_AES_KEY")


@dataclass(frozen=True, slots=True)
class ShownSetting:
    """One setting as a form shows it.

    ``text`` is None for a secret and for what is absent; ``is_set`` tells whether there is a value; ``is_editable`` is
    False when the environment decides; ``is_lost`` when the stored secret was sealed with another master key.
    """

    name: str
    doc: Wording
    secret: bool
    source: Source
    is_set: bool
    is_editable: bool
    is_lost: bool
    text: str | None
    default: str
    updated_at: int | None
    updated_by: str | None


def list_settings(connection: Connection, box: SecretBox, settings: Settings) -> tuple[ShownSetting, ...]:
    """Every setting that can be seen in the console: the table, then the callbacks."""
    stored = stored_settings(connection, box)
    names = {f"CALLBACK_{name}_{part}": None for name in CALLBACKS for part in CALLBACK_PARTS}
    extra = [name for name in sorted(stored.keys() | settings.sources.keys()) if name.startswith("CALLBACK_")]
    callbacks = [spec for name in {**names, **dict.fromkeys(extra)} if (spec := spec_of(name))]
    return tuple(_shown(spec, settings, stored.get(spec.name)) for spec in (*SPECS, *callbacks))


def write_settings(
    connection: Connection,
    act: Act,
    box: SecretBox,
    settings: Settings,
    edits: Mapping[str, str | None],
    environment: Mapping[str, str] | None = None,
) -> tuple[ShownSetting, ...] | Refusal:
    """Store several values at once (None or empty: forget the stored one), all or none.

    ``settings`` is the snapshot in force, ``environment`` the process's own when None. Everyone who holds a snapshot
    hears of the change through ``wake(connection, "settings")``.
    """
    begin_edit(connection)
    refusal = _refusal(connection, box, settings, edits, environment)
    if refusal is not None:
        return refusal
    before = stored_settings(connection, box)
    for name, text in edits.items():
        _write(connection, act, box, name, (text or "").strip(), before.get(name))
    wake(connection, "settings")
    renewed = read_settings(stored_texts(connection, box), environment)
    if renewed.time_zone != settings.time_zone:
        recount_all(connection, act.now, renewed.time_zone)
    generated = {name: source for name, source in settings.sources.items() if source == "generated"}
    return list_settings(connection, box, replace(renewed, sources={**renewed.sources, **generated}))


def _write(
    connection: Connection, act: Act, box: SecretBox, name: str, text: str, before: StoredSetting | None
) -> None:
    spec = spec_of(name)
    assert spec is not None
    if text:
        put_setting(connection, box, name, text, secret=spec.secret, actor=act.actor, now=act.now)
    else:
        drop_setting(connection, name)
    changes.record(
        connection,
        "setting.update",
        f"setting:{name}",
        _told(spec, before.text if before else None),
        _told(spec, text or None),
        actor=act.actor,
        now=act.now,
    )


def _told(spec: SettingSpec, text: str | None) -> dict[str, object] | None:
    """What the record of changes may hold of a value."""
    if text is None:
        return None
    return {"is_set": True} if spec.secret else {"text": text}


def _refusal(
    connection: Connection,
    box: SecretBox,
    settings: Settings,
    edits: Mapping[str, str | None],
    environment: Mapping[str, str] | None,
) -> Refusal | None:
    problems = [each for name, text in edits.items() for each in _problems(name, (text or "").strip())]
    if problems:
        return Invalid(tuple(problems))
    decided = [name for name in edits if settings.sources.get(name) == "environment"]
    if decided:
        return Conflict(tuple(_decided_by_environment(name) for name in decided))
    try:
        renewed = read_settings(_after(stored_texts(connection, box), edits), environment)
    except SettingsRefusedError as error:
        return Conflict(tuple(_unprefixed(each) for each in error.problems))
    return _pool_refusal(connection, renewed) if "KF_POOL_ID" in edits else None


def _problems(name: str, text: str) -> list[Problem]:
    spec = spec_of(name)
    if spec is None or not spec.editable:
        return [
            problem(
                name[:80],
                ("Not a setting that can be stored.", "不是可以保存的设置项。"),
                (
                    "Choose one of the list; others are set in the environment.",
                    "请从列表中选择；其他项只能通过环境变量设置。",
                ),
            )
        ]
    value = read_value(spec.kind, text) if text else None
    if isinstance(value, Unreadable):
        return [Problem(name, _sentence(value.reason), value.hint)]
    return []


def _sentence(reason: Wording) -> Wording:
    return Wording(f"The value is {reason.en}." if not reason.en.endswith(".") else reason.en, f"该值{reason.zh}。")


def _unprefixed(found: Problem) -> Problem:
    return Problem(found.path.removeprefix(PREFIX), _sentence(found.reason), found.hint)


def _after(stored: dict[str, str], edits: Mapping[str, str | None]) -> dict[str, str]:
    return {**stored, **{name: text or "" for name, text in edits.items()}}


def _decided_by_environment(name: str) -> Problem:
    return problem(
        name,
        (f"The environment decides: {PREFIX}{name}.", f"由环境变量 {PREFIX}{name} 决定。"),
        ("Change it there, or remove it there to edit it here.", "请在环境变量中修改，或移除后在此编辑。"),
    )


def _pool_refusal(connection: Connection, settings: Settings) -> Refusal | None:
    pool_id = settings.kf_pool_id
    pool = pools.get_pool(connection, pool_id) if pool_id is not None else None
    if pool_id is None or (pool is not None and pool.archived_at is None):
        return None
    return conflict(
        "KF_POOL_ID",
        (f"There is no pool {pool_id}.", f"没有接待池 {pool_id}。"),
        ("Choose a pool from the list.", "请从列表中选择接待池。"),
    )


def _shown(spec: SettingSpec, settings: Settings, stored: StoredSetting | None) -> ShownSetting:
    source = settings.sources.get(spec.name, "absent")
    text = None if spec.secret or source == "absent" else _text(spec, settings, stored)
    return ShownSetting(
        name=spec.name,
        doc=spec.doc,
        secret=spec.secret,
        source=source,
        is_set=source != "absent",
        is_editable=spec.editable and source != "environment",
        is_lost=stored is not None and stored.text is None,
        text=text,
        default="" if spec.secret else spec.default,
        updated_at=stored.updated_at if stored and source == "stored" else None,
        updated_by=stored.updated_by if stored and source == "stored" else None,
    )


def _text(spec: SettingSpec, settings: Settings, stored: StoredSetting | None) -> str:
    if stored is not None and settings.sources.get(spec.name) == "stored":
        return stored.text or ""
    value = getattr(settings, spec.field)
    return ", ".join(value) if isinstance(value, tuple) else str(value)

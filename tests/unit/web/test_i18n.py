"""Every word of the pages has a Chinese translation, and figures are written the way their reader expects."""

import re
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po

from router.web.card.words import CARD_WORDS
from router.web.i18n import CHINESE, ENGLISH, FOLDER, Words

WEB = FOLDER.parent
KEYWORDS = {"_": None, "gettext": None, "mark": None, "ngettext": (1, 2)}
JINJA = {"trimmed": "true", "silent": "false", "extensions": "jinja2.ext.i18n,jinja2.ext.do"}
PLACEHOLDER = re.compile(r"%\(\w+\)s|\{\w+\}")


def source_strings() -> set[str]:
    """What the pages and their code say, in English; of plural pairs the singular."""
    python: list[tuple[Path, str, dict[str, str]]] = [
        (path, "python", {}) for path in [*(WEB / "console").rglob("*.py"), WEB / "i18n.py"]
    ]
    templates = [(path, "jinja2.ext:babel_extract", JINJA) for path in (WEB / "templates" / "console").glob("*.html")]
    return {string for path, method, options in [*python, *templates] for string in _strings_of(path, method, options)}


def _strings_of(path: Path, method: str, options: dict[str, str]) -> set[str]:
    found = extract_from_file(method, path, keywords=KEYWORDS, options=options)
    return {message if isinstance(message, str) else message[0] for _, message, _, _ in found}


def translations() -> dict[str, str]:
    """Source string → Chinese, of plural pairs the only form."""
    with (FOLDER / "zh_CN.po").open("rb") as file:
        catalogue = read_po(file, locale="zh_CN", abort_invalid=True)
    return {_first(message.id): _first(message.string) for message in catalogue if message.id}


def _first(value: object) -> str:
    return value if isinstance(value, str) else str(value[0])  # type: ignore[index]


def words(language: str) -> Words:
    return Words({"zh": CHINESE, "en": ENGLISH}[language], lambda: ZoneInfo("Asia/Shanghai"))


def test_every_source_string_has_a_translation_and_nothing_else_is_in_the_catalogue() -> None:
    used = source_strings()

    translated = translations()

    assert {"missing": used - translated.keys(), "left over": translated.keys() - used} == {
        "missing": set(),
        "left over": set(),
    }
    assert [source for source, target in translated.items() if not target] == []


def test_a_translation_keeps_the_placeholders_of_its_source() -> None:
    changed = {
        source: target
        for source, target in translations().items()
        if sorted(PLACEHOLDER.findall(source)) != sorted(PLACEHOLDER.findall(target))
    }

    assert changed == {}


def test_console_card_and_phone_call_the_contact_card_by_its_name_in_the_glossary() -> None:
    glossary = (WEB.parents[1] / "docs" / "glossary.md").read_text()
    phone = (WEB.parent / "sandbox" / "phone" / "static" / "words.js").read_text()

    name = re.findall(r"^\| contact card \| (\w+) \|", glossary, re.MULTILINE)[0]
    console = [target for source, target in translations().items() if "contact card" in source.lower()]
    said = [CARD_WORDS["zh"]["title"], *console, *re.findall(r"(?:card|noToken): \"(.+)\",", phone)[:2]]

    assert len(said) >= 6
    assert [text for text in said if name not in text] == []


def test_a_counted_thing_takes_the_plural_of_its_language() -> None:
    said = {
        (language, count): words(language).ngettext("%(num)s customer", "%(num)s customers", count)
        for language in ("en", "zh")
        for count in (1, 2_000)
    }

    assert said == {
        ("en", 1): "1 customer",
        ("en", 2_000): "2,000 customers",
        ("zh", 1): "1 位客户",
        ("zh", 2_000): "2,000 位客户",
    }


def test_a_source_string_without_translation_stands_as_it_is() -> None:
    chinese = words("zh")

    assert chinese.gettext("not in the catalogue") == "not in the catalogue"
    assert [chinese.form("one thing", "%(num)s things", count) for count in (1, 2)] == ["one thing", "%(num)s things"]


@pytest.mark.parametrize(
    ("figure", "english", "chinese"),
    [
        pytest.param(lambda w: w.duration(0.41), "0.41 ms", "0.41 毫秒", id="part of a millisecond"),
        pytest.param(lambda w: w.duration(1_200), "1.2 s", "1.2 秒", id="seconds"),
        pytest.param(lambda w: w.duration(300_000), "5 min", "5 分钟", id="minutes"),
        pytest.param(lambda w: w.duration(7_200_000), "2 h", "2 小时", id="hours"),
        pytest.param(lambda w: w.moment(1_795_276_800_000), "2026-11-22 00:00", "2026-11-22 00:00", id="moment"),
        pytest.param(lambda w: w.day(1_795_276_800_000), "Sun, Nov 22, 2026", "2026年11月22日周日", id="day"),
        pytest.param(lambda w: w.moment(None), "", "", id="no moment"),
    ],
)
def test_figures_are_written_by_language_in_the_zone_of_the_corporation(
    figure: Callable[[Words], str], english: str, chinese: str
) -> None:
    assert (figure(words("en")), figure(words("zh"))) == (english, chinese)

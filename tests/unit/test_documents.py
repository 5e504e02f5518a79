"""What the documents say about the repository is true of it: links, words, rows, commands, settings, routes."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from typer.main import get_command

from router.cli import app
from router.sandbox.control.routes import ROUTES
from router.setting_specs import spec_of
from router.web.api.operations import OPERATIONS

ROOT = Path(__file__).parents[2]
README, CHINESE_README = ROOT / "README.md", ROOT / "README.zh-CN.md"
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])

FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^(#+) (.+)$", re.MULTILINE)
TARGET = re.compile(r"^([a-z-]+):.*##", re.MULTILINE)
TYPE_NAME = re.compile(r"`([A-Z][A-Za-z]+)`")

INDEX_HOST = re.compile(r"p[y]pi\.|python[h]osted|np[m]js\.|//[\w.-]*mirrors?\.", re.IGNORECASE)
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:home|root|Users|work|workspace|tmp)/")

# The rows of the requirements: docs/features.md says of each where to see it, or that it is not there yet.
ROWS = {f"A{number:02d}" for number in range(1, 65) if number != 29} | {f"B{number:02d}" for number in range(1, 24)}


@dataclass(frozen=True, slots=True)
class Section:
    """What both languages have alike: the level of the heading, and how much stands below it."""

    level: int
    table_rows: int
    steps: int
    links: frozenset[str]
    blocks: int


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_within_the_repository_leads_somewhere(document: Path) -> None:
    links = [link for link in LINK.findall(without_blocks(document)) if "://" not in link]

    dead = [link for link in links if not leads_somewhere(document, link)]

    assert dead == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_document_names_a_package_index_or_somebody_s_machine(document: Path) -> None:
    text = document.read_text()

    found = [*INDEX_HOST.findall(text), *MACHINE_PATH.findall(text)]

    assert found == []


def test_every_type_of_the_glossary_is_in_the_code() -> None:
    named = set(TYPE_NAME.findall((ROOT / "docs" / "glossary.md").read_text()))

    missing = named - types_of_the_code()

    assert len(named) > 40
    assert missing == set()


def test_a_thing_stands_once_in_the_glossary() -> None:
    page = (ROOT / "docs" / "glossary.md").read_text()

    tables = [table.splitlines()[2:] for table in re.findall(r"(?:^\|.*\n)+", page, re.MULTILINE)]
    words = Counter(row.split("|")[1].strip() for table in tables for row in table)

    assert len(words) > 80
    assert [word for word, times in words.items() if times > 1] == []


def test_the_features_page_has_every_row_of_the_requirements() -> None:
    page = (ROOT / "docs" / "features.md").read_text()

    ids = set(re.findall(r"\b[AB]\d\d\b", page))

    assert ids == ROWS


@pytest.mark.parametrize("readme", [README, CHINESE_README], ids=["en", "zh"])
def test_what_the_readme_calls_missing_is_missing_on_the_features_page(readme: Path) -> None:
    states = states_of_features()

    missing = ids_not_there_yet(readme)

    assert [each for each in sorted(missing) if states[each] == "✓"] == []
    assert [each for each in sorted(states) if states[each] == "–" and each not in missing] == []


def test_every_page_of_the_decisions_is_in_their_index() -> None:
    folder = ROOT / "docs" / "decisions"

    indexed = set(LINK.findall((folder / "README.md").read_text()))

    assert indexed == {path.name for path in folder.glob("[0-9]*.md")}


@pytest.mark.parametrize("readme", [README, CHINESE_README], ids=["en", "zh"])
def test_the_readme_mentions_every_make_target(readme: Path) -> None:
    targets = TARGET.findall((ROOT / "Makefile").read_text())

    unmentioned = [target for target in targets if f"make {target}" not in readme.read_text()]

    assert {"run", "test"} <= set(targets)
    assert unmentioned == []


@pytest.mark.parametrize("readme", [README, CHINESE_README], ids=["en", "zh"])
def test_the_readme_names_the_commands_there_are(readme: Path) -> None:
    commands = set(get_command(app).commands)  # type: ignore[attr-defined]

    named = set(re.findall(r"^\| `liveqr ([a-z]+)", readme.read_text(), re.MULTILINE))

    assert named == commands


@pytest.mark.parametrize("readme", [README, CHINESE_README], ids=["en", "zh"])
def test_the_settings_of_the_readme_exist(readme: Path) -> None:
    named = set(re.findall(r"LIVEQR_([A-Z_]*[A-Z])(?![A-Z_…])", readme.read_text()))
    listed = {name for row in environment_rows(readme) for name in re.findall(r"`([A-Z][A-Z_]+)`", row)}

    unknown = {name for name in named | listed if spec_of(name) is None}

    assert unknown == set()
    assert {"DATABASE_URL", "PUBLIC_URL", "CORP_ID", "API_TOKEN", "MASTER_KEY", "CLOCK"} <= listed


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_routes_a_document_names_are_answered(document: Path) -> None:
    text = document.read_text()
    controls = {path for _, path, _ in ROUTES}
    operations = [re.sub(r"\{\w+\}", "[^/ `]+", operation.path) for operation in OPERATIONS]

    unknown = set(re.findall(r"/control/[a-z_]+", text)) - controls
    unknown |= {
        path
        for path in re.findall(r"/api(/v1/[a-z][^ `?\"'…,)\n]*)", text)
        if not any(re.fullmatch(operation, path) for operation in operations)
    }

    assert unknown == set()


def test_both_languages_of_the_readme_say_the_same() -> None:
    english, chinese = sections(README), sections(CHINESE_README)

    assert english == chinese


@pytest.mark.parametrize("readme", [README, CHINESE_README], ids=["en", "zh"])
def test_the_benchmark_has_its_place_in_the_readme(readme: Path) -> None:
    text = readme.read_text()

    begin, end = text.index("<!-- benchmark -->"), text.index("<!-- /benchmark -->")

    assert text.count("benchmark -->") == 2
    assert text[begin:end].strip().count("\n") >= 1


@pytest.mark.parametrize("picture", sorted((ROOT / "docs" / "images").glob("*.png")), ids=lambda path: path.name)
def test_a_picture_is_small_enough_for_a_telephone(picture: Path) -> None:
    assert picture.stat().st_size <= 300_000


def states_of_features() -> dict[str, str]:
    """Row of the requirements → ✓, ◐ or –."""
    rows = re.findall(r"^\| ([^|]+) \| ([✓◐–]) \|", (ROOT / "docs" / "features.md").read_text(), re.MULTILINE)
    return {each: state for ids, state in rows for each in re.findall(r"[AB]\d\d", ids)}


def ids_not_there_yet(readme: Path) -> set[str]:
    """The rows that the README's table of missing pieces names, singly or as A11–A16."""
    last = re.split(r"^## (?:Not there yet|还没有的)$", readme.read_text(), flags=re.MULTILINE)[1].split("\n## ")[0]
    firsts = " ".join(re.findall(r"^\| ([^|]+) \|", last, re.MULTILINE))
    return {
        f"{letter}{number:02d}"
        for letter, begin, end in re.findall(r"([AB])(\d\d)(?:–[AB](\d\d))?", firsts)
        for number in range(int(begin), int(end or begin) + 1)
    }


def without_blocks(document: Path) -> str:
    return FENCE.sub("", document.read_text())


def leads_somewhere(document: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = (document.parent / path).resolve() if path else document
    if not target.exists() or not target.is_relative_to(ROOT):
        return False
    return not anchor or anchor in anchors(target)


@cache
def anchors(document: Path) -> frozenset[str]:
    """The anchors that GitHub makes of headings: lower case, words joined by hyphens, punctuation dropped."""
    titles = (title for _, title in HEADING.findall(without_blocks(document)))
    return frozenset(re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles)


@cache
def types_of_the_code() -> frozenset[str]:
    """Classes, and names given to unions, at the top of a module of ours."""
    sources = [path for package in ("router", "tagtree") for path in (ROOT / package).rglob("*.py")]
    return frozenset(name for path in sources for name in names_at_top(ast.parse(path.read_text())))


def names_at_top(module: ast.Module) -> Iterator[str]:
    for node in module.body:
        match node:
            case ast.ClassDef(name=name):
                yield name
            case ast.AnnAssign(target=ast.Name(id=name)):
                yield name
            case ast.Assign(targets=[ast.Name(id=name)]):
                yield name
            case _:
                pass


def environment_rows(readme: Path) -> list[str]:
    """The first column of the table of settings."""
    text = readme.read_text()
    table, _, _ = text[text.index("| `DATABASE_URL`") :].partition("\n\n")
    return [row.split("|")[1] for row in table.splitlines()]


def sections(readme: Path) -> list[Section]:
    """The document cut at its headings; links that lead from one language to the other are left out."""
    text = readme.read_text()
    blocks = FENCE.findall(text)
    for number, block in enumerate(blocks):
        text = text.replace(block, f"\x00{number}", 1)
    parts = re.split(r"^(#+) .+$", text, flags=re.MULTILINE)
    return [section(len(level), body) for level, body in zip(parts[1::2], parts[2::2], strict=True)]


def section(level: int, body: str) -> Section:
    links = {re.sub(r"-(en|zh)\.png", ".png", link) for link in LINK.findall(body)}
    return Section(
        level=level,
        table_rows=len(re.findall(r"^\|", body, re.MULTILINE)),
        steps=len(re.findall(r"^(?:\d+\.|-) ", body, re.MULTILINE)),
        links=frozenset(links - {"README.md", "README.zh-CN.md"}),
        blocks=body.count("\x00"),
    )

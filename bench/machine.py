"""The machine that the figures belong to."""

import os
import platform
import sqlite3
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Machine:
    """What a reader must know to compare."""

    cores: int
    processor: str
    memory_gib: int
    system: str
    python: str
    sqlite: str
    uvicorn: str
    postgresql: str = ""

    def lines(self) -> list[str]:
        """One line per property."""
        return [f"{name.replace('_', ' ')}: {value}" for name, value in asdict(self).items() if value]


def this_machine(postgresql: str = "") -> Machine:
    """Look around."""
    return Machine(
        cores=os.cpu_count() or 0,
        processor=_processor(),
        memory_gib=round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30),
        system=f"{platform.system()} {platform.release()}",
        python=platform.python_version(),
        sqlite=sqlite3.sqlite_version,
        uvicorn=version("uvicorn"),
        postgresql=postgresql,
    )


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())

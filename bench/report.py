"""Tables for people, JSON for comparisons."""

import json
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from bench.machine import Machine

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True, slots=True)
class Table:
    """What one measurement says. ``failed`` names every bar that was missed."""

    title: str
    columns: tuple[str, ...]
    rows: Sequence[Sequence[object]]
    notes: tuple[str, ...] = ()
    failed: tuple[str, ...] = field(default=())

    def lines(self) -> list[str]:
        """The table as Markdown, so that it can be pasted into a document as it is."""
        cells = [[str(cell) for cell in row] for row in (self.columns, *self.rows)]
        widths = [max(_width(row[place]) for row in cells) for place in range(len(self.columns))]
        written = [
            "| " + " | ".join(_padded(cell, w) for cell, w in zip(row, widths, strict=True)) + " |" for row in cells
        ]
        written.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
        return [f"### {self.title}", "", *written, "", *(f"- {note}" for note in self.notes)]


def save(machine: Machine, tables: Sequence[Table], now: int) -> Path:
    """Keep the figures as JSON; ``now`` in ms names the file."""
    RESULTS.mkdir(exist_ok=True)
    moment = datetime.fromtimestamp(now / 1000, UTC)
    path = RESULTS / f"{moment:%Y%m%dT%H%M%SZ}.json"
    body = {"at": moment.isoformat(), "machine": asdict(machine), "tables": [asdict(table) for table in tables]}
    path.write_text(json.dumps(body, ensure_ascii=False, indent=2))
    return path


def bar(name: str, value: float, floor: float) -> tuple[str, ...]:
    """Nothing when ``value`` reaches ``floor``, else the sentence that says how far it is below."""
    return () if value >= floor else (f"{name}: {value:.2f}, wanted at least {floor:g}",)


def ceiling(name: str, value: float, most: float) -> tuple[str, ...]:
    """Nothing when ``value`` stays within ``most``, else the sentence that says by how much it does not."""
    return () if value <= most else (f"{name}: {value:.1f}, wanted at most {most:g}",)


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))

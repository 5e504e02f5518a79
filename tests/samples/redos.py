"""Patterns known to explode in engines that try again and again, each with the text that makes them."""

import json
from dataclasses import dataclass
from pathlib import Path

from tagtree.text import MAX_CHARACTERS


@dataclass(frozen=True, slots=True)
class Redos:
    """``known_from`` names who published it; the attack is ``start``, ``pump`` as often as fits, ``end``."""

    pattern: str
    known_from: str
    start: str
    pump: str
    end: str

    def attack(self, characters: int = MAX_CHARACTERS) -> str:
        """A hostile text of nearly so many characters."""
        room = characters - len(self.start) - len(self.end)
        return self.start + self.pump * (room // len(self.pump)) + self.end


def known_redos() -> list[Redos]:
    lines = Path(__file__).with_name("redos.jsonl").read_text().splitlines()
    return [Redos(**json.loads(line)) for line in lines]

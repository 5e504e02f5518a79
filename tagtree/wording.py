"""Text for people, in both product languages, and the problem that a checker reports with it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wording:
    """One sentence in English and in Chinese."""

    en: str
    zh: str


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a piece of content is not accepted.

    `path` tells where, in the words of the content (`rules[3].when.words[0]`; empty for the whole);
    `reason` tells what is wrong, `hint` what to do next.
    """

    path: str
    reason: Wording
    hint: Wording


def step(path: str, key: str | int) -> str:
    """The path of a member: `step("rules", 3)` is `rules[3]`, `step("rules[3]", "when")` is `rules[3].when`."""
    if isinstance(key, int):
        return f"{path}[{key}]"
    return f"{path}.{key}" if path else key

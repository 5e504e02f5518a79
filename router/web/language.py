"""Which language a page speaks to a browser: Chinese unless English is preferred."""

from functools import lru_cache
from typing import Literal

Language = Literal["zh", "en"]


def preferred_language(accept_language: str) -> Language:
    """The better placed of Chinese and English in an ``Accept-Language`` header (RFC 9110 §12.5.4)."""
    return "en" if preference(accept_language, "en") > preference(accept_language, "zh") else "zh"


@lru_cache(maxsize=1_000)  # browsers of a kind all say the same
def preference(header: str, wanted: str) -> float:
    """The highest ``q`` that an Accept-like header gives to a value named ``wanted`` or beginning with ``wanted-``."""
    weights = [_weight(parameters) for name, parameters in _choices(header) if _is_named(name, wanted)]
    return max(weights, default=0.0)


def _choices(header: str) -> list[tuple[str, str]]:
    parts = [part.partition(";") for part in header.split(",")]
    return [(name.strip().lower(), parameters) for name, _, parameters in parts]


def _is_named(name: str, wanted: str) -> bool:
    return name == wanted or name.startswith(f"{wanted}-")


def _weight(parameters: str) -> float:
    for parameter in parameters.split(";"):
        name, _, value = parameter.strip().partition("=")
        if name.lower() == "q":
            return _number(value)
    return 1.0


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0

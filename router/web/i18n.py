"""The console's languages: catalogues read at start, words and figures written the way their reader expects.

Source strings are English and stand in the code; ``locale/<language>.po`` holds the translation of each. The
catalogues are read as they are, so that nobody has to compile anything after editing one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_datetime, format_skeleton
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent

from router.web.language import Language

FOLDER = Path(__file__).parent / "locale"


@dataclass(frozen=True, slots=True)
class LanguageSpec:
    """``code`` is what a user's row stores; ``name`` is the language in its own words."""

    code: Language
    locale: str  # CLDR identifier
    html: str  # value of the lang attribute
    name: str


CHINESE = LanguageSpec("zh", "zh_CN", "zh-CN", "简体中文")
ENGLISH = LanguageSpec("en", "en", "en", "English")
LANGUAGES: Mapping[str, LanguageSpec] = {language.code: language for language in (CHINESE, ENGLISH)}


def mark(message: str) -> str:
    """Mark a source string for extraction where it is only kept; it is translated where it is shown."""
    return message


class Words:
    """One language and one time zone: translates messages, formats instants and numbers."""

    def __init__(self, language: LanguageSpec, time_zone: Callable[[], ZoneInfo]) -> None:
        self.language = language
        self._locale = Locale.parse(language.locale)
        self._time_zone = time_zone
        self._catalogue = _read_catalogue(language.locale)

    def gettext(self, message: str, /, **values: Any) -> str:
        """The translation of ``message`` with ``%(name)s`` filled in; the source string when there is none."""
        translated = self._catalogue.get(message, (message,))[0]
        return translated % values if values else translated

    def ngettext(self, one: str, many: str, count: int, /, **values: Any) -> str:
        """Like ``gettext`` for a counted thing; ``%(num)s`` is the count, written by locale."""
        return self.form(one, many, count) % {"num": self.number(count), **values}

    def form(self, one: str, many: str, count: int) -> str:
        """The translation that fits ``count``, with its ``%(num)s`` not yet filled in."""
        forms = self._catalogue.get(one)
        if forms is None:
            return one if count == 1 else many
        return forms[0] if len(forms) == 1 or self._locale.plural_form(count) == "one" else forms[1]

    def number(self, value: float) -> str:
        """A number with the locale's grouping."""
        return format_decimal(value, locale=self._locale)

    def percent(self, share: float) -> str:
        """A share of 1 in per cent."""
        return format_percent(share, locale=self._locale)

    def moment(self, instant: int | None) -> str:
        """An instant (milliseconds since the epoch) to the minute, in the corporation's zone; empty for none."""
        return "" if instant is None else format_datetime(self._local(instant), "yyyy-MM-dd HH:mm", locale=self._locale)

    def exact_moment(self, instant: int | None) -> str:
        """An instant with milliseconds and the zone's offset, for traces and titles."""
        if instant is None:
            return ""
        return format_datetime(self._local(instant), "yyyy-MM-dd HH:mm:ss.SSS xxx", locale=self._locale)

    def time_of_day(self, instant: int | None) -> str:
        """Hour, minute and second of an instant in the corporation's zone."""
        return "" if instant is None else format_datetime(self._local(instant), "HH:mm:ss", locale=self._locale)

    def day(self, instant: int) -> str:
        """The day of an instant with its weekday, in the locale's own order."""
        return format_skeleton("yMMMEd", self._local(instant), locale=self._locale)

    def zone(self) -> str:
        """The zone that instants are written in, as the settings name it: ``Asia/Shanghai``."""
        return self._time_zone().key

    def duration(self, milliseconds: float) -> str:
        """A span of time in its largest fitting unit: ``340 ms``, ``1.2 s``, ``5 min``, ``3 h``, ``2 d``."""
        for size, unit in _UNITS:
            if milliseconds >= size:
                return f"{self.number(round(milliseconds / size, 1))} {self.gettext(unit)}"
        return f"{self.number(round(milliseconds, 2))} {self.gettext(_MILLISECONDS)}"

    def _local(self, instant: int) -> datetime:
        return datetime.fromtimestamp(instant / 1000, UTC).astimezone(self._time_zone())


_MILLISECONDS = mark("ms")
_UNITS = ((86_400_000, mark("d")), (3_600_000, mark("h")), (60_000, mark("min")), (1_000, mark("s")))


@cache
def _read_catalogue(locale: str) -> Mapping[str, tuple[str, ...]]:
    """Source string → its forms; a locale without a file, and an empty translation, mean the source string stands."""
    path = FOLDER / f"{locale}.po"
    if not path.exists():
        return {}
    with path.open("rb") as file:
        catalogue = read_po(file, locale=locale, abort_invalid=True)
    return {
        forms[0]: translated
        for message in catalogue
        if (forms := _strings(message.id))[0]
        if all(translated := _strings(message.string))
    }


def _strings(value: str | list[str] | tuple[str, ...] | None) -> tuple[str, ...]:
    return (value or "",) if isinstance(value, str | None) else tuple(value)

"""From values to a page: one environment of templates per language, and what every page is given."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from router.db.queries.users import User
from router.services import Services
from router.web.console import alert_words, board, naming, native_words, reasons, sentences
from router.web.console.navigation import entries_for
from router.web.console.taken_off import why_taken_off
from router.web.console.toasts import toast_of
from router.web.i18n import LANGUAGES, LanguageSpec, Words
from router.web.language import preferred_language
from tagtree.wording import Wording

BASE = "/console"  # where the console is mounted
LANGUAGE_COOKIE = "liveqr_language"
TEMPLATES = Path(__file__).parents[1] / "templates"


class Pages:
    """Renders the templates of the console."""

    def __init__(self, services: Services) -> None:
        def time_zone() -> ZoneInfo:
            return services.settings.time_zone

        self._words = {code: Words(language, time_zone) for code, language in LANGUAGES.items()}
        self._environments = {code: _environment(words) for code, words in self._words.items()}

    def words_for(self, language: LanguageSpec) -> Words:
        """Translations and formats of a language."""
        return self._words[language.code]

    def render(self, template: str, language: LanguageSpec, values: Mapping[str, Any]) -> str:
        """The text of ``templates/console/<template>``."""
        return self._environments[language.code].get_template(f"console/{template}").render(values)


def page(request: Request, template: str, status: int = 200, /, **values: Any) -> HTMLResponse:
    """A page of the console in the reader's language. Its template sees ``values`` and the frame's own names."""
    user: User | None = request.state.user
    frame = {
        "user": user,
        "entries": entries_for(user.role) if user else (),
        "here": request.url.path,
        "here_with_query": request.url.path + (f"?{request.url.query}" if request.url.query else ""),
        "toast": toast_of(request),
        "problems": (),
        "languages": LANGUAGES.values(),
    }
    pages: Pages = request.app.state.pages
    return HTMLResponse(pages.render(template, request.state.words.language, frame | values), status)


def go(path: str, said: str = "", **query: str) -> Response:
    """After a change: back to a page of the console, which says what was done (a code of ``toasts``)."""
    if said:
        query["said"] = said
    return RedirectResponse(BASE + path + (f"?{urlencode(query)}" if query else ""), status_code=303)


def language_of(request: Request, user: User | None) -> LanguageSpec:
    """The user's language; for who has none of their own or is not signed in, what the browser was told or asks for."""
    chosen = (user.language if user else "") or request.cookies.get(LANGUAGE_COOKIE, "")
    asked = preferred_language(request.headers.get("accept-language", ""))
    return LANGUAGES.get(chosen, LANGUAGES[asked])


def _environment(words: Words) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
    )
    environment.install_gettext_callables(words.gettext, words.form, newstyle=True)  # type: ignore[attr-defined]
    environment.policies["ext.i18n.trimmed"] = True
    environment.globals |= {"base": BASE, "language": words.language, "assets": Assets(), **_tables(words)}
    environment.filters |= _filters(words)
    return environment


def _tables(words: Words) -> dict[str, Any]:
    """What templates call: names of stored codes in the reader's language, states with their tone."""
    return {
        "STATES": board.STATES,
        "DUTIES": board.DUTIES,
        "EVENT_STATES": naming.EVENT_STATES,
        "EFFECT_STATES": naming.EFFECT_STATES,
        "RESERVATION_STATES": naming.RESERVATION_STATES,
        "FOUND_NOBODY": naming.FOUND_NOBODY,
        "FOLLOW_STATES": naming.FOLLOW_STATES,
        "CONVERSATION_STATES": naming.CONVERSATION_STATES,
        "EVENT_NAMES": naming.EVENT_NAMES,
        "EFFECT_NAMES": naming.EFFECT_NAMES,
        "HOW_NAMES": naming.HOW_NAMES,
        "GROUP_EXCLUSIONS": naming.GROUP_EXCLUSIONS,
        "CODE_KIND_NAMES": naming.CODE_KIND_NAMES,
        "ROLE_NAMES": naming.ROLE_NAMES,
        "KIND_NAMES": naming.KIND_NAMES,
        "KIND_SHELVES": naming.KIND_SHELVES,
        "ACTION_NAMES": naming.ACTION_NAMES,
        "CHANNEL_NAMES": naming.CHANNEL_NAMES,
        "MESSAGE_KIND_NAMES": naming.MESSAGE_KIND_NAMES,
        "UNIT_NAMES": naming.UNIT_NAMES,
        "SENDER_NAMES": naming.SENDER_NAMES,
        "SPILL_NAMES": naming.SPILL_NAMES,
        "TASK_NAMES": naming.TASK_NAMES,
        "POLICY_NAMES": [(code, words.gettext(name)) for code, name in naming.POLICY_NAMES.items()],
        "alert_sentence": partial(alert_words.alert_sentence, words=words),
        "alert_address": alert_words.alert_address,
        "alert_tone": alert_words.alert_tone,
        "zone": words.zone,
        "name_of": partial(naming.name_of, words=words),
        "part_name": partial(naming.part_name, words=words),
        "board_source": partial(board.board_source, words=words),
        "room_place": partial(board.room_place, words=words),
        "ROOMS_SHOWN": board.ROOMS_SHOWN,
        "window_name": partial(board.window_name, words=words),
        "assignment_reasons": partial(sentences.assignment_reasons, words=words),
        "came_on": partial(native_words.came_on, words=words),
        "went_off": partial(native_words.went_off, words=words),
        "why_taken_off": partial(why_taken_off, words=words),
    }


def _filters(words: Words) -> dict[str, Any]:
    def said(wording: Wording) -> str:
        return wording.zh if words.language.code == "zh" else wording.en

    return {
        "moment": words.moment,
        "exact_moment": words.exact_moment,
        "time_of_day": words.time_of_day,
        "day": words.day,
        "duration": words.duration,
        "number": words.number,
        "percent": words.percent,
        "said": said,
        "told": partial(
            reasons.told, words=words
        ),  # for stored sentences: unlike _() in a template, its result is escaped
        "segment": lambda text: quote(str(text), safe=""),
    }


@dataclass(frozen=True, slots=True)
class Assets:
    """Addresses of the files under ``static``."""

    css: str = "/static/css/console.css"
    js: str = "/static/js/console.js"
    htmx: str = "/static/vendor/htmx-4.0.1/htmx.min.js"
    alpine: str = "/static/vendor/alpinejs-csp-3.17.4/alpine-csp.min.js"

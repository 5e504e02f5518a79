"""The contact card as HTML."""

from collections.abc import Callable
from datetime import datetime, tzinfo
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from router.web.card.view import CardView
from router.web.card.words import CARD_WORDS
from router.web.language import Language

_templates = Environment(
    loader=FileSystemLoader(Path(__file__).parents[1] / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render_card(
    card: CardView, language: Language, zone: tzinfo, *, token: str = "", can_take_off: bool = False, notice: str = ""
) -> str:
    """The card, its times in ``zone``, which it names once.

    ``token`` is the link's own, for the forms in it; ``notice`` says in a sentence what just happened.
    """
    return _templates.get_template("card/card.html").render(
        words=CARD_WORDS[language],
        card=card,
        moment=_moments(zone),
        zone=str(zone),
        token=token,
        can_take_off=can_take_off,
        notice=notice,
    )


def render_refused(reason: str, language: Language) -> str:
    """Why the link opens nothing; ``reason`` is a key of the words: expired, forged, withdrawn, missing."""
    words = CARD_WORDS[language]
    return _templates.get_template("card/refused.html").render(words=words, text=words[reason])


def _moments(zone: tzinfo) -> Callable[[int], str]:
    return lambda instant: f"{datetime.fromtimestamp(instant / 1000, zone):%Y-%m-%d %H:%M}"

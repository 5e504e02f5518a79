"""Warnings on the pages of live codes and rule sets: a text of ours there would not leave as it is written."""

from dataclasses import dataclass

from starlette.requests import Request

from router.handlers.own_texts import OwnText, Place, doubtful_of
from router.web.console.asking import read, services_of
from router.web.console.word_naming import Piece, pieces


@dataclass(frozen=True, slots=True)
class Doubt:
    """A text cut where words were found, and what would leave instead; None: nothing would."""

    own: OwnText
    pieces: list[Piece]
    would_be: str | None


async def doubts_of(request: Request, place: Place, id: int) -> list[Doubt]:
    """Of the welcome of one live code, or of the replies in the draft of one rule set."""
    words = services_of(request).words
    found = await read(request, lambda c: doubtful_of(c, words.current(c), place, id))
    return [
        Doubt(each.own, pieces(each.own.text, [(find.start, find.end) for find in each.finds]), each.would_be)
        for each in found
    ]

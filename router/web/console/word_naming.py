"""What sensitive words and answers to many are called on the pages, and texts cut where words were found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from router.web.i18n import mark
from tagtree.sensitive.screening import joined

WORD_POLICIES: Mapping[str, str] = {
    "block": mark("Do not send the text"),
    "replace": mark("Send it with the word replaced"),
    "flag": mark("Send it, and note it"),
    "allow": mark("Allow list: these phrases are innocent"),
}
POLICY_BADGES: Mapping[str, tuple[str, str]] = {
    "block": (mark("blocks"), "bad"),
    "replace": (mark("replaces"), "warn"),
    "flag": (mark("flags"), "note"),
    "allow": (mark("allows"), "good"),
}
DEEDS: Mapping[str, tuple[str, str]] = {
    "flagged": (mark("flagged"), "note"),
    "replaced": (mark("replaced"), "warn"),
    "blocked": (mark("blocked"), "bad"),
}
MESSAGE_NAMES: Mapping[str, str] = {
    "customer": mark("A customer wrote"),
    "reply": mark("Our reply"),
    "welcome": mark("Our welcome"),
    "app": mark("Our answer to an employee"),
}
WRITTEN_HOW: Mapping[str, str] = {
    "exact": mark("as it stands"),
    "variant": mark("in disguise"),
    "parts": mark("in parts of characters"),
    "pinyin": mark("by its sound"),
    "initials": mark("by its initials"),
}
ANSWER_STATES: Mapping[str, tuple[str, str]] = {
    "proposed": (mark("waits for approval"), "warn"),
    "approved": (mark("approved"), "good"),
    "rejected": (mark("rejected"), ""),
}
UNREACHABLE_REASONS: Mapping[str, str] = {
    "too_late": mark("More than 48 hours since the customer wrote"),
    "with_person": mark("A person has the conversation"),
    "ended": mark("The conversation has ended"),
    "used_up": mark("Five messages were sent since the customer wrote"),
    "no_code": mark("In WeCom's queue, where the one message allowed was sent already or never allowed"),
    "unknown": mark("There is no conversation with this customer"),
    "answered": mark("Answered meanwhile"),
}


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a text, and whether a sensitive word is in it."""

    text: str
    is_found: bool


def pieces(text: str, spans: Sequence[tuple[int, int]]) -> list[Piece]:
    """The text cut where words were found; spans that overlap or touch are one stretch."""
    cut: list[Piece] = []
    end = 0
    for start, stop in joined(spans):
        cut += Piece(text[end:start], False), Piece(text[start:stop], True)
        end = stop
    return [piece for piece in (*cut, Piece(text[end:], False)) if piece.text]

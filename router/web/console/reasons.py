"""Stored reasons in the reader's language: what WeCom refused by its table of error codes, ours by the catalogue."""

import re

from router.platforms.wecom.error_codes import explain
from router.web.i18n import CHINESE, Words, mark

# As `router.platforms.wecom.errors.Refused` writes it; 60020 names an address at the end.
_REFUSED = re.compile(r"(?P<said>.+) \((?P<code>\d{1,9})\)(?P<named>.*)", re.DOTALL)

NOBODY_TAKEN = mark("the platform refuses every member of the list")


def told(reason: str, words: Words) -> str:
    """A stored reason; one that neither the table nor the catalogue knows stays as it is."""
    found = _REFUSED.fullmatch(reason)
    if found is not None and words.language == CHINESE:
        known = explain(int(found["code"]))
        if known.en == found["said"]:
            return f"{known.zh}（{known.code}）{found['named']}"
    return words.gettext(reason)

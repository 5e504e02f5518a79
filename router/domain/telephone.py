"""A telephone number as somebody writes it into a form, and as a person dials it."""

import re
import unicodedata

LONGEST = 32  # characters that are read at all

_SPACING = re.compile(r"[\s\-‐‑–—.()/·]+")
_CHINESE_MOBILE = re.compile(r"1[3-9]\d{9}", re.ASCII)
_CHINESE_LANDLINE = re.compile(r"0\d{2,3}[2-9]\d{6,7}", re.ASCII)
_SERVICE = re.compile(r"[48]00\d{7}", re.ASCII)
_INTERNATIONAL = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)  # ITU-T E.164: at most 15 digits


def read_telephone(text: str) -> str | None:
    """The number in digits, with ``+`` and country code unless it is Chinese; None for what nobody could dial.

    Read are mobiles (11 digits), landlines with their area code, 400 and 800 numbers, and others from their ``+`` or
    ``00`` on. Spaces, dashes, brackets and full-width characters do not matter.
    """
    if len(text) > LONGEST:
        return None
    number = _SPACING.sub("", unicodedata.normalize("NFKC", text))
    if number.startswith("00"):
        number = "+" + number[2:]
    if number.startswith("+86"):
        number = _at_home(number[3:])
    chinese = any(kind.fullmatch(number) for kind in (_CHINESE_MOBILE, _CHINESE_LANDLINE, _SERVICE))
    abroad = _INTERNATIONAL.fullmatch(number) and not number.startswith("+86")
    return number if chinese or abroad else None


def _at_home(national: str) -> str:
    """A number after the country code: a landline gets back the 0 that is left out there (GB/T 3971)."""
    return national if _CHINESE_MOBILE.fullmatch(national) or national[:1] in ("0", "4", "8") else "0" + national

"""回复 (reply): filling a template for one customer."""

import re
from collections.abc import Collection, Mapping
from urllib.parse import quote

PLACEHOLDERS = frozenset({"customer", "agent"})
SLOTS = frozenset({"intent", "product", "colour", "size", "when"})
"""What rule replies may take from the message they answer, besides the catalogue's other kinds."""
_LINK = re.compile(r"https?://[^\s，。；！？、）】》“”]+")
_PLACEHOLDER = re.compile(r"\{\s*(\w+)\s*\}")
_IN_ANY_BRACES = re.compile(r"([{｛])\s*(\w+)\s*([}｝])")
# Addressing somebody takes more than the name: what parts it from the sentence it begins or ends, or a space in front.
_ADDRESS = re.compile(
    r"^\{customer\}[\s,，、:：!！]*"
    r"|[ \t\u3000]*[,，、]?[ \t\u3000]*\{customer\}(?=[ \t\u3000]*(?:[,，、.。!！?？;；:：~～…]|$))"
    r"|[ \t\u3000]*\{customer\}",
    re.MULTILINE,
)
_THEIRS = re.compile(r"(?P<begins>(?:^|(?<=[.!?]\s)))?\{customer\}['’]s\b|\{customer\}的", re.MULTILINE)


def placeholders(template: str) -> tuple[str, ...]:
    """The ``{names}`` in a template, in its order; spaces within the braces mean nothing."""
    return tuple(_PLACEHOLDER.findall(template))


def unknown_placeholders(template: str, known: Collection[str] = PLACEHOLDERS) -> tuple[str, ...]:
    """The ``{names}`` in a template that nothing fills."""
    return tuple(name for name in placeholders(template) if name not in known)


def full_width_placeholders(template: str, known: Collection[str] = PLACEHOLDERS) -> tuple[str, ...]:
    """The names of ``known`` in braces as a Chinese keyboard types them, ``｛customer｝``: nothing fills those."""
    found = _IN_ANY_BRACES.findall(template)
    return tuple(name for opening, name, closing in found if name in known and (opening, closing) != ("{", "}"))


def fill(template: str, customer: str, agent: str) -> str:
    """The template with names put in; a customer without a name is not addressed, and what is theirs is "yours".

    A name never acts as a template itself; unknown placeholders stay.
    """
    template = _without_spaces(template)
    if not customer:
        template = _ADDRESS.sub("", _THEIRS.sub(_yours, template))
    names = {"customer": customer, "agent": agent}
    return _PLACEHOLDER.sub(lambda found: names.get(found[1], found[0]), template)


def _yours(found: re.Match[str]) -> str:
    if found[0].endswith("的"):
        return "您的"
    return "your" if found["begins"] is None else "Your"


def fill_slots(template: str, slots: Mapping[str, str]) -> str:
    """The template with what the message names put in, in links as part of their query; what it names not is left out,
    whatever kind of the catalogue it is. The names of people stay, for `fill`.

    ``https://example.com/return?item={product}`` opens the form with the product filled in.
    """
    template = _without_spaces(template)
    links = [(found.start(), found.end()) for found in _LINK.finditer(template)]

    def put(found: re.Match[str]) -> str:
        name = found[1]
        if name in PLACEHOLDERS:
            return found[0]
        if name not in slots:
            return ""
        is_in_link = any(start <= found.start() < end for start, end in links)
        return quote(slots[name], safe="") if is_in_link else slots[name]

    return _PLACEHOLDER.sub(put, template)


def _without_spaces(template: str) -> str:
    """The template with ``{ customer }`` written as ``{customer}``."""
    return _PLACEHOLDER.sub(r"{\1}", template)


def cut_to_bytes(text: str, limit: int) -> str:
    """The longest beginning of ``text`` that takes at most ``limit`` bytes of UTF-8 (the platform counts bytes)."""
    encoded = text.encode()
    return text if len(encoded) <= limit else encoded[:limit].decode(errors="ignore")

"""Reading and writing the small XML documents of WeCom's callbacks.

Reading uses expat directly: no DOCTYPE, so no entities and nothing external, bounded in bytes, depth and elements.
`defusedxml` guards as well and costs more than twice the time on this path, where every callback passes twice.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final, TypeAlias
from xml.parsers import expat
from xml.sax.saxutils import escape

from router.platforms.wecom.callback_errors import XmlInvalid

Leaf: TypeAlias = tuple[str, str]
"""An element without child elements: its path below the root (`ScanCodeInfo/ScanType`) and its text."""

Node: TypeAlias = "tuple[str, str | int | Sequence[Node]]"
"""An element to write: its name, and its text, number or children."""

MAX_BYTES: Final = 1024 * 1024
MAX_DEPTH: Final = 16
MAX_ELEMENTS: Final = 4096

MAX_REMEMBERED_BYTES: Final = 4096
"""Of one document that is kept parsed; callbacks have some 500."""

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_FORBIDDEN: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def leaves(document: bytes) -> tuple[Leaf, ...]:
    """Return the leaf elements of a UTF-8 XML document in document order, the root's name left out.

    Text is kept as it is, CDATA and character references resolved; attributes are ignored.
    Raises `XmlInvalid` for anything that is not well-formed UTF-8 XML without DOCTYPE within the bounds of this module.
    """
    if len(document) > MAX_BYTES:
        raise XmlInvalid(f"the document has {len(document)} bytes, more than {MAX_BYTES}")
    if _looks_like_utf16(document):
        raise XmlInvalid(f"the document is not UTF-8 (UTF-16?): it begins with {document[:2].hex(' ')}")
    reader = _Reader()
    # The argument overrides the document's own encoding declaration: bytes are UTF-8 or refused, never guessed.
    parser = expat.ParserCreate("UTF-8")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text.append
    try:
        parser.Parse(document, True)
    except expat.ExpatError as error:
        raise XmlInvalid(_explain(document, error, parser.ErrorByteIndex)) from None
    return tuple(reader.found)


def remembered_leaves(document: bytes) -> tuple[Leaf, ...]:
    """Return `leaves` of a document that is read twice within moments: for its identity, then for its meaning."""
    return _recent(document) if len(document) <= MAX_REMEMBERED_BYTES else leaves(document)


_recent = lru_cache(maxsize=2048)(leaves)


def _looks_like_utf16(document: bytes) -> bool:
    """By its first two bytes, expat takes a document for UTF-16 whatever encoding it was told."""
    return document[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\x00" in document[:2]


class _Reader:
    """Collects leaves from expat's handlers; one instance reads one document."""

    __slots__ = ("elements", "found", "in_leaf", "open", "text")

    def __init__(self) -> None:
        self.found: list[Leaf] = []
        self.open: list[str] = []
        self.text: list[str] = []
        self.in_leaf = False
        self.elements = 0

    def start(self, name: str, _attributes: dict[str, str]) -> None:
        self.elements += 1
        if self.text:
            self._drop_blank_text(name)
        self.open.append(name)
        self.in_leaf = True
        if self.elements > MAX_ELEMENTS or len(self.open) > MAX_DEPTH:
            raise XmlInvalid(f"the document has more than {MAX_ELEMENTS} elements or is deeper than {MAX_DEPTH}")

    def end(self, name: str) -> None:
        if self.in_leaf:
            depth = len(self.open)
            if depth > 1:
                self.found.append((name if depth == 2 else "/".join(self.open[1:]), "".join(self.text)))
            self.text.clear()
            self.in_leaf = False
        elif self.text:
            self._drop_blank_text(name)
        self.open.pop()

    def _drop_blank_text(self, name: str) -> None:
        # Text beside elements belongs to no leaf; taking it for layout would make two different messages look the same.
        if "".join(self.text).strip():
            raise XmlInvalid(f"text stands beside elements near <{name}>")
        self.text.clear()


def _refuse_doctype(name: str, system_id: str | None, public_id: str | None, has_internal_subset: bool) -> None:
    raise XmlInvalid("the document has a DOCTYPE, which callbacks never have")


def _explain(document: bytes, error: expat.ExpatError, offset: int) -> str:
    try:
        document.decode()
    except UnicodeDecodeError as not_utf8:
        at = not_utf8.start
        return f"the document is not UTF-8 (GBK?): bytes {document[at : at + 4].hex(' ')} at offset {at}"
    near = document[max(0, offset - 8) : offset + 8].decode("utf-8", "replace")
    return f"the document is not well-formed XML: {expat.ErrorString(error.code)} at offset {offset}, near {near!r}"


def write(children: Iterable[Node], root: str = "xml") -> bytes:
    """Return `<root>children</root>` as UTF-8; text becomes CDATA, numbers stand bare, as WeCom writes them.

    Raises `XmlInvalid` for a name or a character that XML cannot carry.
    """
    return _element(root, tuple(children)).encode()


def _element(name: str, content: str | int | Sequence[Node]) -> str:
    if not _NAME.fullmatch(name):
        raise XmlInvalid(f"{name!r} is not an element name")
    match content:
        case int():
            return f"<{name}>{content}</{name}>"
        case str():
            return f"<{name}>{_text(content)}</{name}>"
        case _:
            return f"<{name}>{''.join(_element(child, inner) for child, inner in content)}</{name}>"


def _text(content: str) -> str:
    forbidden = _FORBIDDEN.search(content)
    if forbidden:
        raise XmlInvalid(f"XML cannot carry the character U+{ord(forbidden[0]):04X}")
    if "]]>" in content or "\r" in content:
        # CDATA cannot hold its own end, and a reader turns a carriage return into a line feed.
        return escape(content, {"\r": "&#13;"})
    return f"<![CDATA[{content}]]>"

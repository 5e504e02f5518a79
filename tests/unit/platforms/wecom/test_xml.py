from xml.etree import ElementTree

import pytest
from defusedxml import ElementTree as DefusedTree
from defusedxml.common import DefusedXmlException
from hypothesis import given
from hypothesis import strategies as st

from router.platforms.wecom.callback_errors import XmlInvalid
from router.platforms.wecom.xml import MAX_BYTES, MAX_DEPTH, MAX_ELEMENTS, Leaf, Node, leaves, write

XML_TEXT = st.text(
    st.characters(
        exclude_categories=["Cs"], exclude_characters=[*map(chr, {*range(32)} - {9, 10, 13}), "\ufffe", "\uffff"]
    ),
    max_size=30,
)
NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_.-]{0,8}", fullmatch=True)
NODES: st.SearchStrategy[list[Node]] = st.recursive(
    st.lists(st.tuples(NAMES, XML_TEXT | st.integers()), max_size=4),
    lambda inner: st.lists(st.tuples(NAMES, XML_TEXT | inner), max_size=4),
    max_leaves=12,
)


def oracle(document: bytes) -> tuple[Leaf, ...]:
    root = DefusedTree.fromstring(document, forbid_dtd=True)
    return tuple(leaf for child in root for leaf in _leaves_of(child, ""))


def _leaves_of(element: ElementTree.Element, prefix: str) -> list[Leaf]:
    path = prefix + element.tag
    if len(element) == 0:
        return [(path, element.text or "")]
    return [leaf for child in element for leaf in _leaves_of(child, path + "/")]


@given(NODES)
def test_a_written_document_reads_as_defusedxml_reads_it(nodes: list[Node]) -> None:
    document = write(nodes)

    assert leaves(document) == oracle(document)


@given(XML_TEXT)
def test_any_text_survives_writing_and_reading(text: str) -> None:
    assert leaves(write([("Content", text)])) == (("Content", text),)


@pytest.mark.parametrize(
    "document",
    [
        pytest.param("<xml><A>1</A></xml>", id="bare text"),
        pytest.param("<xml><A><![CDATA[<b>&amp;]]></A></xml>", id="CDATA"),
        pytest.param("<xml><A>a<![CDATA[b]]>c&lt;&#20013;</A></xml>", id="CDATA beside text"),
        pytest.param("<xml><A>a<!-- no -->b</A></xml>", id="a comment inside text"),
        pytest.param("<?xml version='1.0'?>\n<any>\n <A> x </A>\n</any>\n", id="layout and another root"),
        pytest.param("<xml><A/><B></B><C><D/></C></xml>", id="empty elements"),
        pytest.param("<xml><L><I>1</I><I>2</I></L><L><I>3</I></L></xml>", id="repeated elements"),
        pytest.param("<xml a='1'><A b='2'>x</A></xml>", id="attributes"),
        pytest.param("<xml/>", id="an empty root"),
        pytest.param("\ufeff<xml><A>x</A></xml>", id="a byte order mark"),
        pytest.param("<xml><A>线\r\n上</A></xml>", id="line endings"),
    ],
)
def test_an_ordinary_document_reads_as_defusedxml_reads_it(document: str) -> None:
    assert leaves(document.encode()) == oracle(document.encode())


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(b"<!DOCTYPE xml><xml/>", id="a DOCTYPE"),
        pytest.param(b'<!DOCTYPE x [<!ENTITY a "b">]><xml><A>&a;</A></xml>', id="an entity"),
        pytest.param(b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><xml><A>&f;</A></xml>', id="a file"),
        pytest.param(b'<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd"><xml/>', id="an external DTD"),
        pytest.param(
            b'<!DOCTYPE x [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;">]><xml>&c;</xml>',
            id="growing entities",
        ),
        pytest.param(b"<xml><A>&unknown;</A></xml>", id="an undefined entity"),
        pytest.param(b"<xml><A></xml>", id="wrong nesting"),
        pytest.param(b"<xml><A>x</A>", id="cut off"),
        pytest.param(b"<xml/><xml/>", id="two roots"),
        pytest.param(b"", id="nothing"),
        pytest.param(b"plain text", id="no XML"),
        pytest.param(b"<xml><A>\x00</A></xml>", id="a null byte"),
        pytest.param(b"<xml><A>&#1;</A></xml>", id="a forbidden reference"),
        pytest.param("<xml><A>值班</A></xml>".encode("gbk"), id="GBK"),
        pytest.param(b"<xml a='1' a='2'/>", id="an attribute twice"),
    ],
)
def test_a_hostile_or_broken_document_is_refused_here_and_there(document: bytes) -> None:
    with pytest.raises((DefusedXmlException, ElementTree.ParseError)):
        oracle(document)
    with pytest.raises(XmlInvalid):
        leaves(document)


@pytest.mark.parametrize("encoding", ["gbk", "gb2312", "gb18030"])
def test_chinese_encodings_are_refused_with_the_offending_bytes(encoding: str) -> None:
    document = f"<?xml version='1.0' encoding='{encoding}'?><xml><A>客服</A></xml>".encode(encoding)

    with pytest.raises(XmlInvalid) as raised:
        leaves(document)

    offset = document.index("客".encode(encoding))
    assert raised.value.detail == f"the document is not UTF-8 (GBK?): bytes bf cd b7 fe at offset {offset}"


def test_a_utf8_document_that_claims_another_encoding_is_read_as_utf8() -> None:
    document = "<?xml version='1.0' encoding='gbk'?><xml><A>值班</A></xml>".encode()

    assert leaves(document) == (("A", "值班"),)


def test_a_broken_document_is_refused_with_the_place() -> None:
    with pytest.raises(XmlInvalid) as raised:
        leaves("<xml><A>值班</B></xml>".encode())

    assert "mismatched tag at offset 16, near" in raised.value.detail


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(b"<xml>" + b" " * MAX_BYTES + b"</xml>", id="too many bytes"),
        pytest.param(b"<a>" * (MAX_DEPTH + 1) + b"</a>" * (MAX_DEPTH + 1), id="too deep"),
        pytest.param(b"<xml>" + b"<a/>" * MAX_ELEMENTS + b"</xml>", id="too many elements"),
        pytest.param(b"<xml>text<A>x</A></xml>", id="text before an element"),
        pytest.param(b"<xml><A>x</A>text</xml>", id="text after an element"),
    ],
)
def test_what_no_callback_looks_like_is_refused(document: bytes) -> None:
    with pytest.raises(XmlInvalid):
        leaves(document)


def test_the_bounds_themselves_are_allowed() -> None:
    deep = b"<a>" * MAX_DEPTH + b"</a>" * MAX_DEPTH
    wide = b"<xml>" + b"<a/>" * (MAX_ELEMENTS - 1) + b"</xml>"

    assert (len(leaves(deep)), len(leaves(wide))) == (1, MAX_ELEMENTS - 1)


@given(st.binary(max_size=200).filter(lambda noise: b"</" not in noise and b"/>" not in noise))  # no document ends so
def test_noise_is_refused_with_a_reason_and_never_crashes(noise: bytes) -> None:
    with pytest.raises(XmlInvalid) as raised:
        leaves(noise)

    assert raised.value.detail


def test_numbers_stand_bare_and_text_in_cdata() -> None:
    document = write([("A", "x"), ("B", 7), ("C", [("D", "]]>"), ("E", "\r")])])

    assert document == b"<xml><A><![CDATA[x]]></A><B>7</B><C><D>]]&gt;</D><E>&#13;</E></C></xml>"


@pytest.mark.parametrize(
    "node", [("a b", "x"), ("", "x"), ("1", "x"), ("a>", "x"), ("A", "\x00"), ("A", "\ud800"), ("A", "\uffff")]
)
def test_what_xml_cannot_carry_is_refused_in_writing(node: Node) -> None:
    with pytest.raises(XmlInvalid):
        write([node])

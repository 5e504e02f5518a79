import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.platforms.wecom.identity import Readable, Unreadable, digest_identity, identity, read
from router.platforms.wecom.xml import Leaf, leaves, write

EVENTS = sorted((Path(__file__).parents[3] / "samples" / "wecom" / "events").glob("*.xml"))

VALUES = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"), max_size=12
)
NAMES = st.sampled_from(["UserID", "ExternalUserID", "State", "WelcomeCode", "ChatId", "List/Item"])


def customer_added(**changes: str) -> tuple[Leaf, ...]:
    fields = {
        "ToUserName": "ww5f2c0a91d7e8b346",
        "FromUserName": "sys",
        "CreateTime": "1770000401",
        "MsgType": "event",
        "Event": "change_external_contact",
        "ChangeType": "add_external_contact",
        "UserID": "chenyu",
        "ExternalUserID": "wmEXAMPLE1",
        "State": "lq-7f3a9c",
        "WelcomeCode": "WC-0001",
    }
    return tuple({**fields, **changes}.items())


@given(st.lists(VALUES, min_size=2, max_size=2, unique=True))
def test_two_customers_in_the_same_second_are_two_events(customers: list[str]) -> None:
    first, second = (identity(customer_added(ExternalUserID=customer)) for customer in customers)

    assert first != second


@pytest.mark.parametrize("field", [name for name, _ in customer_added()])
def test_an_event_that_differs_in_any_field_is_another_event(field: str) -> None:
    assert identity(customer_added(**{field: "other"})) != identity(customer_added())


@given(st.lists(st.tuples(NAMES, VALUES), max_size=6), st.randoms(use_true_random=False))
def test_four_deliveries_of_an_event_are_one_event(extra: list[Leaf], shuffler: random.Random) -> None:
    message = [*customer_added(), *extra]
    deliveries = {identity(tuple(shuffler.sample(message, len(message)))) for _ in range(4)}

    assert len(deliveries) == 1


@given(st.lists(st.tuples(NAMES, VALUES), max_size=4), st.lists(st.tuples(NAMES, VALUES), max_size=4))
def test_events_are_one_only_if_all_their_fields_are_the_same(one: list[Leaf], other: list[Leaf]) -> None:
    is_same = identity(tuple(one)) == identity(tuple(other))

    assert is_same == (sorted(one) == sorted(other))


def test_cdata_order_and_layout_make_no_difference() -> None:
    with_cdata = b"<xml><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[click]]></Event><A><B>1</B></A></xml>"
    without = b"<xml>\n  <A>\n <B>1</B></A>\n  <Event>click</Event>\n  <MsgType>event</MsgType>\n</xml>\n"

    assert read(with_cdata).identity == read(without).identity


def test_a_field_moved_to_another_level_makes_another_event() -> None:
    assert identity((("A/B", "1"),)) != identity((("A", "1"), ("B", "1")))


def test_a_message_is_known_by_its_number_however_else_it_differs() -> None:
    text = write([("ToUserName", "ww1"), ("MsgType", "text"), ("Content", "你好"), ("MsgId", "7311800000000000101")])
    again = write([("MsgId", 7311800000000000101), ("MsgType", "text"), ("ToUserName", "ww1"), ("Content", "好")])

    assert (read(text).identity, read(again).identity) == ("ww1|7311800000000000101",) * 2


def test_an_event_that_carries_a_number_is_known_by_all_its_fields() -> None:
    event = (("MsgType", "event"), ("MsgId", "1"), ("ToUserName", "ww1"))

    assert len(identity(event)) == 64


@pytest.mark.parametrize("field", ["MsgId", "ToUserName"])
def test_no_message_has_an_identity_too_long_to_index(field: str) -> None:
    message = {"ToUserName": "ww1", "MsgType": "text", "MsgId": "1", field: "9" * 10_000}

    assert len(identity(tuple(message.items()))) == 64


def test_reading_gives_identity_and_leaves_of_one_parse() -> None:
    plaintext = write(customer_added())

    assert read(plaintext) == Readable(identity(customer_added()), leaves(plaintext))


def test_what_is_not_xml_is_known_by_its_bytes() -> None:
    plaintext = "你好".encode("gbk")

    assert read(plaintext) == Unreadable(
        digest_identity(plaintext), "the document is not UTF-8 (GBK?): bytes c4 e3 ba c3 at offset 0"
    )


def test_every_sample_has_an_identity_of_its_own() -> None:
    identities = {read(sample.read_bytes()).identity for sample in EVENTS}

    assert len(identities) == len(EVENTS) == 56

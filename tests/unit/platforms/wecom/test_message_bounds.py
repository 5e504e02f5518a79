"""What becomes of messages that are unknown, incomplete or out of bounds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.platforms.wecom.messages import ContactAdded, Header, MessageInvalid, Unknown, parse_message
from router.platforms.wecom.xml import Node, write

CORP = "ww5f2c0a91d7e8b346"
CUSTOMER = "wmEXAMPLE00000000000000000000001"


def customer_added(**changes: str | int) -> list[Node]:
    fields: dict[str, str | int] = {
        "ToUserName": CORP,
        "FromUserName": "sys",
        "CreateTime": 1770000401,
        "MsgType": "event",
        "Event": "change_external_contact",
        "ChangeType": "add_external_contact",
        "UserID": "chenyu",
        "ExternalUserID": CUSTOMER,
    }
    return list({**fields, **changes}.items())


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        pytest.param([("MsgType", "shortvideo")], ("shortvideo", "", ""), id="a new type of message"),
        pytest.param([("MsgType", "event"), ("Event", "Brand_New")], ("event", "brand_new", ""), id="a new event"),
        pytest.param(
            [("MsgType", "event"), ("Event", "change_external_contact"), ("ChangeType", "new")],
            ("event", "change_external_contact", "new"),
            id="a new change",
        ),
        pytest.param([("SuiteId", "ww9"), ("InfoType", "suite_ticket")], ("", "", ""), id="without the common header"),
        pytest.param([], ("", "", ""), id="empty"),
    ],
)
def test_an_unknown_message_is_kept_with_all_it_says(
    fields: list[tuple[str, str]], expected: tuple[str, str, str]
) -> None:
    assert parse_message(write(fields)) == Unknown(*expected, fields=tuple(fields))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param({"UserID": ""}, "UserID is missing", id="no member"),
        pytest.param({"ExternalUserID": ""}, "ExternalUserID is missing", id="no customer"),
        pytest.param({"ToUserName": ""}, "ToUserName is missing", id="no corp"),
        pytest.param({"CreateTime": ""}, "CreateTime is missing", id="no time"),
        pytest.param({"CreateTime": "soon"}, "CreateTime is 'soon', not an integer", id="a time in words"),
        pytest.param({"CreateTime": "١٧٧"}, "CreateTime is '١٧٧', not an integer", id="digits that are not ASCII"),
        pytest.param({"CreateTime": "-1"}, "CreateTime is -1, not a Unix time in seconds", id="a time before 1970"),
        pytest.param({"CreateTime": "9" * 20}, "not a Unix time in seconds", id="a time after 9999"),
        pytest.param({"CreateTime": "9" * 5000}, "not an integer", id="more digits than any number"),
        pytest.param({"UserID": "u" * 129}, "UserID has 129 characters, more than 128", id="too long an id"),
        pytest.param({"State": "s" * 5000}, "State has 5000 characters, more than 128", id="too long a state"),
        pytest.param(
            {"WelcomeCode": "w" * 9000}, "WelcomeCode has 9000 characters, more than 8192", id="too long a code"
        ),
    ],
)
def test_a_field_out_of_bounds_is_refused_by_name(changes: dict[str, str], reason: str) -> None:
    with pytest.raises(MessageInvalid) as raised:
        parse_message(write(customer_added(**changes)))

    assert raised.value.detail.startswith("event/change_external_contact/add_external_contact: ")
    assert reason in raised.value.detail


def test_a_field_given_twice_is_refused() -> None:
    with pytest.raises(MessageInvalid) as raised:
        parse_message(write([*customer_added(), ("UserID", "lihua")]))

    assert "UserID occurs 2 times" in raised.value.detail


@pytest.mark.parametrize("latitude", ["", "north", "1.2.3", ".", "1e5", "nan", "--1"])
def test_a_place_that_is_no_number_is_refused(latitude: str) -> None:
    place = customer_added(MsgType="location", MsgId="1", Location_X=latitude, Location_Y="120.1")

    with pytest.raises(MessageInvalid) as raised:
        parse_message(write(place))

    assert "Location_X" in raised.value.detail


@given(
    st.text(
        st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"), max_size=128
    )
)
def test_a_state_within_bounds_is_kept_as_it_is(state: str) -> None:
    message = parse_message(write(customer_added(State=state)))

    header = Header(CORP, "sys", 1_770_000_401_000, None)
    assert message == ContactAdded(header, "chenyu", CUSTOMER, state, welcome_code="", is_half=False)

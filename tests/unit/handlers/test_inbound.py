"""The platform's messages translated into our events."""

import pytest

from router.domain.events import (
    AgentActivated,
    AgentDeactivated,
    AgentLeft,
    AgentRenamed,
    CustomerAdded,
    CustomerLost,
    CustomerWrote,
    EmployeeWrote,
    Event,
    Ignored,
    KfNotified,
    SendFailed,
    SessionChanged,
)
from router.handlers.inbound import KF_ITEM, NOT_YET, translate
from router.platforms.wecom.callback_errors import CallbackRefused
from tests.factories import (
    ACCOUNT,
    NOW,
    app_text,
    customer_added,
    customer_lost,
    kf_notified,
    kf_send_failed,
    kf_session_changed,
    kf_text,
)


@pytest.mark.parametrize(
    ("plaintext", "event"),
    [
        pytest.param(
            customer_added("ann", "wm-lin", state="lq-1", welcome_code="WC"),
            CustomerAdded("ann", "wm-lin", "lq-1", "WC", False, NOW),
            id="a full add",
        ),
        pytest.param(
            customer_added("ann", "wm-lin", half=True),
            CustomerAdded("ann", "wm-lin", "", "", True, NOW),
            id="a half add without state and code",
        ),
        pytest.param(customer_lost(), CustomerLost("ann", "wm-lin", True, NOW), id="a customer left"),
        pytest.param(
            customer_lost(by_customer=False),
            CustomerLost("ann", "wm-lin", False, NOW),
            id="an agent removed a customer",
        ),
        pytest.param(kf_notified("T"), KfNotified(ACCOUNT, "T"), id="a notice"),
        pytest.param(app_text("价格"), EmployeeWrote("ann", "text", "价格", NOW), id="an employee wrote"),
    ],
)
def test_a_callback_becomes_an_event(plaintext: str, event: Event) -> None:
    assert translate("CONTACT", plaintext) == event


@pytest.mark.parametrize(
    ("item", "event"),
    [
        pytest.param(
            kf_text("价格", message_id="m1"), CustomerWrote(ACCOUNT, "wm-lin", "m1", "text", "价格", NOW), id="a text"
        ),
        pytest.param(
            kf_session_changed("ann"), SessionChanged(ACCOUNT, "wm-lin", "ann", NOW), id="a person took the session"
        ),
        pytest.param(
            kf_session_changed("ann", ended=True), SessionChanged(ACCOUNT, "wm-lin", "", NOW), id="the session ended"
        ),
        pytest.param(
            kf_send_failed("out-1"), SendFailed(ACCOUNT, "wm-lin", "out-1", "the customer refused"), id="not delivered"
        ),
        pytest.param(
            kf_text("您好").replace('"origin":3', '"origin":5'),
            Ignored("servicer_wrote", "a person's own words are not run through the rules"),
            id="a person's own words",
        ),
        pytest.param(
            kf_text("x")
            .replace('"text"', '"location"')
            .replace('{"content":"x"}', '{"latitude":31.2,"longitude":121.5}'),
            CustomerWrote(ACCOUNT, "wm-lin", "m1", "location", "", NOW),
            id="a place has a kind and no text",
        ),
        pytest.param(
            kf_text("x").replace('"text"', '"hologram"'),
            Ignored("kf/hologram", "a message of no known kind"),
            id="a kind the platform will add",
        ),
    ],
)
def test_an_item_of_a_pull_becomes_an_event(item: str, event: Event) -> None:
    assert translate(KF_ITEM, item) == event


def test_an_event_that_nothing_acts_on_is_ignored_by_its_name() -> None:
    edited = customer_added().replace("add_external_contact", "edit_external_contact")

    assert translate("CONTACT", edited) == Ignored("contact_edited", NOT_YET)


@pytest.mark.parametrize(
    "plaintext",
    [
        pytest.param("<xml>", id="cut off"),
        pytest.param(customer_added().replace("<ExternalUserID>", "<Other>").replace("</ExternalUserID>", "</Other>"),
                     id="without the customer"),
        pytest.param('<!DOCTYPE x [<!ENTITY e "e">]><xml><MsgType>&e;</MsgType></xml>', id="with an entity"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_by_the_platforms_error(plaintext: str) -> None:
    with pytest.raises(CallbackRefused):
        translate("CONTACT", plaintext)


def member_changed(change: str, **fields: str | int) -> str:
    details = "".join(f"<{name}>{value}</{name}>" for name, value in fields.items())
    return (
        "<xml><ToUserName>ww1</ToUserName><FromUserName>sys</FromUserName>"
        f"<CreateTime>{NOW // 1000}</CreateTime><MsgType>event</MsgType><Event>change_contact</Event>"
        f"<ChangeType>{change}</ChangeType><UserID>ann</UserID>{details}</xml>"
    )


@pytest.mark.parametrize(
    ("plaintext", "event"),
    [
        pytest.param(member_changed("delete_user"), AgentLeft("ann", NOW), id="deleted"),
        pytest.param(
            member_changed("update_user", NewUserID="ann.lee", Department="2"),
            AgentRenamed("ann", "ann.lee", None, NOW),
            id="renamed",
        ),
        pytest.param(member_changed("update_user", Status=1), AgentActivated("ann", NOW), id="activated"),
        pytest.param(
            member_changed("update_user", Status=2), AgentDeactivated("ann", "disabled in WeCom", NOW), id="disabled"
        ),
        pytest.param(
            member_changed("update_user", Status=4),
            AgentDeactivated("ann", "has not activated WeCom yet", NOW),
            id="not activated",
        ),
        pytest.param(member_changed("update_user", Status=5), AgentLeft("ann", NOW), id="left"),
        pytest.param(
            member_changed("update_user", NewUserID="ann.lee", Status=2),
            AgentRenamed("ann", "ann.lee", AgentDeactivated("ann.lee", "disabled in WeCom", NOW), NOW),
            id="renamed and disabled in one message",
        ),
        pytest.param(
            member_changed("update_user", Department="2,5"),
            Ignored("member_changed", "neither the userid nor the status of the member changed"),
            id="moved to another department",
        ),
    ],
)
def test_the_contact_book_tells_of_agents(plaintext: str, event: Event) -> None:
    assert translate("DIRECTORY", plaintext) == event

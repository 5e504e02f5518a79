import warnings
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.platforms.wecom.callback_errors import EnvelopeInvalid, XmlInvalid
from router.platforms.wecom.cipher import Cipher
from router.platforms.wecom.credentials import CallbackCredentials, open_callback, verify_url
from router.platforms.wecom.envelope import Envelope, parse_envelope, seal_echo, seal_event, seal_reply
from router.platforms.wecom.signature import is_signed
from router.platforms.wecom.xml import leaves

KEY = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
CORP = "ww5f2c0a91d7e8b346"
CREDENTIALS = CallbackCredentials("QDG6eK", KEY, CORP)
RANDOM = b"0123456789abcdef"


@pytest.mark.parametrize(
    "body",
    [
        "<xml><ToUserName><![CDATA[ww1]]></ToUserName><AgentID><![CDATA[7]]></AgentID><Encrypt><![CDATA[A==]]></Encrypt></xml>",
        "<xml><Encrypt>A==</Encrypt><AgentID>7</AgentID><ToUserName>ww1</ToUserName></xml>",
        "<other>\n  <AgentID>7</AgentID>\n  <Encrypt> A== </Encrypt><New/><ToUserName>ww1</ToUserName>\n</other>\n",
        "\ufeff<?xml version='1.0'?><xml><Encrypt>A==</Encrypt><AgentID>7</AgentID><ToUserName>ww1</ToUserName></xml>",
    ],
)
def test_an_envelope_is_read_by_name(body: str) -> None:
    assert parse_envelope(body.encode()) == Envelope("A==", "ww1", "7")


def test_an_envelope_needs_no_app_number() -> None:
    assert parse_envelope(b"<xml><Encrypt>A==</Encrypt></xml>") == Envelope("A==", "", "")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        pytest.param(b'{"encrypt":"A==","tousername":"ww1"}', "the body is JSON", id="JSON"),
        pytest.param(b"\xef\xbb\xbf \n[1]", "the body is JSON", id="a JSON list after a byte order mark"),
        pytest.param(b"<xml><ToUserName>ww1</ToUserName></xml>", "no Encrypt", id="a plaintext message"),
        pytest.param(b"<xml><Encrypt> </Encrypt></xml>", "no Encrypt", id="an empty Encrypt"),
        pytest.param(b"<xml><in><Encrypt>A==</Encrypt></in></xml>", "no Encrypt", id="an Encrypt elsewhere"),
        pytest.param(b"<xml><Encrypt>A</Encrypt><Encrypt>B</Encrypt></xml>", "occurs twice", id="two Encrypts"),
    ],
)
def test_what_is_no_envelope_is_refused_with_the_reason(body: bytes, reason: str) -> None:
    with pytest.raises(EnvelopeInvalid) as raised:
        parse_envelope(body)

    assert reason in raised.value.detail


@given(st.binary(max_size=200))
def test_noise_is_no_envelope_and_never_crashes(noise: bytes) -> None:
    with pytest.raises(XmlInvalid):
        parse_envelope(noise)


@pytest.mark.parametrize("agent_id", [None, 1000027])
def test_a_sealed_event_opens(agent_id: int | None) -> None:
    message = "<xml><Content>今天谁值班]]></Content></xml>".encode()

    sealed = seal_event(
        CREDENTIALS.cipher,
        CREDENTIALS.token,
        message,
        to_user_name=CORP,
        agent_id=agent_id,
        timestamp=1770000401,
        nonce="n+1",
        random16=RANDOM,
    )

    envelope = parse_envelope(sealed.body)
    query = sealed.query
    opened = open_callback(CREDENTIALS, query["timestamp"], query["nonce"], query["msg_signature"], envelope.encrypt)
    assert opened.plaintext == message
    assert (envelope.to_user_name, envelope.agent_id) == (CORP, "" if agent_id is None else "1000027")
    assert (query["timestamp"], query["nonce"]) == ("1770000401", "n+1")


@pytest.fixture(scope="module")
def other_library() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from wechatpy.enterprise.crypto import WeChatCrypto
    return WeChatCrypto("QDG6eK", KEY, CORP)


def test_wechatpy_opens_what_we_seal(other_library: Any) -> None:
    message = "<xml><Content>今天谁值班</Content></xml>"
    how: dict[str, Any] = {"timestamp": 1770000401, "nonce": "n1", "random16": RANDOM}

    event = seal_event(CREDENTIALS.cipher, "QDG6eK", message.encode(), to_user_name=CORP, agent_id=None, **how)
    reply = seal_reply(CREDENTIALS.cipher, "QDG6eK", message.encode(), **how)

    signature = dict(leaves(reply))["MsgSignature"]
    assert other_library.decrypt_message(event.body, event.query["msg_signature"], "1770000401", "n1") == message
    assert other_library.decrypt_message(reply, signature, "1770000401", "n1") == message


def test_we_open_what_wechatpy_seals(other_library: Any) -> None:
    body = other_library.encrypt_message("<xml>今天谁值班</xml>", "n1", "1770000401").encode()

    signature = dict(leaves(body))["MsgSignature"]
    opened = open_callback(CREDENTIALS, "1770000401", "n1", signature, parse_envelope(body).encrypt)

    assert opened.plaintext.decode() == "<xml>今天谁值班</xml>"


def test_a_sealed_url_check_is_answered_with_its_echo() -> None:
    sealed = seal_echo(
        CREDENTIALS.cipher, CREDENTIALS.token, b"1616140317555161061", timestamp=1, nonce="n", random16=RANDOM
    )

    query = sealed.query
    echo = verify_url(CREDENTIALS, query["timestamp"], query["nonce"], query["msg_signature"], query["echostr"])

    assert (echo, sealed.body) == (b"1616140317555161061", b"")


def test_a_sealed_reply_has_the_elements_the_platform_reads() -> None:
    cipher = Cipher(KEY, CORP)

    reply = seal_reply(cipher, "QDG6eK", b"<xml/>", timestamp=1770000401, nonce="n1", random16=RANDOM)

    fields = dict(leaves(reply))
    assert list(fields) == ["Encrypt", "MsgSignature", "TimeStamp", "Nonce"]
    assert (fields["TimeStamp"], fields["Nonce"]) == ("1770000401", "n1")
    assert is_signed("QDG6eK", "1770000401", "n1", fields["Encrypt"], fields["MsgSignature"])
    assert cipher.decrypt(fields["Encrypt"]) == b"<xml/>"

"""Bytes nobody thought of: bodies as they come, and plaintexts through the real cipher. Never a 5xx, never a crash."""

import os

import hypothesis
import pytest
from hypothesis import strategies as st

from tests.crash.deployment import Deployment
from tests.integration.hostile.corpus import GOOD, envelope
from tests.integration.hostile.wire import Answer, delivering, encrypted, encrypted_layout, sealed, send, with_body

QUICK = hypothesis.settings(
    max_examples=300, deadline=None, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture]
)
LONG = hypothesis.settings(QUICK, max_examples=20_000)

_UNDECIDED = "SELECT count(*) FROM inbox WHERE status = 'stored'"
_FAULTS = "SELECT plaintext FROM inbox WHERE reason LIKE '%a fault in liveqr%'"

# Pieces of what the parser and the handlers look at, glued together in any order.
PIECES = (
    b"<xml>",
    b"</xml>",
    b"<Encrypt>",
    b"</Encrypt>",
    b"<![CDATA[",
    b"]]>",
    b"<!DOCTYPE",
    b"&amp;",
    b"\x00",
    b"\xff",
    "中文".encode(),
    b"<MsgType>event</MsgType>",
    b"<Event>change_external_contact</Event>",
    b"<ChangeType>add_external_contact</ChangeType>",
    b"<UserID>ann</UserID>",
    b"<ExternalUserID>wm</ExternalUserID>",
    b"<CreateTime>1",
)
pieces = st.sampled_from(PIECES)
glued = st.lists(pieces | st.binary(max_size=20), max_size=30).map(b"".join)
field_names = st.sampled_from(["MsgType", "Event", "ChangeType", "CreateTime", "UserID", "ExternalUserID", "State"])
field_texts = st.sampled_from(["event", "text", "change_external_contact", "kf_msg_or_event", "del_follow_user", "1"])
fields = st.lists(st.tuples(field_names, field_texts | st.text(st.characters(exclude_categories=["Cs", "Cc"])))).map(
    lambda given: b"<xml>%s</xml>" % b"".join(f"<{n}><![CDATA[{t}]]></{n}>".encode() for n, t in given)
)


@QUICK
@hypothesis.given(body=glued | st.binary(max_size=2_000))
def test_any_body_is_refused(receiver: Deployment, body: bytes) -> None:
    assert _sent(receiver, with_body(body).raw()).status == 403


@QUICK
@hypothesis.given(plaintext=glued | fields | st.binary(max_size=2_000))
def test_any_plaintext_is_kept(receiver: Deployment, plaintext: bytes) -> None:
    assert _sent(receiver, sealed(plaintext).raw()) == Answer(200)


@QUICK
@hypothesis.given(layout=st.binary(min_size=16, max_size=512).map(lambda raw: raw[: len(raw) // 16 * 16]))
def test_any_decrypted_layout_is_refused(receiver: Deployment, layout: bytes) -> None:
    assert _sent(receiver, delivering(encrypted_layout(layout)).raw()).status == 403


@QUICK
@hypothesis.given(at=st.integers(0, 10_000), byte=st.integers(0, 255))
def test_any_changed_byte_of_a_request_does_no_harm(receiver: Deployment, at: int, byte: int) -> None:
    raw = bytearray(sealed(GOOD).raw())
    raw[at % len(raw)] = byte

    answer = _sent(receiver, bytes(raw), closes=True)

    assert answer.status < 500


def test_after_all_that_everything_is_decided_without_a_fault(receiver: Deployment) -> None:
    receiver.until("all is decided", lambda: receiver.number(_UNDECIDED) == 0)

    assert receiver.rows(_FAULTS) == []
    assert receiver.is_ready()
    assert receiver.deaths == 0


@pytest.mark.long
@pytest.mark.timeout(1_800)
@LONG
@hypothesis.given(body=glued | st.binary(max_size=20_000).map(lambda raw: envelope(encrypted(raw))))
def test_any_body_is_refused_for_long(receiver: Deployment, body: bytes) -> None:
    assert _sent(receiver, with_body(body, os.urandom(8).hex()).raw()).status == 403


@pytest.mark.long
@pytest.mark.timeout(1_800)
@LONG
@hypothesis.given(plaintext=glued | fields | st.binary(max_size=20_000))
def test_any_plaintext_is_kept_for_long(receiver: Deployment, plaintext: bytes) -> None:
    assert _sent(receiver, sealed(plaintext).raw()) == Answer(200)


def _sent(receiver: Deployment, raw: bytes, *, closes: bool = False) -> Answer:
    return send(int(receiver.environment["LIVEQR_PORT"]), raw, closes=closes)

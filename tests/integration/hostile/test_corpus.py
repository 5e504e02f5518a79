"""Every hostile callback gets the answer it deserves, is kept or not kept, and leaves the service answering."""

from collections import Counter

import pytest

from tests.crash.deployment import Deployment
from tests.integration.hostile.corpus import CHECKS, KEPT, REFUSED, Echoed, Kept, Refused, event
from tests.integration.hostile.wire import KEYS, Answer, Request, delivering, encrypted, sealed, send

_ROWS = "SELECT count(*) FROM inbox"
_LAST = "SELECT status, reason FROM inbox ORDER BY id DESC LIMIT 1"


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.name)
def test_what_is_not_the_platforms_is_refused_and_not_kept(receiver: Deployment, case: Refused) -> None:
    before = receiver.number(_ROWS)

    answer = sent(receiver, case.request, closes=case.closes)

    assert answer.status == case.status
    assert case.status != 403 or answer.body == b""
    assert receiver.number(_ROWS) == before
    assert receiver.is_ready()


@pytest.mark.parametrize("case", KEPT, ids=lambda case: case.name)
def test_what_the_platform_signed_is_kept_with_its_reason(receiver: Deployment, case: Kept) -> None:
    before = receiver.number(_ROWS)

    answer = sent(receiver, case.request)
    ((status, reason),) = receiver.until("it is decided", lambda: decided(receiver))

    assert answer == Answer(200, b"")
    assert receiver.number(_ROWS) == before + 1
    assert (status, case.reason in reason, bool(reason)) == (case.status, True, True), reason
    assert "a fault in liveqr" not in reason
    assert receiver.is_ready()


@pytest.mark.parametrize("case", CHECKS, ids=lambda case: case.name)
def test_a_url_check_is_answered_with_the_echo_and_nothing_else(receiver: Deployment, case: Echoed) -> None:
    assert sent(receiver, case.request) == Answer(200, case.echo)


def test_the_same_delivery_again_is_counted_and_kept_once(receiver: Deployment) -> None:
    plaintext = event(("Id", "replayed"), kind="brand_new_event")
    request = sealed(plaintext)
    sealed_anew = delivering(encrypted(plaintext, random16=bytes(16)))

    answers = [sent(receiver, each).status for each in (request, request, sealed_anew, request)]

    rows = receiver.rows("SELECT deliveries FROM inbox WHERE plaintext = :plaintext", plaintext=plaintext.decode())
    assert (answers, rows) == ([200] * 4, [(4,)])


def test_the_names_of_the_corpus_are_unique() -> None:
    names = Counter((type(case), case.name) for case in (*REFUSED, *KEPT, *CHECKS))

    assert [name for name, times in names.items() if times > 1] == []


def sent(receiver: Deployment, request: Request, *, closes: bool = False) -> Answer:
    """The answer of the service."""
    assert KEYS.receive_id == receiver.environment["LIVEQR_CORP_ID"]
    return send(int(receiver.environment["LIVEQR_PORT"]), request.raw(), closes=closes)


def decided(receiver: Deployment) -> list[tuple[str, str]]:
    """Status and reason of the newest row, once it is decided."""
    return [(status, reason) for status, reason in receiver.rows(_LAST) if status != "stored"]

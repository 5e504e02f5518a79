"""How the outcome of a scan is spelt, and the tokens its pictures carry."""

import pytest

from router.domain.scan import (
    AgentFace,
    AlreadyAdded,
    AsksForNumber,
    Closed,
    Full,
    NativeShown,
    Preparing,
    Reserved,
    ScanAnswer,
    SentToGroup,
    SentToKf,
    Waiting,
    outcome_name,
)
from router.handlers.stock import new_state_token
from tests.factories import NOW

ANN = AgentFace(1, "Ann")


@pytest.mark.parametrize(
    ("answer", "name"),
    [
        (Reserved(ANN, "key", NOW, "link", "reserved for you"), "reserved"),
        (AlreadyAdded(ANN, "key", "added"), "reserved"),
        (NativeShown("spring", "link", "WeCom chooses"), "reserved"),
        (Full("busy"), "full"),
        (Waiting(1, 3, "busy"), "full"),
        (Waiting(1, 3, "busy", is_new=False), "waiting"),
        (SentToKf("https://work.weixin.qq.com/kfid/1", "busy"), "full"),
        (SentToGroup("fans", "busy"), "full"),
        (AsksForNumber("Leave a number", "We call you once.", "busy"), "full"),
        (Preparing("soon"), "preparing"),
        (Closed("closed"), "closed"),
    ],
    ids=str,
)
def test_an_outcome_is_spelt_as_the_contract_has_it(answer: ScanAnswer, name: str) -> None:
    assert outcome_name(answer) == name


def test_a_state_token_fits_the_platform_and_is_never_the_same() -> None:
    tokens = {new_state_token() for _ in range(1_000)}

    assert len(tokens) == 1_000
    assert {len(token) for token in tokens} == {27}  # the platform takes 30 characters (limits §3)
    assert all(token.isascii() and token.replace("-", "").isalnum() for token in tokens)

"""Policies as they are stored."""

import dataclasses

import pytest

from router.domain.spill import (
    SPILL_KINDS,
    WAITING_PAGE,
    ClosedPage,
    FallbackPool,
    GroupCode,
    KfAccount,
    LeaveNumber,
    SpillPolicy,
    read_spill_policy,
)

EACH: tuple[SpillPolicy, ...] = (
    WAITING_PAGE,
    FallbackPool(3),
    ClosedPage("tomorrow"),
    KfAccount("wk1", "https://work.weixin.qq.com/kfid/1"),
    GroupCode(4),
    LeaveNumber("I agree", "Call back"),
)


@pytest.mark.parametrize("policy", EACH, ids=lambda policy: policy.kind)
def test_a_policy_is_read_back_as_it_was_stored(policy: SpillPolicy) -> None:
    assert read_spill_policy(dataclasses.asdict(policy)) == policy


def test_every_kind_is_covered_here() -> None:
    assert tuple(policy.kind for policy in EACH) == SPILL_KINDS


@pytest.mark.parametrize("content", [{}, None, [], {"kind": "closed_page"}, {"kind": "later"}, {"kind": "group_code"}])
def test_what_is_not_known_waits(content: object) -> None:
    assert read_spill_policy(content) == WAITING_PAGE

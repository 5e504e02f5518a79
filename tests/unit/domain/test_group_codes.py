from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.domain.group_codes import Chat, Group, GroupChoice, PassedOver, changes_at, choose

NOW = 1_795_000_000_000
GROUP = Group(1, "一群", "https://weixin.qq.com/g/one", "imported", "ready", person_limit=200)

chats = st.lists(st.builds(Chat, st.just("wr"), people=st.none() | st.integers(0, 5)), max_size=5).map(tuple)
groups = st.lists(
    st.builds(
        Group,
        st.integers(1, 99),
        st.just("群"),
        st.just("link"),
        st.sampled_from(["join_way", "imported"]),
        st.sampled_from(["making", "ready", "failed", "retired"]),
        st.integers(1, 5),
        people=st.integers(0, 6),
        chats=chats,
        makes_rooms=st.booleans(),
        expires_at=st.none() | st.integers(NOW - 3, NOW + 3),
    ),
    max_size=6,
    unique_by=lambda group: group.id,
)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param({"status": "making"}, "making", id="being made"),
        pytest.param({"status": "failed"}, "failed", id="refused by the platform"),
        pytest.param({"status": "retired"}, "retired", id="taken out"),
        pytest.param({"expires_at": NOW}, "expired", id="expires now"),
        pytest.param({"expires_at": NOW - 1}, "expired", id="expired"),
        pytest.param({"people": 200}, "full", id="at the limit"),
        pytest.param({"people": 201}, "full", id="above the limit"),
        pytest.param({"chats": (Chat("wr1", people=200), Chat("wr2", people=200))}, "full", id="all chats full"),
    ],
)
def test_a_group_that_cannot_take_anybody_gives_way_to_the_next(changes: dict[str, object], reason: str) -> None:
    worn = replace(GROUP, **changes)  # type: ignore[arg-type]
    following = replace(GROUP, id=2, name="二群")

    choice = choose([worn, following], NOW)

    assert choice == GroupChoice(following, (PassedOver(1, reason),))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"people": 199}, id="one place left"),
        pytest.param({"expires_at": NOW + 1}, id="a moment left"),
        pytest.param(
            {"people": 200, "chats": (Chat("wr1", people=199),)}, id="what the platform counts is what counts"
        ),
        pytest.param({"chats": (Chat("wr1", people=200), Chat("wr2", people=3))}, id="one of its chats has room"),
        pytest.param({"chats": (Chat("wr1"),)}, id="a chat not read yet"),
        pytest.param({"chats": (Chat("wr1", people=200),), "makes_rooms": True}, id="the platform makes another room"),
    ],
)
def test_a_group_with_a_place_is_shown_although_another_follows(changes: dict[str, object]) -> None:
    group = replace(GROUP, **changes)  # type: ignore[arg-type]

    choice = choose([group, replace(GROUP, id=2)], NOW)

    assert choice == GroupChoice(group, ())


def test_nothing_is_shown_when_every_group_is_used_up() -> None:
    full, expired = replace(GROUP, people=200), replace(GROUP, id=2, expires_at=NOW - 1)

    choice = choose([full, expired], NOW)

    assert choice == GroupChoice(None, (PassedOver(1, "full"), PassedOver(2, "expired")))
    assert not choice.waits_for_platform


def test_a_code_whose_only_group_is_being_made_waits_for_the_platform() -> None:
    choice = choose([replace(GROUP, people=200), replace(GROUP, id=2, status="making")], NOW)

    assert choice.waits_for_platform


@given(groups)
def test_the_first_group_that_is_not_passed_over_is_shown(listed: list[Group]) -> None:
    choice = choose(listed, NOW)

    passed_over = {each.group_id for each in choice.passed_over}
    free = [group for group in listed if group.id not in passed_over]
    assert choice.shown == (free[0] if free else None)
    assert all(not group.is_full and group.status == "ready" for group in free)


@given(groups)
def test_the_choice_holds_until_the_instant_named(listed: list[Group]) -> None:
    until = changes_at(listed, NOW)

    before, at_that_time = (choose(listed, instant).shown for instant in ((until or NOW + 99) - 1, until or NOW + 99))
    assert before == choose(listed, NOW).shown
    assert until is None or at_that_time != before

"""Why somebody is on a native code's list or not, from one list to the next."""

import pytest

from router.domain.native import InFlight, Kept, Roster
from router.domain.native_reasons import Off, On, Reason, Reasons, after_sending, change_between, reasons_of

OWN, OTHER = 1, 2


def roster(*wanted: str, kept: Kept | None = None, pool_id: int = OWN) -> Roster:
    return Roster(wanted, InFlight(1, 30_000), kept=kept, pool_id=pool_id)


def decided(found: Roster, before: Reasons, off: Reasons | None = None, known: tuple[str, ...] = ()) -> Reasons:
    return reasons_of(found, OWN, off or {}, before, known)


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (None, Reason("joined")),
        (Reason("at_cap"), Reason("back", was="at_cap")),
        (Reason("refused", said="84074"), Reason("accepted")),
        (Reason("not_of_pool"), Reason("joined")),
        (Reason("stands_by"), Reason("joined")),
        (Reason("back", was="off_duty"), Reason("back", was="off_duty")),
    ],
    ids=str,
)
def test_who_comes_on_is_told_by_what_kept_them_off(before: Reason | None, now: Reason) -> None:
    found = decided(roster("ann"), {} if before is None else {"ann": before})

    assert found == {"ann": now}


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (roster("ann", kept="backup"), "stands_by"),
        (roster("ann", kept="least_harm"), "least_harm"),
        (roster("ann", pool_id=OTHER), "takes_over"),
    ],
    ids=["backup", "least harm", "another pool"],
)
def test_who_stands_in_is_told_so_whatever_kept_them_off(found: Roster, why: On) -> None:
    assert decided(found, {"ann": Reason("at_cap")}) == {"ann": Reason(why)}


@pytest.mark.parametrize(
    ("before", "off", "found", "why"),
    [
        (Reason("joined"), {"ann": Reason("paused")}, roster("ben"), "paused"),
        (Reason("joined"), {}, roster("ben"), "not_of_pool"),
        (Reason("stands_by"), {"ann": Reason("paused")}, roster("ben"), "stood_down"),
        (Reason("stands_by"), {}, roster("ben", kept="backup"), "replaced"),
        (Reason("takes_over"), {"ann": Reason("paused")}, roster("ben", pool_id=OTHER), "paused"),
        (Reason("takes_over"), {}, roster("ben"), "stood_down"),
        (Reason("least_harm"), {}, roster("ben", kept="backup"), "replaced"),
        (Reason("least_harm"), {"ann": Reason("off_duty")}, roster("ben", kept="least_harm"), "replaced"),
        (Reason("least_harm"), {"ann": Reason("refused")}, roster("ben", kept="least_harm"), "refused"),
        (Reason("takes_over"), {"ann": Reason("paused")}, roster("ben", kept="backup"), "paused"),
    ],
)
def test_who_goes_off_is_told_by_what_keeps_them_off_unless_they_only_stood_in(
    before: Reason, off: Reasons, found: Roster, why: Off
) -> None:
    assert decided(found, {"ann": before}, off, ("ann",))["ann"].why == why


def test_the_platform_takes_only_some_of_a_list() -> None:
    refused = {"ben": {"at": 1, "reason": "84074"}}

    reasons = after_sending({"ann": Reason("joined")}, ("ann", "ben", "cyd"), ("ann",), refused)  # type: ignore[arg-type]

    assert reasons == {
        "ann": Reason("joined"),
        "ben": Reason("refused", said="84074"),
        "cyd": Reason("asked_later"),
    }


def test_a_list_with_the_same_agents_has_not_changed() -> None:
    assert change_between(("ann", "ben"), ("ben", "ann"), {}) is None


def test_who_went_for_a_reason_that_nobody_wrote_down_is_told_as_that() -> None:
    change = change_between(("ann",), (), {})

    assert change is not None
    assert change.went == {"ann": Reason("unknown")}

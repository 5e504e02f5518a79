"""Why a tag was taken off is stored as a code, and read back as what it was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.domain.taken_off import (
    ByCode,
    ByHand,
    ByRule,
    Cause,
    Excluded,
    Expired,
    MergedInto,
    MergeUndone,
    Unknown,
    WhyTakenOff,
    Withdrawn,
    cause_of,
    read,
    stored,
)

IDS = st.integers(1, 2**63 - 1)
TEXTS = st.text()
ACTS = st.builds(ByHand, TEXTS) | st.builds(ByRule, IDS, IDS, TEXTS)
REASONS = st.one_of(
    ACTS,
    st.builds(Excluded, IDS, ACTS | st.builds(ByCode, IDS)),
    st.builds(Expired, IDS),
    st.builds(MergedInto, IDS),
    st.builds(MergeUndone, IDS),
    st.builds(Withdrawn, TEXTS),
)


@pytest.mark.parametrize(
    ("why", "code"),
    [
        (ByHand("lihua"), "manual:lihua"),
        (ByRule(1, 7, "r2"), "rule:1:7:r2"),
        (Excluded(5, ByHand("lihua")), "excluded:5:manual:lihua"),
        (Excluded(5, ByRule(1, 7, "r2")), "excluded:5:rule:1:7:r2"),
        (Excluded(5, ByCode(3)), "excluded:5:code:3"),
        (Expired(30), "expired:30"),
        (MergedInto(5), "merged:5"),
        (MergeUndone(4), "merge_undone:4"),
        (Withdrawn("mei"), "withdrawn:mei"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_a_reason_is_stored_as_a_code_with_its_arguments(why: WhyTakenOff, code: str) -> None:
    assert (stored(why), read(code)) == (code, why)


@given(REASONS)
def test_what_was_stored_is_read_back_whatever_rules_and_people_are_called(why: WhyTakenOff) -> None:
    assert read(stored(why)) == why


@pytest.mark.parametrize("text", ["", "rule:1:x:r", "rule:1", "excluded:x:code:1", "expired:", "code:3", "later:1"])
def test_a_code_that_is_none_is_unknown_and_stays_as_it_is(text: str) -> None:
    assert (read(text), stored(read(text))) == (Unknown(text), text)


def test_what_excludes_a_tag_is_told_even_where_nobody_knows_what_put_it_on() -> None:
    assert read("excluded:5:later:1") == Excluded(5, Unknown("later:1"))


@pytest.mark.parametrize(
    ("source", "version_id", "cause"),
    [
        ("manual:li:hua", None, ByHand("li:hua")),
        ("code:3", None, ByCode(3)),
        ("rule:1:a:b", 7, ByRule(1, 7, "a:b")),
        ("rule:1:r2", None, Unknown("rule:1:r2")),
        ("a code", None, Unknown("a code")),
    ],
)
def test_what_put_a_tag_on_is_known_by_the_source_of_its_edge(
    source: str, version_id: int | None, cause: Cause
) -> None:
    assert cause_of(source, version_id) == cause

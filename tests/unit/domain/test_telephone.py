"""Numbers as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.domain.telephone import read_telephone


@pytest.mark.parametrize(
    ("written", "dialled"),
    [
        ("13812345678", "13812345678"),
        ("138 1234 5678", "13812345678"),
        ("１３８-1234-5678", "13812345678"),
        ("+86 138 1234 5678", "13812345678"),
        ("0086 13812345678", "13812345678"),
        ("010-6552 9988", "01065529988"),
        ("(021) 5888 1234", "02158881234"),
        ("0571 8765432", "05718765432"),
        ("+86 10 6552 9988", "01065529988"),
        ("400-820-8820", "4008208820"),
        ("+1 (415) 555-2671", "+14155552671"),
        ("00 49 30 901820", "+4930901820"),
        ("+852 2123 4567", "+85221234567"),
    ],
)
def test_a_number_that_can_be_dialled_is_read_however_it_is_written(written: str, dialled: str) -> None:
    assert read_telephone(written) == dialled


@pytest.mark.parametrize(
    "written",
    [
        "",
        "12345",
        "1381234567",
        "138123456789",
        "23812345678",
        "5529988",
        "+",
        "+0123456789",
        "+86 12345",
        "call me",
        "138 1234 567８９",
        "=HYPERLINK(1)",
        "+1234567890123456",
        "1" * 33,
        "13812345678;DROP",
    ],
)
def test_what_nobody_could_dial_is_not_read(written: str) -> None:
    assert read_telephone(written) is None


@given(st.text(max_size=40))
def test_whatever_is_written_the_result_is_digits_that_read_as_themselves(written: str) -> None:
    number = read_telephone(written)

    assert number is None or (number.lstrip("+").isascii() and number.lstrip("+").isdigit())
    assert number is None or read_telephone(number) == number

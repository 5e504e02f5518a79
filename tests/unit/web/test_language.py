"""Which language a page is shown in, told from what the browser prefers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.web.language import preference, preferred_language


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "zh"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en-US,en;q=0.9,zh-CN;q=0.8", "en"),
        ("en;q=0.5,zh;q=0.9", "zh"),
        ("en", "en"),
        ("EN-gb", "en"),
        ("fr-FR,fr;q=0.9", "zh"),
        ("fr,en;q=0.3", "en"),
        ("zh-Hant-TW;q=0.4, en;q=0.4", "zh"),
        ("en;q=0", "zh"),
        ("en;q=nonsense", "zh"),
        ("english", "zh"),
        ("zh-TW,en;q=0.9", "zh"),
        (";;,=,\x00", "zh"),
    ],
)
def test_english_is_spoken_only_to_browsers_that_prefer_it_to_chinese(header: str, language: str) -> None:
    assert preferred_language(header) == language


def test_a_wish_for_json_is_found_among_other_types() -> None:
    assert preference("text/html;q=0.8, application/json", "application/json") == 1.0


@given(st.text(max_size=200))
def test_any_header_is_answered_in_one_of_the_two_languages(header: str) -> None:
    assert preferred_language(header) in ("zh", "en")

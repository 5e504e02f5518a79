"""Stored secrets open with their key and their name, and with nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.secret_box import VERSION, SecretBox, SecretUnreadableError

KEY = bytes(range(32))


@given(st.text(max_size=200))
def test_what_was_sealed_opens(text: str) -> None:
    box = SecretBox(KEY)

    assert box.open("APP_SECRET", box.seal("APP_SECRET", text)) == text


def test_the_same_secret_never_looks_the_same_twice() -> None:
    box = SecretBox(KEY)

    assert box.seal("APP_SECRET", "hush") != box.seal("APP_SECRET", "hush")


@pytest.mark.parametrize(
    ("box", "name", "change"),
    [
        pytest.param(SecretBox(bytes(32)), "APP_SECRET", lambda sealed: sealed, id="another master key"),
        pytest.param(SecretBox(KEY), "KF_SECRET", lambda sealed: sealed, id="moved to another name"),
        pytest.param(SecretBox(KEY), "APP_SECRET", lambda sealed: sealed[:-4] + "AAAA", id="changed"),
        pytest.param(SecretBox(KEY), "APP_SECRET", lambda sealed: sealed[:20], id="cut"),
        pytest.param(SecretBox(KEY), "APP_SECRET", lambda sealed: sealed.removeprefix(VERSION), id="no version"),
        pytest.param(SecretBox(KEY), "APP_SECRET", lambda sealed: f"{VERSION}é", id="not base64"),
    ],
)
def test_nothing_else_opens(box: SecretBox, name: str, change) -> None:  # type: ignore[no-untyped-def]
    sealed = SecretBox(KEY).seal("APP_SECRET", "hush")

    with pytest.raises(SecretUnreadableError):
        box.open(name, change(sealed))


def test_each_purpose_has_a_key_of_its_own() -> None:
    box = SecretBox(KEY)

    assert len({box.derive("card link"), box.derive("sign-in"), KEY}) == 3
    assert box.derive("card link") == SecretBox(KEY).derive("card link")


def test_a_key_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        SecretBox(b"short")

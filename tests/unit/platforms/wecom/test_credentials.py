import dataclasses

import pytest

from router.platforms.wecom.callback_errors import CallbackRefused, KeyInvalid, PaddingInvalid, SignatureInvalid
from router.platforms.wecom.cipher import Cipher
from router.platforms.wecom.credentials import CallbackCredentials, Opened, open_callback, verify_url
from router.platforms.wecom.envelope import seal_echo
from router.platforms.wecom.signature import sign

OLD_KEY = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
NEW_KEY = "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR"
CORP = "ww5f2c0a91d7e8b346"
RANDOM = b"0123456789abcdef"
NOW = CallbackCredentials("new-token", NEW_KEY, CORP)
AFTER_CHANGE = dataclasses.replace(NOW, previous_token="old-token", previous_encoding_aes_key=OLD_KEY)
AFTER_TOKEN_CHANGE = dataclasses.replace(NOW, previous_token="old-token")
AFTER_KEY_CHANGE = dataclasses.replace(NOW, previous_encoding_aes_key=OLD_KEY)


def delivered(token: str, key: str) -> tuple[str, str, str, str]:
    encrypted = Cipher(key, CORP).encrypt(b"message", RANDOM)
    return "1770000401", "nonce", sign(token, "1770000401", "nonce", encrypted), encrypted


@pytest.mark.parametrize(
    ("credentials", "token", "key", "used_previous"),
    [
        pytest.param(NOW, "new-token", NEW_KEY, False, id="never changed"),
        pytest.param(AFTER_CHANGE, "new-token", NEW_KEY, False, id="both changed, delivered after"),
        pytest.param(AFTER_CHANGE, "old-token", OLD_KEY, True, id="both changed, delivered before"),
        pytest.param(AFTER_TOKEN_CHANGE, "old-token", NEW_KEY, True, id="token changed, delivered before"),
        pytest.param(AFTER_KEY_CHANGE, "new-token", OLD_KEY, True, id="key changed, delivered before"),
        pytest.param(AFTER_KEY_CHANGE, "new-token", NEW_KEY, False, id="key changed, delivered after"),
    ],
)
def test_a_delivery_opens_with_what_was_configured_when_it_was_made(
    credentials: CallbackCredentials, token: str, key: str, used_previous: bool
) -> None:
    opened = open_callback(credentials, *delivered(token, key))

    assert opened == Opened(b"message", used_previous)


@pytest.mark.parametrize(
    ("credentials", "token", "key", "error"),
    [
        pytest.param(NOW, "old-token", OLD_KEY, SignatureInvalid, id="a token never known"),
        pytest.param(AFTER_CHANGE, "guess", NEW_KEY, SignatureInvalid, id="neither token"),
        pytest.param(NOW, "new-token", OLD_KEY, PaddingInvalid, id="the token alone is right"),
    ],
)
def test_a_delivery_made_with_other_secrets_is_refused(
    credentials: CallbackCredentials, token: str, key: str, error: type[CallbackRefused]
) -> None:
    with pytest.raises(error):
        open_callback(credentials, *delivered(token, key))


def test_secrets_stay_out_of_the_representation() -> None:
    shown = repr(AFTER_CHANGE)

    assert shown == f"CallbackCredentials(receive_id='{CORP}')"


def test_a_previous_key_must_be_a_key_too() -> None:
    with pytest.raises(KeyInvalid):
        dataclasses.replace(NOW, previous_encoding_aes_key="short")


def test_a_plus_that_became_a_space_is_read_as_a_plus_in_the_echo_only() -> None:
    echostr = ""
    tries = (bytes([n]) * 16 for n in range(256))
    while "+" not in echostr:
        sealed = seal_echo(NOW.cipher, NOW.token, b"echo", timestamp=1, nonce="n", random16=next(tries))
        echostr = sealed.query["echostr"]
    signature = sealed.query["msg_signature"]

    echo = verify_url(NOW, "1", "n", signature, echostr.replace("+", " "))

    assert echo == b"echo"
    with pytest.raises(SignatureInvalid):
        open_callback(NOW, "1", "n", signature, echostr.replace("+", " "))


def test_a_forged_url_check_is_refused() -> None:
    with pytest.raises(SignatureInvalid):
        verify_url(NOW, "1", "n", "0" * 40, "a b")

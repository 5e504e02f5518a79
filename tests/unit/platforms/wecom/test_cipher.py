import base64
import hashlib
import struct
import warnings
from typing import Any

import pytest
from Crypto.Cipher import AES
from hypothesis import given
from hypothesis import strategies as st

from router.platforms.wecom.callback_errors import (
    Base64Invalid,
    CallbackRefused,
    CiphertextInvalid,
    KeyInvalid,
    PaddingInvalid,
    PlaintextInvalid,
    ReceiveIdMismatch,
)
from router.platforms.wecom.cipher import Cipher

KEY = "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR"
AES_KEY = base64.b64decode(KEY + "=")
CORP = "ww5f2c0a91d7e8b346"
RANDOM = b"0123456789abcdef"


@pytest.fixture(scope="module")
def other_library() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from wechatpy.enterprise.crypto import PrpCrypto
    return PrpCrypto(AES_KEY)


def encrypted_as_is(padded: bytes) -> str:
    return base64.b64encode(AES.new(AES_KEY, AES.MODE_CBC, AES_KEY[:16]).encrypt(padded)).decode()


def padded(plain: bytes) -> bytes:
    pad = 32 - len(plain) % 32
    return plain + bytes([pad]) * pad


@given(message=st.binary(max_size=300), random16=st.binary(min_size=16, max_size=16))
def test_what_was_encrypted_decrypts_to_itself(message: bytes, random16: bytes) -> None:
    cipher = Cipher(KEY, CORP)

    assert cipher.decrypt(cipher.encrypt(message, random16)) == message


@given(text=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=80))
def test_wechatpy_reads_what_we_encrypt(other_library: Any, text: str) -> None:
    encrypted = Cipher(KEY, CORP).encrypt(text.encode(), RANDOM)

    assert other_library.decrypt(encrypted, CORP) == text


@given(text=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=80))
def test_we_read_what_wechatpy_encrypts(other_library: Any, text: str) -> None:
    encrypted = other_library.encrypt(text, CORP).decode()

    assert Cipher(KEY, CORP).decrypt(encrypted) == text.encode()


@pytest.mark.parametrize("length", range(64))
def test_every_length_of_padding_is_accepted(length: int) -> None:
    cipher = Cipher(KEY, CORP)

    assert cipher.decrypt(cipher.encrypt(b"x" * length, RANDOM)) == b"x" * length


def test_keys_that_differ_only_in_spare_bits_are_the_same_key() -> None:
    with_spare_bits = KEY[:-1] + "T"

    message = Cipher(with_spare_bits, CORP).decrypt(Cipher(KEY, CORP).encrypt(b"same", RANDOM))

    assert (with_spare_bits != KEY, message) == (True, b"same")


@pytest.mark.parametrize(
    ("encrypted", "error", "code"),
    [
        pytest.param("", CiphertextInvalid, -40007, id="nothing"),
        pytest.param("AAAA", CiphertextInvalid, -40007, id="half a block"),
        pytest.param("not base64!", Base64Invalid, -40010, id="no base64"),
        pytest.param("AAA\nAAAA=", Base64Invalid, -40010, id="a line break"),
        pytest.param("中文", Base64Invalid, -40010, id="not even ASCII"),
        pytest.param(encrypted_as_is(bytes(32)), PaddingInvalid, -40007, id="padding of 0"),
        pytest.param(encrypted_as_is(b"\x21" * 64), PaddingInvalid, -40007, id="padding of 33"),
        pytest.param(encrypted_as_is(bytes(29) + b"\x01\x02\x03"), PaddingInvalid, -40007, id="unequal padding"),
        pytest.param(encrypted_as_is(b"\x20" * 16), PaddingInvalid, -40007, id="padding longer than the text"),
        pytest.param(
            encrypted_as_is(padded(RANDOM + b"\0\0\0")), PlaintextInvalid, -40008, id="shorter than the header"
        ),
        pytest.param(
            encrypted_as_is(padded(RANDOM + struct.pack(">I", 99) + b"short")),
            PlaintextInvalid,
            -40008,
            id="too long a length",
        ),
        pytest.param(Cipher(KEY, "ww0").encrypt(b"x", RANDOM), ReceiveIdMismatch, -40005, id="another corp"),
    ],
)
def test_each_way_of_being_wrong_has_its_own_error(encrypted: str, error: type[CallbackRefused], code: int) -> None:
    with pytest.raises(error) as raised:
        Cipher(KEY, CORP).decrypt(encrypted)

    assert (type(raised.value), raised.value.code) == (error, code)
    assert raised.value.zh
    assert raised.value.en


@given(st.binary(max_size=200))
def test_noise_is_refused_and_never_crashes(noise: bytes) -> None:
    with pytest.raises(CallbackRefused):
        Cipher(KEY, CORP).decrypt(base64.b64encode(noise).decode())


@pytest.mark.parametrize("key", ["", KEY[:-1], KEY + "=", KEY + "A", KEY[:-1] + "$", KEY[:-1] + "中", KEY[:-1] + "\n"])
def test_a_key_that_cannot_be_one_is_refused_without_being_shown(key: str) -> None:
    with pytest.raises(KeyInvalid) as raised:
        Cipher(key, CORP)

    assert KEY[:-1] not in str(raised.value)


def test_random_bytes_of_another_length_are_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="15 bytes"):
        Cipher(KEY, CORP).encrypt(b"x", RANDOM[:15])


def test_ciphertext_depends_on_the_random_bytes() -> None:
    cipher = Cipher(KEY, CORP)

    texts = {cipher.encrypt(b"same", hashlib.md5(bytes([n])).digest()) for n in range(8)}

    assert len(texts) == 8

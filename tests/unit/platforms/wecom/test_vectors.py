"""The published vectors (tests/samples/wecom/vectors.json): what WeCom's samples and other libraries produce."""

import json
from pathlib import Path
from typing import Any

import pytest

from router.platforms.wecom.callback_errors import KeyInvalid, ReceiveIdMismatch, SignatureInvalid
from router.platforms.wecom.cipher import Cipher
from router.platforms.wecom.credentials import CallbackCredentials, open_callback, verify_url
from router.platforms.wecom.signature import is_signed, jsapi_sign, plain_sign, sign

VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[3] / "samples" / "wecom" / "vectors.json").read_text("utf-8")
)


def vectors_of(*kinds: str) -> list[Any]:
    return [pytest.param(vector, id=vector["id"]) for vector in VECTORS if vector["kind"] in kinds]


def credentials_of(vector: dict[str, Any]) -> CallbackCredentials:
    return CallbackCredentials(vector["token"], vector["encoding_aes_key"], vector.get("receive_id", "unused"))


def test_no_vector_is_left_out() -> None:
    tested = {
        "verify_url",
        "decrypt_message",
        "decrypt_only",
        "encrypt_fixed_random",
        "plain_signature",
        "msg_signature",
        "jsapi_signature",
        "bad_signature",
        "wrong_receive_id",
        "invalid_aes_key",
    }

    kinds = {vector["kind"] for vector in VECTORS}

    assert (len(VECTORS), kinds) == (46, tested)


@pytest.mark.parametrize("vector", vectors_of("verify_url"))
def test_a_published_url_check_is_answered_with_its_echo(vector: dict[str, Any]) -> None:
    credentials = credentials_of(vector)

    echo = verify_url(credentials, vector["timestamp"], vector["nonce"], vector["msg_signature"], vector["encrypt"])

    assert echo.decode() == vector["plaintext"]


@pytest.mark.parametrize("vector", vectors_of("decrypt_message"))
def test_a_published_message_opens(vector: dict[str, Any]) -> None:
    credentials = credentials_of(vector)

    opened = open_callback(
        credentials, vector["timestamp"], vector["nonce"], vector["msg_signature"], vector["encrypt"]
    )

    assert opened.plaintext.decode() == vector["plaintext"]
    assert not opened.used_previous


@pytest.mark.parametrize("vector", vectors_of("decrypt_only"))
def test_a_published_ciphertext_decrypts(vector: dict[str, Any]) -> None:
    cipher = Cipher(vector["encoding_aes_key"], vector["receive_id"])

    plaintext = cipher.decrypt(vector["encrypt"])

    assert plaintext.decode() == vector["plaintext"]


@pytest.mark.parametrize(
    "vector",
    [
        pytest.param(vector, id=vector["id"])
        for vector in VECTORS
        if vector.get("random16_hex") and vector["kind"] != "wrong_receive_id"
    ],
)
def test_the_published_random_bytes_give_the_published_ciphertext(vector: dict[str, Any]) -> None:
    cipher = Cipher(vector["encoding_aes_key"], vector["receive_id"])

    encrypted = cipher.encrypt(vector["plaintext"].encode(), bytes.fromhex(vector["random16_hex"]))

    assert encrypted == vector["encrypt"]


@pytest.mark.parametrize("vector", vectors_of("encrypt_fixed_random"))
def test_encryption_with_fixed_random_bytes_is_reproducible(vector: dict[str, Any]) -> None:
    cipher = Cipher(vector["encoding_aes_key"], vector["receive_id"])

    encrypted = cipher.encrypt(vector["plaintext"].encode(), vector["random16"].encode())

    assert encrypted == vector["encrypt"]


@pytest.mark.parametrize(
    "vector",
    [
        pytest.param(vector, id=vector["id"])
        for vector in VECTORS
        if vector.get("msg_signature") and vector["kind"] != "bad_signature"
    ],
)
def test_the_published_signature_is_reproduced(vector: dict[str, Any]) -> None:
    signed = sign(vector["token"], vector["timestamp"], vector["nonce"], vector["encrypt"])

    assert signed == vector["msg_signature"]


@pytest.mark.parametrize("vector", vectors_of("plain_signature"))
def test_the_published_three_part_signature_is_reproduced(vector: dict[str, Any]) -> None:
    signed = plain_sign(vector["token"], vector["timestamp"], vector["nonce"])

    assert signed == vector["signature"]


@pytest.mark.parametrize("vector", vectors_of("jsapi_signature"))
def test_the_published_page_signature_is_reproduced(vector: dict[str, Any]) -> None:
    signed = jsapi_sign(vector["jsapi_ticket"], vector["noncestr"], vector["timestamp"], vector["url"])

    assert signed == vector["signature"]


@pytest.mark.parametrize("vector", vectors_of("bad_signature"))
def test_a_wrong_signature_is_refused_before_anything_is_decrypted(vector: dict[str, Any]) -> None:
    values = (vector["timestamp"], vector["nonce"])

    assert not is_signed(vector["token"], *values, vector["encrypt"], vector["msg_signature"])
    with pytest.raises(SignatureInvalid):
        open_callback(credentials_of(vector), *values, vector["msg_signature"], vector["encrypt"])


@pytest.mark.parametrize("vector", vectors_of("wrong_receive_id"))
def test_a_message_for_another_receiver_is_refused_as_such(vector: dict[str, Any]) -> None:
    key = vector["encoding_aes_key"]

    assert Cipher(key, vector["actual_receive_id"]).decrypt(vector["encrypt"])
    with pytest.raises(ReceiveIdMismatch):
        Cipher(key, vector["expected_receive_id"]).decrypt(vector["encrypt"])


@pytest.mark.parametrize("vector", vectors_of("invalid_aes_key"))
def test_what_cannot_be_a_key_is_refused(vector: dict[str, Any]) -> None:
    with pytest.raises(KeyInvalid):
        Cipher(vector["encoding_aes_key"], "ww5f2c0a91d7e8b346")

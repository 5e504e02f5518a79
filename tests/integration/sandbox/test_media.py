from typing import Any

import pytest

from router.sandbox.qr import picture
from tests.integration.sandbox.running import Sandbox

pytestmark = pytest.mark.anyio

PNG = picture("x")


async def test_a_file_lives_three_days(sandbox: Sandbox) -> None:
    uploaded = await _upload(sandbox, "file", ("报价.pdf", b"%PDF-1.7 price list", "application/pdf"))

    fresh = await _fetch(sandbox, uploaded["media_id"])
    await sandbox.advance(3 * 86_400 + 1)
    old = await _fetch(sandbox, uploaded["media_id"])

    assert (uploaded["type"], isinstance(uploaded["created_at"], str)) == ("file", True)
    assert (fresh.content, fresh.headers["content-type"]) == (b"%PDF-1.7 price list", "application/pdf")
    assert old.json()["errcode"] == 40007


@pytest.mark.parametrize(
    ("kind", "content", "errcode"),
    [
        ("image", PNG, 0),
        ("image", b"GIF89a......", 40058),
        ("image", b"", 44001),
        ("voice", b"#!AMR\n......", 0),
        ("voice", b"ID3 an mp3", 301017),
        ("voice", b"#!AMR\n" + bytes(2 << 20), 45001),
        ("video", b"\x00\x00\x00\x18ftypmp42", 0),
        ("video", b"not an mp4 file", 40058),
        ("poster", PNG, 40058),
    ],
)
async def test_kind_size_and_format_are_checked(sandbox: Sandbox, kind: str, content: bytes, errcode: int) -> None:
    answer = await _upload(sandbox, kind, ("a", content, "application/octet-stream"))

    assert answer["errcode"] == errcode


async def test_an_upload_without_a_file_is_refused(sandbox: Sandbox) -> None:
    query = {"access_token": await sandbox.token(), "type": "image"}

    not_multipart = await sandbox.http.post("/cgi-bin/media/upload", params=query, json={})
    broken = await sandbox.http.post(
        "/cgi-bin/media/upload", params=query, content=b"--", headers={"content-type": "multipart/form-data"}
    )

    assert [(each.status_code, each.json()["errcode"]) for each in (not_multipart, broken)] == [(200, 44001)] * 2


async def test_an_uploaded_picture_has_an_address_for_good(sandbox: Sandbox) -> None:
    query = {"access_token": await sandbox.token()}
    files = {"media": ("a.png", PNG, "image/png")}

    answer = (await sandbox.http.post("/cgi-bin/media/uploadimg", params=query, files=files)).json()

    assert (await sandbox.http.get(answer["url"])).content == PNG


async def test_a_kf_account_needs_its_picture(sandbox: Sandbox) -> None:
    media_id = (await _upload(sandbox, "image", ("a.png", PNG, "image/png")))["media_id"]

    refused = await sandbox.post("kf/account/add", name="售后", media_id="gone")
    made = await sandbox.post("kf/account/add", name="售后", media_id=media_id)

    listed = (await sandbox.post("kf/account/list"))["account_list"]
    assert (refused, made["errcode"]) == ({"errcode": 40007}, 0)
    assert [(each["name"], each["open_kfid"]) for each in listed][1:] == [("售后", made["open_kfid"])]


async def _upload(sandbox: Sandbox, kind: str, file: tuple[str, bytes, str]) -> dict[str, Any]:
    query = {"access_token": await sandbox.token(), "type": kind}
    answer = await sandbox.http.post("/cgi-bin/media/upload", params=query, files={"media": file})
    told: dict[str, Any] = answer.json()
    return told


async def _fetch(sandbox: Sandbox, media_id: str) -> Any:
    query = {"access_token": await sandbox.token(), "media_id": media_id}
    return await sandbox.http.get("/cgi-bin/media/get", params=query)

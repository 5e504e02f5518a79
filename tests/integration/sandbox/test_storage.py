from pathlib import Path
from typing import Any

import pytest

from router.sandbox.storage import StateError
from tests.integration.sandbox.running import CONFIG, Sandbox, running

pytestmark = pytest.mark.anyio

KF = CONFIG.service_accounts[0].open_kfid


async def test_a_restarted_sandbox_knows_what_it_knew(tmp_path: Path) -> None:
    state = tmp_path / "var" / "sandbox.json"
    async with running(state_path=state) as sandbox:
        await _live_a_little(sandbox)
        before = await _world(sandbox)
        token = await sandbox.token()

    async with running(state_path=state) as sandbox:
        after = await _world(sandbox)
        kept = await sandbox.post("kf/sync_msg", open_kfid=KF)

        assert after | {"now": 0} == before | {"now": 0}
        assert 0 <= after["now"] - before["now"] < 60_000
        assert [item["text"]["content"] for item in kept["msg_list"]] == ["报价"]
        assert await sandbox.token() == token


async def test_a_first_start_needs_no_state(tmp_path: Path) -> None:
    state = tmp_path / "sandbox.json"

    async with running(state_path=state) as sandbox:
        await sandbox.way()

    assert [each.name for each in tmp_path.iterdir()] == ["sandbox.json"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"{", "is not a sandbox's state"), (b"{}", "is not a sandbox's state")],
)
async def test_a_file_that_is_no_state_is_named_and_left_alone(tmp_path: Path, content: bytes, reason: str) -> None:
    state = tmp_path / "sandbox.json"
    state.write_bytes(content)

    with pytest.raises(StateError, match=reason):
        async with running(state_path=state):
            pass

    assert state.read_bytes() == content


async def test_the_state_of_another_corporation_is_not_taken(tmp_path: Path) -> None:
    state = tmp_path / "sandbox.json"
    async with running(state_path=state):
        pass

    with pytest.raises(StateError, match="belongs to corporation"):
        async with running(state_path=state, corp_id="ww0000000000000000", callbacks=()):
            pass


async def _live_a_little(sandbox: Sandbox) -> None:
    config_id = await sandbox.way("chenyu", state="lq-1")
    gone = await sandbox.way("lihua", state="lq-2")
    await sandbox.post("externalcontact/del_contact_way", config_id=gone)
    customer = (await sandbox.control("add", config_id=config_id))["external_userid"]
    made = await sandbox.post("externalcontact/add_corp_tag", group_name="渠道", tag=[{"name": "门店A"}])
    tag_id = made["tag_group"]["tag"][0]["id"]
    await sandbox.post("externalcontact/mark_tag", userid="chenyu", external_userid=customer, add_tag=[tag_id])
    await sandbox.control("chat", customer=customer, text="报价")
    await sandbox.control("members", userid="wuting", name="吴婷")
    await sandbox.advance(3600)


async def _world(sandbox: Sandbox) -> dict[str, Any]:
    world: dict[str, Any] = (await sandbox.http.get("/control/world")).json()
    return world

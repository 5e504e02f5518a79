"""Pulling a 微信客服 account: whoever finds that another process went ahead goes on from there."""

from typing import Any, cast

import orjson
import pytest

from router.db.ledger import Ledger
from router.db.queries import conversations
from router.domain.delivery import Done
from router.domain.effects import SyncKf
from router.handlers import kf_notified
from router.handlers.outbound import kf
from router.handlers.outbound.platform import Platform
from router.platforms.wecom.client import WeComClient
from router.platforms.wecom.errors import PlatformError, Refused, Unreachable
from router.platforms.wecom.kf_calls import KfAccount, KfPage
from router.secret_box import SecretBox
from router.services import Services
from router.settings import read_settings
from router.workers.sender import Sender
from router.workers.ticker import Ticker
from tests.factories import ACCOUNT, NOW, ZONE, kf_text
from tests.integration.ledger.looking import column

pytestmark = pytest.mark.anyio


class TwoPages:
    """An account with two pages; while the first is asked for, another process stores it, and dies."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def kf_sync_msg(self, account: str, *, cursor: str, token: str) -> KfPage:
        del token
        if cursor == "":
            await self._ledger.write(lambda c: conversations.try_advance(c, account, "", "page 2"))
            return KfPage((_item("1"),), "page 2", has_more=True)
        return KfPage((_item("2"),), "end", has_more=False)

    async def kf_list_accounts(self) -> tuple[KfAccount, ...]:
        return ()


class NamedAccount:
    """An account without news; ``answer`` is the platform's to who asks for names."""

    def __init__(self, answer: str | PlatformError) -> None:
        self.answer = answer
        self.asked = 0

    async def kf_sync_msg(self, account: str, *, cursor: str, token: str) -> KfPage:
        del account, cursor, token
        return KfPage((), "end", has_more=False)

    async def kf_list_accounts(self) -> tuple[KfAccount, ...]:
        self.asked += 1
        if isinstance(self.answer, PlatformError):
            raise self.answer
        return (KfAccount("wk-elsewhere", "别处", "", True), KfAccount(ACCOUNT, self.answer, "", True))


def _item(message_id: str) -> dict[str, Any]:
    item: dict[str, Any] = orjson.loads(kf_text("在吗", message_id=message_id))
    return item


async def test_a_pull_that_another_process_overtook_fetches_the_pages_it_left(ledger: Ledger) -> None:
    await ledger.write(lambda c: conversations.ensure_account(c, ACCOUNT, NOW))
    client = cast("WeComClient", TwoPages(ledger))
    platform = Platform(ledger, lambda: NOW, contact=None, kf=client, app=None, app_agent_id=None, zone=ZONE)

    carried = await kf.sync(platform, SyncKf(ACCOUNT, token=""))

    assert carried.outcome == Done("1 items")
    assert await ledger.read(column("SELECT identity FROM inbox")) == [f"kf:{ACCOUNT}:2"]
    assert await ledger.read(column("SELECT cursor FROM kf_account")) == ["end"]


@pytest.mark.parametrize(
    ("answer", "name", "asked"),
    [
        pytest.param("春季客服", "春季客服", 2, id="named"),
        pytest.param("", ACCOUNT, 2, id="without a name"),
        pytest.param(Refused("kf/account/list", 48002, "api forbidden"), ACCOUNT, 2, id="names are not for us"),
        pytest.param(Unreachable("kf/account/list", "timeout"), "", 4, id="not reached: asked again"),
    ],
)
async def test_the_name_of_an_account_is_asked_for_once_and_at_each_start(
    ledger: Ledger, answer: str | PlatformError, name: str, asked: int
) -> None:
    await ledger.write(lambda c: conversations.ensure_account(c, ACCOUNT, NOW))
    account = NamedAccount(answer)
    client = cast("WeComClient", account)
    platform = Platform(ledger, lambda: NOW, contact=None, kf=client, app=None, app_agent_id=None, zone=ZONE)

    for token in ("notice 1", "notice 2", "notice 3", ""):
        await kf.sync(platform, SyncKf(ACCOUNT, token))

    assert await ledger.read(column("SELECT open_kfid || ' ' || name FROM kf_account")) == [f"{ACCOUNT} {name}"]
    assert account.asked == asked


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param("", id="no name"),
        pytest.param(Refused("kf/account/list", 48002, "api forbidden"), id="names are not for us any more"),
    ],
)
async def test_a_name_that_was_told_once_outlives_a_time_in_which_none_is(
    ledger: Ledger, answer: str | PlatformError
) -> None:
    await ledger.write(lambda c: conversations.ensure_account(c, ACCOUNT, NOW))
    account = NamedAccount("春季客服")
    client = cast("WeComClient", account)
    platform = Platform(ledger, lambda: NOW, contact=None, kf=client, app=None, app_agent_id=None, zone=ZONE)

    await kf.sync(platform, SyncKf(ACCOUNT, token=""))
    account.answer = answer
    await kf.sync(platform, SyncKf(ACCOUNT, token=""))

    assert await ledger.read(column("SELECT name FROM kf_account")) == ["春季客服"]


async def test_an_account_renamed_on_the_platform_goes_by_its_new_name_within_the_hour(ledger: Ledger) -> None:
    await ledger.write(lambda c: conversations.ensure_account(c, ACCOUNT, NOW))
    account, at = NamedAccount(""), NOW
    client = cast("WeComClient", account)
    platform = Platform(ledger, lambda: at, contact=None, kf=client, app=None, app_agent_id=None, zone=ZONE)
    ticker = Ticker(Services(read_settings(environment={}), ledger, lambda: at, SecretBox(bytes(32))))
    sender = Sender("chat", lambda: platform)

    async def named(called: str, now: int) -> list[str]:
        """What we call the account at that instant, when the platform calls it so."""
        nonlocal at
        account.answer, at = called, now
        await ticker.work()
        await sender.work()
        await sender.drain()
        return await ledger.read(column("SELECT name FROM kf_account"))

    await ledger.write(lambda c: kf_notified.keep_up(c, NOW))

    assert await named("春季客服", NOW) == ["春季客服"]
    assert await named("夏季客服", NOW + kf_notified.HOUR - 1) == ["春季客服"]
    assert await named("夏季客服", NOW + kf_notified.HOUR) == ["夏季客服"]
    assert await named("秋季客服", NOW + 2 * kf_notified.HOUR) == ["秋季客服"]
    assert account.asked == 3

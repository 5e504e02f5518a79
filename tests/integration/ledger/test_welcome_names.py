"""A welcome calls the customer by name, if its text asks for one."""

from typing import cast

import pytest

from router.db.ledger import Ledger
from router.db.queries import outbox
from router.db.queries.outbox import Order
from router.domain.effects import SendWelcome
from router.handlers.outbound.platform import Platform
from router.platforms.wecom.client import WeComClient
from router.workers.sender import Sender
from tests.factories import NOW, SECOND, ZONE, customer

pytestmark = pytest.mark.anyio


class Listener:
    """A platform that takes every welcome and keeps its text."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    async def send_welcome_msg(self, _code: str, text: str) -> None:
        self.heard.append(text)


@pytest.mark.parametrize("template", ["你好 {customer}", "你好 { customer }", "你好 {\u3000customer}"])
async def test_the_customer_is_called_by_name_however_the_braces_are_spaced(ledger: Ledger, template: str) -> None:
    await ledger.write(customer("wm-lin", name="林晓"))
    welcome = SendWelcome("CODE", template, "Ann", "wm-lin")
    await ledger.write(lambda c: outbox.add_all(c, [Order(welcome, deadline_at=NOW + 20 * SECOND)], NOW))
    listener = Listener()
    client = cast("WeComClient", listener)
    sender = Sender("welcome", lambda: Platform(ledger, lambda: NOW, client, client, client, 1, ZONE))

    await sender.work()
    await sender.drain()

    assert listener.heard == ["你好 林晓"]

"""A shop of one team in front of a platform in a sandbox, whose clock it follows."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection

from router.clock import MovableClock
from router.db.ledger import Ledger
from router.db.queries import group_qrs
from router.db.queries.group_qrs import GroupQr
from router.db.queries.live_codes import LiveCode
from router.domain.code_kinds import CodeKind
from router.domain.scan import ScanAnswer
from router.handlers.admin.act import Act
from router.handlers.admin.live_codes import (
    NewLiveCode,
    create_live_code,
)
from router.handlers.attention import look_around
from router.handlers.decide import decide_open
from router.workers.sender import Sender
from tests.factories import ZONE, agent, pool, received, scan, situation
from tests.integration.sandbox.running import Sandbox


@dataclass
class Shop:
    """A ledger and a platform in a sandbox whose clock it follows."""

    ledger: Ledger
    sandbox: Sandbox
    clock: MovableClock
    sender: Sender

    async def run(self, work: Callable[[Connection, Act], object]) -> object:
        act = Act("ann", self.clock(), ZONE)
        return await self.ledger.write(lambda connection: work(connection, act))

    async def code(self, kind: CodeKind) -> int:
        code = await self.run(lambda c, act: create_live_code(c, act, NewLiveCode("群", _team(c), "spring", kind)))
        assert isinstance(code, LiveCode), code
        return code.id

    async def drain(self) -> None:
        """Carry out what is ordered, however often it has to be tried."""
        while (due_at := await self.sender.work()) is not None:
            await self.sender.drain()
            self.clock.offset += max(0, due_at - self.clock())

    async def scan(self, visitor: str = "phone-1") -> ScanAnswer | None:
        return await self.ledger.write(scan(visitor, now=self.clock()))

    async def groups(self, code_id: int) -> tuple[GroupQr, ...]:
        return await self.ledger.read(lambda c: group_qrs.group_qrs(c, code_id))

    async def hear(self) -> None:
        """Decide what the platform has sent so far."""
        await self.sandbox.events()
        texts = self.sandbox.outside.plaintexts
        await self.ledger.write(received(*texts, now=self.clock()))
        await self.ledger.write(lambda c: decide_open(c, situation(self.clock())))

    async def alerts(self) -> list[str]:
        return await self.ledger.read(_open_alerts)

    async def look_around(self) -> list[str]:
        """The open alerts after the lookout has looked once more."""
        await self.ledger.write(lambda c: look_around(c, self.clock(), ZONE))
        return await self.alerts()


def _team(connection: Connection) -> int:
    return pool(members=[agent("chenyu")(connection), agent("lihua")(connection)])(connection)


def _open_alerts(connection: Connection) -> list[str]:
    found = connection.exec_driver_sql("SELECT key FROM alert WHERE ended_at IS NULL").fetchall()
    return [str(row[0]) for row in found]

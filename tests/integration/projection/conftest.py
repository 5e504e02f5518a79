"""A ledger and a sandbox on a real port, between which the platforms' tags are read and changed."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
import pytest
import uvicorn
from sqlalchemy import Connection

from router.commands.demo_environment import free_port
from router.db.ledger import Ledger
from router.db.queries import outbox, projection, tag_runs
from router.db.queries.projection import Reading
from router.db.queries.tag_runs import Progress, Run
from router.domain.tag_effects import Target
from router.handlers.outbound.platform import Platform
from router.handlers.projection import Preview, TagRules, apply, preview, read_again
from router.platforms.official_account.client import OfficialAccountClient
from router.platforms.wecom.client import WeComClient
from router.sandbox.app import create_sandbox
from router.sandbox.platform import Platform as SandboxPlatform
from router.workers.sender import Sender
from tests.factories import ZONE
from tests.integration.sandbox.running import CONFIG, CORP_ID, Outside, seeded

ROUNDS = 200


@dataclass
class Deployment:
    """What a service does with the platforms' tags, step by step."""

    ledger: Ledger
    sandbox: SandboxPlatform
    http: httpx.AsyncClient
    client: WeComClient
    fans: OfficialAccountClient
    rules: TagRules = field(default_factory=lambda: TagRules(targets=("wecom", "official_account")))

    async def settle(self) -> None:
        """Send what is ordered, until nothing is left; pauses pass at once."""
        sender = Sender("platform", self.platform)
        for _ in range(ROUNDS):
            await sender.work()
            await sender.drain()
            due_at = await self.ledger.read(lambda c: outbox.next_due(c, "platform", self.sandbox.now()))
            if due_at is None:
                return
            if due_at > self.sandbox.now():
                await self.control("clock", advance_seconds=(due_at - self.sandbox.now()) / 1000 + 1)
        raise AssertionError("it does not come to rest")

    async def check(self, target: Target = "wecom", cause: str = "night") -> Reading:
        """Read a platform's tags, let follow what follows, and return that reading."""
        await self.ledger.write(lambda c: read_again(c, target, cause, self.sandbox.now()))
        before = await self.readings(target)
        await self.settle()
        after = await self.readings(target)
        return next(each for each in reversed(after) if not before or each.id > before[0].id)

    async def apply(self, target: Target = "wecom") -> Run:
        """Apply the plan of this moment, as a person does, and let it be carried out."""
        await self.order(target)
        await self.settle()
        return await self.latest_run(target)

    async def order(self, target: Target = "wecom") -> None:
        """Apply the plan of this moment; nothing of it is carried out yet."""
        now = self.sandbox.now()
        await self.ledger.write(lambda c: apply(c, target, self.rules, now, cause="person", actor="boss"))

    async def send_once(self) -> None:
        """Send what may go out at once, and nothing that follows from it."""
        sender = Sender("platform", self.platform)
        await sender.work()
        await sender.drain()

    async def latest_run(self, target: Target = "wecom") -> Run:
        run = await self.ledger.read(lambda c: tag_runs.latest_run(c, target))
        assert run is not None
        return run

    async def progress(self, run: Run) -> Progress:
        return await self.ledger.read(lambda c: tag_runs.progress(c, run.id))

    async def preview(self, target: Target = "wecom") -> Preview:
        return await self.ledger.read(lambda c: preview(c, target, self.rules, self.sandbox.now()))

    async def readings(self, target: Target) -> tuple[Reading, ...]:
        return await self.ledger.read(lambda c: projection.readings(c, target, 50))

    async def write(self, act: Callable[[Connection], Any]) -> Any:
        return await self.ledger.write(act)

    async def control(self, path: str, **wish: Any) -> dict[str, Any]:
        answer = await self.http.post(f"/control/{path}", json=wish)
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    def tags(self) -> dict[str, set[str]]:
        """WeCom's tags by group."""
        groups = [group for group in self.sandbox.world.tag_groups.values() if not group.is_deleted]
        return {group.name: {tag.name for tag in group.tags if not tag.is_deleted} for group in groups}

    def id_of(self, group: str, name: str) -> str:
        """The id of a tag, or of a group when ``name`` is empty."""
        found = next(g for g in self.sandbox.world.tag_groups.values() if g.name == group and not g.is_deleted)
        return next((tag.tag_id for tag in found.tags if tag.name == name and not tag.is_deleted), found.group_id)

    def carried(self, external_userid: str, userid: str = "chenyu") -> set[str]:
        """Names of the tags a customer carries."""
        follow = self.sandbox.world.follows[external_userid][userid]
        named = {tag.tag_id: tag.name for group in self.sandbox.world.tag_groups.values() for tag in group.tags}
        return {named[tag_id] for tag_id in follow.tag_ids}

    def platform(self) -> Platform:
        return Platform(
            self.ledger,
            self.sandbox.now,
            contact=self.client,
            kf=None,
            app=None,
            app_agent_id=None,
            zone=ZONE,
            fans=self.fans,
            tag_rules=self.rules,
        )


@asynccontextmanager
async def deployed(ledger: Ledger) -> AsyncIterator[Deployment]:
    port = free_port()
    config = replace(CONFIG, public_url=f"http://127.0.0.1:{port}", oa_app_id="wx-account", oa_secret="oa-secret")
    app = create_sandbox(config, source=seeded(), transport=Outside())
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning", ws="none"))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    sandbox = app.state.platform
    base = f"http://127.0.0.1:{port}"
    try:
        async with httpx.AsyncClient(base_url=base) as http:
            client = WeComClient(http, CORP_ID, "contact-secret", now=sandbox.now, base_url=base)
            fans = OfficialAccountClient(http, "wx-account", "oa-secret", now=sandbox.now, base_url=base)
            yield Deployment(ledger, sandbox, http, client, fans)
    finally:
        server.should_exit = True
        await serving


@pytest.fixture
async def deployment(ledger: Ledger) -> AsyncIterator[Deployment]:
    async with deployed(ledger) as deployment:
        yield deployment

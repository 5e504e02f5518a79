"""The composition root: the only module that knows which concrete things serve. Opened in order, closed in reverse."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import httpx
import structlog
from starlette.applications import Starlette

from router.clock import MovableClock, system_clock
from router.db.ledger import Ledger
from router.db.listen import Listener
from router.db.migrate import NotMigratedError, is_migrated
from router.db.ownership import owned
from router.db.queries import outbox
from router.db.queries.settings import stored_texts
from router.domain.effects import Lane
from router.handlers.kf_notified import pull_all
from router.handlers.outbound.platform import Platform
from router.platforms.wecom.budget import Budget
from router.platforms.wecom.client import WeComClient
from router.secret_box import SecretBox
from router.services import Services
from router.settings import Settings, SettingsRefusedError, read_settings, with_generated_keys
from router.web.routes import build_routes
from router.workers.decider import Decider
from router.workers.follow_clock import follow_clock, take_over
from router.workers.loop import Alarm, work_forever
from router.workers.sender import Sender
from router.workers.stock_keeper import StockKeeper
from router.workers.ticker import Ticker

log = structlog.get_logger()

LANES: tuple[Lane, ...] = ("welcome", "chat", "platform")

# Seconds that a thread running Python may keep the interpreter lock while another wants it. With the default of 5 ms a
# busy second core makes the writer thread and the event loop wait for each other in a convoy.
SWITCH_INTERVAL = 0.0005


def create_app(settings: Settings, *, works: bool = True) -> Starlette:
    """The web service; with ``works`` the workers run beside it (always on SQLite, where one process owns the file).

    Its lifespan raises `NotMigratedError` when the tables are not at this version's revision, `LedgerOwnedError` when
    another process has the SQLite file.
    """

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with running(settings, works=works) as services:
            app.state.services = services
            app.router.routes.extend(build_routes(services))
            yield

    return Starlette(lifespan=lifespan)


@asynccontextmanager
async def running(settings: Settings, *, works: bool) -> AsyncIterator[Services]:
    """Everything opened, and the workers at work if wanted; on leaving, what is under way finishes first."""
    sys.setswitchinterval(SWITCH_INTERVAL)
    async with AsyncExitStack() as stack:
        stack.enter_context(owned(settings.database_url))
        services = _open(settings, stack)
        if not await services.ledger.read(is_migrated):
            raise NotMigratedError
        await _take_stored_settings(services)
        if isinstance(services.clock, MovableClock) and services.settings.sandbox_url is not None:
            await take_over(services.clock, services.settings.sandbox_url)
        if services.ledger.dialect == "postgresql":
            stack.callback(Listener(settings.database_url, services.ledger.tell).close)
        alarms = [await stack.enter_async_context(_workers(services))] if works else []
        await stack.enter_async_context(_clock(services, [alarm for each in alarms for alarm in each]))
        yield services


def _open(settings: Settings, stack: AsyncExitStack) -> Services:
    settings = with_generated_keys(settings)
    assert settings.master_key is not None
    ledger = Ledger(settings.database_url)
    stack.callback(ledger.close)
    clock = MovableClock() if settings.clock == "sandbox" else system_clock
    services = Services(settings, ledger, clock, SecretBox(settings.master_key))
    ledger.subscribe("catalog", services.rules.outdate)
    return services


async def _take_stored_settings(services: Services) -> None:
    """Settings stored by the console, now and after each change; unreadable ones leave the old in force."""

    renewing: set[asyncio.Task[None]] = set()  # the loop itself keeps only weak references to tasks

    async def renew() -> None:
        stored = await services.ledger.read(lambda c: stored_texts(c, services.secret_box))
        try:
            services.settings = with_generated_keys(read_settings(stored))
        except SettingsRefusedError as refused:
            log.error("stored_settings_refused", problems=str(refused))

    def start() -> None:
        renewing.add(task := asyncio.create_task(renew(), name="renew-settings"))
        task.add_done_callback(renewing.discard)

    loop = asyncio.get_running_loop()

    def settings_changed() -> None:
        loop.call_soon_threadsafe(start)

    services.ledger.subscribe("settings", settings_changed)
    await renew()


@asynccontextmanager
async def _workers(services: Services) -> AsyncIterator[list[Alarm]]:
    if services.ledger.dialect == "sqlite":
        # This process owns the file: whoever claimed before is gone, and a welcome cannot wait for its lease to lapse.
        await services.ledger.write(outbox.void_leases)
    await services.ledger.write(lambda c: pull_all(c, services.clock()))
    platforms = Platforms(services)
    decider, ticker, stock_keeper = Decider(services), Ticker(services), StockKeeper(services)
    senders = {lane: Sender(lane, platforms.current) for lane in LANES}
    work = {"inbox": decider.work, "timers": ticker.work, "stock": stock_keeper.work}
    work |= {f"outbox:{lane}": sender.work for lane, sender in senders.items()}
    alarms = {name: Alarm() for name in work}
    for name, alarm in alarms.items():
        services.ledger.subscribe(name, alarm.ring)
    tasks = [
        asyncio.create_task(work_forever(name, alarms[name], services.clock, work[name]), name=name) for name in work
    ]
    try:
        yield list(alarms.values())
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(*(sender.drain() for sender in senders.values()))
        await platforms.close()


@asynccontextmanager
async def _clock(services: Services, alarms: list[Alarm]) -> AsyncIterator[None]:
    """Follow the sandbox's clock when told to; a jump wakes every worker, because more may be due."""
    clock, url = services.clock, services.settings.sandbox_url
    if not isinstance(clock, MovableClock) or url is None:
        yield
        return
    task = asyncio.create_task(follow_clock(clock, url, alarms), name="follow-clock")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


class Platforms:
    """The platform's clients for the settings in force; made anew when those change."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._http = httpx.AsyncClient(limits=httpx.Limits(max_connections=64, max_keepalive_connections=32))
        self._made_for: Settings | None = None
        self._platform: Platform | None = None

    def current(self) -> Platform:
        """The clients of the present settings."""
        settings = self._services.settings
        if self._platform is None or self._made_for is not settings:
            self._platform, self._made_for = self._make(settings), settings
        return self._platform

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    def _make(self, settings: Settings) -> Platform:
        budget = Budget()
        clients: dict[str, WeComClient] = {}

        def client(secret: str | None) -> WeComClient | None:
            if not settings.corp_id or not secret:
                return None
            if secret not in clients:
                clients[secret] = WeComClient(
                    self._http,
                    settings.corp_id,
                    secret,
                    now=self._services.clock,
                    base_url=settings.wecom_api_base,
                    budget=budget,
                )
            return clients[secret]

        contact, kf = settings.effective_contact_secret, settings.effective_kf_secret
        return Platform(
            ledger=self._services.ledger,
            clock=self._services.clock,
            contact=client(contact.secret if contact else None),
            kf=client(kf.secret if kf else None),
            app=client(settings.app_secret),
            app_agent_id=settings.app_agent_id,
            zone=settings.time_zone,
        )

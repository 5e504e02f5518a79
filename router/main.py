"""The composition root: the only module that knows which concrete things serve. Opened in order, closed in reverse."""

import asyncio
import gc
import sys
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

import structlog
from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from router.clock import MovableClock, system_clock
from router.db.ledger import Ledger
from router.db.listen import Listener
from router.db.migrate import NotMigratedError, is_migrated
from router.db.ownership import owned
from router.db.queries import outbox, version_diffs
from router.db.queries.settings import stored_texts
from router.domain.effects import Lane
from router.handlers import forgetting, kf_notified, patrol, projection, retention, tag_upkeep
from router.handlers.catalog import CatalogInForce
from router.handlers.meaning import REVIEWS, MeaningInForce
from router.handlers.words_in_force import WordsInForce
from router.secret_box import SecretBox
from router.services import Services
from router.settings import Settings, SettingsRefusedError, read_settings, with_generated_keys
from router.web import callback, scan
from router.web.routes import build_routes
from router.workers.comparer import Comparer
from router.workers.decider import Decider
from router.workers.follow_clock import follow_clock, take_over
from router.workers.lookout import Lookout
from router.workers.loop import Alarm, work_forever
from router.workers.sender import Sender
from router.workers.stock_keeper import StockKeeper
from router.workers.suggester import Suggester
from router.workers.ticker import Ticker
from tagtree.errors import InvalidTreeError

log = structlog.get_logger()

LANES: tuple[Lane, ...] = ("welcome", "chat", "platform", "webhook")

# Seconds between two looks at the timers. Each hold arms one, so under a rush the alarm rings with every commit.
BETWEEN_TIMERS = 0.1

# Seconds that a thread running Python may keep the interpreter lock while another wants it. With the default of 5 ms a
# busy second core makes the writer thread and the event loop wait for each other in a convoy.
SWITCH_INTERVAL = 0.0005


class Service(Starlette):
    """Callbacks and scans, of which there may be thousands a second, are spared the layers of everything else."""

    callback: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI application."""
        if scope["type"] != "http" or self.callback is None:
            await super().__call__(scope, receive, send)
        elif scope["path"].startswith(callback.PATH):
            await self.callback(scope, receive, send)
        elif scope["path"].startswith(scan.PATH) and scan.is_scan(scope):
            scope["app"] = self
            await scan.scan_app(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def create_app(settings: Settings, *, works: bool = True) -> Starlette:
    """The web service; with ``works`` the workers run beside it (always on SQLite, where one process owns the file).

    Its lifespan raises `NotMigratedError` when the tables are not at this version's revision, `LedgerOwnedError` when
    another process has the SQLite file.
    """

    @asynccontextmanager
    async def lifespan(app: Service) -> AsyncIterator[None]:
        async with running(settings, works=works) as services:
            app.state.services = services
            app.callback = callback.Callback(services)
            app.router.routes.extend(build_routes(services))
            yield

    return Service(lifespan=lifespan)


@asynccontextmanager
async def running(settings: Settings, *, works: bool) -> AsyncIterator[Services]:
    """Everything opened, and the workers at work if wanted; on leaving, what is under way finishes first."""
    sys.setswitchinterval(SWITCH_INTERVAL)
    async with AsyncExitStack() as stack:
        stack.enter_context(owned(settings.database_url))
        services = _open(settings, stack)
        if not await services.ledger.read(is_migrated):
            raise NotMigratedError
        await stack.enter_async_context(_stored_settings(services))
        if isinstance(services.clock, MovableClock) and services.settings.sandbox_url is not None:
            await take_over(services.clock, services.settings.sandbox_url)
        if services.ledger.dialect == "postgresql":
            stack.callback(Listener(settings.database_url, services.ledger.tell).close)
        alarms = [await stack.enter_async_context(_workers(services))] if works else []
        await stack.enter_async_context(_clock(services, [alarm for each in alarms for alarm in each]))
        _settle_memory()
        yield services


def _settle_memory() -> None:
    """Leave what lives as long as the process out of garbage collections: a full one stops everything meanwhile."""
    gc.collect()
    gc.freeze()


def _open(settings: Settings, stack: AsyncExitStack) -> Services:
    settings = with_generated_keys(settings)
    assert settings.master_key is not None
    compiler = ThreadPoolExecutor(1, thread_name_prefix="rule-compiler")
    stack.callback(compiler.shutdown, cancel_futures=True)  # after the ledger, whose decisions hand it work
    ledger = Ledger(settings.database_url)
    stack.callback(ledger.close)
    clock = MovableClock() if settings.clock == "sandbox" else system_clock
    words, meaning = WordsInForce(compiler.submit), MeaningInForce(compiler.submit)
    services = Services(settings, ledger, clock, SecretBox(settings.master_key), words=words, meaning=meaning)
    stack.push_async_callback(services.platforms.close)
    memory, told = (lambda: services.settings.rule_memory_mib << 20), partial(ledger.tell, "catalog")
    services.rules = CatalogInForce(compiler.submit, memory, told)
    ledger.subscribe("catalog", services.rules.outdate)
    return services


@asynccontextmanager
async def _stored_settings(services: Services) -> AsyncIterator[None]:
    """Settings stored by the console, now and after each change, one renewal at a time."""
    alarm = Alarm()
    services.ledger.subscribe("settings", alarm.ring)
    renew = partial(_renew_settings, services)
    await renew()
    task = asyncio.create_task(work_forever("settings", alarm, services.clock, renew), name="renew-settings")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _renew_settings(services: Services) -> None:
    """Put what is stored into force; what cannot be read leaves the old in force."""
    stored = await services.ledger.read(lambda c: stored_texts(c, services.secret_box))
    try:
        renewed = with_generated_keys(read_settings(stored))
    except SettingsRefusedError as refused:
        log.error("stored_settings_refused", problems=str(refused))
        return
    if renewed != services.settings:
        services.settings = renewed
        for lane in LANES:
            services.ledger.tell(f"outbox:{lane}")  # a part may have been switched on


@asynccontextmanager
async def _workers(services: Services) -> AsyncIterator[list[Alarm]]:
    if services.ledger.dialect == "sqlite":
        # This process owns the file: whoever claimed before is gone, and a welcome cannot wait for its lease to lapse.
        await services.ledger.write(outbox.void_leases)
    await _renew_rules(services)
    await services.ledger.write(lambda c: kf_notified.keep_up(c, services.clock()))
    await services.ledger.write(lambda c: patrol.keep_up(c, services.clock()))
    await services.ledger.write(lambda c: projection.keep_up(c, services.clock(), services.settings.time_zone))
    await services.ledger.write(lambda c: tag_upkeep.keep_up(c, services.clock()))
    await services.ledger.write(lambda c: retention.keep_up(c, services.clock()))
    await services.ledger.write(lambda c: forgetting.keep_up(c, services.clock()))
    await services.ledger.read(services.words.current)  # compiled before the first message asks for them
    await services.ledger.read(services.meaning.current)
    decider, ticker, stock_keeper = Decider(services), Ticker(services), StockKeeper(services)
    senders = {lane: Sender(lane, services.platform) for lane in LANES}
    work = {"inbox": decider.work, "timers": ticker.work, "stock": stock_keeper.work}
    work["alerts"] = Lookout(services).work
    work["catalog"] = partial(_renew_rules, services)
    work[REVIEWS] = Suggester(services).work
    work[version_diffs.WAKES] = Comparer(services).work
    work |= {f"outbox:{lane}": sender.work for lane, sender in senders.items()}
    alarms = {name: Alarm() for name in work}
    for name, alarm in alarms.items():
        services.ledger.subscribe(name, alarm.ring)
    breaths = {"timers": BETWEEN_TIMERS}
    tasks = [
        asyncio.create_task(
            work_forever(name, alarms[name], services.clock, each, breath=breaths.get(name, 0.0)), name=name
        )
        for name, each in work.items()
    ]
    try:
        yield list(alarms.values())
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(*(sender.drain() for sender in senders.values()))


async def _renew_rules(services: Services) -> None:
    """Have rules compiled before a message asks for them: all at the start, each version when it is published."""
    try:
        await services.ledger.write(services.rules.current)
    except InvalidTreeError as error:
        log.error("tag_tree_unreadable", problem=str(error))  # each decision will try again


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

"""``/metrics`` for Prometheus: what waits, how long, what failed; every figure comes from an index."""

from collections.abc import Iterable, Sequence

from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from router.db.sql import Row, Sql
from router.platforms.wecom.error_codes import explain
from router.services import Services

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_INBOX = Sql("SELECT count(*), min(received_at) FROM inbox WHERE status = 'stored'")
_OUTBOX = Sql(
    "SELECT lane, count(*), min(created_at) FROM outbox WHERE status IN ('pending', 'sending')"
    " GROUP BY lane ORDER BY lane"
)
_OUTBOX_ENDED = Sql("SELECT count(*) FROM outbox WHERE status = :status")
_OUTBOX_REFUSED = Sql(
    "SELECT errcode, count(*) FROM outbox WHERE status IN ('pending', 'sending', 'failed') AND errcode IS NOT NULL"
    " GROUP BY errcode ORDER BY errcode"
)
_TIMERS = Sql("SELECT count(*) FROM timer")
_WAITING = Sql("SELECT count(*), min(waiting_since_at) FROM conversation WHERE status = 'waiting'")
_STOCK = Sql(
    "SELECT status, count(*) FROM contact_way WHERE status IN ('making', 'ready') GROUP BY status ORDER BY status"
)

_BEYOND = Sql("SELECT how, count(*) FROM assignment WHERE beyond <> '' GROUP BY how ORDER BY how")


async def scrape(request: Request) -> Response:
    """The figures of this moment."""
    services: Services = request.app.state.services
    now = services.clock()
    families = await services.ledger.read(lambda c: list(_families(c, now)))
    families.append(
        _gauge("liveqr_ledger_queue", "Changes waiting for the next commit.", [((), services.ledger.waiting)])
    )
    registry = CollectorRegistry()
    registry.register(_Fixed(families))
    return Response(generate_latest(registry), headers={"Content-Type": CONTENT_TYPE})


class _Fixed(Collector):
    def __init__(self, families: list[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families


def _families(connection: Connection, now: int) -> Iterable[Metric]:
    inbox = _one(_INBOX.row(connection))
    lanes = _OUTBOX.rows(connection)
    waiting = _one(_WAITING.row(connection))
    ended = [((status,), _one(_OUTBOX_ENDED.row(connection, status=status))[0]) for status in ("failed", "late")]
    alerts = [((str(code),), n) for code, n in _OUTBOX_REFUSED.rows(connection) if explain(code).is_alert]
    stock = [((status,), count) for status, count in _STOCK.rows(connection)]
    oldest = [(("inbox",), _age(inbox[1], now)), (("human_queue",), _age(waiting[1], now))]
    oldest += [((f"outbox_{lane}",), _age(since, now)) for lane, _, since in lanes]
    yield _gauge("liveqr_inbox_open", "Messages stored and not yet decided.", [((), inbox[0])])
    yield _gauge("liveqr_outbox_open", "Effects not yet carried out.", [((lane,), n) for lane, n, _ in lanes], "lane")
    yield _gauge("liveqr_outbox_ended", "Effects that ended without success.", ended, "status")
    yield _gauge("liveqr_outbox_alerts", "Effects refused until an operator acts at WeCom.", alerts, "errcode")
    yield _gauge("liveqr_timers", "Timers that are armed.", [((), _one(_TIMERS.row(connection))[0])])
    yield _gauge("liveqr_human_queue", "Conversations that wait for a person.", [((), waiting[0])])
    yield _gauge("liveqr_contact_ways", "Contact ways in stock.", stock, "status")
    beyond = [((how,), count) for how, count in _BEYOND.rows(connection)]
    yield _gauge("liveqr_adds_beyond_caps", "Customers who came beyond a cap, by how they came.", beyond, "how")
    yield _gauge("liveqr_oldest_waiting_seconds", "Age of the oldest that waits.", oldest, "where")


def _gauge(name: str, text: str, values: Sequence[tuple[tuple[str, ...], float]], *labels: str) -> Metric:
    family = GaugeMetricFamily(name, text, labels=labels)
    for label_values, value in values:
        family.add_metric(label_values, value)
    return family


def _one(row: Row | None) -> Row:
    assert row is not None  # an aggregate always has a row
    return row


def _age(since: int | None, now: int) -> float:
    return 0.0 if since is None else max(0, now - since) / 1000

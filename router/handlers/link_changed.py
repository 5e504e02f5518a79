"""A customer acquisition link, or the quota that all links share, changed on the platform's side."""

from collections.abc import Sequence

from sqlalchemy import Connection

from router.db.queries import acquisition_links, outbox
from router.db.queries.inbox import Verdict
from router.db.queries.outbox import Order
from router.domain.effects import KeepAcquisitionLink
from router.domain.events import LinkChanged
from router.handlers import acquisition
from router.handlers.received import Received, Situation

EVENT = "link_changed"
NOT_OURS = "no live code of ours stands on this link"
DELETED = "somebody deleted the link in WeCom; make it anew on the page of the live code"


def handle(connection: Connection, batch: Sequence[Received[LinkChanged]], situation: Situation) -> list[Verdict]:
    """Read a quota anew, look at a link that became unusable, give up one that somebody deleted."""
    return [_changed(connection, each, situation.now) for each in batch]


def _changed(connection: Connection, each: Received[LinkChanged], now: int) -> Verdict:
    if not each.event.link_id:
        codes = acquisition_links.codes_in_use(connection)
        outbox.add_all(connection, [Order(KeepAcquisitionLink(code_id)) for code_id in codes], now)
        return Verdict(each.inbox_id, "done", EVENT)
    link = acquisition_links.with_link_id(connection, each.event.link_id)
    if link is None:
        return Verdict(each.inbox_id, "ignored", EVENT, NOT_OURS)
    if each.event.is_deleted:
        acquisition_links.gone(connection, link.code_id, "failed", DELETED, now)
        acquisition.report(connection, link.code_id, now)
    else:
        outbox.add_all(connection, [Order(KeepAcquisitionLink(link.code_id))], now)
    return Verdict(each.inbox_id, "done", EVENT)

"""巡检 (patrol): compare the platform's contact ways with the ledger, page by page, and delete what is left over."""

from dataclasses import dataclass

from sqlalchemy import Connection

from router.db.queries import outbox, upstream_ways
from router.db.queries.outbox import Order
from router.domain.delivery import Done
from router.domain.effects import DeleteOrphan, PatrolContactWays
from router.handlers.outbound.contact_ways import GONE
from router.handlers.outbound.platform import Carried, Platform, Record, outcome_of, switched_off
from router.handlers.patrol import clean_up
from router.platforms.wecom import errors
from router.platforms.wecom.client import WeComClient
from router.platforms.wecom.contact_ways import ContactWay, ContactWayPage

PAGE = 100  # ids a page; each that is not ours costs one more call


async def look(platform: Platform, effect: PatrolContactWays) -> Carried:
    """Look at one page; the rest follows as the same level once more."""
    if platform.contact is None:
        return switched_off("customer contact")
    try:
        page = await platform.contact.contact_way_page(start_at=effect.since_at or 1, cursor=effect.cursor, limit=PAGE)
        strangers = await platform.ledger.read(lambda c: upstream_ways.not_kept(c, page.config_ids))
        met = [way for config_id in strangers if (way := await _read(platform.contact, config_id)) is not None]
    except errors.PlatformError as error:
        return Carried(outcome_of(error))
    listed = effect.listed + len(page.config_ids)
    return Carried(Done(f"listed {listed}"), _Seen(effect, page, tuple(met), listed).record)


async def _read(client: WeComClient, config_id: str) -> ContactWay | None:
    try:
        return await client.get_contact_way(config_id)
    except errors.Refused as error:
        if error.errcode == GONE:
            return None  # deleted since it was listed
        raise


@dataclass(frozen=True, slots=True)
class _Seen:
    """What one page showed."""

    effect: PatrolContactWays
    page: ContactWayPage
    met: tuple[ContactWay, ...]
    listed: int

    def record(self, connection: Connection, now: int) -> None:
        for way in self.met:
            self._keep(connection, way, now)
        effect = self.effect
        if (latest := upstream_ways.latest_patrol(connection)) is not None and latest.began_at != effect.began_at:
            return  # another was asked for meanwhile, and begins from the first page
        if self.page.next_cursor:
            following = PatrolContactWays(
                effect.since_at, effect.began_at, self.page.next_cursor, self.listed, effect.with_orphans
            )
            outbox.add_all(connection, [Order(following)], now)
            return
        if not effect.since_at:
            upstream_ways.forget_unseen(connection, effect.began_at)
        clean_up(connection, now, at_once=effect.with_orphans)

    def _keep(self, connection: Connection, way: ContactWay, now: int) -> None:
        if not upstream_ways.not_kept(connection, [way.config_id]):
            return  # became ours since it was listed
        owner = upstream_ways.ownership(connection, way.config_id, way.state, way.type)
        if owner == "ours":
            return
        upstream_ways.found(
            connection,
            way.config_id,
            now,
            state=way.state,
            remark=way.remark,
            members=way.users,
            type=way.type,
            scene=way.scene,
            orphan=owner == "orphan",
        )


async def delete(platform: Platform, effect: DeleteOrphan) -> Carried:
    """Delete one orphan, unless a row of ours claims it after all."""
    if platform.contact is None:
        return switched_off("customer contact")
    still = await platform.ledger.read(lambda c: upstream_ways.not_kept(c, [effect.config_id]))
    if not still:
        return Carried(Done("it is ours after all"), _forgotten(effect.config_id), sent=False)
    try:
        await platform.contact.del_contact_way(effect.config_id)
    except errors.PlatformError as error:
        if not (isinstance(error, errors.Refused) and error.errcode == GONE):
            return Carried(outcome_of(error))
    return Carried(Done(), _forgotten(effect.config_id))


def _forgotten(config_id: str) -> Record:
    def record(connection: Connection, _now: int) -> None:
        upstream_ways.forget(connection, config_id)

    return record

"""Keep customer acquisition links (获客链接) in line with their pools."""

from dataclasses import dataclass

from sqlalchemy import Connection

from router.db.queries import acquisition_links
from router.db.queries.acquisition_links import AcquisitionLink
from router.db.queries.outbox import Claimed
from router.domain.delivery import Done, Refused
from router.domain.effects import DeleteAcquisitionLink, KeepAcquisitionLink
from router.handlers.acquisition import NOBODY, report, wanted_members
from router.handlers.outbound.platform import Carried, Platform, Record, outcome_of, switched_off, unneeded
from router.platforms.wecom import errors
from router.platforms.wecom.acquisition import AcquisitionQuota
from router.platforms.wecom.client import WeComClient

NAME_CHARACTERS = 30
LOOKED_AT = 100  # links read to find one again


@dataclass(frozen=True, slots=True)
class _Kept:
    link_id: str
    url: str
    members: tuple[str, ...]
    quota: AcquisitionQuota | None


async def keep(platform: Platform, effect: KeepAcquisitionLink, claimed: Claimed) -> Carried:
    """One attempt with whom the pool can offer at this moment; setting the same members again is harmless.

    The last members stay while the pool has nobody: the platform refuses an empty link, and people still hold it.
    """
    if platform.app is None:
        return switched_off("the app")
    link, wanted = await platform.ledger.read(lambda c: _state(platform, c, effect.code_id))
    if link is None:
        return unneeded("no longer wanted")
    if not wanted and not link.members:
        return Carried(Refused(NOBODY), _failure(link, NOBODY))
    try:
        kept = await _kept(platform, platform.app, link, wanted or link.members, claimed.attempts)
    except errors.PlatformError as error:
        outcome = outcome_of(error)
        failure = _failure(link, str(error))
        return Carried(outcome, failure if isinstance(outcome, Refused) else None, given_up=failure)

    def record(connection: Connection, now: int) -> None:
        acquisition_links.made(connection, link.code_id, kept.link_id, kept.url, kept.members, now)
        if kept.quota is not None:
            acquisition_links.quota_read(connection, kept.quota.total, kept.quota.balance, now)
        report(connection, link.code_id, now)

    return Carried(Done(kept.link_id), record)


async def delete(platform: Platform, effect: DeleteAcquisitionLink) -> Carried:
    """One attempt."""
    if platform.app is None:
        return switched_off("the app")
    try:
        await platform.app.delete_link(effect.link_id)
    except errors.PlatformError as error:
        return Carried(outcome_of(error))
    return Carried(Done())


def _state(platform: Platform, connection: Connection, code_id: int) -> tuple[AcquisitionLink | None, tuple[str, ...]]:
    link = acquisition_links.link_of(connection, code_id)
    if link is None:
        return None, ()
    return link, wanted_members(connection, link, platform.clock(), platform.zone)


async def _kept(
    platform: Platform, client: WeComClient, link: AcquisitionLink, members: tuple[str, ...], attempts: int
) -> _Kept:
    name = _name(link)
    link_id, url = link.link_id, link.url
    if link_id is None and attempts > 1:
        link_id, url = await _find(platform, client, name)
    if link_id is None:
        made = await client.create_link(name, members)
        link_id, url = made.link_id, made.url
    elif set(members) != set(link.members):
        await client.update_link(link_id, name, members)
    return _Kept(link_id, url, members, await _quota(client))


async def _quota(client: WeComClient) -> AcquisitionQuota | None:
    """What is left, None when it cannot be read: the link is there all the same."""
    try:
        return await client.get_acquisition_quota()
    except errors.PlatformError:
        return None


async def _find(platform: Platform, client: WeComClient, name: str) -> tuple[str | None, str]:
    """The link of this name that the ledger does not know: made by an attempt whose answer was lost."""
    listed = await client.list_links()
    known = await platform.ledger.read(lambda c: acquisition_links.known_link_ids(c, listed))
    for link_id in [each for each in listed if each not in known][:LOOKED_AT]:
        found = await client.get_link(link_id)
        if found.name == name:
            return found.link_id, found.url
    return None, ""


def _name(link: AcquisitionLink) -> str:
    """What the platform's console calls it: unique, because it ends in the code's number."""
    suffix = f" #{link.code_id}"
    return link.code_name[: NAME_CHARACTERS - len(suffix)] + suffix


def _failure(link: AcquisitionLink, reason: str) -> Record:
    def record(connection: Connection, now: int) -> None:
        acquisition_links.failed(connection, link.code_id, reason, now)
        report(connection, link.code_id, now)

    return record

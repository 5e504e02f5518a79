"""Bring the contact way of a native code in step: send the list, read it back, name whom the platform refuses."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from router.db.queries import native_ways
from router.db.queries.native_ways import NativeWay
from router.db.queries.outbox import Claimed
from router.domain.delivery import Done, Refused, TryAgain
from router.domain.effects import UpdateNativeWay
from router.domain.native_reasons import Refusal, after_sending
from router.handlers.native import order, recently_refused
from router.handlers.outbound.contact_ways import GONE, NOT_RECEIVING, decode, find_by_state
from router.handlers.outbound.platform import Carried, Platform, Record, outcome_of, switched_off, unneeded
from router.platforms.wecom import errors
from router.platforms.wecom.client import WeComClient
from router.platforms.wecom.contact_ways import ContactWay, WayType
from router.platforms.wecom.error_codes import Action

MOST_CALLS = 40  # in one attempt to find whom the platform refuses: it must end before its lease does
NOBODY_TAKEN = "the platform refuses every member of the list"
READ_BACK_AGAIN = 2_000  # ms until a list that reads back differently is sent once more

Put = Callable[[Sequence[str]], Awaitable[None]]


async def update(platform: Platform, effect: UpdateNativeWay, claimed: Claimed) -> Carried:
    """One attempt with the list that is wanted at this moment; setting a list that is set is harmless."""
    if platform.contact is None:
        return switched_off("customer contact")
    way = await platform.ledger.read(lambda c: native_ways.get(c, effect.code_id))
    if way is None or way.archived_at is not None or not way.wanted:
        return unneeded("no longer wanted")
    sending = _Sending(platform, platform.contact, way, claimed.attempts)
    try:
        return await sending.carry_out()
    except errors.PlatformError as error:
        return sending.failed(error)


@dataclass(slots=True, eq=False)
class _Sending:
    """One attempt, and whom it found refused on its way."""

    platform: Platform
    client: WeComClient
    way: NativeWay
    attempts: int
    refused: dict[str, Refusal] = field(default_factory=dict)
    calls: int = 0

    async def carry_out(self) -> Carried:
        """Raises what the platform raises, except about single members."""
        known = recently_refused(self.way.refused, self.platform.clock())
        self.refused = dict(known)
        offered = [userid for userid in self.way.wanted if userid not in known]
        config_id = self.way.config_id or await self._made(offered)
        if config_id is None:
            return self._nobody()
        taken = await self._taken(offered, lambda users: self._put(config_id, users))
        if not taken:
            return self._nobody()
        found = await self.client.get_contact_way(config_id)
        return await self._read_back(found, taken)

    async def _made(self, offered: Sequence[str]) -> str | None:
        """A way to whoever can be on it, made or found again; the whole list is put on it afterwards."""
        is_first = self.attempts == 1 and self.way.wanted_version == 1 and not self.way.error
        if not is_first and (found := await self._found()) is not None:
            return found
        for users in [list(offered), *([each] for each in offered)]:
            try:
                made = await self.client.add_contact_way(
                    users=users, state=self.way.state, type=WayType.MULTIPLE, remark=self.way.slug[:30]
                )
            except errors.Refused as error:
                self._name(users, error)
                continue
            return made.config_id
        return None

    async def _found(self) -> str | None:
        found = await find_by_state(self.platform, self.client, self.way.state, self.way.created_at)
        return None if found is None else found[0]

    async def _put(self, config_id: str, users: Sequence[str]) -> None:
        await self.client.update_contact_way(config_id, users=users, departments=(), state=self.way.state)

    async def _taken(self, offered: Sequence[str], put: Put) -> list[str]:
        """Put on whom the platform takes, by halves until each one it refuses is named; returns who is on."""
        taken = await self._halved(offered, put)
        if taken and len(taken) < len(offered):
            await put(taken)  # what was put on last is only a part
        return taken

    async def _halved(self, offered: Sequence[str], put: Put) -> list[str]:
        if not offered or self._unfinished:
            return []
        self.calls += 1
        try:
            await put(offered)
        except errors.Refused as error:
            self._name(offered, error)
            if len(offered) == 1:
                return []
            middle = len(offered) // 2
            return await self._halved(offered[:middle], put) + await self._halved(offered[middle:], put)
        return list(offered)

    def _name(self, offered: Sequence[str], error: errors.Refused) -> None:
        """Remember whom the platform refuses once nobody else can be meant; raises what concerns no member."""
        if not concerns_a_member(error):
            raise error
        if len(offered) == 1:
            self.refused[offered[0]] = {"at": self.platform.clock(), "reason": str(error)}

    @property
    def _unfinished(self) -> bool:
        """Some are offered in another attempt."""
        return self.calls >= MOST_CALLS

    async def _read_back(self, found: ContactWay, taken: Sequence[str]) -> Carried:
        """In step once the platform says what was sent, whatever case it spells userids in; ours is kept."""
        on_it = sorted(found.users)
        if {userid.lower() for userid in on_it} != {userid.lower() for userid in taken} or found.departments:
            told = f"the platform lists {', '.join(on_it) or 'nobody'} instead of {', '.join(sorted(taken))}"
            return Carried(TryAgain(told, pause=READ_BACK_AGAIN), given_up=self._blame("failed", told))
        link, picture = await self._picture(found)

        def record(connection: Connection, now: int) -> None:
            code_id = self.way.code_id
            reasons = after_sending(self.way.reasons, self.way.wanted, taken, self.refused)
            version = self.way.wanted_version
            native_ways.applied(
                connection, code_id, found.config_id, version, sorted(taken), self.refused, reasons, now
            )
            if picture:
                native_ways.set_picture(connection, code_id, link, picture)
            self._go_on(connection, now)

        return Carried(Done(f"{found.config_id}: {len(on_it)}"), record)

    async def _picture(self, found: ContactWay) -> tuple[str, bytes]:
        if self.way.has_picture:
            return "", b""
        picture = (await self.client.fetch_picture(found.qr_code)).content
        link = await asyncio.to_thread(decode, picture)
        return link or "", picture

    def _nobody(self) -> Carried:
        """Each one was refused; the roster finds others, or whoever mends a member offers them again."""

        def record(connection: Connection, now: int) -> None:
            self._blame(self.way.status, NOBODY_TAKEN)(connection, now)
            self._go_on(connection, now)

        return Carried(Refused(NOBODY_TAKEN), record)

    def _go_on(self, connection: Connection, now: int) -> None:
        """Whom the platform refused may leave room for somebody else."""
        native_ways.look_at(connection, self.way.code_id, now)
        if self._unfinished:
            order(connection, self.way.code_id, now)

    def failed(self, error: errors.PlatformError) -> Carried:
        """Tried again as the error says; at the end the code says why its list is not as wanted."""
        if isinstance(error, errors.PictureUnavailable):
            return Carried(TryAgain(str(error)), given_up=self._blame("failed", str(error)))
        outcome = outcome_of(error)
        if isinstance(error, errors.Refused) and error.errcode == GONE:
            outcome = Refused(str(error), GONE)
        blame = self._blame("failed", str(error))
        return Carried(outcome, blame if isinstance(outcome, Refused) else None, given_up=blame)

    def _blame(self, status: str, reason: str) -> Record:
        def record(connection: Connection, _now: int) -> None:
            native_ways.blame(connection, self.way.code_id, status, reason, self.refused or self.way.refused)

        return record


def concerns_a_member(error: errors.Refused) -> bool:
    """Whether the platform refuses somebody on the list rather than the list (W-90313)."""
    return error.action is Action.REPLACE_MEMBER or error.errcode in NOT_RECEIVING

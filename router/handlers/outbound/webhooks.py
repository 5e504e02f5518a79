"""Call a webhook: signed, repeated while nobody answers; each attempt and its answer stand in the outbox."""

import httpx
from sqlalchemy import Connection

from router.db.queries import webhooks as query
from router.db.queries.webhooks import Target
from router.domain.delivery import Done, Outcome, Refused, TryAgain
from router.domain.effects import CallWebhook
from router.handlers.outbound.platform import Carried, Platform, WebhookCaller, switched_off
from router.platforms import webhooks
from router.platforms.reachable import Address, NotCallable, callable_addresses
from router.secret_box import SecretUnreadableError

WORTH_REPEATING = frozenset({408, 425, 429})


async def call(platform: Platform, effect: CallWebhook) -> Carried:
    """One attempt."""
    caller = platform.webhooks
    if caller is None:
        return switched_off("calling webhooks")
    try:
        target = await platform.ledger.read(lambda connection: _target(connection, effect, caller))
    except SecretUnreadableError:
        return Carried(Refused("its secret was sealed with another master key: enter it again"), sent=False)
    if target is None:
        return Carried(Refused(f"there is no webhook {effect.name} any more"), sent=False)
    if not webhooks.is_allowed(target.url):
        return Carried(Refused("its address is neither https nor this machine"), sent=False)
    host, port = webhooks.host_and_port(target.url)
    try:
        found = await caller.resolve(host, port)
    except (OSError, UnicodeError) as error:
        return Carried(TryAgain(f"its name leads nowhere: {error}"), sent=False)
    addresses = callable_addresses(host, found, caller.networks)
    if isinstance(addresses, NotCallable):
        reason = f"it leads to {addresses.address}, which is not public: LIVEQR_WEBHOOK_NETWORKS may allow that"
        return Carried(Refused(reason), sent=False)
    return await _post(caller, target, addresses, effect, platform.clock())


async def _post(
    caller: WebhookCaller, target: Target, addresses: tuple[Address, ...], effect: CallWebhook, now: int
) -> Carried:
    try:
        body = effect.body.encode()
        status = await webhooks.post(caller.http, target.url, addresses, target.secret, body, effect.key, now)
    except httpx.HTTPError as error:
        return Carried(TryAgain(f"no answer: {type(error).__name__}"))
    return Carried(outcome_of(status))


def outcome_of(status: int) -> Outcome:
    """What an HTTP status means for the call."""
    if 200 <= status < 300:
        return Done(f"HTTP {status}", status)
    if status in WORTH_REPEATING or status >= 500:
        return TryAgain(f"the address answers with HTTP {status}", status)
    if 300 <= status < 400:
        return Refused(f"the address redirects (HTTP {status}), which is not followed: enter where it leads", status)
    return Refused(f"the address refuses the call (HTTP {status})", status)


def _target(connection: Connection, effect: CallWebhook, caller: WebhookCaller) -> Target | None:
    return query.target_of(connection, effect.name, caller.secret_box)

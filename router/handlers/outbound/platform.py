"""The platform's clients as effects need them, and its errors as outcomes."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import tzinfo

import httpx
from sqlalchemy import Connection

from router.clock import Clock
from router.db.ledger import Ledger
from router.domain.answering import AnswerWaiting
from router.domain.delivery import Done, Outcome, Refused, TooLate, TryAgain
from router.domain.effects import (
    KINDS,
    CallWebhook,
    DeleteAcquisitionLink,
    Effect,
    HandToHuman,
    KeepAcquisitionLink,
    SendAppText,
    SendKfText,
    SyncKf,
)
from router.domain.tag_effects import ReadTags, TakeTagStep
from router.handlers.projection import TagRules
from router.handlers.words_in_force import WordsInForce
from router.platforms.official_account.client import OfficialAccountClient
from router.platforms.reachable import Network, Resolve, resolve
from router.platforms.wecom import errors
from router.platforms.wecom.client import WeComClient
from router.platforms.wecom.error_codes import MAX_REPEATS, Action
from router.secret_box import SecretBox

MINUTE = 60_000  # ms

WELCOME_EXPIRED = 41050  # W-92137
WAITS_FOREVER = 10**9  # attempts: a part that is switched off waits, it does not lose its effects

Record = Callable[[Connection, int], None]
"""Writes what followed at the platform, given the instant (ms), in the transaction that finishes the effect."""


@dataclass(frozen=True, slots=True)
class WebhookCaller:
    """What a call of a webhook needs: connections that follow no redirect, what opens its secret, and where calls may
    go besides public addresses.
    """

    http: httpx.AsyncClient
    secret_box: SecretBox
    networks: tuple[Network, ...] = ()
    resolve: Resolve = resolve


@dataclass(frozen=True, slots=True)
class Platform:
    """Everything an effect may use; a client is None while its part is switched off."""

    ledger: Ledger
    clock: Clock
    contact: WeComClient | None
    kf: WeComClient | None
    app: WeComClient | None
    app_agent_id: int | None
    zone: tzinfo
    words: WordsInForce = field(default_factory=WordsInForce)
    safe_welcome: str = ""  # sent instead of a welcome that a sensitive word blocks
    webhooks: WebhookCaller | None = None
    fans: OfficialAccountClient | None = None
    tag_rules: TagRules = TagRules()

    @property
    def switched_off_kinds(self) -> frozenset[str]:
        """The kinds of effects that wait because their part has no client: none of them is claimed."""
        return frozenset(kind for kind, effect in KINDS.items() if self._client_for(effect) is None)

    def _client_for(self, effect: type[Effect]) -> WeComClient | OfficialAccountClient | WebhookCaller | None:
        if effect is CallWebhook:
            return self.webhooks
        if effect in (SyncKf, SendKfText, AnswerWaiting, HandToHuman):
            return self.kf
        if effect is SendAppText:
            return self.app if self.app_agent_id is not None else None
        if effect in (KeepAcquisitionLink, DeleteAcquisitionLink):
            return self.app  # a self-built app only, never the 客户联系 secret (W-97297)
        if effect in (ReadTags, TakeTagStep):
            return self.contact or self.fans  # each names its target
        return self.contact


@dataclass(frozen=True, slots=True)
class Carried:
    """What came of one attempt; what it records is written if, and only if, the sender still holds its lease."""

    outcome: Outcome
    record: Record | None = None
    sent: bool = True  # whether a call left this machine
    given_up: Record | None = None  # written when this attempt to be repeated was the last one allowed


def switched_off(part: str) -> Carried:
    """The part has no secret: wait for it."""
    reason = f"{part} is switched off: its secret is not set"
    return Carried(TryAgain(reason, pause=5 * MINUTE, at_most=WAITS_FOREVER), sent=False)


def unneeded(note: str) -> Carried:
    """Nothing to send: what was wanted is so, or no longer wanted."""
    return Carried(Done(note), sent=False)


def outcome_of(error: errors.PlatformError) -> Outcome:
    """What an error of a call means for the effect that made it."""
    match error:
        case errors.Refused(errcode=code) if code == WELCOME_EXPIRED:
            return TooLate(str(error), code)
        case errors.Refused():
            return _of_refusal(error)
        case errors.RequestInvalid():
            return Refused(str(error))
        case _:
            return TryAgain(str(error))


def _of_refusal(error: errors.Refused) -> Outcome:
    match error.action:
        case Action.DONE:
            return Done(str(error), error.errcode)
        case Action.RETRY | Action.REFRESH:
            return TryAgain(str(error), error.errcode)
        case Action.RETRY_ONCE:
            return TryAgain(str(error), error.errcode, at_most=1 + MAX_REPEATS[Action.RETRY_ONCE])
        case Action.WAIT_WINDOW:
            return TryAgain(str(error), error.errcode, pause=MINUTE)
        case Action.WAIT_HOURS:
            return TryAgain(str(error), error.errcode, pause=60 * MINUTE)
        case _:
            return Refused(str(error), error.errcode)

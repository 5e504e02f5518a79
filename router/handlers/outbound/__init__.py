"""Our effects translated into the platform's calls: the only place that knows both. No transaction is open here."""

from typing import assert_never

from router.db import json
from router.db.queries.outbox import Claimed
from router.domain.answering import AnswerWaiting
from router.domain.effects import (
    KINDS,
    CallWebhook,
    CountGroup,
    DeleteAcquisitionLink,
    DeleteContactWay,
    DeleteJoinWay,
    DeleteOrphan,
    Effect,
    HandToHuman,
    KeepAcquisitionLink,
    KeepJoinWay,
    MakeContactWay,
    MakeTag,
    MarkTags,
    PatrolContactWays,
    SendAppText,
    SendKfText,
    SendWelcome,
    SyncKf,
    UpdateNativeWay,
)
from router.domain.tag_effects import ReadTags, RemarkTag, TakeTagStep
from router.handlers.outbound import (
    acquisition,
    answers,
    app,
    contact_ways,
    join_ways,
    kf,
    native,
    patrol,
    tag_steps,
    tags,
    webhooks,
    welcome,
)
from router.handlers.outbound.platform import Carried, Platform, Record


def effect_of(claimed: Claimed) -> Effect:
    """The effect as it was written."""
    return KINDS[claimed.kind](**json.load(claimed.payload))


async def carry_out(platform: Platform, claimed: Claimed) -> Carried:
    """Attempt one effect; the platform's errors become outcomes."""
    match effect := effect_of(claimed):
        case SendWelcome():
            return await welcome.send(platform, effect, claimed)
        case MakeContactWay():
            return await contact_ways.make(platform, effect, claimed)
        case DeleteContactWay():
            return await contact_ways.delete(platform, effect)
        case MarkTags():
            return await tags.mark(platform, effect)
        case MakeTag():
            return await tag_steps.make(platform, effect)
        case ReadTags():
            return await tag_steps.read(platform, effect)
        case TakeTagStep():
            return await tag_steps.take(platform, effect)
        case RemarkTag():
            return await tag_steps.mark(platform, effect)
        case SyncKf():
            return await kf.sync(platform, effect)
        case SendKfText():
            return await kf.send_text(platform, effect, claimed)
        case AnswerWaiting():
            return await answers.send(platform, effect, claimed)
        case HandToHuman():
            return await kf.hand_over(platform, effect, claimed)
        case SendAppText():
            return await app.send_text(platform, effect, claimed)
        case UpdateNativeWay():
            return await native.update(platform, effect, claimed)
        case PatrolContactWays():
            return await patrol.look(platform, effect)
        case DeleteOrphan():
            return await patrol.delete(platform, effect)
        case KeepJoinWay():
            return await join_ways.keep(platform, effect)
        case DeleteJoinWay():
            return await join_ways.delete(platform, effect)
        case CountGroup():
            return await join_ways.count(platform, effect)
        case KeepAcquisitionLink():
            return await acquisition.keep(platform, effect, claimed)
        case DeleteAcquisitionLink():
            return await acquisition.delete(platform, effect)
        case CallWebhook():
            return await webhooks.call(platform, effect)
        case _:
            assert_never(effect)


def if_given_up(claimed: Claimed, reason: str) -> Record | None:
    """What follows when an attempt that broke off for this reason was the last one: somebody may wait for its end."""
    try:
        effect = effect_of(claimed)
    except (KeyError, TypeError, ValueError):
        return None  # it cannot be read, which is why it broke off
    match effect:
        case MarkTags():
            return tags.if_given_up(effect, reason)
        case MakeTag() | TakeTagStep() | RemarkTag():
            return tag_steps.if_given_up(effect, reason)
        case _:
            return None

"""Changes of a native code's list as sentences: why somebody came on, why somebody went off."""

from collections.abc import Iterable, Mapping
from typing import cast

from router.db.queries.native_changes import NativeChange
from router.domain.explanation import Standing, Why
from router.domain.native import MOST_MEMBERS
from router.domain.native_reasons import Reason
from router.web.console.board import cap_source
from router.web.console.reasons import told
from router.web.console.sentences import left_out
from router.web.i18n import Words, mark

WENT: Mapping[str, str] = {
    "asked_later": mark("%(name)s is not on yet: WeCom is still being asked about some of the list."),
    "not_of_pool": mark("%(name)s went off: not in the pool that the code asks."),
    "stood_down": mark("%(name)s stood in, and is not needed any more."),
    "replaced": mark("%(name)s stood in, and somebody else does now."),
    "unknown": mark("%(name)s went off; the reason was not recorded."),
}
CAME: Mapping[str, str] = {
    "joined": mark("%(name)s came on: can take customers."),
    "imported": mark("%(name)s was on the list when it was imported."),
    "accepted": mark("%(name)s came on: WeCom had refused this person, was asked again, and takes them."),
    "stands_by": mark("%(name)s stands by: no member of the pool may take customers."),
    "least_harm": mark("%(name)s stays because the list may not be empty: no member of the pool may take customers."),
    "takes_over": mark("%(name)s came on: this agent's pool takes over while nobody of the code's own may."),
}
ROOM = mark("%(name)s came on: has room again.")
BACK: Mapping[str, str] = {
    "at_cap": ROOM,
    "leaving": ROOM,
    "off_duty": mark("%(name)s came on: on duty again."),
    "off_shift": mark("%(name)s came on: the shift began."),
    "paused": mark("%(name)s came on: no longer paused."),
    "offline": mark("%(name)s came on: online again."),
    "unavailable": mark("%(name)s came on: WeCom can reach this person again."),
    "backup": mark("%(name)s came on: a backup, needed now."),
}


def names_in(changes: Iterable[NativeChange]) -> set[str]:
    """The userids that these changes speak of."""
    return {userid for each in changes for userid in (*each.listed, *each.came, *each.went)}


def caps_in(changes: Iterable[NativeChange]) -> set[str]:
    """The subjects of the caps that these changes speak of."""
    limits = (reason.limit for each in changes for reason in each.went.values())
    return {limit.source or limit.subject for limit in limits if limit is not None}


def came_on(name: str, reason: Reason, words: Words) -> str:
    """Why somebody is on the list again, or for the first time."""
    if reason.why == "back":
        return words.gettext(BACK.get(reason.was, CAME["joined"]), name=name)
    return words.gettext(CAME.get(reason.why, CAME["joined"]), name=name)


def went_off(name: str, reason: Reason, cap_names: Mapping[str, str], words: Words) -> str:
    """Why somebody is on the list no more; ``cap_names`` are those of what the caps bind, by subject."""
    limit = reason.limit
    if reason.why == "leaving" and limit is not None:
        return words.gettext(
            "%(name)s was taken off early: %(taken)s of %(places)s taken (%(cap)s), and %(margin)s places are kept for"
            " customers under way.",
            name=name,
            taken=words.number(limit.taken),
            places=words.number(limit.places),
            cap=cap_source(limit.source or limit.subject, limit.window, cap_names, words),
            margin=words.number(reason.margin),
        )
    if reason.why == "refused":
        return words.gettext("%(name)s was refused by WeCom: %(reason)s", name=name, reason=told(reason.said, words))
    if reason.why == "too_many":
        return words.gettext("%(name)s was left out: a list holds %(most)s at most.", name=name, most=MOST_MEMBERS)
    if reason.why == "unavailable" and reason.said:
        said = told(reason.said, words)
        return words.gettext("%(name)s was left out: %(reason)s.", name=name, reason=said)
    if reason.why in WENT:
        return words.gettext(WENT[reason.why], name=name)
    return left_out(Standing(0, name, 0, 0, cast("Why", reason.why), limit), cap_names, words)

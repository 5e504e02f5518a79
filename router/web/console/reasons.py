"""Stored reasons in the reader's language: what WeCom refused by its table of error codes, ours by the catalogue."""

import re

from router.platforms.wecom.error_codes import explain
from router.web.i18n import CHINESE, Words, mark

# As `router.platforms.wecom.errors.Refused` writes it; 60020 names an address at the end.
_REFUSED = re.compile(r"(?P<said>.+) \((?P<code>\d{1,9})\)(?P<named>.*)", re.DOTALL)

NOBODY_TAKEN = mark("the platform refuses every member of the list")
WAITS_FOR_APPROVAL = mark("its tag is not on WeCom: apply the plan on the page “Tags on WeCom”")
HELD_BY_ARCHIVED = mark("the archived tag of this name is still on WeCom: apply the plan on the page “Tags on WeCom”")
HELD_BY_OURS = mark("another tag of ours still has this name on WeCom: apply the plan on the page “Tags on WeCom”")

# Reasons as the handlers store them in English, for the catalogue.
REASONS = (
    mark("the visitor's reservation"),
    mark("the picture was used once before"),
    mark("after the hold ended, before its place was given on"),
    mark("after the place was given on: counted beside the cap"),
    mark("the state token belongs to another agent's contact way"),
    mark("the state token is not one of ours"),
    mark("the event carries no state token"),
    mark("a rule moved the customer to this pool"),
    mark("a rule asks for a person"),
    mark("a rule moves the customer to another pool"),
    mark("the customer asks for a person"),
    mark("no rule answers this message"),
    mark("none: the platform gave no welcome code"),
    mark("none: no live code of ours brought this customer"),
    mark("none: the live code has no welcome text"),
    mark("ordered"),
    mark("no relation stood between this customer and this agent"),
    mark("the platform chose the agent"),
    mark("none: the customer had left before this was decided"),
    mark("the agent could not take the session: it waits in the human queue"),
    mark("the agent stood so before"),
    mark("no group code of ours leads into this group"),
    mark("no live code of ours stands on this link"),
    mark("somebody deleted the link in WeCom; make it anew on the page of the live code"),
    mark("nothing in liveqr acts on this kind of message yet"),
    mark("liveqr does not know this kind of message; it is kept as it came"),
    mark("neither the userid nor the status of the member changed"),
    mark("a person's own words are not run through the rules"),
    mark("no agent of the pool can take anybody now, and a link needs a member"),
    mark("more than 48 hours since the customer wrote"),
    mark("a person has this session: the bot keeps silent"),
    mark("the session has ended"),
    mark("five messages were sent since the customer wrote"),
    mark("the session is in the queue, and its one message was sent or never allowed"),
    mark("there is no session with this customer"),
    mark("the platform's picture could not be read as a QR code"),
    mark("its groups were dismissed, or the app cannot see them"),
    mark("the tag is not shown to WeCom"),
    mark("marks are under way"),
    mark("its tag is not on WeCom: apply the plan on the page “Tags on WeCom”"),
    mark("its secret was sealed with another master key: enter it again"),
    mark("its address is neither https nor this machine"),
    mark("not sent: it holds more sensitive words than can be looked at"),
    mark("its deadline had passed before it could be sent"),
    mark("its claim took so long that the lease was over"),
)

# Parts of the product, as a stored reason names them.
PARTS = (
    mark("customer contact"),
    mark("customer service"),
    mark("the app"),
    mark("the Official Account"),
    mark("calling webhooks"),
)

# Reasons with a name, a figure or somebody else's words in them; a ``part`` is one of those above.
SHAPES = (
    mark("no agent %(userid)s in liveqr: add the agent, then decide this event again"),
    mark("no agent %(userid)s in liveqr"),
    mark(
        "the userid %(userid)s belongs to another agent of liveqr (%(name)s, number %(number)s); find out who is"
        " who in WeCom, give that one its right userid, then decide this event again"
    ),
    mark("a fault in liveqr (%(kind)s): decide it again after an update, and report it"),
    mark("a fault in liveqr (%(kind)s)"),
    mark("%(part)s is switched off: its secret is not set"),
    mark("the platform lists %(listed)s instead of %(wanted)s"),
    mark("not sent: it holds a sensitive word: %(words)s"),
    mark("there is no webhook %(name)s any more"),
    mark("its name leads nowhere: %(error)s"),
    mark("it leads to %(address)s, which is not public: LIVEQR_WEBHOOK_NETWORKS may allow that"),
    mark("no answer: %(kind)s"),
    mark("the address answers with HTTP %(status)s"),
    mark("the address redirects (HTTP %(status)s), which is not followed: enter where it leads"),
    mark("the address refuses the call (HTTP %(status)s)"),
    mark("no outcome within %(seconds)s s: the platform is slow"),
    mark("%(path)s was not reached: %(cause)s"),
    mark("%(path)s may have been executed: %(cause)s"),
    mark("no picture from %(place)s: %(cause)s"),
)


def told(reason: str, words: Words) -> str:
    """A stored reason; one that neither the table nor the catalogue knows stays as it is."""
    found = _REFUSED.fullmatch(reason)
    if found is not None and words.language == CHINESE:
        known = explain(int(found["code"]))
        if known.en == found["said"]:
            return f"{known.zh}（{known.code}）{found['named']}"
    for source, shape in _SHAPES:
        if (filled := shape.fullmatch(reason)) is not None:
            values = filled.groupdict()
            if "part" in values:
                values["part"] = told(values["part"], words)
            return words.gettext(source, **values)
    return words.gettext(reason)


def _shape(source: str) -> re.Pattern[str]:
    """What a source string looks like once its ``%(name)s`` are filled in."""
    literal, *named = re.split(r"%\((\w+)\)s", source)
    filled = (f"(?P<{name}>.+){re.escape(after)}" for name, after in zip(named[::2], named[1::2], strict=True))
    return re.compile(re.escape(literal) + "".join(filled), re.DOTALL)


_SHAPES = tuple((source, _shape(source)) for source in SHAPES)

"""The tester's form: which messages are tried, on which rules, and what is known of them and of the customer."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from router.handlers.admin.rule_test import MAX_TEXT_CHARACTERS
from router.handlers.known import local_time
from router.handlers.stored_messages import Message
from router.web.console.condition_form import CHANNELS, MESSAGE_KINDS, chosen, lines_of
from router.web.console.forms import Form
from tagtree.rules.facts import TEXT_KIND, Facts, PreviousTurn, Sender
from tagtree.wording import Problem, Wording

# The case that people get wrong: the pattern does not find 价钱, and does find 价值观不合格.
OPENING_PATTERN = "价.*格"
OPENING_TEXTS = "这个价格是多少？\n什么价钱？\n价值观不合格"
ALONE = "alone"  # one pattern by itself
IN_FORCE = "in_force"
MOST_TEXTS = 20
MOST_HITS = 1000
CLOCK = "%Y-%m-%dT%H:%M"  # of an input for date and time


@dataclass(frozen=True, slots=True)
class TesterForm:
    """What is filled in. Empty: unknown; for ``at`` now, for ``class_name`` what the text is read as.

    ``rules``: one pattern ``alone``, everything ``in_force``, or ``draft:3`` with ``version`` for the third rule set.
    """

    rules: str
    version: int | None
    pattern: str
    texts: str
    is_whole: bool
    channel: str
    kind: str
    sender: str
    at: str
    tag_ids: tuple[int, ...]
    is_new: str
    live_code: str
    region: str
    class_name: str
    previous: str
    previous_fired: tuple[str, ...]
    hit_rule: str
    hit_times: int
    search: str

    @property
    def rule_set_id(self) -> int | None:
        kind, _, number = self.rules.partition(":")
        return int(number) if kind == "draft" and number.isdecimal() and len(number) < 16 else None

    @property
    def is_opening(self) -> bool:
        return (self.rules, self.pattern, self.texts) == (ALONE, OPENING_PATTERN, OPENING_TEXTS)

    @property
    def messages(self) -> list[str]:
        """The text as one message, or one a line; bounded in number and length."""
        return [text[:MAX_TEXT_CHARACTERS] for text in self._given][:MOST_TEXTS]

    @property
    def is_cut(self) -> bool:
        """Whether more was given than is tried."""
        return self.messages != self._given

    @property
    def _given(self) -> list[str]:
        whole = self.texts.replace("\r\n", "\n")
        return lines_of(self.texts) if not self.is_whole else [whole] if whole else []


def read_tester_form(form: Form) -> TesterForm:
    """What was sent; fields that were not are as on the first visit."""
    kind, channel, sender = (
        form.text(name) if form.text(name) in known else known[0]
        for name, known in (
            ("kind", MESSAGE_KINDS),
            ("channel", CHANNELS),
            ("sender", ("customer", "employee", "unknown")),
        )
    )
    return TesterForm(
        rules=form.text("rules", ALONE),
        version=form.integer("version"),
        pattern=form.text("pattern", OPENING_PATTERN),
        texts=form.text("texts", OPENING_TEXTS),
        is_whole=form.ticked("whole"),
        channel=channel,
        kind=kind,
        sender=sender,
        at=form.text("at"),
        tag_ids=tuple(dict.fromkeys(form.integers("tag_ids"))),
        is_new=form.text("is_new"),
        live_code=form.text("live_code"),
        region=form.text("region"),
        class_name=form.text("class_name"),
        previous=form.text("previous"),
        previous_fired=tuple(chosen(form, "previous_fired")),
        hit_rule=form.text("hit_rule"),
        hit_times=max(0, min(form.integer("hit_times") or 0, MOST_HITS)),
        search=form.text("search"),
    )


def of_message(message: Message, zone: tzinfo) -> Mapping[str, str]:
    """The fields that a stored message fills in."""
    return {
        "texts": message.text,
        "whole": "yes",
        "channel": message.channel,
        "kind": message.kind,
        "sender": message.sender.value,
        "at": local_time(message.at, zone).strftime(CLOCK),
    }


def instant_of(form: TesterForm, now: int, zone: tzinfo) -> datetime | Problem:
    """When the messages come, in local time."""
    if not form.at:
        return local_time(now, zone)
    try:
        return datetime.fromisoformat(form.at).replace(tzinfo=zone)
    except ValueError:
        return Problem("at", *_NO_TIME)


def facts_of(form: TesterForm, text: str, certain_class: str, at: datetime) -> Facts:
    """What is known of one message; ``certain_class`` is what its text is read as."""
    class_name = form.class_name or certain_class
    hits = {form.hit_rule: _hits(at, form.hit_times)} if form.hit_rule and form.hit_times else {}
    is_previous_known = bool(form.previous or form.previous_fired)
    return Facts(
        text,
        form.channel,
        form.kind,
        live_code=form.live_code or None,
        tags=frozenset(form.tag_ids),
        classes=frozenset({class_name} - {""}) if form.kind == TEXT_KIND else None,
        is_new={"yes": True, "no": False}.get(form.is_new),
        sender=None if form.sender == "unknown" else Sender(form.sender),
        region=form.region or None,
        at=at,
        hits=hits,
        last_fired={rule_id: instants[-1] for rule_id, instants in hits.items()},
        previous=PreviousTurn(form.previous or None, frozenset(form.previous_fired)) if is_previous_known else None,
    )


def _hits(at: datetime, times: int) -> tuple[int, ...]:
    """So many firings, the last of them a minute before the message."""
    last = int((at - timedelta(minutes=1)).timestamp() * 1000)
    return tuple(last - before for before in reversed(range(times)))


_NO_TIME = (
    Wording("This is no date with a time.", "这不是有效的日期时间。"),
    Wording("Write it as 2026-11-22T09:30, or leave it empty for now.", "请写成 2026-11-22T09:30，留空表示现在。"),
)

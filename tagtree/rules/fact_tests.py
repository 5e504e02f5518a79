"""The compiled form of conditions about anything but the text: channel, tags, customer, time, what came before.

What can be looked up brings its rules into question by value; hours, counters and previous messages are tried each
time.
"""

import re
from collections.abc import Hashable, Iterable
from functools import partial
from typing import Final, assert_never

from tagtree.rules.conditions import (
    Channel,
    Counter,
    FactCondition,
    InClass,
    LiveCode,
    MessageKind,
    NewCustomer,
    PreviousContains,
    PreviousFired,
    Region,
    SentBy,
    Tagged,
    TimeWindow,
)
from tagtree.rules.facts import Fact, Facts
from tagtree.rules.reading import ALWAYS, Compiled, Outcome, Reading, Triggers
from tagtree.rules.time_window import WeekHours
from tagtree.text import normal_form

MS_A_DAY: Final = 24 * 60 * 60 * 1000
LONGEST_REGION: Final = 64

_PROVINCE_OR_CITY: Final = re.compile(r"特别行政区|维吾尔自治区|壮族自治区|回族自治区|自治区|省|市|\s")


def compiled_fact(condition: FactCondition) -> Compiled:
    match condition:
        case Channel(names):
            return _one_of(Fact.CHANNEL, names)
        case MessageKind(kinds):
            return _one_of(Fact.KIND, kinds)
        case LiveCode(codes):
            return _one_of(Fact.LIVE_CODE, codes)
        case InClass(names):
            return _one_of(Fact.CLASSES, names)
        case Tagged(tag_ids):
            return _one_of(Fact.TAGS, tag_ids)
        case NewCustomer(is_new):
            return _one_of(Fact.IS_NEW, (is_new,))
        case SentBy(sender):
            return _one_of(Fact.SENDER, (sender,))
        case Region(names):
            return _one_of(Fact.REGION, map(_plain_region, names))
        case TimeWindow(hours):
            return Compiled(partial(_in_hours, hours), ALWAYS)
        case Counter():
            return Compiled(partial(_counted, condition), ALWAYS)
        case PreviousContains(words):
            return Compiled(partial(_previous_contains, frozenset(normal_form(word) for word in words)), ALWAYS)
        case PreviousFired(rule_ids):
            return Compiled(partial(_previous_fired, frozenset(rule_ids)), ALWAYS)
        case _:
            assert_never(condition)


def values_of(facts: Facts, fact: Fact) -> Iterable[Hashable] | None:
    """The values by which a fact brings rules into question; None while it is unknown."""
    match fact:
        case Fact.CHANNEL:
            return _known(facts.channel)
        case Fact.KIND:
            return (facts.kind,)
        case Fact.TAGS:
            return facts.tags
        case Fact.CLASSES:
            return facts.classes
        case Fact.REGION:
            return None if facts.region is None else _regions_around(facts.region)
        case Fact.LIVE_CODE:
            return _known(facts.live_code)
        case Fact.IS_NEW:
            return _known(facts.is_new)
        case Fact.SENDER:
            return _known(facts.sender)
        case _:
            raise ValueError(f"rules are not looked up by {fact}")


def _known(value: Hashable | None) -> tuple[Hashable] | None:
    return None if value is None else (value,)


def _plain_region(name: str) -> str:
    """Without the words for province and city, which one source writes and another leaves out."""
    return _PROVINCE_OR_CITY.sub("", name).casefold()[:LONGEST_REGION]


def _regions_around(name: str) -> list[str]:
    """广东深圳 lies in 广东深圳 and in 广东."""
    plain = _plain_region(name)
    return [plain[:end] for end in range(1, len(plain) + 1)]


def _one_of(fact: Fact, wanted: Iterable[Hashable]) -> Compiled:
    values = frozenset(wanted)
    return Compiled(partial(_is_one_of, fact, values), Triggers(values=frozenset((fact, each) for each in values)))


def _is_one_of(fact: Fact, wanted: frozenset[Hashable], reading: Reading) -> Outcome:
    values = values_of(reading.facts, fact)
    if values is None:
        return frozenset({fact})
    return None if wanted.isdisjoint(values) else []


def _in_hours(hours: WeekHours, reading: Reading) -> Outcome:
    if reading.facts.at is None:
        return frozenset({Fact.AT})
    return [] if reading.facts.at in hours else None


def _counted(counter: Counter, reading: Reading) -> Outcome:
    now, hits = reading.facts.instant, reading.facts.hits
    if now is None or hits is None:
        return frozenset(fact for fact, value in ((Fact.AT, now), (Fact.HITS, hits)) if value is None)
    since = now - counter.days * MS_A_DAY
    recent = sum(1 for at in hits.get(counter.rule_id, ()) if at > since)
    return [] if recent >= counter.times else None


def _previous_contains(words: frozenset[str], reading: Reading) -> Outcome:
    previous = reading.facts.previous
    if previous is None or previous.text is None:
        return frozenset({Fact.PREVIOUS})
    text = normal_form(previous.text)
    return [] if any(word in text for word in words) else None


def _previous_fired(rule_ids: frozenset[str], reading: Reading) -> Outcome:
    if reading.facts.previous is None:
        return frozenset({Fact.PREVIOUS})
    return None if rule_ids.isdisjoint(reading.facts.previous.fired) else []

"""Why a customer carries a tag no more (移除): a closed list, stored as a code with its arguments.

A code reads like the source of a tag edge: ``manual:<who>``, ``rule:<rule set>:<version>:<rule id>``,
``excluded:<tag>:<what put that tag on>``, ``expired:<days>``, ``merged:<tag>``, ``merge_undone:<tag>`` and
``withdrawn:<who>``. Ids of rules and names of people may hold colons and stand last. Names of tags and rules are looked
up when somebody reads it: they change.
"""

from dataclasses import dataclass
from typing import TypeAlias, assert_never


@dataclass(frozen=True, slots=True)
class ByHand:
    who: str


@dataclass(frozen=True, slots=True)
class ByRule:
    """``version_id`` is the published version that decided, a row of ``rule_set_version``."""

    rule_set_id: int
    version_id: int
    rule_id: str


@dataclass(frozen=True, slots=True)
class ByCode:
    code_id: int


@dataclass(frozen=True, slots=True)
class Unknown:
    """What nobody here writes, such as a code of a later release; ``text`` is as it stands."""

    text: str


Cause: TypeAlias = ByHand | ByRule | ByCode | Unknown


@dataclass(frozen=True, slots=True)
class Excluded:
    """Another tag of an exclusive branch was put on, and by what."""

    tag_id: int
    put_on: Cause


@dataclass(frozen=True, slots=True)
class Expired:
    """Nothing renewed it for so many days."""

    days: int


@dataclass(frozen=True, slots=True)
class MergedInto:
    """Another tag took its place."""

    tag_id: int


@dataclass(frozen=True, slots=True)
class MergeUndone:
    """It was carried on for another tag, which stands again."""

    tag_id: int


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """The rule that had put it on was withdrawn; the edge says which rule that is."""

    who: str


WhyTakenOff: TypeAlias = ByHand | ByRule | Excluded | Expired | MergedInto | MergeUndone | Withdrawn | Unknown


def cause_of(source: str, version_id: int | None) -> Cause:
    """What put a tag on, from the source of its edge and the version of the rule set that the edge names."""
    kind, _, rest = source.partition(":")
    first, _, last = rest.partition(":")
    match kind:
        case "manual":
            return ByHand(rest)
        case "code" if rest.isdecimal():
            return ByCode(int(rest))
        case "rule" if first.isdecimal() and version_id is not None:
            return ByRule(int(first), version_id, last)
        case _:
            return Unknown(source)


def stored(why: WhyTakenOff | Cause) -> str:
    """The code, which `read` reads back."""
    match why:
        case ByHand(who):
            return f"manual:{who}"
        case ByRule(rule_set_id, version_id, rule_id):
            return f"rule:{rule_set_id}:{version_id}:{rule_id}"
        case ByCode(code_id):
            return f"code:{code_id}"
        case Excluded(tag_id, put_on):
            return f"excluded:{tag_id}:{stored(put_on)}"
        case Expired(days):
            return f"expired:{days}"
        case MergedInto(tag_id):
            return f"merged:{tag_id}"
        case MergeUndone(tag_id):
            return f"merge_undone:{tag_id}"
        case Withdrawn(who):
            return f"withdrawn:{who}"
        case Unknown(text):
            return text
        case _:
            assert_never(why)


def read(text: str) -> WhyTakenOff:
    """A stored code; whatever it is not is `Unknown`."""
    kind, _, rest = text.partition(":")
    first, _, last = rest.partition(":")
    match kind:
        case "excluded" if first.isdecimal():
            return Excluded(int(first), _read_cause(last))
        case "expired" if rest.isdecimal():
            return Expired(int(rest))
        case "merged" if rest.isdecimal():
            return MergedInto(int(rest))
        case "merge_undone" if rest.isdecimal():
            return MergeUndone(int(rest))
        case "withdrawn":
            return Withdrawn(rest)
        case _:
            cause = _read_cause(text)
            return Unknown(text) if isinstance(cause, ByCode) else cause


def _read_cause(text: str) -> Cause:
    """Like `cause_of`, of a code: there the version stands between the rule set and the rule."""
    kind, _, rest = text.partition(":")
    rule_set_id, _, rest_of_rule = rest.partition(":")
    version_id, _, rule_id = rest_of_rule.partition(":")
    if kind == "rule" and version_id.isdecimal():
        return cause_of(f"rule:{rule_set_id}:{rule_id}", int(version_id))
    return cause_of(text, None)

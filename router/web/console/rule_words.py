"""Rules as sentences: what one asks for, what it does, and how a draft differs from what is in force."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from router.web.console.naming import CHANNEL_NAMES, MESSAGE_KIND_NAMES, name_of
from router.web.i18n import Words, mark

Json = Mapping[str, Any]

MOST_WORDS = 6  # of one condition shown in a sentence


@dataclass(frozen=True, slots=True)
class Names:
    """What ids in conditions and actions are called."""

    tags: Mapping[int, str]
    pools: Mapping[int, str]
    rules: Mapping[str, str]


NO_NAMES: Final = Names({}, {}, {})


@dataclass(frozen=True, slots=True)
class Differences:
    """Names of the rules by which a draft differs from the version in force."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]


_OF_WORDS: Final[Mapping[str, str]] = {
    "contains": mark("the message contains %(words)s"),
    "exact": mark("the message is exactly %(words)s"),
    "prefix": mark("the message begins with %(words)s"),
    "suffix": mark("the message ends with %(words)s"),
    "near_miss": mark("the message nearly contains %(words)s"),
    "previous_contains": mark("the message before contained %(words)s"),
}
_OF_LISTS: Final[Mapping[str, tuple[str, str]]] = {
    "message_kind": (mark("the message is of the kind %(words)s"), "kinds"),
    "live_code": (mark("the customer came by the code %(words)s"), "codes"),
    "class": (mark("the message is classed as %(words)s"), "names"),
    "region": (mark("the customer is in %(words)s"), "names"),
}


def condition_sentence(condition: Json, words: Words, names: Names = NO_NAMES) -> str:
    """Such as: the message contains “价格” or “报价”."""
    kind = str(condition.get("kind", ""))
    if kind in _OF_WORDS:
        return words.gettext(_OF_WORDS[kind], words=_listed(condition.get("words", ()), words))
    if kind in _OF_LISTS:
        sentence, key = _OF_LISTS[kind]
        names_of_codes = MESSAGE_KIND_NAMES if kind == "message_kind" else {}
        listed = [name_of(names_of_codes, each, words) for each in condition.get(key, ())]
        return words.gettext(sentence, words=_listed(listed, words))
    match kind:
        case "previous_fired":
            rules = [names.rules.get(rule_id, rule_id) for rule_id in condition.get("rule_ids", ())]
            return words.gettext("rule %(words)s fired on the message before", words=_listed(rules, words))
        case "pattern":
            return words.gettext("the message matches %(pattern)s", pattern=condition.get("pattern", ""))
        case "channel":
            channels = [name_of(CHANNEL_NAMES, each, words) for each in condition.get("names", ())]
            return words.gettext("it comes through %(channels)s", channels=_listed(channels, words))
        case "tagged":
            tags = [_named(names.tags, tag_id) for tag_id in condition.get("tag_ids", ())]
            return words.gettext("the customer carries %(tags)s", tags=_listed(tags, words))
        case "new_customer":
            is_new = condition.get("is_new", True)
            return words.gettext("the customer is new") if is_new else words.gettext("the customer is not new")
        case "sent_by":
            by_employee = condition.get("sender") == "employee"
            return words.gettext("an employee wrote it") if by_employee else words.gettext("a customer wrote it")
        case "time_window":
            return words.gettext("it is within the rule's hours")
        case "counter":
            rule_id = condition.get("rule_id", "")
            return words.gettext(
                "rule “%(rule)s” fired at least %(times)s times in %(days)s days",
                rule=names.rules.get(rule_id, rule_id),
                times=condition.get("times", 0),
                days=condition.get("days", 0),
            )
        case "all_of":
            return words.gettext(" and ").join(_parts(condition, words, names))
        case "any_of":
            return words.gettext(" or ").join(_parts(condition, words, names))
        case "none_of":
            return words.gettext(
                "none of: %(conditions)s", conditions=words.gettext("; ").join(_parts(condition, words, names))
            )
        case _:
            return ""


def action_sentence(action: Json, names: Names, words: Words) -> str:
    """Such as: put on 意向 / 问价."""
    match action.get("do"):
        case "add_tag":
            return words.gettext("put on %(tag)s", tag=_named(names.tags, action.get("tag_id")))
        case "remove_tag":
            return words.gettext("take off %(tag)s", tag=_named(names.tags, action.get("tag_id")))
        case "reply":
            return words.gettext("answer “%(text)s”", text=_shortened(str(action.get("text", ""))))
        case "move_to_pool":
            return words.gettext("move to %(pool)s", pool=_named(names.pools, action.get("pool_id")))
        case "hand_to_human":
            return words.gettext("hand over to a person")
        case "set_class":
            return words.gettext("class it as %(name)s", name=action.get("name", ""))
        case "start_ladder":
            return words.gettext("start the ladder %(name)s", name=action.get("ladder", ""))
        case "call_webhook":
            return words.gettext("call the webhook %(name)s", name=action.get("name", ""))
        case "open_task":
            return words.gettext("open the task “%(title)s”", title=_shortened(str(action.get("title", ""))))
        case _:
            return ""


def differences(draft: Json, published: Json) -> Differences:
    """By rule id; names as in the draft, or as they were."""
    new, old = _by_id(draft), _by_id(published)
    return Differences(
        added=tuple(_name(rule) for rule_id, rule in new.items() if rule_id not in old),
        changed=tuple(_name(rule) for rule_id, rule in new.items() if rule_id in old and old[rule_id] != rule),
        removed=tuple(_name(rule) for rule_id, rule in old.items() if rule_id not in new),
    )


def _parts(condition: Json, words: Words, names: Names) -> list[str]:
    parts = condition.get("conditions", ())
    return [
        f"({sentence})" if part.get("conditions") and len(parts) > 1 else sentence
        for part in parts
        if (sentence := condition_sentence(part, words, names))
    ]


def _listed(texts: list[str], words: Words) -> str:
    shown = words.gettext(" or ").join(f"“{_shortened(text)}”" for text in texts[:MOST_WORDS])
    rest = len(texts) - MOST_WORDS
    if rest <= 0:
        return shown
    more = words.ngettext("and %(num)s more", "and %(num)s more", rest)
    return f"{shown} {more}"


def _named(names: Mapping[int, str], number: object) -> str:
    return names.get(number, str(number)) if isinstance(number, int) else str(number)


def _shortened(text: str, most: int = 40) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _by_id(content: Json) -> dict[str, Json]:
    return {str(rule.get("id")): rule for rule in content.get("rules", ())}


def _name(rule: Json) -> str:
    return str(rule.get("name") or rule.get("id"))

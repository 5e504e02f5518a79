"""Stored decisions as sentences: why this agent, what came of this event."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from router.db.queries.printed_adds import PrintedAdd
from router.domain.capacity import Limit
from router.domain.explanation import Standing, explain
from router.domain.policies import Policy
from router.web.console.board import cap_source
from router.web.console.naming import CONVERSATION_STATES, FOLLOW_STATES, HOW_NAMES, name_of
from router.web.console.reasons import told
from router.web.i18n import Words, mark

Json = Mapping[str, Any]

# Why the first of a pool's order was first, by its policy.
CHOSEN: Mapping[Policy, str] = {
    "idle_first": mark(
        "%(name)s was chosen: the least load for the weight of all who had a place (%(load)s today, weight %(weight)s)."
    ),
    "exclusive": mark(
        "%(name)s was chosen: this visitor had nobody before, and %(name)s had the least load for the weight"
        " (%(load)s today, weight %(weight)s)."
    ),
    "round_robin": mark("%(name)s was chosen: next in turn (%(load)s today, weight %(weight)s)."),
    "sequential": mark("%(name)s was chosen: the first of the pool's order who had a place (%(load)s today)."),
    "weighted_random": mark("%(name)s was chosen: by chance, in proportion to weight (weight %(weight)s)."),
}

# Why somebody was left out; a cap is named with its numbers.
LEFT_OUT: Mapping[str, str] = {
    "off_duty": mark("%(name)s was left out: off duty."),
    "off_shift": mark("%(name)s was left out: no shift at that time."),
    "paused": mark("%(name)s was left out: paused for now."),
    "offline": mark("%(name)s was left out: offline."),
    "unavailable": mark("%(name)s was left out: WeCom cannot reach this person."),
    "lacks_skill": mark("%(name)s was left out: without the skill that the code asks for."),
    "other_department": mark("%(name)s was left out: not in the department that the code asks for."),
    "not_theirs": mark("%(name)s was left out: this visitor belongs to another agent."),
    "promised": mark("%(name)s was left out: the free place is for somebody who came earlier."),
    "returning": mark("%(name)s was left out: just back, and taking customers slowly at first."),
    "no_contact_way": mark("%(name)s was left out: no contact way was ready."),
    "backup": mark("%(name)s was left out: a backup, not needed yet."),
}


def assignment_reasons(decision: Json, names: Mapping[str, str], words: Words) -> list[str]:
    """Why the chosen agent was chosen, and why each other one was not, those of the pools that were full included.

    ``names`` are those of what the caps bind, by subject (`capped_in`).
    """
    return [_standing(each, names, words) for each in explain(decision)]


def capped_in(decisions: Iterable[Json]) -> set[str]:
    """The subjects of the caps that left somebody out of these decisions."""
    limits = (standing.limit for decision in decisions for standing in explain(decision))
    return {limit.source or limit.subject for limit in limits if limit is not None}


def passed_cap(limit: Limit, names: Mapping[str, str], words: Words) -> str:
    """The cap that somebody who came all the same has passed: "21 of 20 taken (cap of Ann, per day)"."""
    return words.gettext(
        "%(taken)s of %(places)s taken (%(cap)s)",
        taken=words.number(limit.taken),
        places=words.number(limit.places),
        cap=cap_source(limit.source or limit.subject, limit.window, names, words),
    )


def passed_caps(adds: Iterable[PrintedAdd], names: Mapping[str, str], words: Words) -> dict[int, str]:
    """`passed_cap` of those of the customers who passed one, by id."""
    return {each.id: passed_cap(each.beyond, names, words) for each in adds if each.beyond is not None}


def caps_passed(adds: Iterable[PrintedAdd]) -> set[str]:
    """The subjects of the caps that these customers passed."""
    return {each.beyond.source or each.beyond.subject for each in adds if each.beyond is not None}


def cap_passed_in(decision: Json) -> set[str]:
    """The subject of the cap that the customer of an event passed, if any."""
    beyond = decision.get("beyond") if decision else None
    return {beyond["source"] or beyond["subject"]} if beyond else set()


def event_sentences(
    name: str, decision: Json, agents: Mapping[int, str], cap_names: Mapping[str, str], words: Words
) -> list[str]:
    """What an event was decided to mean; ``agents`` gives names by id, ``cap_names`` those of what a cap binds."""
    match name:
        case "customer_added":
            return _arrival(decision, agents, cap_names, words)
        case "customer_lost" if decision:
            return [name_of({code: state[0] for code, state in FOLLOW_STATES.items()}, decision["follow"], words)]
        case "message_received" | "employee_wrote":
            return _message(decision, agents, words)
        case _:
            return []


def _standing(standing: Standing, names: Mapping[str, str], words: Words) -> str:
    values = {"name": standing.name, "load": words.number(standing.load), "weight": standing.weight}
    match standing.why:
        case "chosen":
            return words.gettext(CHOSEN[standing.policy], **values)
        case "sticky":
            return words.gettext("%(name)s was chosen: this visitor had the same agent before.", **values)
        case "passed":
            return words.gettext(
                "%(name)s was asked first, but lost the last place or code to somebody else.", **values
            )
        case "tied":
            return words.gettext(
                "%(name)s stood behind: as idle, but named later (%(load)s today, weight %(weight)s).", **values
            )
        case "behind":
            return words.gettext(
                "%(name)s stood behind in the pool's order (%(load)s today, weight %(weight)s).", **values
            )
        case "busier" | "idler":
            return words.gettext("%(name)s stood behind: %(load)s today, weight %(weight)s.", **values)
        case _:
            return left_out(standing, names, words)


def left_out(standing: Standing, names: Mapping[str, str], words: Words) -> str:
    """Why somebody was left out, a cap with its numbers."""
    name, limit = standing.name, standing.limit
    if standing.why == "at_cap" and limit:
        return words.gettext(
            "%(name)s was left out: full, %(taken)s of %(places)s taken (%(cap)s).",
            name=name,
            taken=words.number(limit.taken),
            places=words.number(limit.places),
            cap=cap_source(limit.source or limit.subject, limit.window, names, words),
        )
    if standing.why in LEFT_OUT:
        return words.gettext(LEFT_OUT[standing.why], name=name)
    return words.gettext("%(name)s was left out: %(reason)s.", name=name, reason=standing.why)


def _arrival(decision: Json, agents: Mapping[int, str], cap_names: Mapping[str, str], words: Words) -> list[str]:
    if not decision:
        return []
    agent = agents.get(decision["agent_id"], str(decision["agent_id"]))
    how = name_of(HOW_NAMES, decision["how"], words)
    sentences = [words.gettext("%(agent)s has a new customer, %(how)s.", agent=agent, how=how)]
    if decision["how"] == "same_arrival":
        sentences = [words.gettext("The other half of an arrival at %(agent)s: counted once.", agent=agent)]
    if reason := decision.get("reason"):
        sentences.append(words.gettext("Recognised by: %(reason)s.", reason=told(reason, words)))
    if decision.get("own_place"):
        sentences.append(words.gettext("No reservation holds a place for it, so it counts by itself."))
    if beyond := decision.get("beyond"):
        passed = passed_cap(Limit(**beyond), cap_names, words)
        sentences.append(words.gettext("It passed a cap: %(passed)s.", passed=passed))
    outcome = decision["welcome"]
    sentences.append(words.gettext("Welcome: %(outcome)s.", outcome=told(outcome, words)))
    return sentences


def _message(decision: Json, agents: Mapping[int, str], words: Words) -> list[str]:
    sentences = [sentence for each in _rule_sets(decision) for sentence in _rule_set(each, words)]
    if not sentences:
        sentences.append(words.gettext("No rule was met."))
    if replies := decision.get("replies"):
        sentences.append(words.ngettext("%(num)s reply was ordered.", "%(num)s replies were ordered.", len(replies)))
    if reason := decision.get("hand_over"):
        sentences.append(words.gettext("A person takes over: %(reason)s.", reason=told(reason, words)))
    if agent_id := decision.get("agent_id"):
        sentences.append(words.gettext("%(agent)s takes the customer.", agent=agents.get(agent_id, str(agent_id))))
    if session := decision.get("session"):
        states = {code: state[0] for code, state in CONVERSATION_STATES.items()}
        sentences.append(words.gettext("The conversation is now: %(state)s.", state=name_of(states, session, words)))
    return sentences


def _rule_sets(decision: Json) -> Sequence[Json]:
    if "fired" in decision:
        return [{"name": "", "version": "", **decision}]
    rule_sets: Sequence[Json] = decision.get("rule_sets", ())
    return rule_sets


def _rule_set(decided: Json, words: Words) -> list[str]:
    sentences = []
    for fired in decided.get("fired", ()):
        texts = words.gettext(", ").join(f"“{text}”" for text in fired.get("texts", ()))
        sentences.append(
            words.gettext("Rule “%(rule)s” fired on %(texts)s.", rule=fired["name"], texts=texts)
            if texts
            else words.gettext("Rule “%(rule)s” fired.", rule=fired["name"])
        )
    for blocked in decided.get("blocked", ()):
        reason = blocked["zh"] if words.language.code == "zh" else blocked["en"]
        sentences.append(words.gettext("Rule “%(rule)s” was blocked: %(reason)s", rule=blocked["name"], reason=reason))
    return sentences

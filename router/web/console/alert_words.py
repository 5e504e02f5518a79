"""An alert as a sentence, and where it is mended."""

from collections.abc import Mapping

from router.db.queries.alerts import Alert
from router.web.console.board import bearer, window_name
from router.web.console.reasons import told
from router.web.i18n import Words, mark

SENTENCES: Mapping[str, str] = {
    "pool_full": mark("The pool %(name)s is full: nobody in it can take one more customer."),
    "code_full": mark(
        "Visitors to the code %(name)s are turned away while its pool has room for others: its own caps are used up, or"
        " nobody with the skill or department it asks for has a place."
        " See the reasons in Reservations → Found nobody, then raise a cap of the code or put somebody fitting on duty."
    ),
    "cap_near": mark("%(name)s is nearly full: %(taken)s of %(places)s, %(window)s."),
    "stock_empty": mark(
        "%(name)s is on duty but has no contact way left, so nobody can be sent there."
        " The outbox tells admins why WeCom makes none; mend that reason."
    ),
    "tags_drifted": mark("Tags on WeCom or the Official Account were changed without us: %(count)s differences."),
    "code_to_nobody": mark(
        "The code %(name)s leads to nobody: no agent behind it whom it asks for is on duty and reachable."
        " See who is switched off, paused or offline, and which skill or department it asks for."
    ),
    "group_none_left": mark(
        "No group behind the code %(name)s takes new people: each is full, or its QR has expired."
        " Add a group, upload a fresh QR or raise a limit."
    ),
    "link_refused": mark(
        "The code %(name)s has no acquisition link, so nobody can be added."
        " Mend the reason, then press “Ask WeCom again” on its page: %(reason)s"
    ),
    "link_used_up": mark(
        "The quota of acquisition links is used up, so nobody can be added through %(name)s."
        " Buy more in WeCom's console; it is noticed within 10 minutes."
    ),
    "native_out_of_step": mark("The members of %(name)s at WeCom are not as wanted: %(reason)s"),
}
# Of a pool that is full though no cap is reached.
_NOT_THERE: Mapping[str, str] = {
    "nobody": mark(
        "Visitors to the pool %(name)s are turned away because nobody in it is on duty; its caps are not the reason."
        " See who is switched off, paused or offline."
    ),
    "between_shifts": mark(
        "Visitors come to the pool %(name)s while nobody is on shift; its caps are not the reason."
        " Change the schedules of its agents if somebody should be there."
    ),
}
_ABOUT: Mapping[str, str] = {"agent": "/agents", "pool": "/pools", "code": "/live-codes"}
_CAPS_WITHIN: Mapping[str, str] = {"pool": "#agent-caps", "code": "/admission#agent-caps"}


def alert_sentence(alert: Alert, names: Mapping[str, str], words: Words) -> str:
    """What is wrong, in the reader's language; an alert of an unknown kind is told by its name.

    ``names`` are those within its subject as they are now: it was raised with those of its day.
    """
    if alert.kind not in SENTENCES:
        return f"{alert.kind}: {alert.subject}"
    known = {"name": alert.subject, "taken": 0, "places": 0, "count": 0} | alert.text
    known["reason"] = told(str(alert.text.get("reason", "")), words)
    window = alert.text.get("window")
    known["window"] = window_name(window, words) if window else ""
    called = bearer(alert.subject, names, words) if "@" in alert.subject else names.get(alert.subject)
    known["name"] = called or known["name"]
    sentence = _NOT_THERE.get(str(alert.text.get("because")), SENTENCES[alert.kind])
    return words.gettext(sentence, **known)


def alert_tone(alert: Alert) -> str:
    """The tone of its badge: what nobody need mend at once is a warning."""
    return "warn" if alert.kind == "cap_near" or alert.text.get("because") == "between_shifts" else "bad"


def alert_address(alert: Alert) -> str:
    """The page below the console where it can be mended; empty when there is none.

    The caps that an agent has within a pool or a code are set there, not on the agent's page.
    """
    if alert.kind == "tags_drifted":
        return "/wecom-tags"
    noun, _, number = alert.subject.rpartition("@")[2].partition(":")
    if noun not in _ABOUT or not number.isdigit():
        return ""
    within = _CAPS_WITHIN.get(noun, "") if "@" in alert.subject else ""
    return f"{_ABOUT[noun]}/{number}{within}"

"""What stored codes are called on the pages: states, kinds, parts. One table each, so that a new code shows at once."""

from collections.abc import Mapping

from router.domain.code_kinds import CodeKind
from router.web.i18n import Words, mark

EVENT_STATES: Mapping[str, tuple[str, str]] = {
    "stored": (mark("waits"), "note"),
    "done": (mark("decided"), "good"),
    "ignored": (mark("ignored"), ""),
    "failed": (mark("failed"), "bad"),
}
EFFECT_STATES: Mapping[str, tuple[str, str]] = {
    "pending": (mark("waits"), "note"),
    "sending": (mark("being sent"), "note"),
    "done": (mark("sent"), "good"),
    "failed": (mark("failed"), "bad"),
    "late": (mark("too late"), "warn"),
}
RESERVATION_STATES: Mapping[str, tuple[str, str]] = {
    "held": (mark("held"), "note"),
    "confirmed": (mark("confirmed"), "good"),
    "expired": (mark("expired"), ""),
    "released": (mark("released"), ""),
}
FOUND_NOBODY: Mapping[str, tuple[str, str]] = {
    "full": (mark("no free agent"), "warn"),
    "preparing": (mark("a code is being prepared"), "note"),
}
FOLLOW_STATES: Mapping[str, tuple[str, str]] = {
    "half": (mark("half added"), "note"),
    "full": (mark("added"), "good"),
    "lost": (mark("removed by the customer"), "bad"),
    "removed": (mark("removed by the agent"), "warn"),
}
CONVERSATION_STATES: Mapping[str, tuple[str, str]] = {
    "bot": (mark("answered by rules"), ""),
    "waiting": (mark("waits for a person"), "warn"),
    "human": (mark("with a person"), "good"),
    "ended": (mark("ended"), ""),
}
EVENT_NAMES: Mapping[str, str] = {
    "customer_added": mark("Customer added an agent"),
    "customer_lost": mark("Relation ended"),
    "message_received": mark("Customer wrote"),
    "employee_wrote": mark("Employee wrote"),
    "session_changed": mark("Session changed hands"),
    "send_failed": mark("A message could not be delivered"),
    "kf_notified": mark("Customer service has news"),
    "directory_changed": mark("The contact book changed"),
    "group_changed": mark("A group changed"),
    "tags_changed": mark("Tags changed in WeCom"),
    "link_changed": mark("An acquisition link changed"),
    "kf_session_entered": mark("Customer opened the chat"),
}
EFFECT_NAMES: Mapping[str, str] = {
    "send_welcome": mark("Send the welcome"),
    "make_contact_way": mark("Make a contact way"),
    "delete_contact_way": mark("Delete a contact way"),
    "mark_tags": mark("Put tags on in WeCom"),
    "make_tag": mark("Make a tag in WeCom"),
    "read_tags": mark("Read a platform's tags"),
    "take_tag_step": mark("Take a step of a tag plan"),
    "remark_tag": mark("Mark customers anew with a tag"),
    "sync_kf": mark("Fetch customer service messages"),
    "send_kf_text": mark("Answer the customer"),
    "answer_waiting": mark("Give an answer to one who waits"),
    "hand_to_human": mark("Hand over to a person"),
    "send_app_text": mark("Answer the employee"),
    "update_native_way": mark("Change who is on a native code"),
    "patrol_contact_ways": mark("Patrol the contact ways at WeCom"),
    "delete_orphan": mark("Delete a leftover contact way"),
    "keep_join_way": mark("Keep a group's join code"),
    "delete_join_way": mark("Delete a group's join code"),
    "count_group": mark("Count the people of a group"),
    "keep_acquisition_link": mark("Keep a customer acquisition link"),
    "delete_acquisition_link": mark("Delete a customer acquisition link"),
    "call_webhook": mark("Call a webhook"),
}
HOW_NAMES: Mapping[str, str] = {
    "reserved": mark("from a reservation"),
    "late": mark("late, after the hold ended"),
    "shared_picture": mark("with a picture used before"),
    "printed_code": mark("given by WeCom from its own code or an acquisition link"),
    "unknown_channel": mark("not through a live code of ours"),
    "moved": mark("moved by a rule"),
    "same_arrival": mark("other half of an arrival already counted"),
}
POLICY_NAMES: Mapping[str, str] = {
    "idle_first": mark("Whoever has the most room (least load for the weight)"),
    "round_robin": mark("In turns, in proportion to the weight"),
    "sequential": mark("In order: the first until a cap is reached, then the second"),
    "weighted_random": mark("By chance, in proportion to the weight"),
    "exclusive": mark("Always the same agent: whoever had one before gets that one or nobody"),
}
SPILL_NAMES: Mapping[str, str] = {
    "waiting_page": mark("a line that shows the position and moves by itself"),
    "fallback_pool": mark("another pool takes over"),
    "closed_page": mark("a page says to come another time"),
    "kf_account": mark("a button opens customer service"),
    "group_code": mark("visitors are sent to a group"),
    "leave_number": mark("visitors may leave a number"),
}
TASK_NAMES: Mapping[str, str] = {
    "call_back": mark("Call back"),
    "sensitive_word": mark("A customer wrote a sensitive word"),
    "welcome_by_hand": mark("Welcome the customer: ours was blocked"),
    "rule": mark("A rule asks for it"),
    "ladder": mark("A person should look: a rule started a ladder"),
}
PART_NAMES: Mapping[str, str] = {
    "customer_contact": mark("Customer contact"),
    "customer_service": mark("WeChat customer service"),
    "app": mark("App messages"),
    "official_account": mark("Official Account tags"),
}
GROUP_EXCLUSIONS: Mapping[str, str] = {
    "making": mark("being made"),
    "failed": mark("refused by WeCom"),
    "retired": mark("taken out"),
    "expired": mark("expired"),
    "full": mark("full"),
}
CODE_KIND_NAMES: Mapping[str, str] = {
    "hosted": mark("Our page: one agent, reserved for each visitor"),
    "native": mark("The platform's own code with several agents"),
    "group": mark("Groups, one after the other"),
    "acquisition": mark("A customer acquisition link of WeCom"),
}
CLOSE_CODE: Mapping[CodeKind, str] = {
    "hosted": mark("Close this code? Whoever scans it is told that it is closed. You can open it again at any time."),
    "native": mark(
        "Mark this code as closed? Its print goes on working: it is WeCom's own, and its list of members stays in step"
        " with the pool. To switch the print off, delete its contact way at WeCom."
    ),
    "group": mark(
        "Close this code? Whoever scans it is told that it is closed; whoever kept the QR of a group can still join."
        " You can open it again at any time."
    ),
    "acquisition": mark(
        "Close this code? Whoever scans it is told that it is closed; whoever kept WeCom's link can still add, and"
        " costs quota. You can open it again at any time."
    ),
}
ARCHIVE_CODE: Mapping[CodeKind, str] = {
    "hosted": mark("Archive this code? Its prints then say that it is closed. You can restore it at any time."),
    "native": mark(
        "Archive this code? Its print goes on working: WeCom's list of members stays as it is now, whoever goes off"
        " duty or reaches a cap. You can restore it at any time."
    ),
    "group": mark(
        "Archive this code? Its prints then say that it is closed; whoever kept the QR of a group can still join. You"
        " can restore it at any time."
    ),
    "acquisition": mark(
        "Archive this code? Its prints then say that it is closed, and its link is deleted at WeCom. You can restore it"
        " at any time; another link is made then."
    ),
}
ROLE_NAMES: Mapping[str, str] = {"admin": mark("Admin"), "marketer": mark("Marketer"), "agent": mark("Agent")}
KIND_NAMES: Mapping[str, str] = {
    "contains": mark("contains one of the words"),
    "exact": mark("is exactly one of the words"),
    "prefix": mark("begins with one of the words"),
    "suffix": mark("ends with one of the words"),
    "near_miss": mark("nearly contains one of the words"),
    "pattern": mark("matches the pattern"),
    "message_kind": mark("is of the kind"),
    "class": mark("is of the class"),
    "channel": mark("comes through the channel"),
    "sent_by": mark("was written by"),
    "time_window": mark("comes within the hours"),
    "tagged": mark("the customer has the tag or one under it"),
    "new_customer": mark("the customer is new or known"),
    "live_code": mark("the customer came last by the code"),
    "region": mark("the customer is in the region"),
    "counter": mark("a rule fired several times"),
    "previous_contains": mark("the message before contained"),
    "previous_fired": mark("a rule fired on the message before"),
    "all_of": mark("all of these"),
    "any_of": mark("any of these"),
    "none_of": mark("none of these"),
}
KIND_SHELVES: tuple[tuple[str, tuple[str, ...]], ...] = (
    (mark("Words"), ("contains", "exact", "prefix", "suffix", "near_miss", "pattern")),
    (mark("Several conditions"), ("all_of", "any_of", "none_of")),
    (mark("Message"), ("message_kind", "class", "channel", "sent_by", "time_window")),
    (mark("Customer"), ("tagged", "new_customer", "live_code", "region")),
    (mark("What was before"), ("counter", "previous_contains", "previous_fired")),
)
"""Kinds of conditions as they are offered."""
ACTION_NAMES: Mapping[str, str] = {
    "add_tag": mark("put on the tag"),
    "remove_tag": mark("take off the tag"),
    "reply": mark("answer with"),
    "move_to_pool": mark("move to the pool"),
    "hand_to_human": mark("hand over to a person"),
    "set_class": mark("class the message as"),
    "open_task": mark("open a task"),
    "start_ladder": mark("start the ladder"),
    "call_webhook": mark("call the webhook"),
}
CHANNEL_NAMES: Mapping[str, str] = {"kf": mark("WeChat customer service"), "app": mark("App messages")}
MESSAGE_KIND_NAMES: Mapping[str, str] = {
    "text": mark("text"),
    "image": mark("picture"),
    "voice": mark("voice"),
    "video": mark("video"),
    "file": mark("file"),
    "location": mark("location"),
    "link": mark("link"),
    "business_card": mark("business card"),
    "miniprogram": mark("mini program"),
}
UNIT_NAMES: Mapping[str, str] = {
    "days": mark("days"),
    "hours": mark("hours"),
    "minutes": mark("minutes"),
    "seconds": mark("seconds"),
}
SENDER_NAMES: Mapping[str, str] = {"customer": mark("a customer"), "employee": mark("an employee")}


def name_of(names: Mapping[str, str], code: str, words: Words) -> str:
    """The name of a code; the code itself when it has none yet."""
    return words.gettext(names[code]) if code in names else code


def part_name(code: str, words: Words) -> str:
    """The name of a part of the product; callbacks carry the name they were given."""
    if code.startswith("callback_"):
        return words.gettext("Callback %(name)s", name=code.removeprefix("callback_").upper())
    return name_of(PART_NAMES, code, words)

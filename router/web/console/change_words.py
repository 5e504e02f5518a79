"""What the record of changes calls an act and the thing it was about, in words for people."""

from collections.abc import Mapping

from router.web.console.setting_words import setting_label
from router.web.i18n import Words, mark

SUBJECTS: Mapping[str, str] = {
    "agent": mark("Agent"),
    "answer": mark("Answer to many"),
    "catalogue": mark("Catalogue"),
    "class": mark("Message class"),
    "customer": mark("Customer"),
    "effect": mark("Send"),
    "event": mark("Event"),
    "live_code": mark("Live code"),
    "pool": mark("Pool"),
    "rule_set": mark("Rule set"),
    "schedule": mark("Schedule"),
    "setting": mark("Setting"),
    "store": mark("Store"),
    "tag": mark("Tag"),
    "tags": mark("Tags on the platforms"),
    "task": mark("Task"),
    "user": mark("User"),
    "webhook": mark("Webhook"),
    "word": mark("Unknown word"),
    "word_set": mark("Set of sensitive words"),
    "numbers": mark("Numbers"),
    "contact_ways": mark("Contact ways at WeCom"),
}
"""What changes are about: ``agent:3``."""
ACTS: Mapping[str, str] = {
    "acquisition.keep": mark("acquisition link renewed"),
    "agent.create": mark("added"),
    "agent.update": mark("edited"),
    "agent.archive": mark("archived"),
    "agent.restore": mark("restored"),
    "agent.photo": mark("photo changed"),
    "agent.presence": mark("presence changed"),
    "agent.renamed": mark("userid changed by WeCom"),
    "answer.propose": mark("proposed"),
    "answer.approve": mark("approved"),
    "answer.reject": mark("rejected"),
    "answer.undo": mark("replies taken back"),
    "catalogue.create": mark("added"),
    "catalogue.update": mark("edited"),
    "catalogue.archive": mark("archived"),
    "catalogue.restore": mark("restored"),
    "catalogue.import": mark("imported"),
    "class.create": mark("added"),
    "class.update": mark("edited"),
    "class.archive": mark("archived"),
    "class.restore": mark("restored"),
    "customer.tag_on": mark("tag put on"),
    "customer.tag_off": mark("tag taken off"),
    "effect.retry": mark("sent again"),
    "event.retry": mark("decided again"),
    "group.add": mark("group added"),
    "group.place": mark("groups put in order"),
    "group.remove": mark("group taken out"),
    "group.retry": mark("group tried again"),
    "group.update": mark("group changed"),
    "live_code.create": mark("added"),
    "live_code.update": mark("edited"),
    "live_code.archive": mark("archived"),
    "live_code.restore": mark("restored"),
    "live_code.admit": mark("whom it lets in changed"),
    "live_code.cap_agent": mark("caps of agents changed"),
    "message.dismiss": mark("review dismissed"),
    "message.review": mark("class corrected"),
    "native_code.backup": mark("backup chosen"),
    "native_code.import": mark("imported"),
    "native_code.send": mark("members sent again"),
    "numbers.recount": mark("counted again"),
    "patrol.start": mark("look at all begun"),
    "pool.create": mark("added"),
    "pool.update": mark("edited"),
    "pool.archive": mark("archived"),
    "pool.restore": mark("restored"),
    "pool.cap_agent": mark("caps of agents changed"),
    "rule.withdraw": mark("tags of a rule withdrawn"),
    "rule.withdrawal_undo": mark("withdrawal undone"),
    "rule_set.create": mark("added"),
    "rule_set.rename": mark("renamed"),
    "rule_set.draft": mark("draft saved"),
    "rule_set.publish": mark("published"),
    "rule_set.roll_back": mark("rolled back"),
    "rule_set.archive": mark("archived"),
    "rule_set.restore": mark("restored"),
    "schedule.create": mark("added"),
    "schedule.update": mark("edited"),
    "schedule.archive": mark("archived"),
    "schedule.restore": mark("restored"),
    "setting.update": mark("edited"),
    "store.create": mark("added"),
    "store.update": mark("edited"),
    "store.archive": mark("archived"),
    "store.restore": mark("restored"),
    "tag.create": mark("added"),
    "tag.update": mark("edited"),
    "tag.move": mark("moved"),
    "tag.archive": mark("archived"),
    "tag.restore": mark("restored"),
    "tag.import": mark("imported"),
    "tag.merge": mark("merged into another"),
    "tag.merge_into": mark("another merged into it"),
    "tag.merge_undo": mark("merge taken back"),
    "tags.apply": mark("plan applied"),
    "tags.choose": mark("mapping chosen"),
    "task.done": mark("done"),
    "task.reopen": mark("opened again"),
    "unknown_word.dismiss": mark("dismissed"),
    "user.create": mark("added"),
    "user.role": mark("role changed"),
    "user.password": mark("password changed"),
    "user.disable": mark("disabled"),
    "user.enable": mark("enabled"),
    "webhook.create": mark("added"),
    "webhook.update": mark("edited"),
    "webhook.secret": mark("secret changed"),
    "webhook.archive": mark("archived"),
    "webhook.restore": mark("restored"),
    "word_set.create": mark("added"),
    "word_set.update": mark("edited"),
    "word_set.archive": mark("archived"),
    "word_set.restore": mark("restored"),
}
"""What somebody did; which thing it was stands beside it."""


def act_name(what: str, words: Words) -> str:
    """``rule_set.publish`` as "published"; the code itself when it has no name yet."""
    return words.gettext(ACTS[what]) if what in ACTS else what


def subject_name(subject: str, names: Mapping[str, str], words: Words) -> str:
    """``agent:3`` as "Agent: Ann"; ``names`` are those of the things that have one, by subject."""
    noun, _, which = subject.partition(":")
    if noun not in SUBJECTS:
        return subject
    thing = words.gettext(SUBJECTS[noun])
    name = setting_label(which, words) if noun == "setting" else names.get(subject, which)
    return words.gettext("%(thing)s: %(name)s", thing=thing, name=name) if name else thing

"""What settings are called on the page, beside their names in the environment; what they do is told by their specs."""

from collections.abc import Mapping

from router.setting_specs import CALLBACK_SETTING
from router.web.console.naming import part_name
from router.web.i18n import Words, mark

SETTING_LABELS: Mapping[str, str] = {
    "PUBLIC_URL": mark("Public address"),
    "TIME_ZONE": mark("Time zone"),
    "CORP_ID": mark("Corporation id"),
    "APP_AGENT_ID": mark("AgentID of the app"),
    "APP_SECRET": mark("Secret of the app"),
    "CONTACT_SECRET": mark("Secret of customer contact"),
    "KF_SECRET": mark("Secret of WeChat customer service"),
    "OA_APP_ID": mark("App id of the Official Account"),
    "OA_SECRET": mark("Secret of the Official Account"),
    "CORP_TAG_LIMIT": mark("Tags that WeCom holds"),
    "CORP_TAG_NAME_CHARACTERS": mark("Longest tag name in WeCom"),
    "FAN_TAG_LIMIT": mark("Tags that an Official Account holds"),
    "FAN_TAG_NAME_BYTES": mark("Longest tag name in an Official Account"),
    "TAG_TWINS": mark("When tags are made in WeCom"),
    "TAG_DRIFT": mark("When a tag is changed in WeCom"),
    "HOLD_MINUTES": mark("Minutes an agent is held"),
    "STOCK_LOW": mark("Make contact ways below"),
    "STOCK_TARGET": mark("Make contact ways up to"),
    "SCANS_PER_MINUTE": mark("New visitors of an address a minute"),
    "NATIVE_EDIT_SECONDS": mark("Seconds until a native code changes"),
    "NATIVE_SEEN_SECONDS": mark("Seconds to look at a native code's member"),
    "GROUP_PERSON_LIMIT": mark("People in a group"),
    "GROUP_QR_DAYS": mark("Days that a group QR works"),
    "SAFE_WELCOME": mark("Welcome in place of a blocked one"),
    "HUMAN_WORDS": mark("Words that ask for a person"),
    "KF_POOL_ID": mark("Pool of those who ask for a person"),
    "RULE_MEMORY_MIB": mark("Memory of a rule set, in MiB"),
    "CLASS_MARGIN": mark("Lead of a message's class, in percent"),
    "INTENT_MODEL": mark("Sentence model for reviews"),
    "QUESTION_SIMILARITY": mark("Likeness of questions, in percent"),
    "ANSWER_UNDO_SECONDS": mark("Seconds to undo an answer to many"),
    "TEXT_DAYS": mark("Days that messages are kept"),
    "UNKNOWN_WORD_DAYS": mark("Days that unknown words are kept"),
}
CALLBACK_LABELS: Mapping[str, str] = {
    "TOKEN": mark("%(callback)s: Token"),
    "AES_KEY": mark("%(callback)s: EncodingAESKey"),
    "PREVIOUS_TOKEN": mark("%(callback)s: Token before"),
    "PREVIOUS_AES_KEY": mark("%(callback)s: EncodingAESKey before"),
}
CHOICE_NAMES: Mapping[str, str] = {
    "when_used": mark("as soon as a customer is to carry it"),
    "reviewed": mark("when a plan is applied"),
    "repair": mark("undo the change"),
    "report": mark("raise an alert"),
    "off": mark("off"),
    "on": mark("on"),
}


def setting_label(name: str, words: Words) -> str:
    """What people call it; the name itself for what only the environment holds."""
    if match := CALLBACK_SETTING.fullmatch(name):
        callback = part_name(f"callback_{match[1].lower()}", words)
        return words.gettext(CALLBACK_LABELS[match[2]], callback=callback)
    return words.gettext(SETTING_LABELS[name]) if name in SETTING_LABELS else name

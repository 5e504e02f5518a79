"""Why a tag was taken off a customer, as a sentence."""

from typing import assert_never

from router.db.queries.taken_off import TakenOffReason
from router.web.i18n import Words


def why_taken_off(reason: TakenOffReason, words: Words) -> str:
    """The reason with the names of the tag, the rule or the person, in the reader's language."""
    tag = reason.tag.path if reason.tag else ""
    match reason.kind:
        case "manual" | "rule":
            return _whose_act(reason, words)
        case "excluded":
            excluded = words.gettext("Excluded by “%(tag)s”", tag=tag)
            return " · ".join(part for part in (excluded, _whose_act(reason, words)) if part)
        case "expired":
            return words.ngettext(
                "Expired: not renewed for %(num)s day", "Expired: not renewed for %(num)s days", reason.days or 0
            )
        case "merged":
            return words.gettext("Merged into “%(tag)s”", tag=tag)
        case "merge_undone":
            return words.gettext("The merge with “%(tag)s” was taken back", tag=tag)
        case "withdrawn":
            return words.gettext("Rule “%(rule)s” was withdrawn by %(who)s", rule=reason.rule_name, who=reason.by)
        case "unknown":
            return words.gettext("The reason is not known")
        case _:
            assert_never(reason.kind)


def _whose_act(reason: TakenOffReason, words: Words) -> str:
    """The person, the rule with its version, or the live code; empty when none of them is known."""
    if reason.by is not None:
        return words.gettext("By hand: %(who)s", who=reason.by)
    if reason.rule_name is not None:
        rule = words.gettext("Rule “%(rule)s”", rule=reason.rule_name)
        return f"{rule}, {words.gettext('version %(number)s', number=reason.version)}" if reason.version else rule
    return "" if reason.code_id is None else words.gettext("The live code that brought this customer")

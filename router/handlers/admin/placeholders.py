"""What a text for customers may leave to be filled in."""

from collections.abc import Collection

from router.domain.reply import PLACEHOLDERS, full_width_placeholders, unknown_placeholders
from router.handlers.admin.refusal import problem
from tagtree.wording import Problem


def placeholder_problems(path: str, text: str, from_message: Collection[str] = ()) -> list[Problem]:
    """Why the text is refused: ``{names}`` that nothing fills, or full-width braces, which the customer would read.

    ``from_message``: what fills besides the names of people.
    """
    known = PLACEHOLDERS.union(from_message)
    return [
        *(_no_filling(path, name, from_message) for name in dict.fromkeys(unknown_placeholders(text, known))),
        *(_full_width(path, name) for name in dict.fromkeys(full_width_placeholders(text, known))),
    ]


def _no_filling(path: str, name: str, from_message: Collection[str]) -> Problem:
    further = [f"{{{each}}}" for each in sorted(from_message)]
    en = f"; from the message {', '.join(further)}" if further else ""
    zh = f"；来自消息的有 {'、'.join(further)}" if further else ""
    return problem(
        path,
        (f"Nothing fills {{{name}}}.", f"没有可填入 {{{name}}} 的内容。"),
        (f"Use {{customer}} or {{agent}}{en}.", f"可用：{{customer}}、{{agent}}{zh}。"),
    )


def _full_width(path: str, name: str) -> Problem:
    return problem(
        path,
        (f"Nothing fills ｛{name}｝ in full-width braces.", f"全角花括号的 ｛{name}｝ 不会被替换。"),
        (f"Write {{{name}}}.", f"请写成半角 {{{name}}}。"),
    )

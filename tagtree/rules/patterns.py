"""Regular expressions typed by people: compiled by RE2 only, so that every search takes linear time.

RE2 refuses look-around and back-references itself; what it would accept but takes long is refused by the
size of its program (`(.*a){20}$` is linear and still slow). Refusals say what to write instead.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import re2

from tagtree.rules.literals import required_literals
from tagtree.rules.pattern_syntax import folded_pattern
from tagtree.text import Span
from tagtree.wording import Wording

MAX_PATTERN_CHARACTERS: Final = 500
MAX_PROGRAM_SIZE: Final = 200
"""Instructions of RE2's program. One `.` takes about nine, `.{0,20}` about 180."""

_MAX_MEMORY: Final = 1 << 20
"""Bytes that RE2 may spend on the states of one pattern. Its own default of 8 MiB is for few patterns, not thousands;
with less than this it starts over too often."""

_SAYS_NOTHING: Final = "\ue000" * 40
"""Private-use characters: a pattern that meets this text meets nearly every text."""


@dataclass(frozen=True, slots=True)
class CompiledPattern:
    """A pattern ready to meet normalised text.

    `required`: of each of these choices one word stands in every text it meets, the most telling choice first; empty
    when there is no such promise.
    """

    pattern: str
    required: tuple[frozenset[str], ...]
    program_size: int
    regexp: Any

    def search(self, text: str) -> Span | None:
        """The leftmost match in normalised text, in characters."""
        return self.search_encoded(text.encode())

    def search_encoded(self, encoded: bytes) -> Span | None:
        """`search` in a text already encoded as UTF-8, as RE2 wants it; the span still counts characters."""
        found = self.regexp.search(encoded)
        if found is None:
            return None
        start, end = found.span()  # \C stands for a byte: a character met in part counts as met
        return len(encoded[:start].decode(errors="ignore")), len(encoded[:end].decode(errors="replace"))

    def meets_everything(self) -> bool:
        """Whether it also meets a text that says nothing, as `.*`, `a*` and the empty pattern do."""
        return self.search(_SAYS_NOTHING) is not None


@dataclass(frozen=True, slots=True)
class PatternRefused:
    """Why a pattern is refused: `position` counts characters from 0, None when RE2 does not tell."""

    reason: Wording
    hint: Wording
    position: int | None = None


@lru_cache(maxsize=4096)  # a pattern is compiled when it is checked and again in each version that holds it
def compile_pattern(pattern: str, max_program_size: int = MAX_PROGRAM_SIZE) -> CompiledPattern | PatternRefused:
    """Compile a pattern as typed, or tell why not and what to write instead. Case, width and script do not count."""
    if len(pattern) > MAX_PATTERN_CHARACTERS:
        return _too_long(len(pattern))
    try:
        re2.compile(pattern, _options())
        folded = folded_pattern(pattern)
        regexp = re2.compile(folded, _options())
    except UnicodeEncodeError as error:
        return PatternRefused(_HALF_CHARACTER, _RETYPE, error.start)
    except re2.error as error:
        return _refused_by_re2(pattern, error.args[0].decode("utf-8", "replace"))
    if regexp.programsize > max_program_size:
        return _too_large(regexp.programsize, max_program_size)
    return CompiledPattern(pattern, required_literals(folded), regexp.programsize, regexp)


def _options() -> Any:
    options = re2.Options()
    options.log_errors = False  # RE2 would write to stderr what the caller is told anyway
    options.case_sensitive = False
    options.max_mem = _MAX_MEMORY
    options.never_capture = True  # groups only bracket; without captures the search is faster
    return options


def _refused_by_re2(pattern: str, message: str) -> PatternRefused:
    complaint, _, at = message.partition(": ")
    names_a_place = at and not complaint.endswith(")")  # an unmatched bracket is told with the whole pattern
    position = pattern.find(at) if names_a_place and pattern.count(at) == 1 else None
    place = (
        Wording("", "")
        if position is None
        else Wording(f" at character {position + 1}", f"（第 {position + 1} 个字符）")
    )
    reason = Wording(f"RE2 refuses the pattern{place.en}: {message}.", f"RE2 不接受该表达式{place.zh}：{message}。")
    return PatternRefused(reason, _hint(complaint, at), position)


def _hint(complaint: str, at: str) -> Wording:
    for start, part, hint in _HINTS:
        if complaint.startswith(start) and at.startswith(part):
            return hint
    return Wording("Correct the pattern, or use words with “contains”.", "请修改表达式，或改用“包含”关键词。")


def _too_long(characters: int) -> PatternRefused:
    return PatternRefused(
        Wording(
            f"The pattern has {characters} characters, more than {MAX_PATTERN_CHARACTERS}.",
            f"表达式有 {characters} 个字符，超过 {MAX_PATTERN_CHARACTERS}。",
        ),
        _SPLIT,
    )


def _too_large(size: int, limit: int) -> PatternRefused:
    return PatternRefused(
        Wording(
            f"The pattern needs {size} steps of RE2's program; {limit} are allowed.",
            f"表达式编译后有 {size} 步，上限为 {limit} 步。",
        ),
        Wording(
            "Lower the counts in {…}, replace .{0,20} by .*, or split it into several patterns joined by any_of.",
            "请减小 {…} 中的次数，用 .* 代替 .{0,20}，或拆成多个表达式用“任一满足”组合。",
        ),
    )


_HALF_CHARACTER: Final = Wording(
    "The pattern contains half of a character (a lone surrogate).", "表达式里有半个字符（孤立代理项）。"
)
_RETYPE: Final = Wording("Delete the unreadable character and type it again.", "请删除无法显示的字符后重新输入。")
_SPLIT: Final = Wording(
    "Split it into several patterns joined by any_of, or list words with “contains”.",
    "请拆成多个表达式用“任一满足”组合，或用“包含”列出关键词。",
)
_AHEAD: Final = Wording(
    "Look-around is not available. Join conditions: all_of for what must also occur, none_of for what must not.",
    "不支持环视。请改用组合条件：同时出现用“全部满足”，不得出现用“全不满足”。",
)
_HINTS: Final = (
    ("invalid perl operator", "(?=", _AHEAD),
    ("invalid perl operator", "(?!", _AHEAD),
    ("invalid perl operator", "(?<", _AHEAD),
    (
        "invalid perl operator",
        "",
        Wording("Use a plain group (…) or (?:…).", "请使用普通分组 (…) 或 (?:…)。"),
    ),
    (
        "invalid escape sequence",
        "\\Z",
        Wording("Write \\z or $ for the end of the text.", "文本结尾请写 \\z 或 $。"),
    ),
    (
        "invalid escape sequence",
        "\\u",
        Wording("Type the character itself, or write \\x{4e00}.", "请直接输入该字符，或写成 \\x{4e00}。"),
    ),
    (
        "invalid escape sequence",
        "",
        Wording(
            "There are no back-references and no such escape: write the repeated part out, and \\\\ for a backslash.",
            "不支持反向引用和未知转义：请写出重复的内容，反斜杠写作 \\\\。",
        ),
    ),
    (
        "missing )",
        "",
        Wording("Close the group with ), or write \\( for a bracket.", "请补上 )，或用 \\( 表示括号本身。"),
    ),
    (
        "unexpected )",
        "",
        Wording("Open the group with (, or write \\) for a bracket.", "请补上 (，或用 \\) 表示括号本身。"),
    ),
    (
        "missing ]",
        "",
        Wording("Close the class with ], or write \\[ for a bracket.", "请补上 ]，或用 \\[ 表示括号本身。"),
    ),
    (
        "no argument for repetition operator",
        "",
        Wording(
            "Put something before *, + or ?; for “anything” write .*", "请在 *、+ 或 ? 之前写上内容；“任意内容”写作 .*"
        ),
    ),
    (
        "bad repetition operator",
        "",
        Wording("Repeat once only: a+ instead of a++ or a**.", "重复符号只写一个：用 a+ 代替 a++ 或 a**。"),
    ),
    (
        "invalid repetition size",
        "",
        Wording("Counts go up, and to at most 1000: {2,5}.", "次数须由小到大，且不超过 1000，例如 {2,5}。"),
    ),
    (
        "invalid character class range",
        "",
        Wording(
            "Ranges run upwards, as in [a-z]; Chinese is \\p{Han}.", "范围须由小到大，如 [a-z]；汉字写作 \\p{Han}。"
        ),
    ),
    ("trailing \\", "", Wording("Write \\\\ for a backslash.", "反斜杠请写作 \\\\。")),
    ("pattern too large", "", _SPLIT),
)

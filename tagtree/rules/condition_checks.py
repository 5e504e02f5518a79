"""What makes a condition unusable, and what makes it so wide that a person should confirm it."""

from collections.abc import Iterator, Mapping
from typing import Final, assert_never

from tagtree.rules.conditions import (
    AllOf,
    AnyOf,
    Channel,
    Condition,
    Contains,
    Counter,
    Exact,
    InClass,
    LiveCode,
    MessageKind,
    NearMiss,
    NewCustomer,
    NoneOf,
    Pattern,
    Prefix,
    PreviousContains,
    PreviousFired,
    Region,
    SentBy,
    Suffix,
    Tagged,
    TimeWindow,
    parts,
)
from tagtree.rules.patterns import PatternRefused, compile_pattern
from tagtree.rules.time_window import WeekHours
from tagtree.text import normal_form
from tagtree.wording import Problem, Wording, step

MAX_NESTING: Final = 8
"""Levels of all_of, any_of and none_of inside one another."""
MAX_ERRORS: Final = 3
CHARACTERS_PER_ERROR: Final = 3
"""A near miss needs this many characters for each error allowed: 退货 with one error would be nearly any word."""


def check_condition(condition: Condition, path: str, nesting: int = 0) -> Iterator[Problem]:
    """Every reason why the condition, or one inside it, cannot be used."""
    if parts(condition) and nesting >= MAX_NESTING:
        yield Problem(path, *TOO_NESTED)
        return
    yield from _own_problems(condition, path)
    for number, part in enumerate(parts(condition)):
        yield from check_condition(part, step(step(path, "conditions"), number), nesting + 1)


def cautions_of(condition: Condition, path: str) -> Iterator[Problem]:
    """What is allowed and yet so wide that a person should confirm it, such as the pattern `.*`."""
    if isinstance(condition, Pattern):
        compiled = compile_pattern(condition.pattern)
        if not isinstance(compiled, PatternRefused) and compiled.meets_everything():
            yield Problem(step(path, "pattern"), *_MEETS_EVERYTHING)
    if isinstance(condition, TimeWindow) and not _ever(condition.hours):
        yield Problem(path, *_NO_HOURS)
    for number, part in enumerate(parts(condition)):
        yield from cautions_of(part, step(step(path, "conditions"), number))


def check_references(condition: Condition, path: str, rule_ids: frozenset[str]) -> Iterator[Problem]:
    """Every place where the condition speaks of a rule that is not among these."""
    for place, rule_id in _references(condition, path):
        if rule_id not in rule_ids:
            yield Problem(place, *_no_such_rule(rule_id))


def cautions_of_references(condition: Condition, path: str, switched_off: Mapping[str, str]) -> Iterator[Problem]:
    """Every place where the condition waits for a rule that cannot fire; `switched_off`: their names by id."""
    for place, rule_id in _references(condition, path):
        if rule_id in switched_off:
            yield Problem(place, *_never_fires(switched_off[rule_id]))


def only_excludes(condition: Condition) -> bool:
    """Whether it only says what must not be, and so is met by nearly every message."""
    match condition:
        case NoneOf():
            return True
        case AllOf(conditions):
            return all(map(only_excludes, conditions))
        case AnyOf(conditions):
            return any(map(only_excludes, conditions))
        case _:
            return False


def _references(condition: Condition, path: str) -> Iterator[tuple[str, str]]:
    """The rules that the condition speaks of, each with its place."""
    match condition:
        case Counter(rule_id):
            yield step(path, "rule_id"), rule_id
        case PreviousFired(rule_ids):
            for number, rule_id in enumerate(rule_ids):
                yield step(step(path, "rule_ids"), number), rule_id
        case _:
            for number, part in enumerate(parts(condition)):
                yield from _references(part, step(step(path, "conditions"), number))


def _own_problems(condition: Condition, path: str) -> Iterator[Problem]:
    match condition:
        case Exact(words) | Contains(words) | Prefix(words) | Suffix(words) | PreviousContains(words):
            yield from _problems_of_words(words, step(path, "words"))
        case NearMiss(words, errors):
            yield from _problems_of_near_miss(words, errors, path)
        case Pattern(pattern):
            compiled = compile_pattern(pattern)
            if isinstance(compiled, PatternRefused):
                yield Problem(step(path, "pattern"), compiled.reason, compiled.hint)
        case Channel(names):
            yield from _problems_of_names(names, step(path, "names"), _NO_CHANNELS, _EMPTY_CHANNEL)
        case InClass(names) | Region(names):
            yield from _problems_of_names(names, step(path, "names"), _NO_NAMES, _EMPTY_NAME)
        case MessageKind(kinds):
            yield from _problems_of_names(kinds, step(path, "kinds"), _NO_NAMES, _EMPTY_NAME)
        case LiveCode(codes):
            yield from _problems_of_names(codes, step(path, "codes"), _NO_NAMES, _EMPTY_NAME)
        case PreviousFired(rule_ids):
            yield from _problems_of_names(rule_ids, step(path, "rule_ids"), _NO_NAMES, _EMPTY_NAME)
        case Tagged(tag_ids):
            if not tag_ids:
                yield Problem(step(path, "tag_ids"), *_NO_TAGS)
        case AllOf(conditions) | AnyOf(conditions) | NoneOf(conditions):
            if not conditions:
                yield Problem(step(path, "conditions"), *_NO_CONDITIONS)
        case NewCustomer() | SentBy() | TimeWindow() | Counter():
            pass  # every value of them can be used
        case _:
            assert_never(condition)


def _problems_of_words(words: tuple[str, ...], path: str) -> Iterator[Problem]:
    if not words:
        yield Problem(path, *_NO_WORDS)
    for number, word in enumerate(words):
        if not normal_form(word):
            yield Problem(step(path, number), *_EMPTY_WORD)


def _problems_of_near_miss(words: tuple[str, ...], errors: int, path: str) -> Iterator[Problem]:
    if not words:
        yield Problem(step(path, "words"), *_NO_WORDS)
    if not 1 <= errors <= MAX_ERRORS:
        yield Problem(step(path, "errors"), *_ERRORS_OUT_OF_RANGE)
        return
    for number, word in enumerate(words):
        if len(normal_form(word)) < CHARACTERS_PER_ERROR * errors:
            yield Problem(step(step(path, "words"), number), *_too_short_for(errors))


def _problems_of_names(
    names: tuple[str, ...], path: str, none: tuple[Wording, Wording], empty: tuple[Wording, Wording]
) -> Iterator[Problem]:
    if not names:
        yield Problem(path, *none)
    for number, name in enumerate(names):
        if not name.strip():
            yield Problem(step(path, number), *empty)


def _ever(hours: WeekHours) -> bool:
    return any(hours.week) or any(each.hours for each in hours.special_days)


def _no_such_rule(rule_id: str) -> tuple[Wording, Wording]:
    return (
        Wording(f"There is no rule {rule_id} in this rule set.", f"本规则集里没有规则 {rule_id}。"),
        Wording("Name another rule of this rule set.", "请改用本规则集里的规则。"),
    )


def _never_fires(name: str) -> tuple[Wording, Wording]:
    return (
        Wording(f"Rule “{name}” is switched off, so it never fires.", f"规则“{name}”已停用，不会触发。"),
        Wording("Switch it on, or name another rule.", "请启用该规则，或改用其他规则。"),
    )


def _too_short_for(errors: int) -> tuple[Wording, Wording]:
    least = CHARACTERS_PER_ERROR * errors
    return (
        Wording(f"The word is too short for {errors} wrong characters.", f"关键词太短，不宜容许 {errors} 个字的误差。"),
        Wording(
            f"Use a word of at least {least} characters, allow fewer errors, or use “contains”.",
            f"请使用至少 {least} 个字的词，减少容许误差，或改用“包含”。",
        ),
    )


TOO_NESTED: Final = (
    Wording(f"Conditions are nested more than {MAX_NESTING} levels.", f"条件嵌套超过 {MAX_NESTING} 层。"),
    Wording("Flatten them, or make several rules.", "请减少嵌套，或拆成多条规则。"),
)
_NO_CONDITIONS: Final = (
    Wording("The group has no conditions.", "条件组里没有条件。"),
    Wording("Add a condition or remove the group.", "请添加条件或删除该组。"),
)
_NO_WORDS: Final = (
    Wording("There are no words.", "没有关键词。"),
    Wording("Enter at least one word.", "请至少填写一个关键词。"),
)
_EMPTY_WORD: Final = (
    Wording("The word has no visible character.", "关键词没有可见字符。"),
    Wording("Enter a word or remove the empty entry.", "请填写关键词，或删除空项。"),
)
_NO_CHANNELS: Final = (
    Wording("There are no channels.", "没有选择渠道。"),
    Wording("Choose at least one channel.", "请至少选择一个渠道。"),
)
_EMPTY_CHANNEL: Final = (
    Wording("The channel has no name.", "渠道名称为空。"),
    Wording("Choose a channel or remove the empty entry.", "请选择渠道，或删除空项。"),
)
_MEETS_EVERYTHING: Final = (
    Wording("The pattern meets nearly every message.", "该表达式几乎匹配所有消息。"),
    Wording(
        "Confirm that the rule is meant for every message, or narrow the pattern.",
        "请确认规则要对所有消息生效，或收窄表达式。",
    ),
)
_NO_NAMES: Final = (
    Wording("The list is empty.", "列表为空。"),
    Wording("Choose at least one, or remove the condition.", "请至少选择一项，或删除该条件。"),
)
_EMPTY_NAME: Final = (
    Wording("The entry is empty.", "该项为空。"),
    Wording("Choose something or remove the empty entry.", "请选择内容，或删除空项。"),
)
_NO_TAGS: Final = (
    Wording("There are no tags.", "没有选择标签。"),
    Wording("Choose at least one tag.", "请至少选择一个标签。"),
)
_NO_HOURS: Final = (
    Wording("The time window has no hours: it is never met.", "时间窗没有任何时段，条件永远不满足。"),
    Wording("Add hours, or confirm that this is meant.", "请添加时段，或确认如此设置。"),
)
_ERRORS_OUT_OF_RANGE: Final = (
    Wording("So many wrong characters cannot be allowed.", "容许的误差字数超出范围。"),
    Wording(f"Allow 1 to {MAX_ERRORS}.", f"请填写 1 到 {MAX_ERRORS}。"),
)
ONLY_EXCLUDES: Final = (
    Wording(
        "The rule only says what must not be: nearly every message meets it.",
        "规则只规定了“不满足”，几乎所有消息都会触发。",
    ),
    Wording(
        "Add what must be, or confirm that the rule is meant for all other messages.",
        "请补充须满足的条件，或确认规则要对其余所有消息生效。",
    ),
)

"""Rules, facts and hypothesis strategies with defaults, so that a test says only what it is about."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone

from hypothesis import strategies as st

from tagtree.rules.actions import (
    Action,
    AddTag,
    CallWebhook,
    HandToHuman,
    MoveToPool,
    OpenTask,
    RemoveTag,
    Reply,
    SetClass,
    StartLadder,
)
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
)
from tagtree.rules.decision import Decision
from tagtree.rules.evaluation import evaluate
from tagtree.rules.facts import Facts, PreviousTurn, Sender
from tagtree.rules.matcher import compile_rule_set
from tagtree.rules.naming import NamedRule
from tagtree.rules.rule_set import Rule, RuleSet, Samples, Scope
from tagtree.rules.time_window import Hours, SpecialDay, WeekHours
from tagtree.tree import TagTree

LETTERS = "价格退货aB Ａ1"
SHANGHAI = timezone(timedelta(hours=8))
NOON = datetime(2026, 10, 1, 12, 0, tzinfo=SHANGHAI)
"""A Thursday."""


def rule(
    rule_id: str,
    condition: Condition,
    *actions: Action,
    priority: int = 0,
    stop: bool = False,
    cooldown: int = 0,
    group: str = "",
    fallback: bool = False,
    scope: Scope | None = None,
    samples: Samples | None = None,
) -> Rule:
    return Rule(
        rule_id,
        f"rule {rule_id}",
        priority,
        condition,
        actions or (HandToHuman(),),
        stop,
        cooldown,
        group,
        fallback,
        scope or Scope(),
        samples=samples or Samples(),
    )


def named(rule_id: str) -> NamedRule:
    """The rule of this id as messages name it."""
    return NamedRule(rule_id, f"rule {rule_id}")


def rule_set(*rules: Rule) -> RuleSet:
    return RuleSet(1, 1, rules)


def message(text: str, channel: str = "kf", kind: str = "text", tags: frozenset[int] | None = frozenset()) -> Facts:
    return Facts(text, channel, kind, tags=tags)


def decide(facts: Facts, *rules: Rule, tree: TagTree | None = None, max_chain: int = 5) -> Decision:
    return evaluate(compile_rule_set(rule_set(*rules)), facts, tree, max_chain)


texts = st.text(alphabet=LETTERS + "，。價\u200b", max_size=12)
words = st.text(alphabet=LETTERS.replace(" ", ""), min_size=1, max_size=3)
word_tuples = st.lists(words, min_size=1, max_size=4).map(tuple)
long_words = st.text(alphabet="价格退货a", min_size=6, max_size=7)
patterns = st.sampled_from(["价.*格", "退|货", "^a", "[价退]货?", r"\d", "a{2}", "(价格|a)b", ".*", "格$", ""])
channels = st.sampled_from(["kf", "official_account"])
kinds = st.sampled_from(["text", "voice"])
codes = st.sampled_from(["spring", "desk"])
classes = st.sampled_from(["咨询", "投诉"])
regions = st.sampled_from(["上海", "上海市", "广东", "广东深圳"])
ids = st.integers(min_value=1, max_value=6)
rule_ids = st.from_regex(r"[a-c]{1,2}", fullmatch=True)
minutes = st.integers(min_value=0, max_value=24 * 60 - 1)
hours = st.lists(st.builds(Hours, minutes, minutes), max_size=2).map(tuple)
days = st.dates(date(2026, 9, 28), date(2026, 10, 4))
special_days = st.lists(st.builds(SpecialDay, days, hours), max_size=2, unique_by=lambda each: each.day).map(tuple)
week_hours = st.builds(WeekHours, st.lists(hours, min_size=7, max_size=7).map(tuple), special_days)

text_conditions: st.SearchStrategy[Condition] = st.one_of(
    word_tuples.map(Exact),
    word_tuples.map(Contains),
    word_tuples.map(Prefix),
    word_tuples.map(Suffix),
    st.builds(NearMiss, st.lists(long_words, min_size=1, max_size=2).map(tuple), st.integers(1, 2)),
    patterns.map(Pattern),
)
fact_conditions: st.SearchStrategy[Condition] = st.one_of(
    channels.map(lambda name: Channel((name,))),
    kinds.map(lambda kind: MessageKind((kind,))),
    codes.map(lambda code: LiveCode((code,))),
    classes.map(lambda name: InClass((name,))),
    st.lists(ids, min_size=1, max_size=2).map(tuple).map(Tagged),
    st.booleans().map(NewCustomer),
    st.sampled_from(Sender).map(SentBy),
    regions.map(lambda name: Region((name,))),
    week_hours.map(TimeWindow),
    word_tuples.map(PreviousContains),
)
single_conditions = st.one_of(text_conditions, fact_conditions)


def _grouped(inner: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    members = st.lists(inner, min_size=1, max_size=3).map(tuple)
    return st.one_of(members.map(AllOf), members.map(AnyOf), members.map(NoneOf))


def _conditions(single: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    return st.recursive(single, _grouped, max_leaves=6)


def _referring(known: tuple[str, ...]) -> st.SearchStrategy[Condition]:
    """Conditions that name other rules of the set, too."""
    named = st.sampled_from(known)
    return _conditions(
        st.one_of(
            single_conditions,
            st.builds(Counter, named, st.integers(1, 3), st.integers(1, 3)),
            named.map(lambda rule_id: PreviousFired((rule_id,))),
        )
    )


conditions = _conditions(single_conditions)
actions: st.SearchStrategy[Action] = st.one_of(
    ids.map(AddTag),
    ids.map(RemoveTag),
    st.builds(AddTag, ids, st.just("意向 / 问价")),
    classes.map(SetClass),
    st.sampled_from(["您好", "稍等"]).map(Reply),
    ids.map(MoveToPool),
    st.just(HandToHuman()),
    st.just(StartLadder("urgent")),
    st.just(CallWebhook("crm")),
    st.builds(OpenTask, st.just("回电"), st.sampled_from(["", "callback"])),
)
action_tuples = st.lists(actions, min_size=1, max_size=3).map(tuple)
scopes = st.builds(Scope, st.lists(channels, max_size=1).map(tuple), st.lists(codes, max_size=1).map(tuple))
samples = st.builds(Samples, st.lists(texts, max_size=2).map(tuple), st.lists(texts, max_size=2).map(tuple))


def _rule(rule_id: str, known: tuple[str, ...]) -> st.SearchStrategy[Rule]:
    return st.builds(
        Rule,
        id=st.just(rule_id),
        name=st.just("规则"),
        priority=st.integers(min_value=-2, max_value=2),
        condition=_referring(known),
        actions=action_tuples,
        stop=st.booleans(),
        cooldown=st.sampled_from([0, 0, 60_000]),
        group=st.sampled_from(["", "", "once"]),
        fallback=st.booleans(),
        scope=scopes,
        enabled=st.sampled_from([True, True, True, False]),
        samples=st.just(Samples()),
    )


def _rules(known: list[str]) -> st.SearchStrategy[list[Rule]]:
    return st.tuples(*(_rule(rule_id, tuple(known)) for rule_id in known)).map(list)


rule_lists = st.lists(rule_ids, max_size=5, unique=True).flatmap(_rules)


def _hits(rule_id_strategy: st.SearchStrategy[str]) -> st.SearchStrategy[Mapping[str, tuple[int, ...]]]:
    now = Facts("", "", at=NOON).instant or 0
    earlier = st.integers(min_value=1, max_value=4 * 24 * 60).map(lambda minutes_ago: now - minutes_ago * 60_000)
    return st.dictionaries(rule_id_strategy, st.lists(earlier, max_size=3).map(sorted).map(tuple), max_size=3)


facts = st.builds(
    Facts,
    text=texts,
    channel=channels,
    kind=kinds,
    live_code=st.none() | st.just("") | codes,
    tags=st.none() | st.frozensets(ids),
    classes=st.none() | st.frozensets(classes),
    is_new=st.none() | st.booleans(),
    sender=st.none() | st.sampled_from(Sender),
    region=st.none() | regions,
    at=st.none() | st.just(NOON),
    hits=st.none() | _hits(rule_ids),
    last_fired=st.none() | _hits(rule_ids).map(lambda hits: {key: at[-1] for key, at in hits.items() if at}),
    previous=st.none() | st.builds(PreviousTurn, st.none() | texts, st.frozensets(rule_ids, max_size=2)),
)

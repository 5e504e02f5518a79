"""Rules, facts and hypothesis strategies with defaults, so that a test says only what it is about."""

from hypothesis import strategies as st

from tagtree.actions import Action, AddTag, HandToHuman, MoveToPool, RemoveTag, Reply
from tagtree.conditions import AllOf, AnyOf, Channel, Condition, Contains, Exact, NoneOf, Pattern
from tagtree.decision import Decision
from tagtree.evaluation import evaluate
from tagtree.facts import Facts
from tagtree.matcher import compile_rule_set
from tagtree.rules import Rule, RuleSet
from tagtree.tree import TagTree

LETTERS = "价格退货aB Ａ1"


def rule(
    rule_id: str,
    condition: Condition,
    *actions: Action,
    priority: int = 0,
    stop: bool = False,
) -> Rule:
    return Rule(rule_id, f"rule {rule_id}", priority, condition, actions or (HandToHuman(),), stop)


def rule_set(*rules: Rule) -> RuleSet:
    return RuleSet(1, 1, rules)


def message(text: str, channel: str = "kf", kind: str = "text", tags: frozenset[int] = frozenset()) -> Facts:
    return Facts(text, channel, kind, tags=tags)


def decide(facts: Facts, *rules: Rule, tree: TagTree | None = None) -> Decision:
    return evaluate(compile_rule_set(rule_set(*rules)), facts, tree)


texts = st.text(alphabet=LETTERS + "，。價\u200b", max_size=12)
words = st.text(alphabet=LETTERS.replace(" ", ""), min_size=1, max_size=3)
word_tuples = st.lists(words, min_size=1, max_size=4).map(tuple)
patterns = st.sampled_from(["价.*格", "退|货", "^a", "[价退]货?", r"\d", "a{2}", "(价格|a)b", ".*", "格$", ""])
channels = st.sampled_from(["kf", "official_account"])

single_conditions: st.SearchStrategy[Condition] = st.one_of(
    word_tuples.map(Exact),
    word_tuples.map(Contains),
    patterns.map(Pattern),
    channels.map(lambda name: Channel((name,))),
)


def _grouped(inner: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    members = st.lists(inner, min_size=1, max_size=3).map(tuple)
    return st.one_of(members.map(AllOf), members.map(AnyOf), members.map(NoneOf))


conditions: st.SearchStrategy[Condition] = st.recursive(single_conditions, _grouped, max_leaves=6)

ids = st.integers(min_value=1, max_value=6)
actions: st.SearchStrategy[Action] = st.one_of(
    ids.map(AddTag),
    ids.map(RemoveTag),
    st.sampled_from(["您好", "稍等"]).map(Reply),
    ids.map(MoveToPool),
    st.just(HandToHuman()),
)
action_tuples = st.lists(actions, min_size=1, max_size=3).map(tuple)
rules = st.builds(
    Rule,
    id=st.from_regex(r"[a-z]{1,3}", fullmatch=True),
    name=st.just("规则"),
    priority=st.integers(min_value=-2, max_value=2),
    condition=conditions,
    actions=action_tuples,
    stop=st.booleans(),
)
rule_lists = st.lists(rules, max_size=6, unique_by=lambda rule: rule.id)
facts = st.builds(
    Facts,
    text=texts,
    channel=channels,
    kind=st.sampled_from(["text", "voice"]),
    tags=st.frozensets(ids),
)

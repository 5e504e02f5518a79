import pytest
import re2
from hypothesis import example, given
from hypothesis import strategies as st

from tagtree.rules.literals import required_literals
from tagtree.rules.pattern_syntax import folded_pattern
from tagtree.rules.patterns import MAX_PATTERN_CHARACTERS, CompiledPattern, PatternRefused, compile_pattern
from tagtree.text import normalise
from tests.samples.redos import Redos, known_redos


def compiled(pattern: str, max_program_size: int = 200) -> CompiledPattern:
    outcome = compile_pattern(pattern, max_program_size)
    assert isinstance(outcome, CompiledPattern), outcome
    return outcome


@pytest.mark.parametrize(
    ("pattern", "text", "span"),
    [
        pytest.param("价.*格", "价钱", None, id="价.*格 does not find 价钱"),
        pytest.param("价.*格", "价值观不合格", (0, 6), id="价.*格 finds 价值观不合格"),
        pytest.param("價.*格", "请问价格", (2, 4), id="traditional in the pattern"),
        pytest.param("VIP", "是vip吗", (1, 4), id="case"),
        pytest.param("ＶＩＰ", "是vip吗", (1, 4), id="full width in the pattern"),
        pytest.param("[價]格", "价格", (0, 2), id="traditional in a class"),
        pytest.param("（急）", "请(急)", (1, 4), id="full-width brackets are no group"),
        pytest.param(r"\S+\d", "ab 价9", (3, 5), id="escapes keep their case"),
        pytest.param("[一-龥]{2}", "a价格", (1, 3), id="a range keeps its ends"),
        pytest.param(r"\Q價(\E+", "价((", (0, 3), id="quoted"),
        pytest.param("价，格", "价,格", (0, 3), id="full-width comma"),
        pytest.param("格", "😀價格", (2, 3), id="behind characters of four bytes and three"),
        pytest.param(r"格\C", "价格表", (1, 3), id="a byte of a character is that character"),
        pytest.param(r"\C表", "价格表", (1, 3), id="a byte of the character before"),
    ],
)
def test_a_pattern_meets_normalised_text(pattern: str, text: str, span: tuple[int, int] | None) -> None:
    assert compiled(pattern).search(text) == span


@pytest.mark.parametrize(
    ("pattern", "position", "instead"),
    [
        pytest.param("退(?=货)", 1, "all_of", id="look-ahead"),
        pytest.param("(?!退)货", 0, "none_of", id="negative look-ahead"),
        pytest.param("(?<!退)货", 0, "none_of", id="look-behind"),
        pytest.param(r"(价)\1", 3, "write the repeated part out", id="back-reference"),
        pytest.param("(?>价)", 0, "plain group", id="atomic group"),
        pytest.param("价++", 1, "Repeat once", id="possessive"),
        pytest.param("*价", 0, "before *", id="nothing to repeat"),
        pytest.param("价{2000}", 1, "at most 1000", id="count too high"),
        pytest.param("x[价", 1, "Close the class", id="open class"),
        pytest.param("[z-a]", 1, "upwards", id="range downwards"),
        pytest.param("(价", None, "Close the group", id="open group"),
        pytest.param("价)", None, "Open the group", id="closed group"),
        pytest.param(r"价\Z", 1, r"\z", id="python's end of text"),
        pytest.param(r"\u4e00", 0, "character itself", id="python's escape"),
        pytest.param("价\\", None, "backslash", id="trailing backslash"),
        pytest.param("价\ud800", 1, "type it again", id="lone surrogate"),
        pytest.param("价" * (MAX_PATTERN_CHARACTERS + 1), None, "Split", id="too long"),
        pytest.param("(.*价){40}", None, "Lower the counts", id="program too large"),
        pytest.param("(价{30}){30}", None, "Lower the counts", id="nested counts"),
    ],
)
def test_a_refused_pattern_is_told_where_and_what_to_write_instead(
    pattern: str, position: int | None, instead: str, capfd: pytest.CaptureFixture[str]
) -> None:
    refused = compile_pattern(pattern)

    assert isinstance(refused, PatternRefused)
    assert refused.position == position
    assert instead in refused.hint.en
    assert refused.reason.zh
    assert refused.hint.zh
    assert capfd.readouterr().err == ""


def test_the_limit_of_the_program_is_a_setting() -> None:
    assert isinstance(compile_pattern("价.*格", max_program_size=10), PatternRefused)


@pytest.mark.parametrize("pattern", ["", ".*", "a*", "价?", ".", "[^a]", "(价|)", ".{5,}"])
def test_a_pattern_that_meets_everything_is_known(pattern: str) -> None:
    assert compiled(pattern).meets_everything()


@pytest.mark.parametrize("pattern", ["价", "^$", "价.*", r"\d*价", "(a|b)+"])
def test_a_pattern_that_says_something_does_not_meet_everything(pattern: str) -> None:
    assert not compiled(pattern).meets_everything()


@pytest.mark.parametrize(
    ("pattern", "literals"),
    [
        pytest.param("价.*格", [{"格"}, {"价"}], id="both, in whatever order"),
        pytest.param("退.{0,5}货款", [{"货款"}, {"退"}], id="the longest first"),
        pytest.param("(?:退|换).{0,3}(?:货|款)", [{"货", "款"}, {"退", "换"}], id="choices"),
        pytest.param("(我要)?退[货款]", [{"退货", "退款", "我要退货", "我要退款"}], id="all that it can be"),
        pytest.param("甲.乙.丙.丁.戊", [{"甲"}, {"戊"}, {"乙"}, {"丙"}], id="four at most"),
        pytest.param("(甲.乙乙|丙)丁.*戊戊", [{"戊戊"}, {"丁"}, {"乙乙", "丙"}], id="one choice of each branch"),
        pytest.param("a.*价", [{"价"}], id="a single Latin letter is worth nothing beside another"),
        pytest.param("a.*b", [{"b"}], id="but something alone"),
        pytest.param("价.*价", [{"价"}], id="twice the same"),
        pytest.param("价+格?", [{"价"}], id="repeated at least once"),
        pytest.param("(foo|bar)+", [{"foo", "bar"}], id="repeated group"),
        pytest.param("(foo.bar)+", [{"foo"}, {"bar"}], id="repeated group that requires two"),
        pytest.param("a{0,3}b{2}", [{"b"}], id="counted"),
        pytest.param("价|", [], id="one branch is empty"),
        pytest.param("价*", [], id="may be absent"),
        pytest.param(r"\d+", [], id="a class"),
        pytest.param("[^价]", [], id="a negated class"),
        pytest.param("(?i)PRICE", [{"price"}], id="case"),
        pytest.param("é", [], id="cased beyond ASCII"),
        pytest.param(r"\Q价.\E*", [{"价"}], id="repetition binds to the last quoted character"),
        pytest.param("价(?i)*x", [{"x"}], id="repetition after flags binds to what stands before"),
        pytest.param("a{,3}", [{"a{,3}"}], id="not a repetition in RE2"),
    ],
)
def test_the_literals_of_a_pattern(pattern: str, literals: list[set[str]]) -> None:
    assert list(required_literals(pattern)) == literals


LITERAL_ATOMS = (
    "价",
    "格",
    "a",
    "B",
    "é",
    "k",
    "ſ",
    "Ａ",
    "价格",
    "ab",
    r"\.",
    r"\Qa.\E",
    r"\x61",
    r"\x{4ef7}",
    r"\141",
)
ESCAPED_ATOMS = (r"\x61", r"\x{4ef7}", r"\141")
OTHER_ATOMS = (".", r"\d", r"\w", "[价格]", "[^a]", "[a-c]", "[]a]", "[[:alpha:]]", r"\pL", r"\p{Han}")
EDGE_ATOMS = ("^", "$", r"\b", "(?i)", "-", " ", "{")
ATOMS = st.sampled_from([*LITERAL_ATOMS, *ESCAPED_ATOMS, *OTHER_ATOMS, *EDGE_ATOMS])
REPEATS = st.sampled_from(["", "", "", "*", "+", "?", "{0}", "{2}", "{0,2}", "{1,}", "*?", "??", "{,2}"])


def _grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    opening = st.sampled_from(["(", "(?:", "(?i:", "(?P<x>", "(?s-i:"])
    sequence = st.lists(inner, max_size=4).map("".join)
    choice = st.lists(sequence, min_size=1, max_size=3).map("|".join)
    return st.builds(lambda start, body, repeat: f"{start}{body}){repeat}", opening, choice, REPEATS) | sequence


PATTERNS = st.recursive(st.builds(str.__add__, ATOMS, REPEATS), _grown, max_leaves=8)
TEXTS = st.text(alphabet="价格aábBcékKſsſ1. -{}]\u212a\n", max_size=10).map(lambda typed: normalise(typed).text)


def has_literals(pattern: CompiledPattern, text: str) -> bool:
    return all(any(word in text for word in words) for words in pattern.required)


@given(PATTERNS, st.lists(TEXTS, min_size=1, max_size=8))
@example("(价|格)+a", ["格a", "a"])
@example("(?:|a)b", ["b"])
@example("a(?i)*b", ["b"])
def test_no_match_is_missed_by_looking_for_literals_first(pattern: str, texts: list[str]) -> None:
    outcome = compile_pattern(pattern, max_program_size=5_000)
    if isinstance(outcome, PatternRefused):
        return

    found = [text for text in texts if outcome.search(text) is not None]
    with_literal = [text for text in texts if has_literals(outcome, text)]

    assert [text for text in found if text not in with_literal] == []


@given(st.text(alphabet="ab价()[]{}|*+?.^$\\-:,PQEx0129<>=!i", max_size=12), TEXTS)
def test_any_pattern_is_refused_or_searches_without_missing(pattern: str, text: str) -> None:
    outcome = compile_pattern(pattern)
    if isinstance(outcome, PatternRefused):
        assert outcome.hint.zh
        return

    if outcome.search(text) is not None:
        assert has_literals(outcome, text)


@given(PATTERNS.filter(str.isascii))
def test_folding_leaves_an_ascii_pattern_the_same_to_re2(pattern: str) -> None:
    outcome = compile_pattern(pattern, max_program_size=5_000)
    if isinstance(outcome, PatternRefused):
        return
    plain = re2.compile(pattern, outcome.regexp.options)

    for text in ("", "a", "ab", "a.b", "1a", "b{", "a-a"):
        assert (plain.search(text) is None) == (outcome.regexp.search(text) is None)
    assert folded_pattern(folded_pattern(pattern)) == folded_pattern(pattern)


@pytest.mark.parametrize("known", known_redos(), ids=lambda known: known.pattern)
def test_a_pattern_known_to_explode_elsewhere_is_refused_or_ends_on_the_text_that_makes_it(known: Redos) -> None:
    outcome = compile_pattern(known.pattern)
    if isinstance(outcome, PatternRefused):
        assert outcome.hint.zh
        return

    span = outcome.search(known.attack())

    assert span is None or known.pattern == r"/\*(.|\n)*?\*/"


def test_fifty_patterns_are_known_to_explode_and_nine_of_them_are_refused() -> None:
    refused = [each for each in known_redos() if isinstance(compile_pattern(each.pattern), PatternRefused)]

    assert (len(known_redos()), len(refused)) == (50, 9)

"""Templates filled for one customer, and texts cut to the platform's bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.domain.reply import cut_to_bytes, fill, fill_slots, full_width_placeholders, unknown_placeholders

texts = st.text(alphabet=st.one_of(st.characters(codec="utf-8"), st.sampled_from("{}价格😀")), max_size=40)


@pytest.mark.parametrize(
    ("template", "filled"),
    [
        pytest.param("你好 {customer}，我是 {agent}", "你好 林，我是 Ann", id="both names"),
        pytest.param("{customer}{customer}", "林林", id="twice"),
        pytest.param("{shop} {customer}", "{shop} 林", id="an unknown placeholder stays as written"),
        pytest.param("{ customer }，{agent }", "林，Ann", id="spaces within the braces"),
        pytest.param("{\u3000customer}", "林", id="a wide space"),
        pytest.param("{^_^} {} { }", "{^_^} {} { }", id="braces that are no placeholder stay"),
        pytest.param("你好", "你好", id="nothing to fill"),
        pytest.param("", "", id="empty"),
    ],
)
def test_a_template_is_filled_with_names(template: str, filled: str) -> None:
    assert fill(template, customer="林", agent="Ann") == filled


@pytest.mark.parametrize(
    ("template", "filled"),
    [
        pytest.param("您好 {customer}，我是{agent}", "您好，我是Ann", id="with the space in front"),
        pytest.param("{customer}，尺码表：…", "尺码表：…", id="with the comma behind, at the beginning"),
        pytest.param("{customer}您好", "您好", id="at the beginning"),
        pytest.param("Thank you, { customer }!", "Thank you!", id="with spaces within the braces"),
        pytest.param("Hello {customer}, I am {agent}", "Hello, I am Ann", id="in English"),
        pytest.param("Shipping is free, {customer}.", "Shipping is free.", id="with the comma in front, at the end"),
        pytest.param("Thank you, {customer}", "Thank you", id="where nothing follows"),
        pytest.param("Thanks, {customer}!\nWe ship today.", "Thanks!\nWe ship today.", id="at the end of a line"),
        pytest.param("包邮哦，{customer}～", "包邮哦～", id="at the end, in Chinese"),
        pytest.param("Yes, {customer}, it is free.", "Yes, it is free.", id="between two commas"),
        pytest.param("好的，{customer}您稍等", "好的，您稍等", id="the comma that parts two sentences stays"),
        pytest.param("您好\n{customer}，尺码表", "您好\n尺码表", id="at the beginning of a line"),
    ],
)
def test_a_customer_without_a_name_is_not_addressed(template: str, filled: str) -> None:
    assert fill(template, customer="", agent="Ann") == filled


@pytest.mark.parametrize(
    ("template", "filled"),
    [
        pytest.param("{customer}的订单已发货", "您的订单已发货", id="in Chinese"),
        pytest.param("We sent {customer}'s parcel", "We sent your parcel", id="in English"),
        pytest.param("{customer}’s parcel is sent", "Your parcel is sent", id="at the beginning"),
        pytest.param("Hello. {customer}'s parcel is sent", "Hello. Your parcel is sent", id="of a sentence"),
    ],
)
def test_what_belongs_to_a_customer_without_a_name_is_yours(template: str, filled: str) -> None:
    assert fill(template, customer="", agent="Ann") == filled


def test_a_name_never_acts_as_a_template() -> None:
    assert fill("{customer} {agent}", customer="{agent}", agent="{customer} {0.__class__} \\1") == (
        "{agent} {customer} {0.__class__} \\1"
    )


@given(texts, texts)
def test_any_two_names_stand_in_the_reply_as_they_are(customer: str, agent: str) -> None:
    assert fill("<{customer}|{agent}>", customer, agent) == f"<{customer}|{agent}>"


def test_placeholders_that_nothing_fills_are_named() -> None:
    assert unknown_placeholders("{customer} {shop} {agent} {name}") == ("shop", "name")
    assert unknown_placeholders("{customer} {shop}", {"shop"}) == ("customer",)
    assert unknown_placeholders("{ customer } {custmer }") == ("custmer",)


def test_full_width_braces_around_what_could_be_filled_are_found() -> None:
    assert full_width_placeholders("｛customer｝ ｛agent} { customer }") == ("customer", "agent")
    assert full_width_placeholders("｛重要｝请看，｛customer") == ()
    assert full_width_placeholders("｛材质｝", {"材质"}) == ("材质",)


@given(texts, st.integers(0, 60))
def test_a_cut_text_is_the_longest_beginning_that_fits(text: str, limit: int) -> None:
    cut = cut_to_bytes(text, limit)

    assert text.startswith(cut)
    assert len(cut.encode()) <= limit
    assert cut == text or len(text[: len(cut) + 1].encode()) > limit


def test_what_the_message_names_is_put_into_a_reply_and_into_its_links() -> None:
    template = "退{product}{材质}请填：https://example.com/r?item={ product }&colour={colour }&size={size}，{agent}"

    filled = fill_slots(template, {"product": "衬衫", "colour": "黑&白"})

    assert filled == (
        "退衬衫请填：https://example.com/r?item=%E8%A1%AC%E8%A1%AB&colour=%E9%BB%91%26%E7%99%BD&size=，{agent}"
    )

"""What a message is about: slots with spans of the original, intent, and classes with their evidence."""

from hypothesis import given
from hypothesis import strategies as st

from tagtree.meaning.catalogue import CatalogueItem, Slot, check_items
from tagtree.meaning.classes import STARTING_CLASSES, Keyword, MessageClass, check_classes
from tagtree.meaning.reading import MAX_PLACES, NOTHING, Intent, Meaning, compile_meaning

SHIRT = CatalogueItem("product", "衬衫", ("衬衣", "shirt"))
SHIRT_DRESS = CatalogueItem("product", "衬衫裙")


def meaning(*items: CatalogueItem, classes: tuple[MessageClass, ...] = STARTING_CLASSES) -> Meaning:
    return compile_meaning(classes, items)


def slots(text: str, *items: CatalogueItem) -> list[tuple[str, str, str]]:
    return [(slot.kind, slot.value, slot.words) for slot in meaning(*items).read(text).slots]


def test_a_wish_to_return_names_intent_product_colour_and_time() -> None:
    read = meaning(SHIRT).read("我想退换上个月买的黑色衬衫")

    assert read.intent == Intent("退换货", "想退换", (1, 4))
    assert read.slots == (
        Slot("when", "month-1", "上个月", (4, 7)),
        Slot("colour", "黑色", "黑色", (9, 11)),
        Slot("product", "衬衫", "衬衫", (11, 13)),
    )
    assert not read.catalogue_is_empty


def test_spans_are_of_the_message_as_it_was_typed() -> None:
    text = "想換  上個月買的\u200b黑 色ＳＨＩＲＴ"

    read = meaning(SHIRT).read(text)

    assert [(slot.words, text[slot.span[0] : slot.span[1]]) for slot in read.slots] == [
        ("上個月", "上個月"),
        ("ＳＨＩＲＴ", "ＳＨＩＲＴ"),
    ]


def test_the_longest_product_wins() -> None:
    assert slots("要一条衬衫裙", SHIRT, SHIRT_DRESS) == [("product", "衬衫裙", "衬衫裙")]


def test_a_synonym_is_told_by_the_name_it_stands_for() -> None:
    assert slots("这件衬衣好看", SHIRT) == [("product", "衬衫", "衬衣")]


def test_a_message_of_nothing_but_known_words_is_read_as_far_as_it_may_cost() -> None:
    read = meaning(CatalogueItem("product", "衫"), classes=(MessageClass("投诉", (Keyword("骗子", 5),)),)).read

    short, long = read("衫" * 100 + "骗子"), read("衫" * MAX_PLACES + "骗子")

    assert (short.best, long.best) == ("投诉", "")


def test_latin_words_count_only_whole() -> None:
    assert slots("T-shirts和sweatshirt", SHIRT) == []
    assert slots("这个shirt", SHIRT) == [("product", "衬衫", "shirt")]


def test_one_character_is_a_colour_only_before_what_it_colours() -> None:
    assert slots("黑衬衫", SHIRT) == [("colour", "黑色", "黑"), ("product", "衬衫", "衬衫")]
    assert slots("黑店的衬衫", SHIRT) == [("product", "衬衫", "衬衫")]


def test_a_letter_is_a_size_only_where_it_measures() -> None:
    assert slots("M码的有吗") == [("size", "M", "M")]
    assert slots("M站在哪") == []
    assert slots("XL还有吗") == [("size", "XL", "XL")]
    assert slots("38码的鞋") == [("size", "38码", "38码")]


def test_a_word_of_the_catalogue_stands_before_the_shipped_one() -> None:
    assert slots("杏色的", CatalogueItem("colour", "杏仁色", ("杏色",))) == [("colour", "杏仁色", "杏色")]


def test_an_empty_catalogue_says_so() -> None:
    read = meaning().read("我想退换上个月买的黑色衬衫")

    assert read.catalogue_is_empty
    assert [slot.kind for slot in read.slots] == ["when", "colour"]
    assert read.unknown_words == ("衬衫",)


def test_words_that_stand_where_a_product_would_are_reported() -> None:
    read = meaning(SHIRT).read("上周买的黑色冲锋衣什么时候发货，还想要一件衬衫")

    assert read.unknown_words == ("冲锋衣",)


def test_a_greeting_is_nothing_to_classify() -> None:
    assert meaning().read("你好，在吗？").confidence == "none"
    assert meaning().read(" \u200b ") == NOTHING


def test_a_question_that_no_word_speaks_for_is_low_in_confidence() -> None:
    read = meaning().read("月亮升起来的样子")

    assert (read.best, read.certain, read.confidence, read.margin) == ("", "", "low", 0)


def test_evidence_is_given_in_the_customers_own_words() -> None:
    read = meaning().read("你們這是欺詐！我要投訴")

    assert read.certain == "投诉"
    assert [(each.words, each.span) for each in read.classes[0].evidence] == [("欺詐", (4, 6)), ("投訴", (9, 11))]


def test_a_longer_word_hides_the_shorter_one_inside_it() -> None:
    classes = (MessageClass("a", (Keyword("投诉", 5),)), MessageClass("b", (Keyword("不投诉", 0), Keyword("谢谢", 2))))

    assert [each.name for each in meaning(classes=classes).read("不投诉，谢谢").classes] == ["b"]
    assert [each.name for each in meaning(classes=classes).read("投诉").classes] == ["a"]


def test_the_more_urgent_of_two_that_fit_alike_comes_first_and_is_not_certain() -> None:
    classes = (MessageClass("a", (Keyword("甲", 3),)), MessageClass("b", (Keyword("乙", 3),), priority=1))

    read = meaning(classes=classes).read("甲乙")

    assert ([each.name for each in read.classes], read.margin, read.confidence) == (["b", "a"], 0, "low")


def test_a_lexicon_can_be_turned_off() -> None:
    off = (MessageClass("投诉", lexicon="complaint", lexicon_percent=0),)

    assert meaning(classes=off).read("我要投诉").classes == ()


def test_two_things_of_one_kind_cannot_share_a_word() -> None:
    problems = check_items([SHIRT, CatalogueItem("product", "恤", ("襯衣", ""))])

    assert [each.path for each in problems] == ["items[1].synonyms[1]", "items[1].synonyms[0]"]


def test_what_is_wrong_with_classes_is_told_by_place() -> None:
    wrong = MessageClass("a", (Keyword(" ", 9),), lexicon="none of ours", lexicon_percent=-1)

    assert [each.path for each in check_classes([wrong, wrong])][:4] == [
        "classes[0].lexicon",
        "classes[0].lexicon_percent",
        "classes[0].keywords[0].word",
        "classes[0].keywords[0].weight",
    ]


WHOLE = meaning(SHIRT, SHIRT_DRESS)
typed = st.lists(
    st.sampled_from(
        ["黑", "白色", "衬衫", "裙", "SHIRT", "上個月", "三天前", "38码", "投诉", "買的", " ", "\u200b", "é", "吗"]
    )
).map("".join)


@given(st.one_of(st.text(max_size=60), typed))
def test_every_span_quotes_the_message_and_slots_never_overlap(text: str) -> None:
    read = WHOLE.read(text)

    ends = 0
    for slot in read.slots:
        assert text[slot.span[0] : slot.span[1]] == slot.words
        assert slot.span[0] >= ends
        ends = slot.span[1]
    for scored in read.classes:
        assert all(text[each.span[0] : each.span[1]] == each.words for each in scored.evidence)


@given(st.text(max_size=40), st.permutations(STARTING_CLASSES), st.permutations([SHIRT, SHIRT_DRESS]))
def test_the_order_of_entry_changes_nothing(text: str, classes: list[MessageClass], items: list[CatalogueItem]) -> None:
    read, other = WHOLE.read(text), compile_meaning(classes, items).read(text)

    assert (read.slots, read.intent, read.margin) == (other.slots, other.intent, other.margin)
    assert [(each.name, each.score) for each in read.classes] == [(each.name, each.score) for each in other.classes]

"""The catalogue as rows of a file: read with every bad row named, and the same again after an export."""

from hypothesis import given
from hypothesis import strategies as st

from tagtree.meaning.catalogue import CatalogueItem, check_items
from tagtree.meaning.catalogue_file import COLUMNS, compare, merged, read_rows, row_of

SHIRT = CatalogueItem("product", "衬衫", ("衬衣",))
DRESS = CatalogueItem("product", "连衣裙")

words = st.text(alphabet="衣裤鞋帽abc12 é", min_size=1, max_size=5).map(str.strip).filter(bool)
items = st.lists(
    st.builds(CatalogueItem, st.sampled_from(["product", "colour", "brand"]), words, st.lists(words).map(tuple)),
    max_size=6,
)


def test_columns_may_stand_in_any_order_and_in_chinese() -> None:
    read = read_rows([["同义词", "备注", "商品", "类别"], ["衬衣，衬衣; shirt", "x", "衬衫", "商品"]])

    assert read.items == (CatalogueItem("product", "衬衫", ("衬衣", "shirt")),)


def test_without_a_header_the_columns_stand_in_their_order() -> None:
    assert read_rows([["", "衬衫", "衬衣"]]).items == (SHIRT,)


def test_bad_rows_are_told_as_a_spreadsheet_counts_them() -> None:
    read = read_rows(
        [COLUMNS, ["商品", "衬衫", "衬衣"], ["", "", ""], ["商品", "", "x"], ["商品", "恤", "襯衣"], ["when", "昨天"]]
    )

    assert read.items == (SHIRT,)
    assert [(bad.row, bad.column) for bad in read.bad_rows] == [(4, "name"), (5, "synonyms"), (6, "kind")]


def test_an_import_adds_and_changes_and_leaves_the_rest() -> None:
    longer = CatalogueItem("product", "衬衫", ("衬衣", "恤衫"))

    found = compare([SHIRT, DRESS], [longer, DRESS, CatalogueItem("colour", "雾蓝")])

    assert (found.added, found.changed, found.unchanged) == ((CatalogueItem("colour", "雾蓝"),), ((SHIRT, longer),), 1)
    assert merged([SHIRT, DRESS], [longer]) == (longer, DRESS)


@given(items)
def test_what_was_exported_is_imported_as_it_was(given_items: list[CatalogueItem]) -> None:
    good = read_rows([COLUMNS, *(row_of(item) for item in given_items)]).items

    assert read_rows([COLUMNS, *(row_of(item) for item in good)]).items == good
    assert check_items(good) == ()
    assert compare(good, good) == compare((), ()).__class__((), (), len(good))

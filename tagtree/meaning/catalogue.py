"""商品目录: what customers may name, by kind (product, colour, size, or any other), with the words they use for it.

The longest word wins: 衬衫裙 is never a 衬衫. Which characters were taken is told in the original text. Letters and
digits count only as whole words, so that M is not found in "MB".
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from tagtree.meaning.lexicon.attributes import COLOURS, SIZES
from tagtree.text import NormalisedText, Span, normalise
from tagtree.wording import Problem, Wording, step

PRODUCT: Final = "product"
COLOUR: Final = "colour"
SIZE: Final = "size"
WHEN: Final = "when"
"""Slots of time, which no catalogue holds."""

MAX_ITEMS: Final = 20_000
MAX_SYNONYMS: Final = 40
MAX_WORD_CHARACTERS: Final = 64
MAX_KIND_CHARACTERS: Final = 24


@dataclass(frozen=True, slots=True)
class CatalogueItem:
    """One thing: `name` is what a slot says, `synonyms` are other words for it."""

    kind: str
    name: str
    synonyms: tuple[str, ...] = ()

    def words(self) -> tuple[str, ...]:
        """Everything that names it."""
        return (self.name, *self.synonyms)


@dataclass(frozen=True, slots=True)
class Slot:
    """What a message names: `value` as the catalogue says it, `words` and `span` as the customer did."""

    kind: str
    value: str
    words: str
    span: Span


@dataclass(frozen=True, slots=True)
class Named:
    """An occurrence of a thing's word in normalised text."""

    start: int
    end: int
    kind: str
    value: str


def shipped_items() -> tuple[CatalogueItem, ...]:
    """The colours and sizes that everybody names alike."""
    colours = (CatalogueItem(COLOUR, name, synonyms) for name, synonyms in COLOURS.items())
    return (*colours, *(CatalogueItem(SIZE, size) for size in SIZES))


def check_items(items: Sequence[CatalogueItem]) -> tuple[Problem, ...]:
    """Every reason why these items cannot stand together; paths are `items[3].synonyms[0]`."""
    return tuple(_problems(items))


def stands_alone(text: str, start: int, end: int) -> bool:
    """Whether `text[start:end]` begins and ends where a word of letters or digits may."""
    return not (
        (start > 0 and _is_latin(text[start]) and _is_latin(text[start - 1]))
        or (end < len(text) and _is_latin(text[end - 1]) and _is_latin(text[end]))
    )


def longest_first(found: Iterable[Named], text: str) -> list[Named]:
    """Occurrences that do not overlap, the longest chosen first and of equal ones the leftmost; in reading order."""
    chosen: list[Named] = []
    taken: set[int] = set()
    for each in sorted(found, key=lambda named: (named.start - named.end, named.start, named.kind, named.value)):
        places = range(each.start, each.end)
        if taken.isdisjoint(places) and stands_alone(text, each.start, each.end):
            chosen.append(each)
            taken.update(places)
    return _without_doubtful(sorted(chosen, key=lambda named: named.start), text)


def slot_of(named: Named, original: str, normalised: NormalisedText) -> Slot:
    """The occurrence in the customer's own words."""
    start, end = normalised.original_span(named.start, named.end)
    return Slot(named.kind, named.value, original[start:end], (start, end))


def _without_doubtful(found: list[Named], text: str) -> list[Named]:
    """Words that mean a colour or a size only beside something: 黑 before a product, M before 码."""
    products = {each.start for each in found if each.kind == PRODUCT}
    kept = []
    for each in found:
        doubt = _DOUBTS.get(each.kind)
        if doubt is None or each.end - each.start > 1 or doubt(text, each.end, products):
            kept.append(each)
    return kept


def _colours_something(text: str, end: int, products: set[int]) -> bool:
    return end in products or text[end : end + 1] == "的"


def _measures(text: str, end: int, _products: set[int]) -> bool:
    return text[end : end + 1] in ("码", "号")


_DOUBTS: Final[dict[str, Callable[[str, int, set[int]], bool]]] = {COLOUR: _colours_something, SIZE: _measures}

_SHOE_SIZE: Final = re.compile(r"(?<![0-9.])([1-9][0-9]{1,2}(?:\.5)?)码")


def numbered_sizes(text: str) -> Iterator[Named]:
    """38码, 170码: sizes that are numbers."""
    for found in _SHOE_SIZE.finditer(text):
        yield Named(found.start(), found.end(), SIZE, found[0])


def _is_latin(character: str) -> bool:
    return character.isascii() and character.isalnum()


def _problems(items: Sequence[CatalogueItem]) -> Iterator[Problem]:
    if len(items) > MAX_ITEMS:
        yield Problem("items", *_TOO_MANY)
        return
    owners: dict[tuple[str, str], CatalogueItem] = {}
    for number, item in enumerate(items):
        yield from _own_problems(item, step("items", number))
        for place, word in enumerate(item.words()):
            owner = owners.setdefault((item.kind, normalise(word).text), item)
            if owner is not item:
                path = step(step("items", number), "name")
                where = path if place == 0 else step(step(step("items", number), "synonyms"), place - 1)
                yield Problem(where, *_taken(word, owner.name))


def _own_problems(item: CatalogueItem, path: str) -> Iterator[Problem]:
    if not item.kind or len(item.kind) > MAX_KIND_CHARACTERS or item.kind == WHEN:
        yield Problem(step(path, "kind"), *_BAD_KIND)
    if len(item.synonyms) > MAX_SYNONYMS:
        yield Problem(step(path, "synonyms"), *_TOO_MANY_SYNONYMS)
    if _is_no_word(item.name):
        yield Problem(step(path, "name"), *_NO_WORD)
    for place, word in enumerate(item.synonyms):
        if _is_no_word(word):
            yield Problem(step(step(path, "synonyms"), place), *_NO_WORD)


def _is_no_word(word: str) -> bool:
    return not normalise(word).text or len(word) > MAX_WORD_CHARACTERS


def _taken(word: str, owner: str) -> tuple[Wording, Wording]:
    return (
        Wording(f"“{word}” already names {owner}.", f"“{word}”已指“{owner}”。"),
        Wording(
            "A word names one thing of its kind: take it out of one of them.",
            "同类中一个词只能指一样东西，请从其中一个删除。",
        ),
    )


_TOO_MANY: Final = (
    Wording(f"More than {MAX_ITEMS} items.", f"超过 {MAX_ITEMS} 项。"),
    Wording("Leave out what customers never name.", "请去掉客户不会提到的。"),
)
_TOO_MANY_SYNONYMS: Final = (
    Wording(f"More than {MAX_SYNONYMS} synonyms.", f"同义词超过 {MAX_SYNONYMS} 个。"),
    Wording("Keep the ones that customers use.", "请只保留客户会用的。"),
)
_BAD_KIND: Final = (
    Wording("Not a kind of item.", "类别不正确。"),
    Wording(
        f"Write product, colour, size or a word of your own of up to {MAX_KIND_CHARACTERS} characters, not `{WHEN}`.",
        f"请填 product、colour、size，或自定的词（最多 {MAX_KIND_CHARACTERS} 个字，不能是 {WHEN}）。",
    ),
)
_NO_WORD: Final = (
    Wording("Not a word that can be looked for.", "不是可查找的词。"),
    Wording(f"Write 1 to {MAX_WORD_CHARACTERS} visible characters.", f"请填 1 到 {MAX_WORD_CHARACTERS} 个可见字符。"),
)

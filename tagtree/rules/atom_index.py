"""The rules of a set by what alone is enough to meet them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from tagtree.rules.rule_set import Rule
from tagtree.rules.sufficient import Atom, Atoms, Place, Word
from tagtree.rules.word_index import WordIndex

Places: TypeAlias = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class AtomIndex:
    """The rules in order, and the places of those that each atom alone meets."""

    rules: tuple[Rule, ...]
    atoms: Atoms
    places: Mapping[Atom, Places]
    words: WordIndex
    contained: dict[str, tuple[Word, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, rules: tuple[Rule, ...]) -> "AtomIndex":
        known = Atoms()
        places: dict[Atom, list[int]] = {}
        for place, rule in enumerate(rules):
            for atom in dict.fromkeys(known.sufficient(rule.condition)):
                places.setdefault(atom, []).append(place)
        by_text: dict[str, list[int]] = {}
        for atom, at in places.items():
            if isinstance(atom, Word) and atom.place is Place.ANYWHERE:
                by_text[atom.text] = at
        return cls(rules, known, {atom: tuple(at) for atom, at in places.items()}, WordIndex.of(by_text))

    def words_in(self, text: str) -> tuple[Word, ...]:
        """The words of the rules that stand anywhere in this normalised text; looked up once."""
        found = self.contained.get(text)
        if found is None:
            found = self.contained[text] = tuple(Word(word) for _, word, _ in self.words.occurrences(text))
        return found

    def shared(self) -> Iterator[tuple[Atom, tuple[Rule, ...]]]:
        """Rules met by one and the same atom, each company once."""
        companies: dict[Places, Atom] = {}
        for atom, at in self.places.items():
            if len(at) > 1:
                companies.setdefault(at, atom)
        for at in sorted(companies):
            yield companies[at], tuple(self.rules[place] for place in at)

"""Which rules are never reached, because one before them stops whenever they are met."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from tagtree.rules.atom_index import AtomIndex
from tagtree.rules.conditions import AllOf, AnyOf, Condition, NoneOf
from tagtree.rules.patterns import CompiledPattern, compile_pattern
from tagtree.rules.rule_set import EVERYWHERE, Rule
from tagtree.rules.sufficient import Atom, Expression, Place, Word


@dataclass(frozen=True, slots=True)
class Stops:
    """The places of the first rules that stop whenever an atom is so."""

    index: AtomIndex
    places: Mapping[Atom, int]
    on_any_text: int | None
    prefix_lengths: frozenset[int]
    suffix_lengths: frozenset[int]

    @classmethod
    def of(cls, index: AtomIndex) -> "Stops":
        stopping = [_stops_always(rule) for rule in index.rules]
        places: dict[Atom, int] = {}
        for atom, at in index.places.items():
            first = next((place for place in at if stopping[place]), None)
            if first is not None:
                places[atom] = first
        everything = (
            place for atom, place in places.items() if isinstance(atom, Expression) and _meets_everything(atom.pattern)
        )
        lengths = {
            place: frozenset(len(atom.text) for atom in places if isinstance(atom, Word) and atom.place is place)
            for place in (Place.FIRST, Place.LAST)
        }
        return cls(index, places, min(everything, default=None), lengths[Place.FIRST], lengths[Place.LAST])

    def before(self, condition: Condition) -> int | None:
        """The place at or before which a rule has stopped whenever the condition is met; None when none need have."""
        match condition:
            case AllOf(conditions):
                places = [place for part in conditions if (place := self.before(part)) is not None]
                return min(places, default=None)
            case AnyOf(conditions):
                return _latest([self.before(part) for part in conditions])
            case NoneOf():
                return None
            case _:
                return _latest([self._at(atom) for atom in self.index.atoms.of(condition)])

    def _at(self, atom: Atom) -> int | None:
        places = [place for other in self._brought_by(atom) if (place := self.places.get(other)) is not None]
        if self.on_any_text is not None and isinstance(atom, Word | Expression):
            places.append(self.on_any_text)
        return min(places, default=None)

    def _brought_by(self, atom: Atom) -> Iterable[Atom]:
        """What is so whenever the atom is, itself included."""
        if not isinstance(atom, Word):
            return (atom,)
        within = self.index.words_in(atom.text)
        return within if atom.place is Place.ANYWHERE else (atom, *self._edges(atom), *within)

    def _edges(self, word: Word) -> Iterator[Word]:
        """What rules that stop may find at the beginning and at the end of the message when this word stands there."""
        if word.place in (Place.FIRST, Place.WHOLE):
            for length in self.prefix_lengths:
                yield Word(word.text[:length], Place.FIRST)
        if word.place in (Place.LAST, Place.WHOLE):
            for length in self.suffix_lengths:
                yield Word(word.text[-length:], Place.LAST)


def _stops_always(rule: Rule) -> bool:
    """Whether it stops each time its condition is met."""
    return rule.stop and not rule.cooldown and not rule.group and not rule.fallback and rule.scope == EVERYWHERE


def _meets_everything(pattern: str) -> bool:
    compiled = compile_pattern(pattern)
    return isinstance(compiled, CompiledPattern) and compiled.meets_everything()


def _latest(places: list[int | None]) -> int | None:
    known = [place for place in places if place is not None]
    return max(known) if known and len(known) == len(places) else None

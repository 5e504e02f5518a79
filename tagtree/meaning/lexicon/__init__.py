"""The words that liveqr ships, as tables: a weight from 0 to 5, then words of that weight.

A longer entry hides the shorter ones inside it, whatever table they stand in. So an entry of weight 0 says that a word
means nothing in that neighbourhood: 不是投诉 hides 投诉.
"""

from collections.abc import Mapping
from typing import Final

from tagtree.meaning.lexicon.activity import ACTIVITY
from tagtree.meaning.lexicon.complaint import COMPLAINT
from tagtree.meaning.lexicon.consultation import CONSULTATION
from tagtree.meaning.lexicon.small_talk import SMALL_TALK as SMALL_TALK_TABLE
from tagtree.meaning.lexicon.technical import TECHNICAL

MAX_WEIGHT: Final = 5


def read_table(table: str) -> dict[str, int]:
    """Word → weight. Lines begin with the weight; the words after it are separated by spaces, ＿ stands for a space."""
    weights: dict[str, int] = {}
    for line in table.split("\n"):
        weight, *words = line.split() or [""]
        weights.update({word.replace("_", " "): int(weight) for word in words})
    return weights


LEXICONS: Final[Mapping[str, Mapping[str, int]]] = {
    "consultation": read_table(CONSULTATION),
    "complaint": read_table(COMPLAINT),
    "technical": read_table(TECHNICAL),
    "activity": read_table(ACTIVITY),
}
"""The shipped lexicon of each of the four classes that liveqr starts with."""

SMALL_TALK: Final = frozenset(read_table(SMALL_TALK_TABLE))
"""Words that say nothing of a class: a message made of nothing else needs no review."""

"""Sensitive words in force (敏感词)."""

from router.db.queries.word_sets import edited, sets_in_force
from router.handlers.compilation import RunBeside, run_now
from router.handlers.in_force import InForce, Rows
from tagtree.sensitive.finder import CompiledWords, compile_words

CHANGED = "words"  # what a commit says that changed them


class WordsInForce(InForce[CompiledWords]):
    """Hands out the words of the last commit."""

    def __init__(self, run_beside: RunBeside = run_now) -> None:
        super().__init__(sets_in_force, _compiled, CompiledWords(), run_beside)


def _compiled(rows: Rows) -> CompiledWords:
    return compile_words(edited(row).as_set() for row in rows)

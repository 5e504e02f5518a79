"""Asks the sentence model about messages whose class is not certain, off the event loop and beside every decision."""

from functools import partial

from anyio import to_thread
from sqlalchemy import Connection

from router.db.queries import meanings
from router.db.queries.message_classes import list_classes
from router.handlers.suggestion import (
    MOST_EXAMPLES,
    Example,
    NanoSentences,
    Sentences,
    Suggestion,
    state_of,
    suggest,
)
from router.services import Services
from tagtree.meaning.lexicon.examples import EXAMPLES

AT_ONCE = 5  # messages or examples: a stop waits for no more than these, half a second when all are long
MOST_CHARACTERS = 100  # of a text that the model reads, at some 1 ms each


class Suggester:
    """Does nothing unless the setting wants the model and its package is there."""

    def __init__(self, services: Services, sentences: Sentences | None = None) -> None:
        self._services = services
        self._sentences = sentences
        self._examples: tuple[Example, ...] = ()
        self._read_from: object = None  # what the examples were read from: the last review, and the classes in use

    async def work(self) -> int | None:
        """Suggest a class for every open message that has none suggested; rung when one appears."""
        if self._sentences is None and state_of(self._services.settings.intent_model) != "on":
            return None
        while waiting := await self._services.ledger.read(lambda c: meanings.unsuggested(c, AT_ONCE)):
            await self._renew_examples()
            found = await to_thread.run_sync(self._suggest, [text[:MOST_CHARACTERS] for _, text in waiting])
            if not found:
                return None
            rows = [(id, each.class_name, each.margin) for (id, _), each in zip(waiting, found, strict=True)]
            await self._services.ledger.write(partial(meanings.suggest, suggestions=rows))
        return None

    async def _renew_examples(self) -> None:
        """Read and learn the examples again when a person decided something, or other classes are in use."""
        read_from = await self._services.ledger.read(_stand)
        if read_from == self._read_from:
            return
        examples = await self._services.ledger.read(_examples)
        for first in range(0, len(examples), AT_ONCE):
            texts = [each.text for each in examples[first : first + AT_ONCE]]
            await to_thread.run_sync(self._learn, texts)
        self._examples, self._read_from = examples, read_from

    def _learn(self, texts: list[str]) -> None:
        self._loaded().learn(texts)

    def _suggest(self, texts: list[str]) -> list[Suggestion]:
        return suggest(self._loaded(), texts, self._examples)

    def _loaded(self) -> Sentences:
        if self._sentences is None:
            self._sentences = NanoSentences()
        return self._sentences


def _stand(connection: Connection) -> object:
    return meanings.last_reviewed_at(connection), frozenset(each.name for each in list_classes(connection))


def _examples(connection: Connection) -> tuple[Example, ...]:
    """What people decided, before what liveqr ships; only of classes in use."""
    decided = meanings.labelled(connection, MOST_EXAMPLES)
    shipped = [(text, name) for name, texts in EXAMPLES.items() for text in texts]
    names = {each.name for each in list_classes(connection)}
    return tuple(Example(text[:MOST_CHARACTERS], name) for text, name in [*decided, *shipped] if name in names)[
        :MOST_EXAMPLES
    ]

"""Asks the sentence model about messages whose class is not certain, off the event loop and beside every decision."""

from functools import partial

from anyio import to_thread

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

AT_ONCE = 20  # messages, of some 15 ms each


class Suggester:
    """Does nothing unless the setting wants the model and its package is there."""

    def __init__(self, services: Services, sentences: Sentences | None = None) -> None:
        self._services = services
        self._sentences = sentences

    async def work(self) -> int | None:
        """Suggest a class for every open message that has none suggested; rung when one appears."""
        if self._sentences is None and state_of(self._services.settings.intent_model) != "on":
            return None
        while waiting := await self._services.ledger.read(lambda c: meanings.unsuggested(c, AT_ONCE)):
            examples = await self._examples()
            found = await to_thread.run_sync(self._suggest, [text for _, text in waiting], examples)
            if not found:
                return None
            rows = [(id, each.class_name, each.margin) for (id, _), each in zip(waiting, found, strict=True)]
            await self._services.ledger.write(partial(meanings.suggest, suggestions=rows))
        return None

    async def _examples(self) -> list[Example]:
        """What people decided, before what liveqr ships; only of classes in use."""
        decided = await self._services.ledger.read(lambda c: meanings.labelled(c, MOST_EXAMPLES))
        shipped = [(text, name) for name, texts in EXAMPLES.items() for text in texts]
        names = {each.name for each in await self._services.ledger.read(list_classes)}
        return [Example(text, name) for text, name in [*decided, *shipped] if name in names][:MOST_EXAMPLES]

    def _suggest(self, texts: list[str], examples: list[Example]) -> list[Suggestion]:
        if self._sentences is None:
            self._sentences = NanoSentences()
        return suggest(self._sentences, texts, examples)

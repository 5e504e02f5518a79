"""Questions of the last hour in groups, and who of those that asked waits for an answer now."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain

from sqlalchemy import Connection

from router.db.queries import questions
from router.db.queries.answers import Answer
from router.db.queries.questions import Written
from router.domain.answering import Unreachable, Way, way_to_answer
from tagtree.questions import Asked, Group, Question, group_questions

WINDOW = 3_600_000  # ms: questions older than that are no rush any more


@dataclass(frozen=True, slots=True)
class Asker:
    """A customer with the latest question, and the way to answer or why there is none."""

    customer_id: int
    name: str
    external_userid: str
    open_kfid: str
    inbox_id: int
    question: str
    at: int
    way: Way | Unreachable

    @property
    def is_waiting(self) -> bool:
        """Whether nobody has answered yet: by the bot's word, or in the queue."""
        return self.way in ("chat", "queue", "no_code")

    @property
    def can_be_answered(self) -> bool:
        """Whether WeCom would take an answer now."""
        return self.way in ("chat", "queue")


@dataclass(frozen=True, slots=True)
class AskedGroup:
    """One question of many: how often it was asked, by how many, and how many of them wait."""

    group: Group
    people: int
    waiting: int

    @property
    def wordings(self) -> tuple[tuple[str, int], ...]:
        """What was written, and how often, the most frequent first."""
        return self.group.wordings


def questions_of_the_hour(
    connection: Connection, now: int, percent: int, ignored: Iterable[str], least: int = 2
) -> list[AskedGroup]:
    """Groups of at least ``least`` questions, the largest first; alike by ``percent`` or more."""
    written = {each.inbox_id: each for each in questions.texts_since(connection, now - WINDOW)}
    texts = [Question(each.inbox_id, each.text) for each in written.values()]
    groups = group_questions(texts, percent / 100, ignored, least)
    by_person = _askers(connection, [written[each.id] for group in groups for each in group.questions], now)
    return [_counted(group, written, by_person) for group in groups]


def askers_of(connection: Connection, answer: Answer, now: int, percent: int) -> list[Asker]:
    """Who asked this since an hour before the answer was proposed, the longest wait first.

    Of those who wait for a person everybody, however long ago; of the others those among the latest texts.
    """
    asked = Asked.of(answer.wordings, answer.keywords, percent / 100)
    since = answer.proposed_at - WINDOW
    written = chain(questions.texts_since(connection, since), questions.texts_of_waiting(connection, since))
    met = {each.inbox_id: each for each in written if asked.meets(each.text)}
    found = _askers(connection, list(met.values()), now)
    return sorted(found.values(), key=lambda each: (each.at, each.inbox_id))


def _counted(group: Group, written: dict[int, Written], by_person: dict[tuple[str, str], Asker]) -> AskedGroup:
    people = {(written[each.id].external_userid, written[each.id].open_kfid) for each in group.questions}
    waiting = [each for each in people if each in by_person and by_person[each].is_waiting]
    return AskedGroup(group, len(people), len(waiting))


def _askers(connection: Connection, written: list[Written], now: int) -> dict[tuple[str, str], Asker]:
    """By customer and account, with the latest of these texts."""
    customers = questions.known_customers(connection, [each.external_userid for each in written])
    standings = questions.standings(connection, [each.id for each in customers.values()], now)
    found: dict[tuple[str, str], Asker] = {}
    for each in sorted(written, key=lambda each: (each.at, each.inbox_id)):
        known = customers.get(each.external_userid)
        if known is None:
            continue
        way = way_to_answer(standings.get((known.id, each.open_kfid)))
        found[each.external_userid, each.open_kfid] = Asker(
            known.id, known.name, each.external_userid, each.open_kfid, each.inbox_id, each.text, each.at, way
        )
    return found

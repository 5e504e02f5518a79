"""Questions of the last hour in groups, and who of those that asked waits for an answer now."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from sqlalchemy import Connection

from router.db.queries import questions
from router.db.queries.answers import Answer
from router.db.queries.questions import Known, Written
from router.domain.answering import Answered, Standing, Unreachable, Way, way_to_answer
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
        """Whether nobody has answered this question yet: no rule, no answer to many, no employee."""
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


@dataclass(frozen=True, slots=True)
class _Senders:
    """Who wrote some texts, by external_userid; sessions and what answered them also by account."""

    customers: Mapping[str, Known]
    standings: Mapping[tuple[int, str], Standing]
    answered: Mapping[tuple[str, str], Answered]

    def askers(self, written: Iterable[Written]) -> list[Asker]:
        """Each customer once per account, with the latest of these texts."""
        latest = {
            (each.external_userid, each.open_kfid): each
            for each in sorted(written, key=lambda each: (each.at, each.inbox_id))
        }
        return [self._asker(each) for each in latest.values() if each.external_userid in self.customers]

    def _asker(self, written: Written) -> Asker:
        known = self.customers[written.external_userid]
        answered = self.answered.get((written.external_userid, written.open_kfid), Answered())
        way = way_to_answer(
            self.standings.get((known.id, written.open_kfid)),
            is_answered=answered.covers(written.inbox_id, written.at),
        )
        return Asker(
            known.id,
            known.name,
            written.external_userid,
            written.open_kfid,
            written.inbox_id,
            written.text,
            written.at,
            way,
        )


def questions_of_the_hour(
    connection: Connection, now: int, percent: int, ignored: Iterable[str], least: int = 2
) -> list[AskedGroup]:
    """Groups of at least ``least`` questions, the largest first; alike by ``percent`` or more."""
    written = {each.inbox_id: each for each in questions.texts_since(connection, now - WINDOW)}
    texts = [Question(each.inbox_id, each.text) for each in written.values()]
    groups = group_questions(texts, percent / 100, ignored, least)
    asked = [[written[each.id] for each in group.questions] for group in groups]
    senders = _senders(connection, list(chain.from_iterable(asked)), min(written, default=0), now)
    return [_counted(group, each, senders) for group, each in zip(groups, asked, strict=True)]


def askers_of(connection: Connection, answer: Answer, now: int, percent: int) -> list[Asker]:
    """Who asked this since an hour before the answer was proposed, the longest wait first.

    Of those who wait for a person everybody, however long ago; of the others those among the latest texts.
    """
    asked = Asked.of(answer.wordings, answer.keywords, percent / 100)
    since = answer.proposed_at - WINDOW
    written = [*questions.texts_since(connection, since), *questions.texts_of_waiting(connection, since)]
    met = {each.inbox_id: each for each in written if asked.meets(each.text)}
    first = min((each.inbox_id for each in written), default=0)
    found = _senders(connection, list(met.values()), first, now).askers(met.values())
    return sorted(found, key=lambda each: (each.at, each.inbox_id))


def _counted(group: Group, asked: Sequence[Written], senders: _Senders) -> AskedGroup:
    people = {(each.external_userid, each.open_kfid) for each in asked}
    return AskedGroup(group, len(people), sum(each.is_waiting for each in senders.askers(asked)))


def _senders(connection: Connection, written: Sequence[Written], first: int, now: int) -> _Senders:
    """Of these texts; ``first`` is the event from which on an answer may have been given."""
    customers = questions.known_customers(connection, [each.external_userid for each in written])
    return _Senders(
        customers,
        questions.standings(connection, [each.id for each in customers.values()], now),
        questions.answered(connection, customers, first),
    )

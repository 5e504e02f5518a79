"""A visitor whom nobody could receive leaves a number to be called back (留号码), or takes it back."""

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection

from router.db.queries import pools, scan, tasks, waiting
from router.db.queries.scan_pages import last_outcome
from router.domain.spill import LeaveNumber, in_turn
from router.domain.telephone import read_telephone

DAY = 86_400_000  # ms
HOUR = 3_600_000
EACH_PER_DAY = 3  # numbers of one visitor on one code
ALL_PER_HOUR = 500  # numbers on one code: more than people could call back, so it is no people who leave them

NotNoted = Literal["not_asked", "consent_changed", "not_agreed", "not_a_number", "too_many"]


@dataclass(frozen=True, slots=True)
class NumberLeft:
    """What the form of the landing page sends; ``consent`` is the text as that page showed it.

    ``test``: left by somebody of the corporation who tries the code, so nobody has to call.
    """

    slug: str
    visitor: str
    number: str
    consent: str
    agreed: bool
    test: bool = False


def leave_number(connection: Connection, left: NumberLeft, now: int) -> NotNoted | int:
    """Note the number as a task; returns the task's id, or why it was not noted.

    Somebody who leaves another number is called at that one. A number is only taken from whom a full pool asked for
    one, with the text that is in force now.
    """
    code = scan.codes(connection, [left.slug]).get(left.slug)
    if code is None or not code.active or last_outcome(connection, code.id, left.visitor) != "full":
        return "not_asked"
    asking = pools.asking_for_numbers(connection)
    likely = in_turn(code.pool_id, pools.fallbacks(connection))  # a store or a VIP pool may have asked as well
    in_order = (*(id for id in likely if id in asking), *asking)
    pool_id = next((id for id in in_order if _same(asking[id], left.consent)), None)
    if pool_id is None:
        return "consent_changed" if asking else "not_asked"
    if not left.agreed:
        return "not_agreed"
    number = read_telephone(left.number)
    if number is None:
        return "not_a_number"
    if _too_many(connection, code.id, left.visitor, now):
        return "too_many"
    tasks.drop_open(connection, code.id, left.visitor)
    waiting.left_number(connection, code.id, left.visitor, now)
    content = {"number": number, "consent": asking[pool_id].consent, "consented_at": now}
    content |= {"test": True} if left.test else {}
    return tasks.insert_call_back(connection, code.id, pool_id, left.visitor, content, now)


def withdraw_number(connection: Connection, slug: str, visitor: str) -> int:
    """Delete every number this visitor left on the code, with the consent; returns how many there were."""
    code = scan.codes(connection, [slug]).get(slug)
    return 0 if code is None else tasks.withdraw(connection, code.id, visitor)


def _same(policy: LeaveNumber, consent: str) -> bool:
    """Browsers send line ends as they like (HTML, 4.10.21.4)."""
    return policy.consent.split() == consent.split()


def _too_many(connection: Connection, code_id: int, visitor: str, now: int) -> bool:
    of_visitor = tasks.numbers_left_by(connection, code_id, visitor, now - DAY)
    return of_visitor >= EACH_PER_DAY or tasks.numbers_left(connection, code_id, now - HOUR) >= ALL_PER_HOUR

"""Kills at random moments while customers come: what was acknowledged is processed, and every effect is there once."""

import random
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.conftest import fresh_database
from tests.crash.deployment import Deployment, deployed
from tests.crash.story import LEASE, Customer, add, chat, kept_books, scan, settle, tags, true_books

CUSTOMERS = 60
AT_ONCE = 8  # customers who act at the same moment
ACTS = 3 * CUSTOMERS
KILLS = 5
SEED = 20261121
TAGS = frozenset({"门店海报", "问报价", "高意向"})

_INBOX = "SELECT plaintext, status FROM inbox WHERE callback <> 'KF_ITEM'"


@pytest.fixture(params=["sqlite", "postgresql"])
def deployment(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Deployment]:
    """With so many contact ways in stock that no customer waits for one."""
    with ExitStack() as stack:
        if request.param == "sqlite":
            url = f"sqlite:///{tmp_path / 'liveqr.db'}"
        else:
            url = stack.enter_context(fresh_database(request.getfixturevalue("postgresql_server")))
        yield stack.enter_context(deployed(tmp_path, url, stock=CUSTOMERS // 2))


@pytest.mark.timeout(400)  # several conditions, each of which may take its time on a busy machine
def test_sixty_customers_survive_five_kills(deployment: Deployment) -> None:
    settle(deployment)
    source = random.Random(SEED)
    acts = Acts()
    deaths = deployment.deaths

    with ThreadPoolExecutor(AT_ONCE) as crowd:
        living = [crowd.submit(live, deployment, acts) for _ in range(CUSTOMERS)]
        for moment in sorted(source.sample(range(5, ACTS - 10), KILLS)):
            acts.wait_for(moment)
            deployment.kill(source.choice(deployment.service_names()))
            deployment.revive()
        customers = [each.result() for each in living]
    deployment.until("no callback is on its way", lambda: deployment.look("callbacks", wait_ms=1000)["pending"] == 0)
    settle(deployment)
    names = [customer.external_userid for customer in customers]
    deployment.until("all tags land", lambda: all(tags(deployment)[name] >= TAGS for name in names), lapse=LEASE)

    assert deployment.deaths == deaths + KILLS
    assert undecided(deployment) == Counter()
    assert times(deployment, "welcome", names) == Counter({1: CUSTOMERS})
    assert times(deployment, "kf_message", names) == Counter({1: CUSTOMERS})
    assert assigned(deployment, names) == Counter({1: CUSTOMERS})
    assert kept_books(deployment) == true_books(deployment)


class Acts:
    """Counts what customers have done."""

    def __init__(self) -> None:
        self._done = 0
        self._changed = threading.Condition()

    def add_one(self) -> None:
        with self._changed:
            self._done += 1
            self._changed.notify_all()

    def wait_for(self, number: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self._done >= number, timeout=60), "the customers stand still"


def live(deployment: Deployment, acts: Acts) -> Customer:
    """Scan, add and ask for the price."""
    customer = scan(deployment, lapse=0)
    acts.add_one()
    add(deployment, customer)
    acts.add_one()
    chat(deployment, customer, "多少钱")
    acts.add_one()
    return customer


def undecided(deployment: Deployment) -> Counter[str]:
    """Callbacks that were answered with 200 and are not decided exactly once."""
    delivered = [each["plaintext"] for each in deployment.look("callbacks")["items"] if each["outcome"] == "delivered"]
    decided = Counter(plaintext for plaintext, status in deployment.rows(_INBOX) if status in ("done", "ignored"))
    return Counter({plaintext: decided[plaintext] for plaintext in delivered if decided[plaintext] != 1})


def times(deployment: Deployment, kind: str, names: Iterable[str]) -> Counter[int]:
    """How many customers got an effect how often."""
    got = Counter(effect["external_userid"] for effect in deployment.effects(kind))
    return Counter(got[name] for name in names)


def assigned(deployment: Deployment, names: Iterable[str]) -> Counter[int]:
    """How many customers were assigned how often."""
    rows = deployment.rows(
        "SELECT c.external_userid, count(*) FROM assignment AS a JOIN customer AS c ON c.id = a.customer_id"
        " GROUP BY c.external_userid"
    )
    found: dict[str, int] = dict(rows)
    return Counter(found.get(name, 0) for name in names)

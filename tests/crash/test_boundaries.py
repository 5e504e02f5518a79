"""Kill the process at each boundary between storing, deciding, claiming, sending and recording; start it again.

In the end every effect is at the platform once, nothing is lost, and the books agree with the platform.
"""

from itertools import count

import pytest

from router.handlers.outbound.app import SAME_WITHIN
from tests.crash.deployment import Deployment
from tests.crash.story import LEASE, ONCE, kept_books, outcome, settle, tags_of, tell, true_books

PLACES = (
    "scanning",
    "storing",
    "answered",
    "deciding",
    "decided send_welcome",
    "claimed send_welcome",
    "sent send_welcome",
    "recording",
    "claimed mark_tags",
    "sent mark_tags",
    "claimed sync_kf",
    "sent sync_kf",
    "claimed send_kf_text",
    "sent send_kf_text",
    "claimed hand_to_human",
    "sent hand_to_human",
    "claimed delete_contact_way",
    "sent delete_contact_way",
)

QUICK_ON_POSTGRESQL = frozenset(
    {
        "scanning",
        "storing",
        "answered",
        "deciding",
        "claimed send_welcome",
        "sent send_welcome",
        "sent mark_tags",
        "sent sync_kf",
        "sent send_kf_text",
        "claimed hand_to_human",
    }
)
ON_POSTGRESQL = [
    pytest.param(place, marks=() if place in QUICK_ON_POSTGRESQL else pytest.mark.long) for place in PLACES
]
BOTH = pytest.mark.parametrize("on", ["on_sqlite", "on_postgresql"])

_numbers = count(1)


@pytest.mark.parametrize("place", PLACES)
def test_a_kill_on_sqlite_loses_nothing_and_repeats_nothing(on_sqlite: Deployment, place: str) -> None:
    check_story(on_sqlite, place)


@pytest.mark.parametrize("place", ON_POSTGRESQL)
def test_a_kill_on_postgresql_loses_nothing_and_repeats_nothing(on_postgresql: Deployment, place: str) -> None:
    check_story(on_postgresql, place)


def check_story(deployment: Deployment, place: str) -> None:
    deaths = deployment.deaths
    deployment.order_death(place)

    customer = tell(deployment)

    assert deployment.was_obeyed()
    assert deployment.deaths == deaths + 1
    assert outcome(deployment, customer) == ONCE
    assert kept_books(deployment) == true_books(deployment)


@BOTH
@pytest.mark.parametrize("place", ["claimed make_tag", "sent make_tag"])
def test_a_tag_gets_one_twin_on_the_platform(on: str, place: str, request: pytest.FixtureRequest) -> None:
    deployment: Deployment = request.getfixturevalue(on)
    name = f"新客{next(_numbers)}"
    tag = deployment.api("POST", "/tags", {"name": name})
    customer = tell(deployment).external_userid
    deployment.order_death(place)

    deployment.api("PUT", f"/customers/{customer}/tags/{tag['id']}")
    deployment.until("somebody dies", deployment.was_obeyed)
    deployment.until("the tag lands", lambda: name in tags_of(deployment, customer), lapse=LEASE)
    settle(deployment)

    made = [tag["name"] for group in deployment.look("world")["tag_groups"] for tag in group["tags"]]
    assert made.count(name) == 1


@BOTH
@pytest.mark.parametrize("place", ["claimed send_app_text", "sent send_app_text"])
def test_an_employee_gets_one_answer(on: str, place: str, request: pytest.FixtureRequest) -> None:
    deployment: Deployment = request.getfixturevalue(on)
    deployment.control("clock", advance_seconds=float(SAME_WITHIN))  # the same answer again is not a repeat then
    before = len(deployment.effects("app_message"))
    deployment.order_death(place)

    deployment.control("app_message", userid="chenyu", text="退货怎么办")
    deployment.until("somebody dies", deployment.was_obeyed)
    settle(deployment)

    assert len(deployment.effects("app_message")) == before + 1

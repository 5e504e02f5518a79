"""Every address of the console against every role: the table of routes is the only gate."""

import pytest

from router.db.ledger import Ledger
from router.domain.roles import ROLES, Role
from router.web.console.guard import ConsoleRoute
from router.web.console.routes import ROUTES
from tests import factories
from tests.integration.console.browsing import Browsers

pytestmark = pytest.mark.anyio

MARKETER_SEES = {"/live-codes", "/reservations", "/numbers", "/tasks", "/alerts", "/questions"}
AGENT_SEES = {"/customers"}
EVERYBODY_SEES = {"/", "/account", "/presence"}


def address(route: ConsoleRoute) -> str:
    """The route with ids of nothing that exists."""
    path = route.path.replace("{id:id}", "999").replace("{group_id:id}", "999").replace("{agent_id:id}", "999")
    path = path.replace("{diff_id:id}", "999").replace("{withdrawal_id:id}", "999")
    return path.replace("{external_userid}", "wm-nobody").replace("{rule_id}", "none")


def may_open(role: Role, path: str) -> bool:
    """What the roles are for, said once more and differently."""
    section = "/" + path.split("/")[1]
    match role:
        case "admin":
            return True
        case "marketer":
            return section in MARKETER_SEES | EVERYBODY_SEES
        case "agent":
            return section in AGENT_SEES | EVERYBODY_SEES


async def test_without_signing_in_every_page_leads_to_the_sign_in_page(browsers: Browsers) -> None:
    browser = browsers.nobody()
    guarded = [route for route in ROUTES if route.roles is not None]

    answers = [await browser.request(route.method, address(route)) for route in guarded]

    assert {answer.status_code for answer in answers} == {303}
    assert {answer.headers["location"].split("?")[0] for answer in answers} == {"/console/sign-in"}


@pytest.mark.parametrize("role", ROLES)
async def test_a_role_opens_its_own_pages_and_no_other(ledger: Ledger, browsers: Browsers, role: Role) -> None:
    agent_id = await ledger.write(factories.agent())
    browser = await browsers.signed_in(role, agent_id if role == "agent" else None)
    guarded = [route for route in ROUTES if route.roles is not None]

    opened = {
        (route.method, route.path): (await browser.request(route.method, address(route))).status_code != 403
        for route in guarded
    }

    assert opened == {(route.method, route.path): may_open(role, route.path) for route in guarded}


async def test_no_address_answers_with_a_server_error_to_an_admin(browsers: Browsers) -> None:
    admin = await browsers.signed_in("admin")

    answers = {
        (route.method, route.path): (await admin.request(route.method, address(route))).status_code for route in ROUTES
    }

    assert {address: status for address, status in answers.items() if status >= 500} == {}


async def test_an_agent_sees_only_customers_of_their_own(ledger: Ledger, browsers: Browsers) -> None:
    ann, ben = [await ledger.write(factories.agent(userid)) for userid in ("ann", "ben")]
    for agent_id, external_userid in ((ann, "wm-mine"), (ben, "wm-theirs")):
        customer_id = await ledger.write(factories.customer(external_userid))
        await ledger.write(factories.follow(agent_id, customer_id))
    browser = await browsers.signed_in("agent", ann)

    listed = (await browser.get("/customers?agent_id=2")).text
    statuses = [(await browser.get(f"/customers/{each}")).status_code for each in ("wm-mine", "wm-theirs")]
    tagging = await browser.post("/customers/wm-theirs/tag", data={"tag_id": "1"})

    assert ("wm-mine" in listed, "wm-theirs" in listed) == (True, False)
    assert (statuses, tagging.status_code) == ([200, 404], 404)


async def test_an_agents_home_is_the_list_of_their_customers(ledger: Ledger, browsers: Browsers) -> None:
    browser = await browsers.signed_in("agent", await ledger.write(factories.agent()))

    answer = await browser.get("/")

    assert (answer.status_code, answer.headers["location"]) == (303, "/console/customers")


@pytest.mark.parametrize("role", ROLES)
async def test_the_navigation_offers_exactly_what_the_role_may_open(
    ledger: Ledger, browsers: Browsers, role: Role
) -> None:
    agent_id = await ledger.write(factories.agent())
    browser = await browsers.signed_in(role, agent_id if role == "agent" else None)

    page = (await browser.get("/account")).text
    offered = {part.split('"')[0] for part in page.split('class="rail-link" href="/console')[1:]}

    assert [path for path in offered if not may_open(role, path)] == []
    assert [(path, (await browser.get(path)).status_code) for path in sorted(offered - {"/"})] == [
        (path, 200) for path in sorted(offered - {"/"})
    ]

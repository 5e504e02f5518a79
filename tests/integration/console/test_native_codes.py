"""Native codes and the patrol in the console."""

import pytest
from sqlalchemy import Connection

from router.db.ledger import Ledger
from router.db.queries import native_ways, upstream_ways
from router.handlers import native
from router.services import Services
from tests import factories
from tests.integration.console.browsing import Browsers, text_of

pytestmark = pytest.mark.anyio


def native_code(services: Services) -> factories.Rows:
    """A native code whose list is as read back, one member refused and one leaving early."""

    def write(connection: Connection) -> int:
        agents = [factories.agent(userid)(connection) for userid in ("ann", "ben", "cyd")]
        code_id = factories.live_code(factories.pool(members=agents)(connection))(connection)
        native_ways.insert(connection, code_id, "ln-1", factories.NOW)
        native.look(connection, code_id, services.native_rules, factories.NOW)
        refusal: native_ways.Refusal = {"at": factories.NOW, "reason": "84074: no right to contact customers"}
        native_ways.applied(connection, code_id, "config-1", 1, ["ann", "ben"], {"cyd": refusal}, factories.NOW)
        factories.cap("agent:2", 2)(connection)
        return code_id

    return write


async def test_a_native_code_shows_its_bound_and_whom_the_platform_refuses(
    services: Services, ledger: Ledger, browsers: Browsers
) -> None:
    code_id = await ledger.write(native_code(services))
    browser = await browsers.signed_in("marketer")

    shown = text_of(await browser.get(f"/live-codes/{code_id}/native"))

    assert "Above a cap at most 7 customers" in shown
    assert "84074: no right to contact customers" in shown
    assert "10 s to change the list, 20 s to look at the card" in shown


async def test_who_stands_by_is_named_in_a_form(services: Services, ledger: Ledger, browsers: Browsers) -> None:
    code_id = await ledger.write(native_code(services))
    browser = await browsers.signed_in("marketer")

    answer = await browser.post(f"/live-codes/{code_id}/native/backup", data={"backup_agent_id": "2"})
    way = await ledger.read(lambda c: native_ways.get(c, code_id))

    assert answer.status_code == 303
    assert way is not None
    assert way.backup == "ben"


async def test_contact_ways_of_others_are_listed_and_imported(
    services: Services, ledger: Ledger, browsers: Browsers
) -> None:
    await ledger.write(native_code(services))

    def met(connection: Connection) -> None:
        for number, orphan in enumerate((False, True)):
            kind = {"state": f"s{number}", "remark": f"print {number}", "members": ["ann"], "type": 2, "scene": 2}
            upstream_ways.found(connection, f"config-{number}", factories.NOW, orphan=orphan, **kind)  # type: ignore[arg-type]

    await ledger.write(met)
    browser = await browsers.signed_in("admin")

    shown = text_of(await browser.get("/contact-ways"))
    answer = await browser.post("/contact-ways/1/import", data={"name": "old print", "pool_id": "1"})
    started = await browser.post("/contact-ways/patrol", data={"with_orphans": "yes"})

    assert "print 0" in shown
    assert "leftover of ours" in shown
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/live-codes/2/native?said=created")
    assert started.status_code == 303

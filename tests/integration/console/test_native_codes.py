"""Native codes and the patrol in the console."""

from datetime import datetime

import pytest
from sqlalchemy import Connection

from router.db.ledger import Ledger
from router.db.queries import native_ways, upstream_ways
from router.db.sql import Sql
from router.domain.capacity import Limit
from router.domain.native_reasons import Reason, Reasons, Refusal
from router.handlers import native
from router.services import Services
from tests import factories
from tests.integration.console.browsing import Browsers, text_of

pytestmark = pytest.mark.anyio

ADD = Sql(
    "INSERT INTO assignment (customer_id, agent_id, code_id, how, own_place, round, at, reason)"
    " VALUES (:customer_id, 1, :code_id, 'printed_code', true, 0, :at, '{}')"
)


def native_code(services: Services) -> factories.Rows:
    """A native code whose list is as read back, one member refused and one leaving early."""

    def write(connection: Connection) -> int:
        agents = [factories.agent(userid)(connection) for userid in ("ann", "ben", "cyd")]
        code_id = factories.live_code(factories.pool(members=agents)(connection))(connection)
        native_ways.insert(connection, code_id, "ln-1", factories.NOW)
        native.look(connection, code_id, services.native_rules, factories.NOW)
        refusal: Refusal = {"at": factories.NOW, "reason": "84074: no right to contact customers"}
        native_ways.applied(connection, code_id, "config-1", 1, ["ann", "ben"], {"cyd": refusal}, {}, factories.NOW)
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


async def test_the_timeline_names_who_was_called_otherwise_then(
    services: Services, ledger: Ledger, browsers: Browsers
) -> None:
    code_id = await ledger.write(native_code(services))
    renamed = Sql("UPDATE agent SET former_userid = userid, userid = 'ann.lee', archived_at = 1 WHERE userid = 'ann'")
    await ledger.write(lambda c: renamed.run(c))
    browser = await browsers.signed_in("marketer")

    shown = text_of(await browser.get(f"/live-codes/{code_id}/native"))

    assert "Ann came on: can take customers." in shown


@pytest.mark.parametrize("at", ["9999-12-31T23:59-12:00", "9999-12-31T23:59+00:00", "0001-01-01T00:00"])
async def test_an_instant_outside_the_calendar_is_no_date(
    services: Services, ledger: Ledger, browsers: Browsers, at: str
) -> None:
    code_id = await ledger.write(native_code(services))
    browser = await browsers.signed_in("marketer")

    asked = await browser.get(f"/live-codes/{code_id}/native", params={"at": at})

    assert (asked.status_code, "This is no date with a time." in text_of(asked)) == (422, True)


async def test_the_timeline_tells_who_came_and_went_why_and_who_was_listed_at_an_instant(
    services: Services, ledger: Ledger, browsers: Browsers
) -> None:
    code_id = await ledger.write(native_code(services))
    later = factories.NOW + 10 * 60_000

    def changed(connection: Connection) -> None:
        off: Reasons = {
            "ann": Reason("leaving", Limit("agent:1", "day", 20, 16, "agent:1"), 4),
            "ben": Reason("off_duty"),
            "dan": Reason("stands_by"),
        }
        native_ways.applied(connection, code_id, "config-1", 2, ["dan"], {}, off, later)

    await ledger.write(changed)
    browser = await browsers.signed_in("marketer")

    shown = text_of(await browser.get(f"/live-codes/{code_id}/native"))
    then = datetime.fromtimestamp(later / 1000 - 60, services.settings.time_zone)
    asked = await browser.get(f"/live-codes/{code_id}/native", params={"at": f"{then:%Y-%m-%dT%H:%M}"})
    unclear = await browser.get(f"/live-codes/{code_id}/native", params={"at": "yesterday"})

    told = (
        "Ann was taken off early: 16 of 20 taken (cap of agent Ann, per day), and 4 places are kept",
        "Ben was left out: off duty.",
        "dan stands by: no member of the pool may take customers.",
        "Ann came on: can take customers.",
    )
    positions = [shown.find(each) for each in told]
    assert -1 not in positions, shown
    assert positions[3] == max(positions)
    assert "WeCom listed: Ann, Ben" in text_of(asked)
    assert "stands by: no member" not in text_of(asked)
    assert unclear.status_code == 422
    assert "This is no date with a time." in text_of(unclear)


async def test_the_customers_who_came_stand_beside_the_timeline(
    services: Services, ledger: Ledger, browsers: Browsers
) -> None:
    code_id = await ledger.write(native_code(services))

    def came(connection: Connection) -> None:
        for number, at in enumerate((factories.NOW, factories.NOW + factories.HOUR)):
            customer_id = factories.customer(f"wm-{number}")(connection)
            ADD.run(connection, customer_id=customer_id, code_id=code_id, at=at)

    await ledger.write(came)
    browser = await browsers.signed_in("admin")
    address = f"/live-codes/{code_id}/native"

    shown = text_of(await browser.get(address))
    until = datetime.fromtimestamp(factories.NOW / 1000, services.settings.time_zone)
    earlier = text_of(await browser.get(address, params={"at": f"{until:%Y-%m-%dT%H:%M}"}))

    assert ["wm-0" in shown, "wm-1" in shown] == [True, True]
    assert ["wm-0" in earlier, "wm-1" in earlier] == [True, False]


async def test_somebody_on_the_list_whom_nobody_here_knows_is_shown_by_the_userid(
    services: Services, ledger: Ledger, browsers: Browsers
) -> None:
    code_id = await ledger.write(native_code(services))
    await ledger.write(
        lambda c: native_ways.applied(c, code_id, "config-1", 1, ["stranger"], {}, {}, factories.NOW + 1)
    )
    browser = await browsers.signed_in("marketer")

    answer = await browser.get(f"/live-codes/{code_id}/native")

    assert answer.status_code == 200
    assert "stranger" in text_of(answer)


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

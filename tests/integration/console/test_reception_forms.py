"""Forms of agents, pools and live codes: what they keep, what they refuse, what they offer."""

from typing import Any

import pytest

from router.db.ledger import Ledger
from router.db.queries.agents import get_agent
from router.db.queries.caps import Caps
from router.db.queries.live_codes import get_live_code
from router.db.queries.pools import get_pool, set_pool_archived
from router.domain.spill import FallbackPool
from tests import factories
from tests.factories import NOW, ZONE
from tests.integration.console.browsing import Browsers, text_of

pytestmark = pytest.mark.anyio


async def test_an_agent_is_added_with_caps_and_edited_on_the_board(ledger: Ledger, browsers: Browsers) -> None:
    admin = await browsers.signed_in("admin")
    form = {"userid": "zhangsan", "name": "张三", "weight": "2", "caps.day": "20", "on_duty": "yes"}

    created = await admin.post("/agents", data=form)
    await admin.post("/agents/1/day-cap", data={"caps.day": "35"})
    await admin.post("/agents/1/duty", data={"on_duty": "no"})
    agent = await ledger.read(lambda c: get_agent(c, 1, NOW, ZONE))

    assert created.headers["location"] == "/console/agents/1?said=created"
    assert agent is not None
    assert (agent.name, agent.weight, agent.on_duty, agent.caps) == ("张三", 2, False, Caps(day=35))


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        pytest.param("userid", "zhang san", "Not a userid of the platform.", id="userid with a space"),
        pytest.param("name", "", "Nothing is written here. Write 1 to 64 characters.", id="no name"),
        pytest.param("weight", "999", "999 is not a whole number between 1 and 100.", id="weight out of bounds"),
        pytest.param("weight", "two", "two is not a whole number between 1 and 100.", id="weight that is no number"),
        pytest.param("caps.hour", "-3", "-3 is not a whole number between 0 and 1000000.", id="negative cap"),
        pytest.param("caps.hour", "9" * 40, "9 is not a whole number between 0 and 1000000.", id="cap larger than any"),
        pytest.param(
            "caps.hour", "1e1", "1e1 is not a whole number between 0 and 1000000.", id="cap in another notation"
        ),
        pytest.param("weight", "", "Nothing is written here. Write a whole number between 1 and 100.", id="no weight"),
        pytest.param("name", "张" * 65, "65 characters are too many. Shorten it to 64 characters.", id="long name"),
    ],
)
async def test_a_refused_agent_comes_back_with_the_reason_at_its_field(
    browsers: Browsers, field: str, value: str, reason: str
) -> None:
    admin = await browsers.signed_in("admin")
    form = {"userid": "zhangsan", "name": "张三", "weight": "1", field: value}

    answer = await admin.post("/agents", data=form)

    assert answer.status_code == 422
    assert reason in text_of(answer)
    shown = answer.text.split('aria-invalid="true"')[0].rsplit("<input", 1)[1]
    assert (f'name="{field}"' in shown, f'value="{value}"' in shown) == (True, True)


async def test_a_slug_that_is_taken_is_told_together_with_the_rest(ledger: Ledger, browsers: Browsers) -> None:
    pool_id = await ledger.write(factories.pool())
    await ledger.write(factories.live_code(pool_id, "spring"))
    marketer = await browsers.signed_in("marketer")

    answer = await marketer.post(
        "/live-codes", data={"name": "", "pool_id": pool_id, "slug": "spring", "hold_minutes": ""}
    )

    page = text_of(answer)
    assert answer.status_code == 422
    assert "Write 1 to 64 characters." in page
    assert "Write a whole number between 1 and 120." in page
    assert "“spring” is taken." in page


async def test_what_receives_nobody_says_so_on_its_page(ledger: Ledger, browsers: Browsers) -> None:
    agent_id, pool_id = await ledger.write(factories.agent()), await ledger.write(factories.pool())
    staffed_id = await ledger.write(factories.pool("staffed", members=[agent_id]))
    code_id = await ledger.write(factories.live_code(pool_id, "spring"))
    await ledger.write(factories.cap(f"code:{code_id}", 0))
    admin = await browsers.signed_in("admin")

    pages = [text_of(await admin.get(f"/pools/{each}")) for each in (pool_id, staffed_id)]
    code = text_of(await admin.get(f"/live-codes/{code_id}"))

    assert ["Nobody is in this pool" in each for each in pages] == [True, False]
    assert "A cap of this code is 0: nobody is received through it." in code


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        pytest.param("weight", "-3", "-3 is not a whole number between 0 and 1000.", id="weight below nothing"),
        pytest.param("expires_after_days", "0", "cannot expire after 0 days.", id="expiry at once"),
        pytest.param("expires_after_days", "soon", "cannot expire after soon days.", id="expiry that is no number"),
    ],
)
async def test_a_tag_with_a_number_that_makes_no_sense_is_refused(
    ledger: Ledger, browsers: Browsers, field: str, value: str, reason: str
) -> None:
    tag_id = await ledger.write(factories.tag("意向"))
    admin = await browsers.signed_in("admin")

    answers = [
        await admin.post(address, data={"name": "问价", field: value}) for address in ("/tags", f"/tags/{tag_id}")
    ]

    assert [(answer.status_code, reason in text_of(answer)) for answer in answers] == [(422, True)] * 2


async def test_a_live_code_goes_from_open_to_closed_to_archived_and_back(ledger: Ledger, browsers: Browsers) -> None:
    tag_id = await ledger.write(factories.tag())
    agent_id = await ledger.write(factories.agent())
    pool_id = await ledger.write(factories.pool(members=[agent_id]))
    marketer = await browsers.signed_in("marketer")
    form = {
        "name": "Fair",
        "pool_id": str(pool_id),
        "slug": "fair",
        "hold_minutes": "30",
        "welcome": "Hi {customer}",
        "tag_ids": str(tag_id),
    }

    made = await marketer.post("/live-codes", data=form)
    said = [
        (await marketer.post(f"/live-codes/1/{act}")).headers["location"].partition("said=")[2]
        for act in ("close", "reopen", "archive", "restore")
    ]
    page = text_of(await marketer.get("/live-codes/1"))
    code = await ledger.read(lambda c: get_live_code(c, 1, NOW, ZONE))

    assert made.headers["location"] == "/console/live-codes/1?said=created"
    assert said == ["closed", "reopened", "archived", "restored"]
    assert "https://go.example.com/q/fair" in page
    assert "Hi Ms Li" in page
    assert code is not None
    assert (code.slug, code.hold_minutes, code.tag_ids, code.active, code.archived_at) == ("fair", 30, (1,), True, None)


async def test_a_welcome_with_an_unknown_placeholder_is_refused(ledger: Ledger, browsers: Browsers) -> None:
    pool_id = await ledger.write(factories.pool())
    marketer = await browsers.signed_in("marketer")

    answer = await marketer.post(
        "/live-codes", data={"name": "Fair", "pool_id": str(pool_id), "hold_minutes": "20", "welcome": "Hi {boss}"}
    )

    assert (answer.status_code, "Nothing fills {boss}." in text_of(answer)) == (422, True)
    assert "Hi {boss}" in answer.text


async def test_a_pool_keeps_its_members_and_what_happens_when_it_is_full(ledger: Ledger, browsers: Browsers) -> None:
    ann, ben = [await ledger.write(factories.agent(userid)) for userid in ("ann", "ben")]
    fallback = await ledger.write(factories.pool("fallback"))
    admin = await browsers.signed_in("admin")
    form: dict[str, Any] = {
        "name": "sales",
        "agent_ids": [str(ben), str(ann)],
        "spill_policy.kind": "fallback_pool",
        "spill_policy.pool_id": str(fallback),
    }

    answer = await admin.post("/pools", data=form)
    pool = await ledger.read(lambda c: get_pool(c, fallback + 1))

    assert answer.status_code == 303
    assert pool is not None
    assert ([member.agent_id for member in pool.members], pool.spill_policy) == ([ben, ann], FallbackPool(fallback))


async def test_a_form_offers_every_pool_and_every_page_of_them_can_be_reached(
    ledger: Ledger, browsers: Browsers
) -> None:
    await ledger.write(lambda connection: [factories.pool(f"pool {number}")(connection) for number in range(1, 208)])
    await ledger.write(factories.live_code(207, "fair"))
    admin = await browsers.signed_in("admin")

    forms = [(await admin.get(address)).text for address in ("/live-codes/1/edit", "/pools/1")]
    pages = [text_of(await admin.get(f"/pools?after={after}")) for after in (0, 100, 200)]

    assert ['<option value="207" selected>pool 207</option>' in forms[0], ">pool 207</option>" in forms[1]] == [
        True
    ] * 2
    assert [[f"pool {number} " in page for number in (100, 200, 207)] for page in pages] == [
        [True, False, False],
        [False, True, False],
        [False, False, True],
    ]


async def test_a_form_keeps_a_choice_that_is_no_longer_offered(ledger: Ledger, browsers: Browsers) -> None:
    used, _ = [await ledger.write(factories.pool(name)) for name in ("old", "new")]
    await ledger.write(factories.live_code(used, "fair"))
    await ledger.write(lambda c: set_pool_archived(c, used, NOW))
    admin = await browsers.signed_in("admin")

    form = (await admin.get("/live-codes/1/edit")).text

    assert f'<option value="{used}" selected>no longer offered: {used}</option>' in form


async def test_a_pool_in_use_is_not_archived_and_says_by_what(ledger: Ledger, browsers: Browsers) -> None:
    await ledger.write(factories.shop())
    admin = await browsers.signed_in("admin")

    answer = await admin.post("/pools/1/archive")

    assert (answer.status_code, "Still used by: spring." in text_of(answer)) == (422, True)


async def test_a_member_who_is_archived_while_the_pool_is_saved_comes_back_with_the_restore(
    ledger: Ledger, browsers: Browsers
) -> None:
    ann, ben = [await ledger.write(factories.agent(userid)) for userid in ("ann", "ben")]
    await ledger.write(factories.pool("sales", members=[ann, ben]))
    admin = await browsers.signed_in("admin")

    await admin.post(f"/agents/{ben}/archive")
    await admin.post("/pools/1", data={"name": "sales", "agent_ids": str(ann), "spill_policy.kind": "waiting_page"})
    without = await ledger.read(lambda c: get_pool(c, 1))
    await admin.post(f"/agents/{ben}/restore")
    pool = await ledger.read(lambda c: get_pool(c, 1))

    assert without is not None
    assert pool is not None
    assert [[member.agent_id for member in each.members] for each in (without, pool)] == [[ann], [ann, ben]]

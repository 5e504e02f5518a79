"""Versions of a rule set, withdrawn rules, comparisons and webhooks on the pages of the console."""

import pytest

from router.db.ledger import Ledger
from router.db.queries import rule_sets, tagging, version_diffs
from router.db.queries.tagging import Edge
from router.handlers import withdrawing
from router.handlers.decide import decide_open
from router.services import Services
from router.workers.comparer import Comparer
from tests.factories import NOW, contains, customer, kf_text, published_rules, pulled, situation, tag
from tests.integration.console.browsing import Browsers, text_of
from tests.integration.ledger.looking import column, rows

pytestmark = pytest.mark.anyio

HOSTILE = "<script>alert(1)</script>价格"
PERSON = [{"do": "hand_to_human"}]


async def a_rule_set(ledger: Ledger) -> int:
    """Rule r1 in force; the draft has r2 in its place. Returns a tag."""
    price = await ledger.write(tag("price"))
    then = [{"do": "add_tag", "tag_id": price}]
    await ledger.write(published_rules(contains("价格", then=then)))
    draft = {"rules": [{"id": "r2", "name": "quotes", "priority": 1, **contains("报价", then=PERSON)}]}
    await ledger.write(lambda c: rule_sets.save_draft(c, 1, draft))
    return price


async def test_publishing_keeps_the_note(ledger: Ledger, browsers: Browsers) -> None:
    await a_rule_set(ledger)
    admin = await browsers.signed_in("admin", language="en")

    await admin.post("/rules/1/publish", data={"note": "quotes instead of prices"})
    page = text_of(await admin.get("/rules/1"))

    assert "quotes instead of prices" in page
    assert await ledger.read(column("SELECT note FROM rule_set_version ORDER BY number")) == [
        "",
        "quotes instead of prices",
    ]


async def test_a_rule_that_was_removed_is_withdrawn_and_put_back(ledger: Ledger, browsers: Browsers) -> None:
    price = await a_rule_set(ledger)
    lin = await ledger.write(customer(name="Lin"))
    await ledger.write(lambda c: tagging.put_on(c, [Edge(lin, price, "rule:1:r1", 1, 7, (0, 2), HOSTILE)], NOW))
    admin = await browsers.signed_in("admin", language="en")

    in_force = await admin.get("/rules/1/withdraw/r1")
    await admin.post("/rules/1/publish")
    offered = text_of(await admin.get("/rules/1"))
    preview = await admin.get("/rules/1/withdraw/r1")
    await admin.post("/rules/1/withdraw/r1")
    await admin.post("/rules/withdrawals/1/undo")

    assert "This rule is in force" in text_of(in_force)
    assert "put on still stand. rule 1 1 tag stands" in offered
    assert ("Lin" in preview.text, HOSTILE in preview.text) == (True, False)
    assert await ledger.read(rows("SELECT status, edges FROM withdrawal")) == [("restoring", 1)]


async def test_undoing_while_the_rule_is_being_withdrawn_again_says_why_not(ledger: Ledger, browsers: Browsers) -> None:
    price = await a_rule_set(ledger)
    admin = await browsers.signed_in("admin", language="en")
    await admin.post("/rules/1/publish")
    for name in ("wm-lin", "wm-wang"):
        customer_id = await ledger.write(customer(name))
        await ledger.write(lambda c, who=customer_id: tagging.put_on(c, [Edge(who, price, "rule:1:r1", 1)], NOW))  # type: ignore[misc]
        await admin.post("/rules/1/withdraw/r1")
        await ledger.write(lambda c: withdrawing.due(c, 1, NOW))

    refused = await admin.post("/rules/withdrawals/1/undo")

    assert refused.status_code == 422
    assert "This rule is being withdrawn already." in text_of(refused)


async def test_a_comparison_shows_changes_and_what_messages_would_become(
    ledger: Ledger, browsers: Browsers, services: Services
) -> None:
    await a_rule_set(ledger)
    await ledger.write(pulled(kf_text(HOSTILE)))
    await ledger.write(lambda c: decide_open(c, situation()))
    admin = await browsers.signed_in("admin", language="en")

    await admin.post("/rules/1/compare", data={"messages": "1000"})
    waiting = text_of(await admin.get("/rules/1/compare"))
    await Comparer(services).work()
    done = await admin.get("/rules/1/compare")

    assert "0 of at most 1,000 messages" in waiting
    assert "1 of 1 messages are decided otherwise." in text_of(done)
    assert ("quotes" in done.text, HOSTILE in done.text) == (True, False)


async def test_a_comparison_can_be_stopped(ledger: Ledger, browsers: Browsers) -> None:
    await a_rule_set(ledger)
    admin = await browsers.signed_in("admin", language="en")
    await admin.post("/rules/1/compare", data={"messages": "1000"})

    await admin.post("/rules/1/compare/1/cancel")

    stopped = await ledger.read(lambda c: version_diffs.get_diff(c, 1, 1))
    assert stopped is not None
    assert stopped.status == "cancelled"


async def test_the_secret_of_a_webhook_is_shown_once(ledger: Ledger, browsers: Browsers) -> None:
    admin = await browsers.signed_in("admin", language="en")

    refused = await admin.post("/webhooks", data={"name": "crm", "url": "http://example.com/"})
    made = await admin.post(
        "/webhooks", data={"name": "crm", "url": "https://crm.example.com/", "secret": "a-long-enough-secret"}
    )
    later = await admin.get("/webhooks")
    await admin.post("/webhooks/1/test")

    assert (refused.status_code, "Calls may not go to this address." in text_of(refused)) == (422, True)
    assert ("a-long-enough-secret" in made.text, "a-long-enough-secret" in later.text) == (True, False)
    assert await ledger.read(column("SELECT kind FROM outbox")) == ["call_webhook"]

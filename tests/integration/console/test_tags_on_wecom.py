"""The plan for the platforms' tags in the console."""

import pytest

from router.db.ledger import Ledger
from router.db.queries import projection, tag_runs
from tagtree.projection.drift import Gone, Renamed
from tagtree.projection.steps import RemoteTag
from tests.factories import NOW, tag
from tests.integration.console.browsing import Browsers, text_of

pytestmark = pytest.mark.anyio


async def test_the_page_shows_steps_conflicts_and_what_changed_without_us(ledger: Ledger, browsers: Browsers) -> None:
    await ledger.write(tag("VIP"))
    await ledger.write(tag("新客"))
    foreign = RemoteTag("et-1", "g-1", "liveqr", "VIP", ours=False)
    await ledger.write(lambda c: projection.put_remote(c, "wecom", [(foreign, NOW)], NOW))
    differences = (Renamed("et-2", True, "liveqr", "老客", "乱改"), Gone("et-3", True, "liveqr", "没了"))
    await ledger.write(lambda c: projection.add_reading(c, "wecom", "night", 1, differences, NOW))
    browser = await browsers.signed_in("admin")

    shown = text_of(await browser.get("/wecom-tags"))

    assert "Create liveqr / 新客" in shown
    assert "somebody else made a tag “liveqr / VIP”" in shown
    assert "“老客” was renamed to “乱改”" in shown
    assert "“没了” was deleted" in shown


async def test_the_plan_that_was_shown_is_applied_and_another_one_is_not(ledger: Ledger, browsers: Browsers) -> None:
    await ledger.write(tag("VIP"))
    browser = await browsers.signed_in("admin")
    page = (await browser.get("/wecom-tags")).text
    digest = page.split('name="digest" value="')[1][:16]

    applied = await browser.post("/wecom-tags/apply", data={"digest": digest})
    await ledger.write(tag("新客"))
    refused = await browser.post("/wecom-tags/apply", data={"digest": digest})

    run = await ledger.read(lambda c: tag_runs.latest_run(c, "wecom"))
    assert (applied.status_code, refused.status_code) == (303, 422)
    assert "The plan has changed since you looked at it." in text_of(refused)
    assert run is not None
    assert (run.status, run.ordered_by) == ("applying", "admin-en")


async def test_branches_for_the_official_account_and_tags_of_others_are_chosen_in_forms(
    ledger: Ledger, browsers: Browsers
) -> None:
    tag_id = await ledger.write(tag("VIP"))
    browser = await browsers.signed_in("admin")

    chosen = await browser.post("/fan-tags/choose", data={"tag_id": str(tag_id), "scope": "branch"})
    used = await browser.post("/wecom-tags/use", data={"tag_id": str(tag_id), "uses": "yes"})
    read = await browser.post("/wecom-tags/read")
    retried = await browser.post("/wecom-tags/marks")

    fans = await ledger.read(lambda c: projection.choices(c, "official_account"))
    wecom = await ledger.read(lambda c: projection.choices(c, "wecom"))
    assert [each.status_code for each in (chosen, used, read, retried)] == [303, 303, 303, 303]
    assert (fans.branches, wecom.uses) == (frozenset({tag_id}), frozenset({tag_id}))
    assert "switched off" in text_of(await browser.get("/fan-tags"))

"""What people fill in is done, or comes back with the reason at its field; what they archive can be restored."""

import re
from unittest.mock import AsyncMock

import httpx
import pytest

from router.db.ledger import Ledger, LedgerClosedError
from router.db.queries import rule_sets
from router.db.queries.settings import stored_texts
from router.db.queries.tags import load_tree
from router.services import Services
from router.setting_specs import SPECS
from router.settings import read_settings
from tests import factories
from tests.integration.console.browsing import Browsers, text_of
from tests.integration.console.filled import Filled, fill

pytestmark = pytest.mark.anyio


async def test_the_tag_tree_grows_moves_and_is_pruned(ledger: Ledger, browsers: Browsers) -> None:
    admin = await browsers.signed_in("admin")

    await admin.post("/tags", data={"name": "意向", "weight": "5", "colour": "#0b6b5c", "exclusive": "yes"})
    await admin.post("/tags", data={"name": "问价", "parent_id": "", "weight": "0"})
    await admin.post("/tags/2/move", data={"parent_id": "1"})
    into_itself = await admin.post("/tags/1/move", data={"parent_id": "2"})
    with_children = await admin.post("/tags/1/archive")
    tree = await ledger.read(load_tree)
    await admin.post("/tags/2/archive")
    without = await ledger.read(load_tree)
    await admin.post("/tags/2/restore")

    assert (tree.path_name(2), tree.get(1).exclusive, tree.get(1).colour) == ("意向 / 问价", True, "#0b6b5c")
    assert "Choose a parent outside its own branch." in text_of(into_itself)
    assert (with_children.status_code, 2 in without) == (422, False)
    assert (await ledger.read(load_tree)).path_name(2) == "意向 / 问价"


async def test_a_new_code_offers_each_tag_before_what_grows_under_it(browsers: Browsers) -> None:
    browser = await browsers.signed_in("admin")
    for name, parent, weight in [("意向", "", 0), ("高意向", "1", 9), ("产品", "", 0), ("衬衫", "3", 5)]:
        await browser.post("/tags", data={"name": name, "parent_id": parent, "weight": str(weight)})

    form = (await browser.get("/live-codes/new")).text

    offered = re.findall(r"</svg>([^<]*)</span></label>", form)
    assert offered == ["产品", "产品 / 衬衫", "意向", "意向 / 高意向"]


async def test_a_tag_is_put_on_and_taken_off_by_hand_with_the_name_of_who_did_it(
    ledger: Ledger, browsers: Browsers
) -> None:
    tag_id = await ledger.write(factories.tag("vip"))
    await ledger.write(factories.customer())
    admin = await browsers.signed_in("admin")

    await admin.post("/customers/wm-lin/tag", data={"tag_id": str(tag_id)})
    tagged = text_of(await admin.get("/customers/wm-lin"))
    await admin.post("/customers/wm-lin/untag", data={"tag_id": str(tag_id)})
    untagged = text_of(await admin.get("/customers/wm-lin"))

    assert ("vip By hand: admin-en" in tagged, "Taken off" in tagged) == (True, False)
    assert ("No tags" in untagged, "Taken off vip By hand: admin-en" in untagged) == (True, True)


async def test_a_change_that_another_process_overtook_says_what_to_do(
    browsers: Browsers, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = await browsers.signed_in("admin")
    await admin.post("/rules", data={"name": "询价"})
    monkeypatch.setattr(rule_sets, "rule_set_named", lambda *_: None)  # as if the name was free a moment ago
    await admin.post("/rules", data={"name": "taken"})

    answer = await admin.post("/rules/1/rename", data={"name": "taken"})

    assert (answer.status_code, "Somebody changed it at the same moment." in text_of(answer)) == (409, True)


async def test_a_change_while_the_service_stops_says_to_try_again(
    services: Services, browsers: Browsers, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = await browsers.signed_in("admin")
    monkeypatch.setattr(services.ledger, "write", AsyncMock(side_effect=LedgerClosedError))

    answer = await admin.post("/rules", data={"name": "询价"})

    assert (answer.status_code, "Try again after a moment." in text_of(answer)) == (503, True)


async def test_the_contact_card_is_opened_by_a_signed_link(ledger: Ledger, browsers: Browsers) -> None:
    await ledger.write(factories.customer())
    admin = await browsers.signed_in("admin")

    answer = await admin.get("/customers/wm-lin/card")

    assert (answer.status_code, answer.headers["location"][:9]) == (303, "/card/?t=")


@pytest.fixture
async def filled(ledger: Ledger) -> Filled:
    return await ledger.write(fill)


async def test_what_failed_is_tried_again_once(browsers: Browsers, filled: Filled) -> None:
    admin = await browsers.signed_in("admin")
    addresses = [f"/events/{filled.failed_event_id}/retry", f"/outbox/{filled.failed_effect_id}/retry"]

    first = [(await admin.post(address)).status_code for address in addresses]
    second = [await admin.post(address) for address in addresses]

    assert first == [303, 303]
    assert [(each.status_code, "Only what failed is tried again." in text_of(each)) for each in second] == [
        (422, True),
        (422, True),
    ]


async def test_a_trace_tells_steps_decision_and_effects(browsers: Browsers, filled: Filled) -> None:
    admin = await browsers.signed_in("admin")

    page = text_of(await admin.get(f"/events/{filled.added_event_id}"))

    assert "stored and decided 0 ms" in page
    assert "Ann has a new customer, from a reservation." in page
    assert "Welcome: ordered." in page
    assert "Send the welcome waits not tried yet" in page


async def test_a_secret_goes_in_and_never_comes_out(services: Services, ledger: Ledger, browsers: Browsers) -> None:
    admin = await browsers.signed_in("admin")

    saved = await admin.post("/settings", data={"APP_SECRET": "s3cret-of-the-app", "HOLD_MINUTES": "45"})
    stored = await ledger.read(lambda c: c.exec_driver_sql("SELECT name, value FROM setting ORDER BY name").all())
    page = await admin.get("/settings")
    log = await admin.get("/changes")

    assert saved.status_code == 303
    assert [name for name, _ in stored] == ["APP_SECRET", "HOLD_MINUTES"]
    assert services.secret_box.open("APP_SECRET", stored[0][1]) == "s3cret-of-the-app"
    assert ["s3cret-of-the-app" in each.text for each in (saved, page, log)] == [False] * 3


async def test_changes_are_told_by_the_names_of_things(ledger: Ledger, browsers: Browsers) -> None:
    admin = await browsers.signed_in("admin")
    await admin.post("/agents", data={"userid": "ann", "name": "Ann", "weight": "1"})
    await admin.post("/rules", data={"name": "询价"})

    page = text_of(await admin.get("/changes"))

    assert "added Agent: Ann" in page
    assert "added Rule set: 询价" in page
    assert ("rule_set.create" in page, "agent:1" in page) == (False, False)


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_every_setting_that_can_be_edited_is_shown_with_a_name_for_people(
    browsers: Browsers, language: str
) -> None:
    admin = await browsers.signed_in("admin", language=language)

    page = await admin.get("/settings")

    editable = {spec.name for spec in SPECS if spec.editable}
    labels = dict(re.findall(r'<label class="field-label" for="setting-(\w+)">([^<]+)</label>', page.text))
    assert {name for name in labels if not name.startswith("CALLBACK_")} == editable
    assert [name for name, label in labels.items() if name in label] == []


async def test_the_pool_of_those_who_ask_for_a_person_is_chosen_by_its_name(
    services: Services, ledger: Ledger, browsers: Browsers
) -> None:
    pool_id = await ledger.write(factories.pool("售后"))
    admin = await browsers.signed_in("admin")

    await admin.post("/settings", data={"KF_POOL_ID": str(pool_id), "TAG_DRIFT": "report"})
    stored = await ledger.read(lambda c: c.exec_driver_sql("SELECT name FROM setting ORDER BY name").scalars().all())
    services.settings = read_settings(await ledger.read(lambda c: stored_texts(c, services.secret_box)), {})
    page = await admin.get("/settings")

    assert stored == ["KF_POOL_ID", "TAG_DRIFT"]
    assert f'<option value="{pool_id}" selected>售后' in page.text
    assert '<option value="report" selected>raise an alert' in page.text
    await admin.post("/settings", data={"KF_POOL_ID": "", "TAG_DRIFT": "report"})
    assert await ledger.read(lambda c: c.exec_driver_sql("SELECT name FROM setting").scalars().all()) == ["TAG_DRIFT"]


async def test_a_setting_that_the_environment_decides_is_not_written(ledger: Ledger, browsers: Browsers) -> None:
    admin = await browsers.signed_in("admin")

    await admin.post("/settings", data={"PUBLIC_URL": "https://elsewhere.example"})
    refused = await admin.post("/settings", data={"HOLD_MINUTES": "1000"})
    stored = await ledger.read(lambda c: c.exec_driver_sql("SELECT count(*) FROM setting").scalar_one())

    assert (refused.status_code, stored) == (422, 0)
    assert "Nothing was saved." in text_of(refused)


@pytest.mark.parametrize(
    ("form", "reason"),
    [
        pytest.param({"username": "a b"}, "This is not a user name.", id="name with a space"),
        pytest.param({"username": "ADMIN-EN"}, "is taken.", id="name in use, other case"),
        pytest.param({"role": "god"}, "This is not a role.", id="no such role"),
        pytest.param({"role": "agent"}, "No agent is chosen.", id="agent without agent"),
        pytest.param({"password": "short"}, "The password has fewer than 10 characters.", id="short password"),
    ],
)
async def test_a_refused_user_says_why(browsers: Browsers, form: dict[str, str], reason: str) -> None:
    admin = await browsers.signed_in("admin")
    good = {"username": "mei", "role": "marketer", "password": "long enough it is"}

    answer = await admin.post("/users", data={**good, **form})

    assert (answer.status_code, reason in text_of(answer)) == (422, True)


async def test_a_nul_character_in_a_form_is_refused_before_anything_is_stored(browsers: Browsers) -> None:
    admin = await browsers.signed_in("admin")

    answer = await admin.post("/agents", data={"userid": "ann", "name": "A\x00nn", "weight": "1"})

    assert (answer.status_code, "NUL character" in text_of(answer)) == (400, True)


async def test_a_form_larger_than_any_rule_set_is_refused(browsers: Browsers) -> None:
    admin = await browsers.signed_in("admin")

    answer: httpx.Response = await admin.post("/rules/1/json", data={"json": "x" * 2_200_000})

    assert answer.status_code == 413

"""The catalogue as an admin works with it."""

import re

import pytest

from router.db.queries import catalogue
from router.services import Services
from router.web.console.pages.catalogue import OFFERED
from tagtree.meaning.catalogue import CatalogueItem
from tests.factories import NOW
from tests.integration.console.browsing import Browsers

pytestmark = pytest.mark.anyio


async def test_an_unknown_word_is_added_to_the_item_that_is_named(browsers: Browsers, services: Services) -> None:
    admin = await browsers.signed_in("admin")
    items = [CatalogueItem("brand", "衬衫"), CatalogueItem("product", "衬衫"), CatalogueItem("product", "短裤")]
    await services.ledger.write(lambda c: catalogue.write_items(c, items, NOW))
    await services.ledger.write(lambda c: catalogue.tally_unknown(c, [("衬衣", "买的衬衣")], NOW))

    missing = await admin.post("/catalogue/unknown", data={"word": "衬衣", "item": "裙子"})
    added = await admin.post("/catalogue/unknown", data={"word": "衬衣", "item": "衬衫"})

    assert missing.status_code == 422
    assert added.headers["location"] == "/console/catalogue/unknown?said=saved"
    found = await services.ledger.read(lambda c: catalogue.entry_named(c, "product", "衬衫"))
    assert found is not None
    assert found.item.synonyms == ("衬衣",)


async def test_a_large_catalogue_is_offered_once_and_not_for_every_word(browsers: Browsers, services: Services) -> None:
    admin = await browsers.signed_in("admin")
    items = [CatalogueItem("product", f"商品{number}") for number in range(OFFERED + 100)]
    await services.ledger.write(lambda c: catalogue.write_items(c, items, NOW))
    words = [(f"未知{number}", "?") for number in range(20)]
    await services.ledger.write(lambda c: catalogue.tally_unknown(c, words, NOW))

    shown = await admin.get("/catalogue/unknown")

    assert len(re.findall(r"<option", shown.text)) < OFFERED + 20

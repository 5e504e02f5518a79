"""The page of tasks: what each kind shows, and that it can be done and opened again."""

from collections.abc import Callable

import pytest
from sqlalchemy import Connection

from router.db.ledger import Ledger
from router.db.queries import alerts, tasks
from router.db.queries.tasks import CustomerTask
from tests import factories
from tests.factories import NOW
from tests.integration.console.browsing import Browsers, text_of

pytestmark = pytest.mark.anyio

BY_RULE = {
    "external_userid": "wm-lin",
    "rule_set": 1,
    "version": 1,
    "rule": "price",
    "rule_name": "问价",
    "text": "多少钱",
}


def left_number(number: str, **further: object) -> Callable[[Connection], int]:
    """A number left on the first code."""
    content = {"number": number, "consent": "Call me back, once.", "consented_at": NOW, **further}
    return lambda connection: tasks.insert_call_back(connection, 1, 1, "v" * 64, content, NOW)


async def test_a_number_to_be_called_back_is_shown_with_what_was_agreed_to_and_done(
    ledger: Ledger, browsers: Browsers
) -> None:
    await ledger.write(factories.shop("ann"))
    await ledger.write(left_number("13812345678"))
    marketer = await browsers.signed_in("marketer")

    shown = await marketer.get("/tasks")
    await marketer.post("/tasks/1/done")
    after, done = text_of(await marketer.get("/tasks")), text_of(await marketer.get("/tasks?done=yes"))

    assert 'href="tel:13812345678"' in shown.text
    assert "Call me back, once." in text_of(shown)
    assert "13812345678" not in after
    assert "13812345678" in done


@pytest.mark.parametrize(
    ("kind", "content", "said"),
    [
        (tasks.BY_RULE, {"title": "Send the price list", "sort": "sales"}, "Send the price list"),
        (tasks.LADDER, {"ladder": "complaint", "due_at": NOW + 1}, "complaint"),
    ],
)
async def test_what_a_rule_asks_for_is_shown_with_the_rule_and_the_words_that_asked(
    ledger: Ledger, browsers: Browsers, kind: str, content: dict[str, object], said: str
) -> None:
    customer_id = await ledger.write(factories.customer("wm-lin"))
    task = CustomerTask(kind, customer_id, BY_RULE | content)
    await ledger.write(lambda c: tasks.insert_of_customers(c, [task], NOW))
    admin = await browsers.signed_in("admin")

    page = text_of(await admin.get("/tasks"))

    assert said in page
    assert "rule 问价 on “多少钱”" in page


async def test_a_number_left_by_somebody_who_tried_the_code_is_marked(ledger: Ledger, browsers: Browsers) -> None:
    await ledger.write(factories.shop("ann"))
    await ledger.write(left_number("13812345678"))
    await ledger.write(left_number("13912345678", test=True))
    marketer = await browsers.signed_in("marketer")

    page = text_of(await marketer.get("/tasks"))

    assert ["Call back test" in part for part in page.split("13912345678")] == [False, True]


async def test_an_alert_calls_a_pool_by_the_name_that_it_has_now(ledger: Ledger, browsers: Browsers) -> None:
    await ledger.write(factories.shop("ann"))
    await ledger.write(lambda c: alerts.raise_(c, "pool_full", "pool:1", NOW, name="sales"))
    admin = await browsers.signed_in("admin")
    await ledger.write(lambda c: c.exec_driver_sql("UPDATE pool SET name = 'spring sales'").rowcount)

    for page in ("/alerts", "/"):
        assert "The pool spring sales is full" in text_of(await admin.get(page))

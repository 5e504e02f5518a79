"""A rule set is put in force by a writer that does only what a reader could not do before it."""

import pytest

from router.db.ledger import Ledger
from router.db.queries import rule_sets
from router.db.queries.rule_sets import EditedRuleSet
from router.handlers.admin import rule_checks
from router.handlers.admin import rule_sets as use_cases
from router.handlers.admin.act import Act
from tagtree.rules.rule_set import RuleSet
from tagtree.rules.samples import SampleFailure, check_samples
from tests.factories import NOW, ZONE, contains, published_rules

pytestmark = pytest.mark.anyio

ADMIN = Act("mei", NOW, ZONE)


async def test_the_writer_asks_no_samples_that_a_reader_has_asked(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def counted(rule_set: RuleSet) -> tuple[SampleFailure, ...]:
        asked.append(len(rule_set.rules))
        return check_samples(rule_set)

    monkeypatch.setattr(rule_checks, "check_samples", counted)
    reply = contains("价格", then=[{"do": "reply", "text": "ok"}])
    sampled = {
        "id": "r1",
        "name": "price",
        "priority": 1,
        "samples": {"must_match": [f"价格 {ledger.dialect}"]},
        **reply,
    }
    await ledger.write(published_rules(reply))
    await ledger.write(lambda c: rule_sets.save_draft(c, 1, {"rules": [sampled]}))

    await ledger.read(lambda c: use_cases.read_ahead(c, 1))
    before = list(asked)
    published = await ledger.write(lambda c: use_cases.publish(c, ADMIN, 1))

    assert isinstance(published, EditedRuleSet)
    assert (before, asked) == ([1], [1])

"""What the API says of a published version that is not in force yet, or never will be."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from router.handlers.admin import rule_sets
from router.handlers.catalog import CatalogInForce
from router.handlers.compilation import AT_ONCE
from tagtree.rules.codec import read_rule_set
from tagtree.rules.rule_set import RuleSet
from tagtree.wording import Problem
from tests.integration.api.conftest import Client

pytestmark = pytest.mark.anyio


def greeting(*words: str) -> dict[str, Any]:
    when = {"kind": "contains", "words": list(words)}
    return {"id": "hello", "name": "问好", "priority": 0, "when": when, "then": [{"do": "reply", "text": "您好"}]}


MANY_WORDS = [f"{number} 很长的关键词" for number in range(AT_ONCE // 10)]


async def published(api: Client, *words: str) -> dict[str, Any]:
    await api.put("/rule-sets/1/draft", {"rules": [greeting(*words)]})
    answer: dict[str, Any] = await api.post("/rule-sets/1/publish", {}, 200)
    api.services.rules.outdate()  # as the service does when it is told of the commit
    return answer


async def decide(api: Client) -> None:
    await api.services.ledger.write(api.services.rules.current)


async def test_where_another_process_decides_nothing_is_said(api: Client) -> None:
    await api.post("/rule-sets", {"name": "sales"}, 201)

    answer = await published(api, "你好")

    assert (answer["state"], answer["problems"]) == (None, [])


async def test_a_published_version_is_compiling_until_it_is_in_force(api: Client) -> None:
    beside: list[Callable[[], None]] = []
    api.services.rules = CatalogInForce(beside.append)
    await api.post("/rule-sets", {"name": "sales"}, 201)
    await decide(api)

    asked = await published(api, *MANY_WORDS)
    await decide(api)
    meanwhile = await api.get("/rule-sets/1")
    beside.pop()()
    await decide(api)
    after = await api.get("/rule-sets/1")

    assert [each["state"] for each in (asked, meanwhile, after)] == ["compiling", "compiling", "in_force"]


async def test_a_refused_version_says_why_and_that_the_one_before_decides(api: Client) -> None:
    api.services.rules = CatalogInForce(most_memory=lambda: 1 << 20)
    await api.post("/rule-sets", {"name": "sales"}, 201)
    await published(api, "你好")
    await decide(api)

    await published(api, *MANY_WORDS)
    await decide(api)
    answer = await api.get("/rule-sets/1")
    catalog = await api.services.ledger.write(api.services.rules.current)

    assert answer["state"] == "refused"
    assert "MiB are allowed" in answer["problems"][0]["reason"]["en"]
    assert [each.number for each in catalog.rule_sets] == [1]


async def test_an_archived_rule_set_has_no_state(api: Client) -> None:
    await api.post("/rule-sets", {"name": "sales"}, 201)
    await published(api, "你好")
    await decide(api)

    answer = await api.post("/rule-sets/1/archive", status=200)

    assert answer["state"] is None


async def test_what_a_reader_has_read_the_writer_does_not_read_again(
    api: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []

    def noted(content: object) -> RuleSet | list[Problem]:
        read.append(threading.current_thread().name)
        return read_rule_set(content)

    monkeypatch.setattr("router.handlers.admin.rule_sets.read_rule_set", noted)
    rule_sets._read.cache_clear()
    await api.post("/rule-sets", {"name": "sales"}, 201)

    await published(api, *MANY_WORDS)

    assert [name.startswith("ledger-reader") for name in read] == [True]

"""A large rule set published while the service runs decides without waiting for anybody to write."""

from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest

from router.handlers.compilation import AT_ONCE, CompilationState, Compiling, Refused
from router.main import running
from router.services import Services
from router.settings import read_settings
from tagtree.rules.facts import Facts
from tagtree.rules.matcher import CompiledRuleSet
from tests.factories import contains, published_rules

pytestmark = pytest.mark.anyio

REPLY = [{"do": "reply", "text": "您好"}]
MANY_WORDS = [f"{number} 很长的关键词" for number in range(AT_ONCE // 10)]


@pytest.fixture
async def services(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Services]:
    settings = read_settings(environment={"LIVEQR_DATABASE_URL": sqlite_url, "LIVEQR_VAR_PATH": str(tmp_path)})
    async with running(settings, works=True) as services:
        yield services


async def settled(services: Services, version_id: int) -> CompilationState | None:
    """What became of a version."""
    with anyio.fail_after(20):
        while isinstance(state := services.rules.state_of(version_id), Compiling):
            await services.ledger.read(lambda _: None)
    return state


async def fired(services: Services, text: str) -> list[str]:
    catalog = await services.ledger.write(services.rules.current)
    return [rule.rule_id for _, decision in catalog.decide(Facts(text, "kf")) for rule in decision.fired]


async def test_a_large_version_is_compiled_as_soon_as_it_is_published(services: Services) -> None:
    version_id = await services.ledger.write(published_rules(contains(*MANY_WORDS, then=REPLY)))

    state = await settled(services, version_id)

    assert isinstance(state, CompiledRuleSet)
    assert len(await fired(services, "我要 7 很长的关键词")) == 1


async def test_a_version_beyond_the_setting_is_refused_while_the_service_goes_on(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVEQR_RULE_MEMORY_MIB", "1")
    settings = read_settings(environment={"LIVEQR_DATABASE_URL": sqlite_url, "LIVEQR_VAR_PATH": str(tmp_path)})
    async with running(settings, works=True) as services:
        await services.ledger.write(published_rules(contains("价格", then=REPLY), name="small"))
        version_id = await services.ledger.write(published_rules(contains(*MANY_WORDS, then=REPLY), name="large"))

        state = await settled(services, version_id)
        answered = await fired(services, "价格，我要 7 很长的关键词")

    assert isinstance(state, Refused)
    assert len(answered) == 1

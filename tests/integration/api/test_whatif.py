"""Asking the API what a past day would have been."""

import pytest

from tests.integration.api.conftest import Client

pytestmark = pytest.mark.anyio


async def test_a_day_without_arrivals_is_told_as_such(api: Client) -> None:
    nothing = {"received": 0, "by_agent": {}, "by_code": {}, "full": {}}

    answer = await api.post("/whatif", {"day": "2026-11-20"})

    assert answer == {"day": "2026-11-20", "arrivals": 0, "recorded": nothing, "present": nothing, "edited": nothing}


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"day": "2026-02-31"}, "day"),
        ({"day": "2026-11-20", "caps": {"agent:1": {"week": 3}}}, "caps.agent:1.week"),
        ({"day": "2026-11-20", "caps": {"moon": {"day": 3}}}, "caps.moon.day"),
        ({"day": "2026-11-20", "policies": {"1": "by_height"}}, "policies.1"),
        ({"day": "2026-11-20", "weights": {"1": 0}}, "weights.1"),
    ],
)
async def test_what_cannot_be_asked_is_refused_at_its_place(api: Client, body: dict[str, object], path: str) -> None:
    problem = await api.post("/whatif", body, 422)

    assert [each["path"] for each in problem["problems"]] == [path]

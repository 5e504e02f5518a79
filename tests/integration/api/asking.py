"""What tests ask of the API again and again."""

from typing import Any

from tests.integration.api.conftest import Client


def paths(problem: dict[str, Any]) -> list[str]:
    """The fields that a refusal names."""
    return [each["path"] for each in problem["problems"]]


async def spring_fair(api: Client, **fields: Any) -> Any:
    """A live code over a new pool."""
    await api.post("/pools", {"name": "sales"}, 201)
    return await api.post("/live-codes", {"name": "Spring fair", "pool_id": 1, **fields}, 201)

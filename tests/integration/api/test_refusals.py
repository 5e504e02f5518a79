"""Bad requests get a readable answer, never a 500."""

from pathlib import Path

import httpx
import pytest
from sqlalchemy import Connection
from starlette.applications import Starlette
from starlette.routing import Route

from router.services import Services
from router.web.api.endpoint import endpoint
from router.web.api.fields import NoQuery
from router.web.api.operation import BODY_BYTES, Call, Operation
from router.web.api.operations import OPERATIONS
from router.web.api.problem import ERROR_CODES, MEDIA_TYPE
from tests.integration.api.conftest import TOKEN, Client

pytestmark = pytest.mark.anyio

PAGE = Path(__file__).parents[3] / "docs" / "api.md"
JSON = {"Content-Type": "application/json", "Authorization": f"Bearer {TOKEN}"}
DEEP = b'{"rules": [' + b'{"a": [' * 20_000 + b"]}" * 20_000 + b"]}"


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="none"),
        pytest.param({"Authorization": "Bearer"}, id="no token"),
        pytest.param({"Authorization": "Bearer another"}, id="another token"),
        pytest.param({"Authorization": f"Basic {TOKEN}"}, id="another scheme"),
        pytest.param({b"Authorization": b"Bearer \xff\xfe"}, id="bytes"),
    ],
)
async def test_without_the_token_nothing_is_answered(http: httpx.AsyncClient, headers: dict[str, str]) -> None:
    response = await http.get("/api/v1/agents", headers=headers)

    assert (response.status_code, response.json()["code"]) == (401, "unauthorized")
    assert response.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        pytest.param(b"", 400, "malformed_json", id="empty"),
        pytest.param(b"{", 400, "malformed_json", id="cut"),
        pytest.param(b'{"userid": "\xff"}', 400, "malformed_json", id="not UTF-8"),
        pytest.param(b'{"userid": "a", "name": "\\ud800"}', 400, "malformed_json", id="half a character"),
        pytest.param(b"[" * 100_000, 413, "too_large", id="deep and long"),
        pytest.param(b"[" * 20_000, 400, "malformed_json", id="deep"),
        pytest.param(b'{"userid": "a", "name": "' + b"x" * BODY_BYTES + b'"}', 413, "too_large", id="too long"),
        pytest.param(b"[]", 422, "invalid", id="a list"),
        pytest.param(b"null", 422, "invalid", id="null"),
        pytest.param(b'{"userid": "a", "name": "b\\u0000"}', 422, "invalid", id="NUL"),
        pytest.param(b'{"userid": "a", "name": "  "}', 422, "invalid", id="nothing visible"),
        pytest.param(b'{"userid": "a", "name": "b", "colour": 1}', 422, "invalid", id="an unknown field"),
        pytest.param(b'{"userid": "a", "name": 5}', 422, "invalid", id="a number for a text"),
        pytest.param(b'{"userid": "a", "name": "b", "weight": "3"}', 422, "invalid", id="a text for a number"),
        pytest.param(b'{"userid": "a", "name": "b", "weight": true}', 422, "invalid", id="true for a number"),
        pytest.param(b'{"userid": "a", "name": "b", "weight": 2.0}', 422, "invalid", id="a fraction"),
        pytest.param(b'{"userid": "a", "name": "b", "on_duty": 1}', 422, "invalid", id="a number for true"),
        pytest.param(
            b'{"userid": "a", "name": "b", "weight": 9' + b"0" * 4_000 + b"}", 422, "invalid", id="a huge number"
        ),
        pytest.param(b'{"userid": "a", "name": "b", "caps": {"day": -1}}', 422, "invalid", id="a negative cap"),
    ],
)
async def test_a_body_that_is_wrong_says_how(api: Client, body: bytes, status: int, code: str) -> None:
    response = await api.http.post("/agents", content=body, headers=JSON)

    assert (response.status_code, response.json()["code"]) == (status, code)
    assert response.headers["content-type"] == MEDIA_TYPE
    assert (await api.get("/agents"))["items"] == []


async def test_rules_nested_beyond_reason_are_refused(api: Client) -> None:
    await api.post("/rule-sets", {"name": "sales"}, 201)

    response = await api.http.put("/rule-sets/1/draft", content=DEEP, headers=JSON)

    assert response.status_code in (400, 422)


async def test_a_form_is_not_json(api: Client) -> None:
    response = await api.http.post("/agents", data={"userid": "a"})

    assert (response.status_code, response.json()["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize(
    "path",
    [
        "/agents/0",
        "/agents/-1",
        "/agents/1.0",
        "/agents/%31%00",
        "/agents/９",
        "/agents/99999999999999999999999",
        "/agents/9007199254740992",
        "/agents/5",
        "/customers/%00",
        "/customers/%ff",
        "/customers/wm%20A",
        "/nothing",
        "/",
    ],
)
async def test_what_cannot_name_anything_is_not_found(api: Client, path: str) -> None:
    response = await api.http.get(path)

    assert (response.status_code, response.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=201",
        "limit=1e2",
        "limit=%2B5",
        "limit=٣",
        "limit=5&limit=5",
        "page=2",
        "search=%00",
        f"search={'x' * 65}",
        "archived=1",
        "cursor=abc",
        "cursor=%ff",
        "cursor=bGlzdF9wb29sczox",
    ],
)
async def test_a_query_that_is_wrong_is_refused(api: Client, query: str) -> None:
    response = await api.http.get(f"/agents?{query}")

    assert (response.status_code, response.json()["code"]) == (422, "invalid")


async def test_a_method_that_a_route_does_not_take_names_those_it_does(api: Client) -> None:
    response = await api.http.delete("/agents")

    assert (response.status_code, response.json()["code"]) == (405, "method_not_allowed")
    assert set(response.headers["allow"].split(", ")) == {"GET", "HEAD", "POST"}


async def test_a_search_finds_its_words_and_no_wildcards(api: Client) -> None:
    for userid, name in (("a1", "100% 陈"), ("a2", "100 李")):
        await api.post("/agents", {"userid": userid, "name": name}, 201)

    found = await api.get("/agents", search="0%")

    assert [agent["userid"] for agent in found["items"]] == ["a1"]


async def test_a_change_that_another_process_overtook_is_a_conflict(services: Services) -> None:
    def insert_twice(connection: Connection, _call: Call[NoQuery, None]) -> None:
        for _ in range(2):
            connection.connection.cursor().execute(
                "INSERT INTO customer (external_userid, name, created_at) VALUES ('wmA', '', 1)"
            )

    operation = Operation("POST", "/v1/race", "A change without a check", insert_twice, NoQuery, writes=True)
    app = Starlette(routes=[Route("/race", endpoint([operation]), methods=["POST"])])
    app.state.services = services

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service") as client:
        response = await client.post("/race", headers=JSON)

    assert (response.status_code, response.json()["code"]) == (409, "conflict")
    assert await services.ledger.read(lambda c: c.exec_driver_sql("SELECT count(*) FROM customer").scalar_one()) == 0


def test_the_page_of_routes_lists_every_operation() -> None:
    rows = [line for line in PAGE.read_text().splitlines() if line.startswith(("| GET", "| P", "| DELETE"))]

    assert rows == [f"| {each.method} | `/api{each.path}` | {each.summary} |" for each in OPERATIONS]


def test_the_page_of_routes_lists_every_error_code() -> None:
    rows = [line for line in PAGE.read_text().splitlines() if line.startswith("| `")]

    assert rows == [f"| `{each.code}` | {each.status} | {each.meaning} |" for each in ERROR_CODES]


async def test_the_description_names_every_route_and_model(http: httpx.AsyncClient) -> None:
    document = (await http.get("/api/openapi.json")).json()

    described = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    assert document["openapi"].startswith("3.1")
    assert described == {(each.method, each.path) for each in OPERATIONS}
    assert "ProblemDetail" in document["components"]["schemas"]

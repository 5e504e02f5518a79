"""`liveqr whatif` says in a line what is wrong with the question, and its file is described as it is read."""

import json
import re
from pathlib import Path

import httpx
import pytest

from router.commands import whatif
from router.db.queries.past import Edits
from router.handlers.whatif import read_edits
from router.settings import read_settings

GUIDE = Path(__file__).parents[3] / "docs" / "guide" / "admin.md"


@pytest.mark.parametrize("day", ["today", "2026-11-31", "20261120"])
def test_what_is_no_day_is_answered_with_how_to_write_one(day: str, capsys: pytest.CaptureFixture[str]) -> None:
    code = whatif.whatif(read_settings(environment={}), day, None, None)

    assert (code, capsys.readouterr().err) == (2, f"{day} is not a day: write the day as 2026-11-20.\n")


def test_a_file_that_holds_no_edits_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "edits.json"
    file.write_text("[]")

    code = whatif.whatif(read_settings(environment={}), "2026-11-20", str(file), None)

    assert (code, capsys.readouterr().err) == (2, f'{file}: it is no object such as {{"weights": {{"3": 2}}}}\n')


def test_a_refusal_of_the_service_is_told_line_by_line() -> None:
    pair = {"path": "weights.1", "reason": {"en": "Too small."}, "hint": {"en": "Write 1 to 1000."}}
    answers = [
        httpx.Response(422, json={"problems": [pair], "detail": "…"}),
        httpx.Response(401, json={"problems": [], "detail": "Send a token."}),
        httpx.Response(502, text="<html>"),
    ]

    told = [list(whatif._told(each)) for each in answers]

    assert told == [
        ["weights.1: Too small. Write 1 to 1000."],
        ["Send a token."],
        ["The service answered 502: <html>"],
    ]


def test_names_are_read_page_by_page() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        is_second = request.url.params.get("cursor") == "x"
        item = {"id": 2, "name": "Bo"} if is_second else {"id": 1, "name": "Ann"}
        return httpx.Response(200, json={"items": [item], "next": None if is_second else "x"})

    with httpx.Client(transport=httpx.MockTransport(answer), base_url="http://service") as api:
        assert whatif._names(api, "/agents") == {1: "Ann", 2: "Bo"}


def test_the_file_of_the_guide_is_read_in_full() -> None:
    (example,) = re.findall(r"edits\.json`.*?```json\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    content = json.loads(example)

    read = read_edits({name: {_key(each): value for each, value in part.items()} for name, part in content.items()})

    assert isinstance(read, Edits)
    assert len(read.caps) == 5
    assert (read.weights, read.schedules, read.policies) == ({3: 2}, {3: 1, 4: None}, {2: "round_robin"})


def _key(text: str) -> int | str:
    return int(text) if text.isdigit() else text

"""``liveqr whatif``: ask the running service to run a past day again, and print the difference as a table."""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import httpx

from router.commands.run import running_try_out
from router.settings import Settings, api_token_at_rest

TIMEOUT = 120.0  # seconds: a day of 100,000 arrivals is run twice

Names = Mapping[int, str]


def whatif(settings: Settings, day: str, edits: str | None, url: str | None) -> int:
    """Print what ``day`` would have been; the exit code is 2 when the question cannot be asked."""
    if not _is_day(day):
        print(f"{day} is not a day: write the day as 2026-11-20.", file=sys.stderr)
        return 2
    try:
        content = _edits(edits) if edits else {}
    except (OSError, ValueError) as error:
        print(f"{edits}: {error}", file=sys.stderr)
        return 2
    running = running_try_out(settings) or {}
    address = url or running.get("service_url") or f"http://{settings.host}:{settings.port}"
    token = running.get("api_token") if url in (None, running.get("service_url")) else None
    headers = {"Authorization": f"Bearer {token or api_token_at_rest(settings) or ''}"}
    with httpx.Client(base_url=f"{address}/api/v1", headers=headers, timeout=TIMEOUT) as api:
        try:
            answer = api.post("/whatif", json={**content, "day": day})
            if answer.is_error:
                print("\n".join(_told(answer)), file=sys.stderr)
                return 2
            _tell(answer.json(), _names(api, "/agents"), _names(api, "/live-codes"))
        except httpx.TransportError as error:
            print(f"No answer from {address}: {error}. Start it, or name it with --url.", file=sys.stderr)
            return 2
    return 0


def _is_day(text: str) -> bool:
    try:
        return re.fullmatch(r"\d{4}-\d\d-\d\d", text) is not None and bool(date.fromisoformat(text))
    except ValueError:
        return False


def _edits(path: str) -> dict[str, Any]:
    content = json.loads(Path(path).read_text())
    if not isinstance(content, dict):
        raise ValueError('it is no object such as {"weights": {"3": 2}}')
    return content


def _told(answer: httpx.Response) -> Iterator[str]:
    """The refusal, a line for each thing that is wrong."""
    try:
        refused = answer.json()
        problems = refused["problems"]
    except (ValueError, KeyError, TypeError):
        yield f"The service answered {answer.status_code}: {answer.text[:500]}"
        return
    for each in problems:
        yield f"{each['path']}: {each['reason']['en']} {each['hint']['en']}".removeprefix(": ")
    if not problems:
        yield refused["detail"]


def _names(api: httpx.Client, path: str) -> Names:
    names: dict[int, str] = {}
    cursor = ""
    while True:
        page = api.get(path, params={"limit": 200, **({"cursor": cursor} if cursor else {})}).raise_for_status().json()
        names.update({each["id"]: each["name"] for each in page["items"]})
        if not page["next"]:
            return names
        cursor = page["next"]


def _tell(answer: Mapping[str, Any], agents: Names, codes: Names) -> None:
    print(f"{answer['day']}: {answer['arrivals']} arrivals")
    _row("", "recorded", "as now", "edited", "difference")
    _difference("received", answer, lambda outcome: outcome["received"])
    _difference("nobody free", answer, lambda outcome: sum(outcome["full"].values()))
    for label, part, names in (("agent", "by_agent", agents), ("code", "by_code", codes)):
        ids = {id for outcome in ("recorded", "present", "edited") for id in answer[outcome][part]}
        for id in sorted(ids, key=int):
            name = f"{label} {names.get(int(id), id)}"
            _difference(name, answer, lambda outcome, id=id, part=part: outcome[part].get(id, 0))


def _difference(name: str, answer: Mapping[str, Any], number: Any) -> None:
    recorded, present, edited = (number(answer[each]) for each in ("recorded", "present", "edited"))
    _row(name, recorded, present, edited, f"{edited - present:+d}")


def _row(name: str, *cells: object) -> None:
    print(f"{name:<28}" + "".join(f"{cell!s:>12}" for cell in cells))

"""The filter of previews against a labelled corpus: in-app browsers are people, and who only looks is recognised."""

from collections import Counter

import pytest

from router.web.previews import PURPOSE_HEADERS, Shape, why_preview
from tests.samples.user_agents import LabelledRequest, labelled_requests

REQUESTS = labelled_requests()
RECALL = 0.95


def is_taken_for_a_preview(request: LabelledRequest) -> bool:
    headers = {name.lower(): value for name, value in request.headers.items()}
    purposes = tuple(headers[name] for name in PURPOSE_HEADERS if name in headers)
    return why_preview(Shape(request.method, request.user_agent, purposes)) is not None


def test_the_corpus_is_large_and_knows_the_apps_that_scan_here() -> None:
    in_app = {request.name.split(" on ")[0] for request in REQUESTS if request.kind == "in_app"}

    assert len(REQUESTS) >= 300
    assert in_app >= {"WeChat", "WeCom", "DingTalk", "Baidu app", "QQ", "Feishu", "UC browser", "Quark"}
    assert in_app >= {"Huawei browser", "Xiaomi browser", "Alipay", "Douyin", "WeChat mini program web view"}


def test_nobody_in_an_in_app_browser_or_any_other_is_taken_for_a_preview() -> None:
    refused = [request for request in REQUESTS if request.is_person and is_taken_for_a_preview(request)]

    assert refused == []


@pytest.mark.parametrize("kind", ["preview", "crawler", "program"])
def test_who_only_looks_is_recognised(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    looking = [request for request in REQUESTS if request.kind == kind]

    recognised = Counter(is_taken_for_a_preview(request) for request in looking)[True]

    with capsys.disabled():
        print(f"\n  {kind}: {recognised} of {len(looking)} recognised ({recognised / len(looking):.1%})")  # noqa: T201
    assert recognised >= RECALL * len(looking)


@pytest.mark.parametrize(
    "system", ["X11; Linux x86_64", "Macintosh; Intel Mac OS X 10_15_7", "Windows NT 10.0; Win64; x64"]
)
def test_a_browser_that_nobody_looks_at_is_a_program(system: str) -> None:
    user_agent = f"Mozilla/5.0 ({system}) AppleWebKit/537.36 (KHTML, like Gecko) {{}}/131.0.0.0 Safari/537.36"

    judged = [why_preview(Shape("GET", user_agent.format(name))) for name in ("HeadlessChrome", "Chrome")]

    assert judged == ["the User-Agent names a crawler or link preview: 'HeadlessChrome'", None]

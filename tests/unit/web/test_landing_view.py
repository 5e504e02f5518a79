"""What the landing page makes of an answer, without a service behind it."""

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

import pytest

from router.domain.scan import AgentFace, GroupShown, NativeShown, Reserved
from router.web.landing import Visit, render_answer
from router.web.language import Language
from tests.factories import NOW

TEN_PAST_NOON = NOW // 86_400_000 * 86_400_000 + (12 * 60 + 10) * 60_000  # UTC


@pytest.mark.parametrize(
    ("zone", "language", "said"),
    [
        pytest.param(ZoneInfo("Asia/Shanghai"), "zh", "名额为你保留到 20:10（北京时间）。", id="China"),
        pytest.param(ZoneInfo("Asia/Shanghai"), "en", "held until 20:10 (Beijing time).", id="China in English"),
        pytest.param(ZoneInfo("Asia/Kolkata"), "en", "held until 17:40 (UTC+5:30).", id="half an hour"),
        pytest.param(ZoneInfo("America/Caracas"), "zh", "名额为你保留到 08:10（UTC-4）。", id="west of Greenwich"),
        pytest.param(UTC, "en", "held until 12:10 (UTC+0).", id="UTC"),
    ],
)
def test_the_time_a_place_is_held_until_is_told_with_its_zone(zone: tzinfo, language: Language, said: str) -> None:
    answer = Reserved(AgentFace(1, "陈雨"), "key", TEN_PAST_NOON, "https://example.com", "")

    page = render_answer(answer, Visit("spring", language, TEN_PAST_NOON - 60_000, zone))

    assert said in page


@pytest.mark.parametrize(
    ("zone", "language", "said"),
    [
        pytest.param(ZoneInfo("Asia/Shanghai"), "zh", "{day} 20:10（北京时间）前有效", id="China"),
        pytest.param(ZoneInfo("Asia/Shanghai"), "en", "works until {day} 20:10 (Beijing time);", id="China in English"),
        pytest.param(ZoneInfo("America/Caracas"), "en", "works until {day} 08:10 (UTC-4);", id="west of Greenwich"),
    ],
)
def test_the_time_until_which_a_group_s_code_works_is_told_with_its_zone(
    zone: tzinfo, language: Language, said: str
) -> None:
    answer = GroupShown(1, "春季群", "https://weixin.qq.com/g/1", TEN_PAST_NOON, "")

    page = render_answer(answer, Visit("spring", language, TEN_PAST_NOON - 60_000, zone))

    assert said.format(day=datetime.fromtimestamp(TEN_PAST_NOON / 1000, zone).date()) in page


@pytest.mark.parametrize(
    ("language", "says"), [("zh", "长按识别二维码，添加顾问"), ("en", "Long-press the code to add")]
)
def test_a_native_code_is_shown_to_press_or_to_open_and_promises_no_place(language: Language, says: str) -> None:
    answer = NativeShown("spring", "https://work.weixin.qq.com/ca/1", "")

    page = render_answer(answer, Visit("spring", language, NOW, UTC))

    assert 'src="./spring.png"' in page
    assert says in page
    assert 'href="https://work.weixin.qq.com/ca/1"' in page
    assert [word for word in ("countdown", "lease", "data-reservation", "http-equiv") if word in page] == []


@pytest.mark.parametrize("link", ["", "javascript:alert(1)", "wxp://f2f0"])
def test_a_native_code_whose_picture_says_no_address_is_shown_without_a_link(link: str) -> None:
    page = render_answer(NativeShown("spring", link, ""), Visit("spring", "zh", NOW, UTC))

    assert 'src="./spring.png"' in page
    assert "打开链接添加" not in page
    assert not link or link not in page

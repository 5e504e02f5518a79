"""What the landing page makes of an answer, without a service behind it."""

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

import pytest

from router.domain.scan import AgentFace, GroupShown, Reserved
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

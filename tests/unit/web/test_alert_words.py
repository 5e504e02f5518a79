"""An alert as a sentence: every kind has one, with the name of what it is about and where to go."""

from typing import get_args
from zoneinfo import ZoneInfo

import pytest

from router.db.queries.alerts import Alert, AlertKind
from router.web.console.alert_words import SENTENCES, alert_address, alert_sentence, alert_tone
from router.web.i18n import CHINESE, ENGLISH, LanguageSpec, Words


def words(language: LanguageSpec) -> Words:
    return Words(language, lambda: ZoneInfo("Asia/Shanghai"))


def about_a_code(kind: AlertKind, **text: object) -> Alert:
    return Alert(1, kind, "code:7", text, since_at=0, last_at=0, times=1, ended_at=None)


def test_every_kind_of_alert_has_a_sentence() -> None:
    assert set(SENTENCES) == set(get_args(AlertKind))


@pytest.mark.parametrize("kind", ["code_full", "code_to_nobody", "group_none_left", "link_refused", "link_used_up"])
def test_the_alert_of_a_code_names_it_and_leads_to_its_page(kind: AlertKind) -> None:
    alert = about_a_code(kind, name="Spring", reason="no right")

    assert "Spring" in alert_sentence(alert, {}, words(ENGLISH))
    assert "“Spring”" in alert_sentence(alert, {}, words(CHINESE))
    assert alert_address(alert) == "/live-codes/7"


@pytest.mark.parametrize(
    ("because", "said", "tone"),
    [
        (None, "nobody in it can take one more customer", "bad"),
        ("nobody", "because nobody in it is on duty; its caps are not the reason", "bad"),
        ("between_shifts", "while nobody is on shift; its caps are not the reason", "warn"),
    ],
)
def test_the_alert_of_a_pool_blames_its_caps_only_when_they_are_the_reason(
    because: str | None, said: str, tone: str
) -> None:
    text = {"name": "sales"} | ({} if because is None else {"because": because})
    alert = Alert(1, "pool_full", "pool:3", text, since_at=0, last_at=0, times=1, ended_at=None)

    assert said in alert_sentence(alert, {}, words(ENGLISH))
    assert "接待池“sales”" in alert_sentence(alert, {}, words(CHINESE))
    assert alert_tone(alert) == tone


def test_the_alert_of_a_refused_link_says_why_and_what_to_do() -> None:
    told = alert_sentence(about_a_code("link_refused", name="Spring", reason="no right"), {}, words(ENGLISH))

    assert told.endswith("press “Ask WeCom again” on its page: no right")

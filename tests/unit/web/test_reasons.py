"""Reasons that were stored in English, read by somebody who reads Chinese."""

from zoneinfo import ZoneInfo

import pytest

from router.handlers.outbound import native
from router.platforms.wecom.errors import Refused
from router.web.console.reasons import NOBODY_TAKEN, told
from router.web.i18n import CHINESE, ENGLISH, LanguageSpec, Words


def words(language: LanguageSpec) -> Words:
    return Words(language, lambda: ZoneInfo("Asia/Shanghai"))


@pytest.mark.parametrize(
    "refused",
    [
        Refused("externalcontact/update_contact_way", 84074, "no permission"),
        Refused("externalcontact/update_contact_way", 60020, "not allow to access from your ip, from ip: 192.0.2.7"),
        Refused("externalcontact/update_contact_way", 123456, "something new"),
    ],
)
def test_what_wecom_refused_is_told_in_both_languages(refused: Refused) -> None:
    assert told(str(refused), words(CHINESE)) == refused.zh
    assert told(str(refused), words(ENGLISH)) == refused.en


def test_a_reason_of_ours_is_translated() -> None:
    assert told(native.NOBODY_TAKEN, words(CHINESE)) == "企业微信拒绝了名单中的每一位成员"
    assert told(native.NOBODY_TAKEN, words(ENGLISH)) == NOBODY_TAKEN


@pytest.mark.parametrize("reason", ["", "no picture", "somebody else's words (84074)", "(1)", "100 % (0)"])
def test_what_is_not_known_stays_as_it_is(reason: str) -> None:
    assert told(reason, words(CHINESE)) == reason

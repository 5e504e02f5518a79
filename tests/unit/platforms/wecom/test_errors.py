import pytest

from router.platforms.wecom.error_codes import MAX_REPEATS, Action, ErrorCode, explain, table
from router.platforms.wecom.errors import AnswerInvalid, OutcomeUnknown, PlatformError, Refused, Unreachable

ERRMSG = "not allow to access from your ip, hint: [1700000000_12_abcdef], from ip: 203.0.113.9, more info at …"


@pytest.mark.parametrize(
    ("code", "action", "is_alert"),
    [
        (-1, Action.RETRY, False),
        (6000, Action.RETRY, False),
        (40007, Action.REUPLOAD, False),
        (40014, Action.REFRESH, False),
        (41001, Action.REFRESH, False),
        (42001, Action.REFRESH, False),
        (40068, Action.REREAD, False),
        (40071, Action.REREAD, False),
        (40098, Action.REPLACE_MEMBER, True),
        (41044, Action.RECREATE, False),
        (41045, Action.STOP, True),
        (41050, Action.STOP, False),
        (41051, Action.DONE, False),
        (41053, Action.WAIT_EVENT, False),
        (41054, Action.REPLACE_MEMBER, True),
        (41096, Action.RETRY_ONCE, True),
        (45009, Action.WAIT_WINDOW, False),
        (45033, Action.RETRY, False),
        (48002, Action.STOP, True),
        (60020, Action.STOP, True),
        (84061, Action.STOP, False),
        (84074, Action.REPLACE_MEMBER, True),
        (95001, Action.WAIT_EVENT, False),
        (95007, Action.WITHOUT_TOKEN, False),
        (95016, Action.REREAD, False),
        (95018, Action.REREAD, False),
    ],
)
def test_a_code_asks_for_its_action(code: int, action: Action, is_alert: bool) -> None:
    known = explain(code)

    assert (known.action, known.is_alert) == (action, is_alert)


@pytest.mark.parametrize("known", [pytest.param(row, id=str(code)) for code, row in table().items()])
def test_every_code_has_a_sentence_in_both_languages(known: ErrorCode) -> None:
    has_chinese = any("\u4e00" <= character <= "\u9fff" for character in known.zh)

    assert has_chinese
    assert known.en.isascii() or "微信客服" in known.en
    assert known.en[0].isupper()


@pytest.mark.parametrize("code", [60020, 48002, 41045, 40001, 84074, 95017])
def test_what_an_operator_must_mend_says_where(code: int) -> None:
    known = explain(code)

    assert "请" in known.zh
    assert ": " in known.en


def test_a_code_of_tomorrow_stops_and_says_where_to_look() -> None:
    known = explain(123456789)

    assert (known.code, known.action) == (123456789, Action.STOP)
    assert "全局错误码" in known.zh


def test_only_actions_that_repeat_the_call_have_a_number_of_repeats() -> None:
    assert set(MAX_REPEATS) == {
        Action.REFRESH,
        Action.RETRY,
        Action.RETRY_ONCE,
        Action.WAIT_WINDOW,
        Action.WAIT_HOURS,
        Action.WITHOUT_TOKEN,
    }


def test_a_refusal_tells_people_what_to_do_and_support_what_to_look_for() -> None:
    refused = Refused("/cgi-bin/user/get", 60020, ERRMSG)

    assert (refused.errcode, refused.action, refused.hint) == (60020, Action.STOP, "1700000000_12_abcdef")
    assert "企业可信IP" in refused.zh
    assert str(refused) == refused.en
    assert "(60020)" in refused.en


def test_an_address_that_is_not_trusted_is_named_in_both_languages() -> None:
    refused = Refused("/cgi-bin/user/get", 60020, ERRMSG)
    silent = Refused("/cgi-bin/user/get", 60020, "not allow to access from your ip")

    assert [sentence.endswith(": 203.0.113.9") for sentence in (refused.zh, refused.en)] == [True, True]
    assert silent.en.endswith("(60020)")


def test_a_long_errmsg_is_cut() -> None:
    assert len(Refused("/x", 40058, "x" * 10_000).errmsg) == 500


@pytest.mark.parametrize("error", [Unreachable("/x", "why"), OutcomeUnknown("/x", "why"), AnswerInvalid("/x", "why")])
def test_every_error_says_where_and_why_in_both_languages(error: PlatformError) -> None:
    assert all("/x" in sentence and "why" in sentence for sentence in (error.zh, error.en))

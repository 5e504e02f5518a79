"""Reasons that were stored in English, read by somebody who reads Chinese."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

import router
from router.db.queries import outbox
from router.handlers import acquisition
from router.handlers.outbound import native, tag_steps, tags
from router.platforms.wecom.errors import OutcomeUnknown, PictureUnavailable, PlatformError, Refused, Unreachable
from router.web.console import reasons
from router.web.console.reasons import NOBODY_TAKEN, told
from router.web.i18n import CHINESE, ENGLISH, LanguageSpec, Words

ROUTER = Path(router.__file__).parent
SENTENCE = re.compile(r"[a-z]{2,}'?s? [a-z]{2,}")  # words side by side, so no code, subject or address
PART = "the app"

NOT_A_REASON = {
    "Done",  # its note stays in the outbox
    "unneeded",  # the same
    "Sql",
    "Wording",  # has its own Chinese, as have the problems made of it
    "problem",
}

NOT_ASKED = {
    "domain/schedule_wording.py": "halves of what is said in both languages",
    "handlers/acquisition.py": "what a scan is answered with: the page of a visitor has its own words",
    "handlers/admission.py": "what a scan is answered with",
    "handlers/full.py": "what a scan is answered with",
    "handlers/group_codes.py": "what a scan is answered with",
    "handlers/native.py": "what a scan is answered with",
    "handlers/scan.py": "what a scan is answered with",
    "handlers/send_failed.py": "shown as stored, in JSON",
}


def reasoning() -> list[Path]:
    """The modules whose reasons are stored; pages of the admin say theirs by `Wording`."""
    folders = [ROUTER / folder for folder in ("domain", "handlers", "workers")]
    return [
        path
        for folder in folders
        for path in sorted(folder.rglob("*.py"))
        if "admin" not in path.parts and named(path) not in NOT_ASKED
    ]


def named(path: Path) -> str:
    return path.relative_to(ROUTER).as_posix()


def sentences(node: ast.AST) -> Iterator[str]:
    """The English sentences of the code; what is filled into them is ``PART``."""
    match node:
        case ast.Call(func=ast.Name(id=called)) if called in NOT_A_REASON:
            return
        case ast.Call(func=ast.Attribute(value=ast.Name(id="log"))) | ast.Raise() | ast.Expr(value=ast.Constant()):
            return
        case ast.JoinedStr(values=parts):
            written = [str(each.value) if isinstance(each, ast.Constant) else "" for each in parts]
            if SENTENCE.search("".join(written)):
                yield "".join(each or PART for each in written)
        case ast.Constant(value=str(written)):
            if SENTENCE.search(written):
                yield written
        case _:
            for each in ast.iter_child_nodes(node):
                yield from sentences(each)


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
    assert told(acquisition.NOBODY, words(CHINESE)) == "接待池中现在没有人可以接待，而获客链接至少需要一位成员"


@pytest.mark.parametrize("path", reasoning(), ids=named)
def test_every_reason_that_is_stored_has_its_chinese(path: Path) -> None:
    stored = list(sentences(ast.parse(path.read_text())))

    assert [reason for reason in stored if told(reason, words(CHINESE)) == reason] == []
    assert [reason for reason in stored if told(reason, words(ENGLISH)) != reason] == []


def test_the_reasons_are_found_where_they_are_written() -> None:
    found = {reason for path in reasoning() for reason in sentences(ast.parse(path.read_text()))}

    assert found > {
        "the platform chose the agent",
        "none: the customer had left before this was decided",
        "no agent the app in liveqr: add the agent, then decide this event again",
    }
    assert [name for name in NOT_ASKED if not (ROUTER / name).exists()] == []


@pytest.mark.parametrize(
    ("reason", "chinese"),
    [
        ("no agent 'li' in liveqr", "系统中没有员工 'li'"),
        (
            "no agent 'li' in liveqr: add the agent, then decide this event again",
            "系统中没有员工 'li'：请先添加该员工，再重新处理此事件",
        ),
        ("customer contact is switched off: its secret is not set", "客户联系未启用：没有设置密钥"),
        ("there is no webhook ordered any more", "Webhook“ordered”已不存在"),
        ("not sent: it holds a sensitive word: 100% (a: b)", "未发送：含有敏感词：100% (a: b)"),
        (outbox.EXPIRED, "发送之前已超过时限"),
    ],
)
def test_a_reason_with_a_name_in_it_keeps_the_name(reason: str, chinese: str) -> None:
    assert told(reason, words(CHINESE)) == chinese
    assert told(reason, words(ENGLISH)) == reason


@pytest.mark.parametrize(
    "error",
    [
        Unreachable("externalcontact/get", "ConnectError"),
        OutcomeUnknown("externalcontact/get", "ReadTimeout: 10 s"),
        PictureUnavailable("wework.qpic.cn", "HTTP 404"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_call_without_an_answer_is_told_in_both_languages(error: PlatformError) -> None:
    assert told(str(error), words(CHINESE)) == error.zh
    assert told(str(error), words(ENGLISH)) == error.en


@pytest.mark.parametrize(
    ("stored", "source"),
    [
        (tags.WAITS_FOR_APPROVAL, reasons.WAITS_FOR_APPROVAL),
        (tag_steps.HELD_BY_ARCHIVED, reasons.HELD_BY_ARCHIVED),
        (tag_steps.HELD_BY_OURS, reasons.HELD_BY_OURS),
    ],
)
def test_why_a_mark_waits_for_the_plan_names_the_page_in_the_language_of_the_reader(stored: str, source: str) -> None:
    assert told(stored, words(ENGLISH)) == source
    assert "“企业微信标签”" in told(stored, words(CHINESE))


@pytest.mark.parametrize("reason", ["", "no picture", "somebody else's words (84074)", "(1)", "100 % (0)"])
def test_what_is_not_known_stays_as_it_is(reason: str) -> None:
    assert told(reason, words(CHINESE)) == reason

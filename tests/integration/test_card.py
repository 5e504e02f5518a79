"""The contact card: whoever holds the link sees why each tag is on and why this agent was chosen."""

import html
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC

import httpx
import pytest
from sqlalchemy import Connection
from starlette.applications import Starlette

from router.clock import MovableClock
from router.db import json
from router.db.ledger import Ledger
from router.db.queries.presence import set_photo
from router.db.queries.users import User
from router.db.tables import (
    AgentRow,
    AssignmentRow,
    ContactWayRow,
    ConversationRow,
    CustomerRow,
    DecisionRow,
    FollowRow,
    InboxRow,
    LiveCodeRow,
    PoolRow,
    ReservationRow,
    RuleSetRow,
    RuleSetVersionRow,
    TagEdgeRow,
    TagRow,
)
from router.domain.assignment import Candidate
from router.domain.record import packed
from router.handlers.admin.act import Act
from router.handlers.admin.users import NewUser, change_role, create_user, disable_user
from router.secret_box import SecretBox
from router.services import Services
from router.settings import read_settings
from router.web.card.page import card_mount
from router.web.card_link import LIFETIME, PURPOSE, sign_card_link
from tests.factories import NOW
from tests.integration.losses import NAME, WHO, lose_tags
from tests.integration.rows import Row, insert_rows

pytestmark = pytest.mark.anyio

ORIGIN = "https://go.example.com"
ACT = Act("test", NOW, UTC)
WORDS = "衬衫<script>多少钱?价格高吗"
RULES = {"rules": [{"id": "price", "name": "询价"}]}
DECISION = {
    "chosen": 1,
    "ask": {"policy": "idle_first", "sticky_agent_id": None},
    "order": [1, 3],
    "left_out": [
        {"agent_id": 2, "reason": "at_cap", "limit": {"subject": "agent:2", "window": "day", "places": 20, "taken": 20}}
    ],
    "spilled_from": [],
    **packed(
        [
            Candidate(1, "chenyu", "陈雨", 1, 3, "on", True, 9, ()),
            Candidate(2, "lihua", "李华", 1, 20, "on", True, 9, ()),
            Candidate(3, "wangqi", "王琦", 1, 9, "on", True, 9, ()),
        ]
    ),
}


@dataclass
class Desk:
    """An agent's webview, and a way to sign links for it."""

    browser: httpx.AsyncClient
    services: Services

    def link(self, customer: str = "wm1", lifetime: int = LIFETIME, user_id: int | None = None) -> str:
        secret = self.services.secret_box.derive(PURPOSE)
        token = sign_card_link(secret, customer, "chenyu", self.services.clock(), lifetime, user_id=user_id)
        return f"/card/?t={token}"

    async def user(self, agent_id: int, language: str = "zh") -> User:
        """A new user of the console, who sees the customers of that agent."""
        new = NewUser("chenyu", "agent", agent_id, language)
        user = await self.services.ledger.write(lambda c: create_user(c, ACT, new, "no password fits"))
        assert isinstance(user, User)
        return user


@pytest.fixture
async def desk(ledger: Ledger) -> AsyncIterator[Desk]:
    services = Services(
        read_settings({}, {"LIVEQR_PUBLIC_URL": ORIGIN}), ledger, MovableClock(), SecretBox(bytes(range(32)))
    )
    await ledger.write(lambda connection: tell_the_story(connection, services.clock()))
    transport = httpx.ASGITransport(Starlette(routes=[card_mount(services)]))
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers={"Accept-Language": "zh"}) as browser:
        yield Desk(browser, services)


def tell_the_story(connection: Connection, now: int) -> None:
    """林晓 came through the spring code, was given to 陈雨, and asked for a price."""
    item = {
        "msgid": "m1",
        "open_kfid": "wk1",
        "external_userid": "wm1",
        "send_time": now // 1000,
        "origin": 3,
        "msgtype": "text",
        "text": {"content": WORDS},
    }
    start = WORDS.index("价格")
    rows: list[Row] = [
        (AgentRow, {"id": 1, "userid": "chenyu", "name": "陈雨"}),
        (AgentRow, {"id": 2, "userid": "lihua", "name": "李华"}),
        (PoolRow, {"id": 1, "name": "上海门店"}),
        (
            ContactWayRow,
            {"id": 1, "agent_id": 1, "state": "s", "status": "leased", "link": "l"},
        ),
        (LiveCodeRow, {"id": 1, "slug": "spring", "name": "春季新品", "pool_id": 1}),
        (CustomerRow, {"id": 1, "external_userid": "wm1", "name": "林晓"}),
        (FollowRow, {"agent_id": 1, "customer_id": 1, "status": "full"}),
        (TagRow, {"id": 1, "name": "意向"}),
        (TagRow, {"id": 2, "parent_id": 1, "name": "高意向", "weight": 9, "colour": "#d9301f"}),
        (TagRow, {"id": 3, "name": "海报"}),
        (RuleSetRow, {"id": 1, "name": "默认"}),
        (RuleSetVersionRow, {"id": 1, "rule_set_id": 1, "number": 4, "content": json.dump(RULES), "published_by": "x"}),
        (InboxRow, {"id": 7, "identity": "m1", "callback": "KF_ITEM", "plaintext": json.dump(item)}),
        (
            TagEdgeRow,
            {
                "customer_id": 1,
                "tag_id": 2,
                "source": "rule:1:price",
                "rule_set_version_id": 1,
                "inbox_id": 7,
                "span_start": start,
                "span_end": start + 2,
                "evidence": "价格",
            },
        ),
        (TagEdgeRow, {"customer_id": 1, "tag_id": 3, "source": "manual:lihua"}),
        (DecisionRow, {"id": 1, "code_id": 1, "visitor": "v", "outcome": "reserved", "content": json.dump(DECISION)}),
        (
            ReservationRow,
            {
                "id": 1,
                "key": "k",
                "code_id": 1,
                "pool_id": 1,
                "agent_id": 1,
                "way_id": 1,
                "visitor": "v",
                "decision_id": 1,
            },
        ),
        (
            AssignmentRow,
            {"customer_id": 1, "agent_id": 1, "code_id": 1, "pool_id": 1, "reservation_id": 1, "how": "reserved"},
        ),
        (
            ConversationRow,
            {
                "customer_id": 1,
                "open_kfid": "wk1",
                "status": "waiting",
                "waiting_since_at": now,
                "last_message_at": now,
            },
        ),
    ]
    insert_rows(connection, now, rows)


# --- what the card tells -------------------------------------------------------------------------------------------


async def test_a_tag_shows_the_message_with_the_matched_words_marked_and_the_rule_with_its_version(desk: Desk) -> None:
    page = await desk.browser.get(desk.link())

    assert page.status_code == 200
    assert "规则“询价” · 第 4 版" in page.text
    assert "<blockquote>衬衫&lt;script&gt;多少钱?<mark>价格</mark>高吗</blockquote>" in page.text
    assert "<script>多少钱" not in page.text


async def test_a_tag_put_on_by_hand_names_the_person(desk: Desk) -> None:
    page = await desk.browser.get(desk.link())

    assert "由 lihua 手动打上" in page.text


async def test_the_heaviest_tag_stands_first_with_its_own_colour_and_its_path(desk: Desk) -> None:
    page = await desk.browser.get(desk.link())

    assert page.text.index("高意向</summary>") < page.text.index("海报</summary>")
    assert 'fill="#d9301f"' in page.text
    assert "意向 › 高意向" in page.text
    assert " style=" not in page.text


async def test_the_card_says_why_this_agent_and_why_each_other_was_left_out(desk: Desk) -> None:
    page = await desk.browser.get(desk.link())

    for sentence in ("为什么是陈雨", "当时最空闲：当天已接待 3 位", "已满：今日 20/20", "当天已接待 9 位，更忙"):
        assert sentence in page.text


@pytest.mark.parametrize(
    ("language", "says"),
    [
        ("zh", "由企业微信从原生活码或获客链接分配"),
        ("en", "Given by WeCom, from its own code or an acquisition link"),
    ],
)
async def test_the_card_of_a_customer_whom_wecom_gave_says_so(desk: Desk, language: str, says: str) -> None:
    def arrive(connection: Connection) -> None:
        rows: list[Row] = [
            (CustomerRow, {"id": 2, "external_userid": "wm2", "name": "周敏"}),
            (AssignmentRow, {"customer_id": 2, "agent_id": 1, "code_id": 1, "pool_id": 1, "how": "printed_code"}),
        ]
        insert_rows(connection, desk.services.clock(), rows)

    await desk.services.ledger.write(arrive)

    page = await desk.browser.get(desk.link("wm2"), headers={"Accept-Language": language})

    assert page.status_code == 200
    assert says in page.text


async def test_the_card_asks_for_a_photo_only_of_agents_who_have_one(desk: Desk) -> None:
    initials = await desk.browser.get(desk.link())
    await desk.services.ledger.write(lambda c: set_photo(c, 2, b"PNG"))

    page = await desk.browser.get(desk.link())

    photos = [set(re.findall(r'src="\.\./a/(\d)\.png"', each.text)) for each in (initials, page)]
    assert photos == [set(), {"2"}]


@pytest.mark.parametrize(("language", "says"), [("zh", "时区 Asia/Shanghai"), ("en", "Times in Asia/Shanghai")])
async def test_the_card_names_the_zone_of_its_times_once(desk: Desk, language: str, says: str) -> None:
    page = await desk.browser.get(desk.link(), headers={"Accept-Language": language})

    assert page.text.count("Asia/Shanghai") == page.text.count(says) == 1


async def test_the_card_says_that_the_customer_waits_for_a_person(desk: Desk) -> None:
    page = await desk.browser.get(desk.link(), headers={"Accept-Language": "en-GB,en;q=0.9,zh;q=0.5"})

    assert "Waiting for a person" in page.text
    assert '<html lang="en">' in page.text


# --- taking a tag off ----------------------------------------------------------------------------------------------


async def test_a_wrong_tag_is_taken_off_and_the_card_says_so(desk: Desk) -> None:
    link = desk.link()

    answer = await desk.browser.post(link, data={"tag_id": "2"})
    page = await desk.browser.get("/card/" + answer.headers["location"].removeprefix("./"))

    assert answer.status_code == 303
    assert "标签已移除" in page.text
    assert "高意向</summary>" not in page.text


async def test_another_site_cannot_take_a_tag_off(desk: Desk) -> None:
    refused = await desk.browser.post(desk.link(), data={"tag_id": "2"}, headers={"Sec-Fetch-Site": "cross-site"})

    page = await desk.browser.get(desk.link())
    assert refused.status_code == 403
    assert "高意向</summary>" in page.text


@pytest.mark.parametrize("tag_id", ["", "x", "-1", "9" * 30, "٢"])
async def test_a_tag_id_that_cannot_be_read_is_not_said_to_be_off(desk: Desk, tag_id: str) -> None:
    answer = await desk.browser.post(desk.link(), data={"tag_id": tag_id})

    assert (answer.status_code, "off=1" in answer.headers["location"]) == (303, False)


@pytest.mark.parametrize("tag_id", ["", "x", "-1", "9" * 30, "9" * 19, "999", "٢"])
async def test_a_tag_the_customer_does_not_carry_changes_nothing(desk: Desk, tag_id: str) -> None:
    answer = await desk.browser.post(desk.link(), data={"tag_id": tag_id})

    page = await desk.browser.get(desk.link())
    assert answer.status_code == 303
    assert "高意向</summary>" in page.text
    assert "海报</summary>" in page.text


# --- tags that were taken off --------------------------------------------------------------------------------------

SENTENCES = {
    "zh": (
        f"由 {NAME} 手动移除",
        f"由规则“{NAME}”移除 · 第 4 版",
        f"与“{NAME}”互斥 · 由 {NAME} 手动打上",
        f"与“{NAME}”互斥 · 规则“{NAME}” · 第 4 版",
        f"与“{NAME}”互斥 · 通过活码添加时打上",
        f"与“{NAME}”互斥",
        "已过有效期：一天内未再次命中",
        "已过有效期：30 天内未再次命中",
        f"已合并到“{NAME}”",
        f"与“{NAME}”的合并已撤销",
        f"规则“{NAME}”由 {NAME} 撤回",
        "原因未知",
    ),
    "en": (
        f"Taken off by {NAME}",
        f"Taken off by rule “{NAME}” · version 4",
        f"Excluded by “{NAME}” · Put on by {NAME}",
        f"Excluded by “{NAME}” · Rule “{NAME}” · version 4",
        f"Excluded by “{NAME}” · Came with the live code",
        f"Excluded by “{NAME}”",
        "Expired: not renewed for a day",
        "Expired: not renewed for 30 days",
        f"Merged into “{NAME}”",
        f"The merge with “{NAME}” was taken back",
        f"Rule “{NAME}” was withdrawn by {NAME}",
        "The reason is not known",
    ),
}


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_each_tag_that_was_taken_off_says_why_and_nothing_stored_becomes_markup(
    desk: Desk, language: str
) -> None:
    await desk.services.ledger.write(lambda c: lose_tags(c, NOW))

    page = await desk.browser.get(desk.link(WHO), headers={"Accept-Language": language})

    told = [html.unescape(each) for each in re.findall(r'<p class="strong">\d+</p>\s*<p>(.*)</p>', page.text)]
    assert told == list(reversed(SENTENCES[language]))
    assert NAME not in page.text


async def test_a_tag_taken_off_on_the_card_stands_there_with_who_took_it_off(desk: Desk) -> None:
    before = await desk.browser.get(desk.link())

    await desk.browser.post(desk.link(), data={"tag_id": "2"})
    page = await desk.browser.get(desk.link())

    assert "已移除的标签" not in before.text
    assert '<p class="strong">意向 › 高意向</p>' in page.text
    assert "由 chenyu 手动移除" in page.text


# --- links ---------------------------------------------------------------------------------------------------------


async def test_an_expired_link_says_where_to_get_a_new_one(desk: Desk) -> None:
    page = await desk.browser.get(desk.link(lifetime=0))

    assert page.status_code == 403
    assert "这个链接已过期。请从管理后台或聊天侧边栏重新打开。" in page.text


@pytest.mark.parametrize("change", ["", "x", "?", "%00", "a" * 5000], ids=["cut", "x", "?", "NUL", "long"])
async def test_a_changed_link_opens_nothing(desk: Desk, change: str) -> None:
    link = desk.link()[:-4] + change

    shown, posted = await desk.browser.get(link), await desk.browser.post(link, data={"tag_id": "2"})

    assert (shown.status_code, posted.status_code) == (403, 403)
    assert "林晓" not in shown.text


@pytest.mark.parametrize(
    "withdraw",
    [
        pytest.param(lambda c, user: disable_user(c, ACT, user.id), id="disabled"),
        pytest.param(lambda c, user: change_role(c, ACT, user.id, "marketer", None), id="another role"),
        pytest.param(lambda c, user: change_role(c, ACT, user.id, "agent", 2), id="another agent"),
    ],
)
async def test_a_link_opens_nothing_any_more_once_its_user_may_not_see_the_customer(
    desk: Desk, withdraw: Callable[[Connection, User], object]
) -> None:
    others = NewUser("boss", "admin", None)
    await desk.services.ledger.write(lambda c: create_user(c, ACT, others, "no password fits"))
    user = await desk.user(agent_id=1)
    link = desk.link(user_id=user.id)

    before = await desk.browser.get(link)
    await desk.services.ledger.write(lambda c: withdraw(c, user))
    shown, posted = await desk.browser.get(link), await desk.browser.post(link, data={"tag_id": "2"})
    afterwards = await desk.browser.get(desk.link())

    assert before.status_code == 200
    assert [(each.status_code, "林晓" in each.text) for each in (shown, posted)] == [(403, False)] * 2
    assert "你的账号不再能查看这位客户。" in shown.text
    assert "高意向</summary>" in afterwards.text


async def test_the_card_speaks_the_language_that_its_user_chose(desk: Desk) -> None:
    user = await desk.user(agent_id=1, language="en")

    page = await desk.browser.get(desk.link(user_id=user.id))

    assert '<html lang="en">' in page.text


async def test_the_card_speaks_the_browsers_language_to_a_user_who_chose_none(desk: Desk) -> None:
    user = await desk.user(agent_id=1, language="")

    page = await desk.browser.get(desk.link(user_id=user.id), headers={"Accept-Language": "en-US,en"})

    assert '<html lang="en">' in page.text


async def test_a_card_of_an_erased_customer_is_a_page_that_says_so(desk: Desk) -> None:
    page = await desk.browser.get(desk.link("wm-gone"))

    assert page.status_code == 404
    assert "链接指向的客户不存在" in page.text


async def test_the_card_is_never_stored_framed_or_told_to_other_sites(desk: Desk) -> None:
    page = await desk.browser.get(desk.link())

    headers = {name: page.headers[name] for name in ("cache-control", "referrer-policy", "x-content-type-options")}
    assert headers == {
        "cache-control": "no-store",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
    }
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]

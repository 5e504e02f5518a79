"""Who only looks at a live code, and who came to add somebody."""

import pytest

from router.web.previews import Shape, why_preview

IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
ANDROID = "Mozilla/5.0 (Linux; Android 14; V2318A; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0"

PEOPLE = {
    "WeChat on iPhone": f"{IPHONE} Mobile/15E148 MicroMessenger/8.0.60(0x18003c28) NetType/WIFI Language/zh_CN",
    "WeChat on Android": f"{ANDROID} Chrome/130.0.6723.103 Mobile Safari/537.36 XWEB/1300409 MMWEBSDK/20250201 "
    "MicroMessenger/8.0.58.2841(0x28003A35) WeChat/arm64 Weixin NetType/5G Language/zh_CN ABI/arm64",
    "WeChat on Windows": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/132.0.0.0 Safari/537.36 NetType/WIFI MicroMessenger/7.0.20.1781(0x6700143B) WindowsWechat",
    "WeCom on iPhone": f"{IPHONE} Mobile/15E148 wxwork/4.1.36 MicroMessenger/7.0.1 Language/zh ColorScheme/Light",
    "DingTalk": f"{ANDROID} Chrome/111.0.5563.116 Mobile Safari AliApp(DingTalk/7.6.0) com.alibaba.android.rimet",
    "Baidu app": f"{ANDROID} Chrome/97.0.4692.98 Mobile Safari/537.36 T7/13.60 SP-engine/3.9 baiduboxapp/13.60.0.10",
    "Alipay": f"{IPHONE} Mobile/15E148 ChannelId(3) Nebula AlipayDefined AliApp(AP/10.6.80) AlipayClient/10.6.80",
    "Feishu": f"{IPHONE} Mobile/15E148 Lark/7.40.6 LarkLocale/zh_CN ChannelName/Feishu",
    "QQ": f"{ANDROID} Chrome/121.0 Mobile Safari/537.36 V1_AND_SQ_9.1.31 QQ/9.1.31.22310 NetType/WIFI",
    "a CUBOT phone": "Mozilla/5.0 (Linux; Android 12; CUBOT P60) AppleWebKit/537.36 Chrome/120.0 Mobile Safari/537.36",
    "a CUBOT phone, older": "Mozilla/5.0 (Linux; Android 9; CUBOT_X19) AppleWebKit/537.36 Chrome/90.0 Mobile Safari",
    "Safari": f"{IPHONE} Version/18.5 Mobile/15E148 Safari/604.1",
}

PREVIEWS = {
    "Googlebot": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Baiduspider": "Mozilla/5.0 (compatible; Baiduspider-render/2.0; +http://www.baidu.com/search/spider.html)",
    "Bytespider": "Mozilla/5.0 (Linux; Android 5.0) AppleWebKit/537.36 (compatible; Bytespider; spider-feedback@x.com)",
    "DingTalk's link service": "DingTalkBot-LinkService/1.0 (+https://open-doc.dingtalk.com/microapp/faquestions/)",
    "Slack": "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "iMessage": "Mozilla/5.0 (Macintosh) AppleWebKit/601.2.4 facebookexternalhit/1.1 Facebot Twitterbot/1.0",
    "WhatsApp": "WhatsApp/2.23.20.0",
    "Telegram": "TelegramBot (like TwitterBot)",
    "Teams": "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5 skype-url-preview@microsoft.com",
    "Snapchat": "Mozilla/5.0 (compatible; Snap URL Preview Service; bot; snapchat; https://developers.snap.com/robots)",
    "curl": "curl/8.5.0",
    "a Go program": "Go-http-client/2.0",
    "nothing at all": "",
}


@pytest.mark.parametrize("user_agent", PEOPLE.values(), ids=PEOPLE)
def test_in_app_browsers_and_phones_are_people(user_agent: str) -> None:
    assert why_preview(Shape("GET", user_agent)) is None


@pytest.mark.parametrize("user_agent", PREVIEWS.values(), ids=PREVIEWS)
def test_crawlers_link_previews_and_bare_programs_only_look(user_agent: str) -> None:
    assert why_preview(Shape("GET", user_agent)) is not None


@pytest.mark.parametrize("purpose", ["prefetch", "prefetch;prerender", "preview", "Prefetch"])
def test_a_browser_that_looks_ahead_holds_nothing_even_with_a_visitor(purpose: str) -> None:
    shape = Shape("GET", PEOPLE["Safari"], (purpose,), asks_for_json=True, names_visitor=True)

    assert why_preview(shape) == "the browser looks ahead; nobody has opened the page yet"


def test_a_head_request_holds_nothing_whoever_sends_it() -> None:
    shape = Shape("HEAD", PEOPLE["WeChat on iPhone"], asks_for_json=True, names_visitor=True)

    assert why_preview(shape) == "a HEAD request only asks whether the page is there"


def test_a_program_that_asks_for_json_and_names_its_visitor_is_served() -> None:
    shape = Shape("GET", PREVIEWS["Googlebot"], asks_for_json=True, names_visitor=True)

    assert why_preview(shape) is None


@pytest.mark.parametrize("knows", ["asks_for_json", "names_visitor", "remembers_visitor"])
def test_a_program_that_shows_that_it_knows_the_contract_is_served(knows: str) -> None:
    named = {"asks_for_json": False, "names_visitor": False, "remembers_visitor": False} | {knows: True}

    assert why_preview(Shape("GET", "python-httpx/0.28.1", (), **named)) is None


def test_the_button_of_the_preview_page_lets_a_person_in_who_was_judged_wrongly() -> None:
    assert why_preview(Shape("GET", PREVIEWS["Googlebot"], opened_by_hand=True)) is None


def test_the_reason_names_the_mark_it_was_judged_by() -> None:
    reason = why_preview(Shape("GET", PREVIEWS["Slack"]))

    assert reason == "the User-Agent names a crawler or link preview: 'bot'"

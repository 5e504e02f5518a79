"""Which requests only look at a live code: link previews, prefetches and crawlers hold no place of any agent.

Judged by what a request says about itself, in an order that can be told to whoever asks why. In-app browsers (WeChat,
WeCom, DingTalk, Baidu, …) carry a browser's User-Agent and none of these marks: they are people.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

PURPOSE_HEADERS = ("purpose", "sec-purpose", "x-purpose", "x-moz")

_LOOKING_AHEAD = re.compile(r"prefetch|prerender|preview", re.IGNORECASE)

# Words with which crawlers, previews and checkers name themselves. CUBOT is a maker of phones: its owners are people.
_CRAWLER_WORD = re.compile(
    r"(?<!cu)bot(?![a-z])|spider|crawl|slurp|scrap(?:er|ing|y)?\b|fetch(?:er)?\b|archiver|validator|lighthouse"
    r"|ur[il][ _-]?(?:preview|check|resolver)|(?:web|page|link)[ _-]?(?:preview|expand|check)|uptime|monitor(?:ing)?\b"
    r"|headlesschrome|phantomjs|puppeteer|playwright|selenium",
    re.IGNORECASE,
)

# Those that look like a browser and whose names contain none of these words.
_CRAWLER_NAME = re.compile(
    r"bingpreview|google favicon|googleother|google-inspectiontool|google-read-aloud|playstore-google"
    r"|facebookexternalhit|slack-imgproxy|yahoo link|ms-office|microsoft office|office-online|pagespeed|gtmetrix"
    r"|googleimageproxy|synthetics|thousandeyes|manus-user|appinsights|-robots\b|acunetix|dareboost|datanyze|ptst/|cookiehub|newsai"
    r"|collapsify|hardenize|fluid/|scope3|silktide|sindup|sqwatcher|turingos|adbeat|criticalcss|\bdlc/|feeder\.co"
    r"|foregenix|ghost inspector|hotjar|linktiger|marketgoo|miniature\.io|monitorss|contentscan|newsnow|printfriendly"
    r"|pwabuilder|readable/|securityheaders|\bsplash\b|rigor\)|testlocally|xmco\.fr|\bylt chrome|watchtowr"
    r"|productfinder",
    re.IGNORECASE,
)

# Crawlers give an address to complain to; a browser never does. `android@150.0` is a version, not an address.
_CONTACT = re.compile(
    r"https?:|\bwww\.|\+[a-z]+\.[a-z]|[\w.-](?:@|\(at\)|\[at\])[a-z-]+(?:\.|\(dot\)|\[dot\])[a-z]{2,}", re.IGNORECASE
)
_CLAIMS_COMPATIBILITY = re.compile(r"\bcompatible\b(?!; MSIE)", re.IGNORECASE)

# Every browser names the system it runs on in its first brackets, also those inside apps. What does not is a program.
_BROWSER = re.compile(
    r"\"?Mozilla/[45]\.0 \([^)]*(?:iPhone|iPad|iPod|Android|Windows|Macintosh|X11|Linux|Harmony|CrOS|Phone|Tizen)"
    r"|Opera/\d+\.\d+ \(|UCWEB/|MQQBrowser/\d+ Mozilla/",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Shape:
    """What a request says about itself. ``purposes`` are the values of the headers in ``PURPOSE_HEADERS``."""

    method: str
    user_agent: str = ""
    purposes: tuple[str, ...] = ()
    asks_for_json: bool = False
    names_visitor: bool = False  # by the header, which only a program that read the contract sends
    remembers_visitor: bool = False  # by the cookie
    opened_by_hand: bool = False  # pressed the button of the preview page


def why_preview(shape: Shape) -> str | None:
    """The reason why this request must not hold a place, or None for a person."""
    if shape.method == "HEAD":
        return "a HEAD request only asks whether the page is there"
    if any(_LOOKING_AHEAD.search(purpose) for purpose in shape.purposes):
        return "the browser looks ahead; nobody has opened the page yet"
    if (shape.asks_for_json and shape.names_visitor) or shape.opened_by_hand:
        return None
    if why := _why_crawler(shape.user_agent):
        return why
    if not _BROWSER.match(shape.user_agent.strip()) and not _knows_the_contract(shape):
        return "a program fetched the page without a visitor"
    return None


@lru_cache(maxsize=1_000)  # phones of a kind all say the same
def _why_crawler(user_agent: str) -> str | None:
    if mark := _CRAWLER_WORD.search(user_agent) or _CRAWLER_NAME.search(user_agent):
        return f"the User-Agent names a crawler or link preview: {mark.group()!r}"
    if _CONTACT.search(user_agent) or _CLAIMS_COMPATIBILITY.search(user_agent):
        return "the User-Agent presents a crawler: a browser gives no address and claims no compatibility"
    return None


def _knows_the_contract(shape: Shape) -> bool:
    return shape.asks_for_json or shape.names_visitor or shape.remembers_visitor

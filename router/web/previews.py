"""Which requests only look at a live code: link previews, prefetches and crawlers hold no place of any agent.

Judged by what a request says about itself, in an order that can be told to whoever asks why. In-app browsers (WeChat,
WeCom, DingTalk, Baidu, …) carry a browser's User-Agent and none of these marks: they are people.
"""

import re
from dataclasses import dataclass

PURPOSE_HEADERS = ("Purpose", "Sec-Purpose", "X-Purpose", "X-Moz")

_LOOKING_AHEAD = re.compile(r"prefetch|prerender|preview", re.IGNORECASE)

# Words with which crawlers and link expanders name themselves. CUBOT is a maker of phones: its owners are people.
_CRAWLER_WORD = re.compile(
    r"(?<!cu)bot(?![a-z])|spider|crawl|slurp|scrap(?:er|ing)?\b|fetcher\b"
    r"|ur[il][ _-]?preview|web preview|link[ _-]?(?:preview|expand)",
    re.IGNORECASE,
)

# Link expanders and crawlers whose names contain none of those words.
_CRAWLER_NAME = re.compile(
    r"facebookexternalhit|facebookcatalog|meta-externalagent|meta-externalfetcher|whatsapp/|line-poker|larkurl2meta"
    r"|vkshare|iframely|embedly|mediapartners-google|google-inspectiontool|google-read-aloud|googleother"
    r"|ia_archiver|w3c_validator|chrome-lighthouse|pagespeed|outbrain|quora link|nuzzel"
    r"|flipboardproxy|mastodon/|pleroma|misskey|matrix-media-repo|synapse|mattermost|zulip|rocket\.chat|slack-imgproxy"
    r"|bingpreview|yahoo link|ms-office|microsoft office|office-online",
    re.IGNORECASE,
)

# HTTP libraries and command-line tools: programs, until they show that they know the contract.
_PROGRAM = re.compile(
    r"^(?:curl|wget|httpie|python-requests|python-httpx|python-urllib|aiohttp|python/|go-http-client|okhttp|java/|apache-httpclient"
    r"|axios|node-fetch|node|undici|libwww-perl|lwp|ruby|faraday|php|guzzlehttp|dart|postmanruntime|insomnia|winhttp|reqwest)",
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
    if mark := _CRAWLER_WORD.search(shape.user_agent) or _CRAWLER_NAME.search(shape.user_agent):
        return f"the User-Agent names a crawler or link preview: {mark.group()!r}"
    if _is_program(shape.user_agent) and not _knows_the_contract(shape):
        return "a program fetched the page without a visitor"
    return None


def _is_program(user_agent: str) -> bool:
    return not user_agent.strip() or _PROGRAM.match(user_agent.strip()) is not None


def _knows_the_contract(shape: Shape) -> bool:
    return shape.asks_for_json or shape.names_visitor or shape.remembers_visitor

"""Words that stand where a product would, and that no catalogue knows: 买的X, 一件X, 想要X."""

import re
from collections.abc import Collection, Iterator
from typing import Final

from tagtree.meaning.catalogue import Named

MAX_PER_MESSAGE: Final = 4
_SHORTEST, _LONGEST = 2, 6

_AMOUNT: Final = "[0-9一二两三四五六七八九十几半这那每]"
_MEASURE: Final = "件|条|双|款|台|部|瓶|盒|把|套|顶|支|张|箱|包|袋|辆|副|块|罐|桶"
_VERB: Final = "买的|订的|下单的|拍的|收到的|想要|想买|要买|买了|买个|有没有|有卖|退换|换货|退货"
_BEFORE: Final = re.compile(rf"(?:{_AMOUNT}(?:{_MEASURE})|{_VERB})(?:{_AMOUNT}?(?:{_MEASURE}|个))?的?")
_HAN: Final = re.compile(r"[\u4e00-\u9fff]{2,12}")
_ENDS: Final = re.compile(
    "[是有了吗呢吧啊的和跟与或在到就都也还不没能会要想几哪给被把请太很真坏破掉开用退换发上]"
    "|可以|怎么|什么|多少|多久|现在|一直|大小|价格|尺码|颜色|质量"
)
"""Where the word that names a thing has ended."""

_NO_THINGS: Final = """
东西 商品 产品 货物 衣物 宝贝 时候 那个 这个 这些 那些 一下 优惠 活动 折扣 优惠券 现货 其他
别的 款式 地方 办法 问题 咨询 了解 知道 客服 人工 发票 什么 一个 两个 朋友 老板 你们 我们 他们
自己 时间 小时 分钟 套餐 服务 赠品 礼物 积分 东东 玩意 产品线 一起 几天 今天 昨天 明天
"""
_NO_THING: Final = frozenset(_NO_THINGS.split())


def unknown_products(text: str, known: Collection[Named]) -> Iterator[str]:
    """Candidates in normalised text, in reading order, each once; what overlaps a known word is no candidate."""
    seen: set[str] = set()
    taken = {place for each in known for place in range(each.start, each.end)}
    for found in _BEFORE.finditer(text):
        word = _word_at(text, _after_known(found.end(), known, text), taken)
        if word and word not in seen and len(seen) < MAX_PER_MESSAGE:
            seen.add(word)
            yield word


def _after_known(start: int, known: Collection[Named], text: str) -> int:
    """Past the times, colours and sizes that stand before the thing: 买的黑色X."""
    ends = {each.start: each.end for each in known}
    while start in ends or text[start : start + 1] in ("的", " "):
        start = ends.get(start, start + 1)
    return start


def _word_at(text: str, start: int, taken: set[int]) -> str:
    found = _HAN.match(text, start)
    if found is None:
        return ""
    end = _ENDS.search(text, start, found.end())
    word = text[start : end.start() if end else found.end()]
    overlaps = any(place in taken for place in range(start, start + len(word)))
    is_word = _SHORTEST <= len(word) <= _LONGEST and word not in _NO_THING
    return word if is_word and not overlaps else ""

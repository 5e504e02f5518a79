"""Messages for rules of keywords and patterns: templates filled in, and texts that never come twice."""

import random
from collections.abc import Iterator, Sequence
from typing import Any

from bench.wording import COMMON, HIT_SHARE

PATTERNS = 2_000
PHRASES = 600
PHRASE_SHARE = 0.4  # of the pieces of an ever-different text; the rest are single characters

TEMPLATES = (
    "您好，请问{word}多少钱？",
    "{word}还有货吗，想要{number}件",
    "在吗",
    "我的订单{number}什么时候发货",
    "好的，谢谢",
    "请问你们几点下班",
    "{word}有没有黑色的",
    "上个月买的{word}坏了，怎么退货",
    "发票能开吗，税号{number}",
    "可以便宜一点吗，我要{number}个",
    "你们的地址在哪里",
    "【微信红包】恭喜发财，大吉大利",
    "这个{word}和图片上的不一样",
    "快递单号{number}查不到",
    "OK，那我明天下午{number}点过去",
    "嗯嗯",
    "麻烦转人工",
    "{word}支持7天无理由吗",
    "尺码{number}合适吗，身高{number}",
    "收到，等你消息",
)


def phrases(count: int = PHRASES, seed: int = 11) -> list[str]:
    """Different pairs of frequent characters: what patterns ask for and messages are made of."""
    source = random.Random(seed)
    found: dict[str, None] = {}
    while len(found) < count:
        found["".join(source.sample(COMMON, 2))] = None
    return list(found)


def patterns(count: int = PATTERNS, seed: int = 12) -> list[str]:
    """Of the kind ``X.{0,5}Y``."""
    source = random.Random(seed)
    words = phrases()
    return [".{0,5}".join(source.sample(words, 2)) for _ in range(count)]


def pattern_rules(count: int = PATTERNS) -> list[dict[str, Any]]:
    """One rule a pattern, as a rule set stores it."""
    return [
        {
            "id": f"p{number}",
            "name": f"正则 {number}",
            "priority": 0,
            "when": {"kind": "pattern", "pattern": pattern},
            "then": [{"do": "add_tag", "tag_id": 3}],
        }
        for number, pattern in enumerate(patterns(count))
    ]


def templated(words: Sequence[str], seed: int = 13) -> Iterator[str]:
    """What most customers write, most of it again and again; a keyword wherever a template names goods."""
    source = random.Random(seed)
    while True:
        yield source.choice(TEMPLATES).format(word=source.choice(words), number=source.randint(1, 999))


def ever_different(words: Sequence[str], seed: int = 14) -> Iterator[str]:
    """20 to 60 characters in which several phrases of patterns occur, now and then a keyword or a whole pattern."""
    source = random.Random(seed)
    known = phrases()
    asked = [pattern.split(".{0,5}") for pattern in patterns()]
    while True:
        length, pieces = source.randint(20, 60), list[str]()
        while sum(map(len, pieces)) < length:
            pieces.append(source.choice(known) if source.random() < PHRASE_SHARE else source.choice(COMMON))
        if source.random() < HIT_SHARE:
            pieces.insert(source.randrange(len(pieces)), source.choice(words))
        if source.random() < HIT_SHARE:
            first, second = source.choice(asked)
            pieces.insert(source.randrange(len(pieces)), f"{first}我{second}")
        yield "".join(pieces)
